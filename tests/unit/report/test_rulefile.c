/*
 * test_rulefile.c - suppressions as they are written down.
 */
#include "report/rulefile.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char said[1024];
static unsigned complaints;

static void
complain(const char *file, unsigned line, const char *what)
{
    (void)snprintf(said, sizeof(said), "%s:%u: %s", file, line, what);
    complaints++;
}

static struct rulefile rules = RULEFILE_INIT(complain);

static int
begin(void **state)
{
    (void)state;
    rulefile_fini(&rules);
    complaints = 0;
    said[0] = '\0';
    return 0;
}

static void
parse(const char *text)
{
    assert_int_equal(rulefile_parse(&rules, "f", text, strlen(text)), 0);
}

static const struct rule *
rule_at(size_t i)
{
    assert_true(i < rules.rules.count);
    return VECTOR_AT(&rules.rules, struct rule *, i);
}

static void
test_rulefile_parse_lsan_lines_are_patterns(void **state)
{
    (void)state;
    parse("# a comment\n\n  leak:^foo*bar$  \r\nleak:std::vector<int>::x\n");
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.rules.count, 2);
    assert_string_equal(rule_at(0)->anywhere, "^foo*bar$");
    assert_string_equal(rule_at(0)->name, "leak:^foo*bar$");
    assert_int_equal(rule_at(0)->line, 3);
    assert_int_equal(rule_at(0)->leaks, RULE_ALL_LEAKS);
    assert_true(rule_at(0)->findings == 0);
    assert_string_equal(rule_at(1)->anywhere, "std::vector<int>::x");
}

static void
test_rulefile_parse_finding_lines_have_a_key(void **state)
{
    (void)state;
    parse("finding:double-free:close_all\nfinding:realloc-*:x\n");
    assert_int_equal(complaints, 0);
    assert_true(rule_at(0)->findings == UINT64_C(1) << FINDING_DOUBLE_FREE);
    assert_int_equal(rule_at(0)->leaks, 0);
    assert_string_equal(rule_at(0)->anywhere, "close_all");
    assert_true(rule_at(1)->findings ==
                (UINT64_C(1) << FINDING_REALLOC_FREED |
                 UINT64_C(1) << FINDING_REALLOC_INTERIOR |
                 UINT64_C(1) << FINDING_REALLOC_FOREIGN));
}

static void
test_rulefile_parse_valgrind_block_has_steps(void **state)
{
    (void)state;
    parse("{\n"
          "   a name\n"
          "   Memcheck:Leak\n"
          "   match-leak-kinds: definite,possible\n"
          "   fun:malloc\n"
          "   # between\n"
          "   obj:/usr/lib/*.so\n"
          "   ...\n"
          "   src:main.c:12\n"
          "   src:c:x\n"
          "}\n");
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.rules.count, 1);
    assert_string_equal(rule_at(0)->name, "a name");
    assert_int_equal(rule_at(0)->line, 1);
    assert_int_equal(rule_at(0)->leaks, 1u << LEAK_DEFINITE |
                                            1u << LEAK_POSSIBLE |
                                            1u << LEAK_OUTSTANDING);
    assert_int_equal(rule_at(0)->step_count, 5);
    assert_int_equal(rule_at(0)->steps[0].kind, RULE_CALL);
    assert_string_equal(rule_at(0)->steps[0].text, "malloc");
    assert_int_equal(rule_at(0)->steps[1].kind, RULE_OBJECT);
    assert_string_equal(rule_at(0)->steps[1].text, "/usr/lib/*.so");
    assert_int_equal(rule_at(0)->steps[2].kind, RULE_ANY);
    assert_int_equal(rule_at(0)->steps[3].kind, RULE_SOURCE);
    assert_string_equal(rule_at(0)->steps[3].text, "main.c");
    assert_int_equal(rule_at(0)->steps[3].line, 12);
    assert_string_equal(rule_at(0)->steps[4].text, "c:x");
    assert_int_equal(rule_at(0)->steps[4].line, 0);
}

static void
test_rulefile_parse_leak_without_kinds_is_all(void **state)
{
    (void)state;
    parse("{\nn\nDRD,Memcheck:Leak\nfun:f\n}\n"
          "{\nn\nMemcheck:Leak\nmatch-leak-kinds: all\nfun:f\n}\n"
          "{\nn\nMemcheck:Leak\nmatch-leak-kinds: none\nfun:f\n}\n");
    assert_int_equal(complaints, 0);
    assert_int_equal(rule_at(0)->leaks, RULE_ALL_LEAKS);
    assert_int_equal(rule_at(1)->leaks, RULE_ALL_LEAKS);
    assert_int_equal(rule_at(2)->leaks, 0);
}

static void
test_rulefile_parse_memcheck_kinds_are_findings(void **state)
{
    (void)state;
    parse("{\nn\nMemcheck:Free\nfun:free\nfun:f\n}\n"
          "{\nn\nMemcheck:Addr4\nfun:f\n}\n");
    assert_int_equal(complaints, 0);
    assert_true(rule_at(0)->findings & UINT64_C(1) << FINDING_DOUBLE_FREE);
    assert_true(rule_at(0)->findings & UINT64_C(1) << FINDING_MISMATCHED_FREE);
    assert_false(rule_at(0)->findings & UINT64_C(1) << FINDING_OVERRUN);
    assert_true(rule_at(1)->findings & UINT64_C(1) << FINDING_OVERRUN);
    assert_true(rule_at(1)->findings & UINT64_C(1) << FINDING_WRITE_AFTER_FREE);
    assert_false(rule_at(1)->findings & UINT64_C(1) << FINDING_DOUBLE_FREE);
}

