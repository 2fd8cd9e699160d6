/*
 * test_suppress.c - leaks and findings that a suppression covers are counted
 * and not said.
 */
#include "report/suppress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "report/names.h"
#include "report/report.h"

#define TRACE(trace_name, trace_id, ...)                                       \
    static const struct trace trace_name = {                                   \
        .id = trace_id,                                                        \
        .count = sizeof((uintptr_t[]){__VA_ARGS__}) / sizeof(uintptr_t),       \
        .pc = {__VA_ARGS__}}

/* 0x1..: the program; 0x2..: libstdc++; 0x3..: the loader; 0x4..: libc. */
TRACE(one, 1, 0x101, 0x1ff);
TRACE(two, 2, 0x102, 0x1ff);
TRACE(pool, 3, 0x201, 0x301, 0x302);
TRACE(of_program, 4, 0x202, 0x101, 0x1ff);
TRACE(locale, 5, 0x401, 0x402, 0x1ff);
TRACE(strdup_call, 6, 0x403, 0x101, 0x1ff);

static const struct {
    uintptr_t pc;
    const char *function;
} functions[] = {{0x101, "one"},       {0x102, "two"},
                 {0x1ff, "main"},      {0x202, "std::string::reserve()"},
                 {0x301, "call_init"}, {0x401, "_nl_intern"},
                 {0x402, "setlocale"}, {0x403, "strdup"}};

static const char *const modules[] = {
    NULL, "/bin/prog", "/usr/lib/libstdc++.so.6", "/lib64/ld-linux-x86-64.so.2",
    "/usr/lib/libc.so.6"};

static unsigned named; /* addresses that were looked up in full */

static bool
find_module(uintptr_t pc, uint32_t generation, struct names_module *out)
{
    (void)generation;
    *out = (struct names_module){.path = modules[pc >> 8]};
    return true;
}

static unsigned
resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    (void)generation;
    named++;
    scratch->frames[0].module = modules[pc >> 8];
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (functions[i].pc == pc)
            scratch->frames[0].function = functions[i].function;
    }
    return 1;
}

static const struct names_resolver resolver = {.resolve = resolve,
                                               .module = find_module};

static struct snapshot snapshot;
static char path[] = "/tmp/dbgmalloc-test-XXXXXX";

/* The suppressions in force are those of `text`. */
static void
use(const char *text)
{
    char option[128];
    int fd;

    (void)strcpy(path + sizeof(path) - 7, "XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    (void)snprintf(option, sizeof(option), "suppress=%s", path);
    assert_int_equal(conf_apply(option), 0);
    suppress_update();
    assert_int_equal(unlink(path), 0);
}

static void
add(const struct trace *trace, uint64_t size, enum leak_kind kind)
{
    struct snapshot_block *block = vector_add(&snapshot.blocks);

    assert_non_null(block);
    block->size = size;
    block->trace = trace;
    block->origin = ORIGIN_MALLOC;
    block->kind = (uint8_t)kind;
}

static void
judge(void)
{
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    report_suppress(&snapshot);
}

static const struct snapshot_rule *
rule_named(const char *name)
{
    for (size_t i = 0; i < snapshot.rules.count; i++) {
        const struct snapshot_rule *rule =
            &VECTOR_AT(&snapshot.rules, struct snapshot_rule, i);

        if (strcmp(rule->name, name) == 0)
            return rule;
    }
    return NULL;
}

static int
begin(void **state)
{
    (void)state;
    snapshot_fini(&snapshot);
    names_use(&resolver);
    suppress_forget();
    (void)conf_apply("no-suppress");
    suppress_update();
    named = 0;
    return 0;
}

static void
test_report_suppress_takes_out_what_matches(void **state)
{
    (void)state;
    use("leak:one\nleak:absent\n");
    add(&one, 10, LEAK_DEFINITE);
    add(&one, 20, LEAK_DEFINITE);
    add(&two, 7, LEAK_DEFINITE);
    judge();
    assert_int_equal(snapshot.entries.count, 1);
    assert_ptr_equal(
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0).trace, &two);
    assert_int_equal(snapshot.suppressed.blocks, 2);
    assert_int_equal(snapshot.suppressed.bytes, 30);
    assert_int_equal(snapshot.selected.blocks, 1);
    assert_int_equal(snapshot.kinds[LEAK_DEFINITE].bytes, 7);
    assert_int_equal(rule_named("leak:one")->leaks.bytes, 30);
    assert_int_equal(rule_named("leak:one")->hits, 1);
    assert_int_equal(rule_named("leak:absent")->hits, 0);
}