static void
test_rulefile_parse_rules_of_other_tools_are_passed_over(void **state)
{
    (void)state;
    parse("race:foo\nmutex:bar\n"
          "{\nn\nHelgrind:Race\nfun:f\n}\n"
          "{\nn\nMemcheck:Cond\nfun:f\n}\n"
          "{\nn\nMemcheck:Param\nwrite(buf)\nfun:f\n}\n"
          "leak:after\n");
    assert_int_equal(complaints, 0);
    assert_int_equal(rules.rules.count, 1);
    assert_string_equal(rule_at(0)->anywhere, "after");
}

/* Each is refused with one message that names the line, and what follows is
 * read. */
static void
refused(const char *bad, unsigned line, const char *what)
{
    char text[1024];
    char wanted[256];

    (void)begin(NULL);
    (void)snprintf(text, sizeof(text), "%s\nleak:after\n", bad);
    parse(text);
    (void)snprintf(wanted, sizeof(wanted), "f:%u: %s", line, what);
    assert_string_equal(said, wanted);
    assert_int_equal(complaints, 1);
    assert_int_equal(rules.rules.count, 1);
    assert_string_equal(rule_at(0)->anywhere, "after");
}

static void
test_rulefile_parse_malformed_is_said_once_with_its_line(void **state)
{
    (void)state;
    refused("\nfoo", 2, "neither 'leak:PATTERN' nor a block in braces: 'foo'");
    refused("leek:foo", 1,
            "unknown kind of suppression 'leek' (leak:PATTERN, "
            "finding:KEY:PATTERN)");
    refused("leak:", 1, "a pattern is missing after 'leak:'");
    refused("finding:dubble-free:x", 1,
            "no kind of finding is called 'dubble-free'");
    refused("finding:double-free:", 1,
            "a pattern is missing after 'finding:double-free:'");
    refused("{\nn\nMemcheck\nfun:f\n}", 3,
            "'Memcheck:KIND' was expected, not 'Memcheck'");
    refused("{\nn\nMemcheck:Leek\nfun:f\n}", 3,
            "memcheck has no kind of error 'Leek'");
    refused("{\nn\nMemcheck:Leak\nfunc:f\nfun:g\n}", 4,
            "no frame (fun:, obj:, src: or ...): 'func:f'");
    refused("{\nn\nMemcheck:Leak\nmatch-leak-kinds: lost\nfun:g\n}", 4,
            "unknown kind of leak 'lost' (definite, indirect, possible, "
            "reachable, all)");
    refused("{\nn\nMemcheck:Leak\n}", 4, "a block without frames");
    refused("{\nn\n}", 3, "a block without a name or a kind");
}

static void
test_rulefile_parse_block_without_end_is_said(void **state)
{
    (void)state;
    parse("leak:before\n{\nn\nMemcheck:Leak\nfun:f\n");
    assert_string_equal(said, "f:5: no '}' ends the block");
    assert_int_equal(complaints, 1);
    assert_int_equal(rules.rules.count, 1);
}

/* Whatever bytes there are, every cut of them is read without harm. */
static void
test_rulefile_parse_any_cut_ends(void **state)
{
    static const char text[] = "{\nn\nMemcheck,X:Leak\nmatch-leak-kinds: a,\n"
                               "fun:\nsrc:a:1\n...\n}\nleak:x\x01*\xff\n{\n{";

    (void)state;
    for (size_t from = 0; from < sizeof(text); from++) {
        for (size_t to = from; to < sizeof(text); to++) {
            (void)begin(NULL);
            assert_int_equal(
                rulefile_parse(&rules, "f", text + from, to - from), 0);
        }
    }
}

static void
test_rulefile_read_gives_the_rules_of_a_file(void **state)
{
    char path[] = "/tmp/dbgmalloc-test-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(rulefile_read(&rules, path), 0); /* empty */
    assert_int_equal(rules.rules.count, 0);
    assert_int_equal(write(fd, "leak:x", 6), 6);
    assert_int_equal(close(fd), 0);
    assert_int_equal(rulefile_read(&rules, path), 0);
    assert_int_equal(rules.rules.count, 1);
    assert_string_equal(rule_at(0)->file, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rulefile_read(&rules, path), -ENOENT);
    assert_int_equal(rulefile_read(&rules, "/tmp"), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rulefile_parse_lsan_lines_are_patterns),
        TEST(test_rulefile_parse_finding_lines_have_a_key),
        TEST(test_rulefile_parse_valgrind_block_has_steps),
        TEST(test_rulefile_parse_leak_without_kinds_is_all),
        TEST(test_rulefile_parse_memcheck_kinds_are_findings),
        TEST(test_rulefile_parse_rules_of_other_tools_are_passed_over),
        TEST(test_rulefile_parse_malformed_is_said_once_with_its_line),
        TEST(test_rulefile_parse_block_without_end_is_said),
        TEST(test_rulefile_parse_any_cut_ends),
        TEST(test_rulefile_read_gives_the_rules_of_a_file),
    };

    return cmocka_run_group_tests(tests, begin, begin);
}