static void
test_report_suppress_kinds_of_the_rule_count(void **state)
{
    (void)state;
    use("{\nn\nMemcheck:Leak\nmatch-leak-kinds: possible\nfun:malloc\n"
        "fun:one\n}\n");
    add(&one, 10, LEAK_DEFINITE);
    add(&one, 20, LEAK_POSSIBLE);
    judge();
    assert_int_equal(snapshot.entries.count, 1);
    assert_int_equal(snapshot.suppressed.bytes, 20);
}

/* A tree: `two` hangs under `one`, in an entry of its own. */
static void
add_tree(void)
{
    add(&one, 10, LEAK_DEFINITE);
    add(&two, 7, LEAK_INDIRECT);
    VECTOR_AT(&snapshot.blocks, struct snapshot_block, 0).addr = 0x1000;
    VECTOR_AT(&snapshot.blocks, struct snapshot_block, 1).leader = 0x1000;
}

static void
test_report_suppress_a_leader_takes_its_tree_along(void **state)
{
    (void)state;
    use("leak:one\n");
    add_tree();
    judge();
    assert_int_equal(snapshot.entries.count, 0);
    assert_int_equal(snapshot.suppressed.bytes, 17);
    assert_int_equal(snapshot.selected.bytes, 0);
}

static void
test_report_suppress_below_leaves_the_leader(void **state)
{
    const struct snapshot_entry *entry;

    (void)state;
    use("leak:two\n");
    add_tree();
    judge();
    assert_int_equal(snapshot.entries.count, 1);
    entry = &VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0);
    assert_int_equal(entry->bytes, 10);
    assert_int_equal(entry->below_bytes, 0);
    assert_int_equal(entry->below_blocks, 0);
}

static void
test_report_suppress_parents_are_named_anew(void **state)
{
    (void)state;
    use("leak:setlocale\n");
    add_tree();
    add(&locale, 1000, LEAK_DEFINITE); /* it comes first, and goes */
    judge();
    assert_int_equal(snapshot.entries.count, 2);
    assert_int_equal(
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, 1).parent, 1);
}

static void
test_report_suppress_each_address_is_named_once(void **state)
{
    (void)state;
    use("leak:absent\n");
    add(&one, 1, LEAK_DEFINITE);
    add(&one, 1, LEAK_POSSIBLE);
    add(&two, 1, LEAK_DEFINITE);
    judge();
    assert_int_equal(named, 3);
    assert_int_equal(snapshot.entries.count, 3);
}

static void
test_report_suppress_built_in_needs_no_names_elsewhere(void **state)
{
    (void)state;
    add(&one, 1, LEAK_OUTSTANDING);
    add(&two, 1, LEAK_REACHABLE);
    judge();
    assert_int_equal(named, 0);
    assert_int_equal(snapshot.entries.count, 2);
    assert_int_equal(snapshot.rules.count, 0);
}

static void
test_report_suppress_what_libraries_keep_is_built_in(void **state)
{
    (void)state;
    add(&pool, 72704, LEAK_OUTSTANDING);
    add(&locale, 5, LEAK_REACHABLE);
    add(&of_program, 30, LEAK_OUTSTANDING);
    add(&strdup_call, 4, LEAK_OUTSTANDING);
    judge();
    assert_int_equal(snapshot.entries.count, 2);
    assert_int_equal(snapshot.suppressed.bytes, 72709);
    assert_non_null(rule_named("libstdc++-emergency-pool"));
    assert_non_null(rule_named("libc-locale"));
    assert_null(rule_named("libc-locale")->file);
}

static void
test_report_suppress_built_in_never_hides_what_is_lost(void **state)
{
    (void)state;
    add(&pool, 72704, LEAK_DEFINITE);
    add(&locale, 5, LEAK_INDIRECT);
    judge();
    assert_int_equal(snapshot.entries.count, 2);
    assert_int_equal(snapshot.suppressed.blocks, 0);
}

static struct finding
make_finding(enum finding_kind kind, const struct trace *noticed,
             const struct trace *made)
{
    return (struct finding){.kind = kind,
                            .call = ORIGIN_FREE,
                            .trace = noticed,
                            .has_block = made != NULL,
                            .block = {.alloc = made}};
}

static void
test_report_is_suppressed_by_kind_and_stack(void **state)
{
    struct finding here = make_finding(FINDING_DOUBLE_FREE, &one, NULL);
    struct finding there = make_finding(FINDING_DOUBLE_FREE, &two, NULL);
    struct finding other = make_finding(FINDING_OVERRUN, &one, NULL);

    (void)state;
    assert_false(report_is_suppressed(&here));
    use("finding:double-free:one\n");
    assert_true(report_is_suppressed(&here));
    assert_false(report_is_suppressed(&there));
    assert_false(report_is_suppressed(&other));
    assert_int_equal(suppress_findings(), 1);
}

static void
test_report_is_suppressed_looks_where_the_block_was_made(void **state)
{
    struct finding finding = make_finding(FINDING_OVERRUN, &two, &one);

    (void)state;
    use("finding:overrun:one\n");
    assert_true(report_is_suppressed(&finding));
    use("{\nn\nMemcheck:Addr1\nfun:one\n}\n");
    assert_false(report_is_suppressed(&finding)); /* as valgrind does */
    use("{\nn\nMemcheck:Addr1\nfun:free\nfun:two\nfun:main\n}\n");
    assert_true(report_is_suppressed(&finding));
}

static void
test_report_suppress_rules_for_leaks_leave_findings_alone(void **state)
{
    struct finding finding = make_finding(FINDING_OVERRUN, &one, &one);

    (void)state;
    use("leak:one\n");
    assert_false(report_is_suppressed(&finding));
}

static void
test_suppress_update_reads_several_files(void **state)
{
    (void)state;
    /* One of them does not exist: said on fd 2, and the other counts. */
    use("leak:one\n");
    assert_int_equal(conf_apply("suppress=/nonexistent/a:/nonexistent/b"), 0);
    suppress_update();
    add(&one, 1, LEAK_DEFINITE);
    judge();
    assert_int_equal(snapshot.entries.count, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_suppress_takes_out_what_matches),
        TEST(test_report_suppress_kinds_of_the_rule_count),
        TEST(test_report_suppress_a_leader_takes_its_tree_along),
        TEST(test_report_suppress_below_leaves_the_leader),
        TEST(test_report_suppress_parents_are_named_anew),
        TEST(test_report_suppress_each_address_is_named_once),
        TEST(test_report_suppress_built_in_needs_no_names_elsewhere),
        TEST(test_report_suppress_what_libraries_keep_is_built_in),
        TEST(test_report_suppress_built_in_never_hides_what_is_lost),
        TEST(test_report_is_suppressed_by_kind_and_stack),
        TEST(test_report_is_suppressed_looks_where_the_block_was_made),
        TEST(test_report_suppress_rules_for_leaks_leave_findings_alone),
        TEST(test_suppress_update_reads_several_files),
    };

    conf_init(NULL);
    snapshot_init(&snapshot);
    return cmocka_run_group_tests(tests, NULL, begin);
}
