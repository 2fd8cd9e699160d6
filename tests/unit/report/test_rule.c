/*
 * test_rule.c - does a suppression match a stack?
 */
#include "report/rule.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/* malloc's callers, innermost first. */
static const struct rule_place stack[] = {
    {.function = "make(int)",
     .linkage = "_Z4makei",
     .file = "/src/lib/make.c",
     .line = 12,
     .module = "/usr/lib/libmake.so.1"},
    {.function = "load", .module = "/usr/lib/libmake.so.1"},
    {.module = "/usr/lib/libother.so"},
    {.function = "main", .file = "main.c", .line = 3, .module = "/bin/prog"},
};
static const struct rule_place entry = {.function = "malloc"};

#define COUNT (sizeof(stack) / sizeof(stack[0]))

static bool
is_matched(const struct rule_step *steps, uint32_t n)
{
    struct rule rule = {.steps = steps, .step_count = n};

    return rule_match(&rule, &entry, stack, COUNT);
}

#define MATCHED(...)                                                           \
    is_matched((const struct rule_step[]){__VA_ARGS__},                        \
               sizeof((const struct rule_step[]){__VA_ARGS__}) /               \
                   sizeof(struct rule_step))
#define ANY                                                                    \
    {                                                                          \
        .kind = RULE_ANY                                                       \
    }
#define FUN(pattern)                                                           \
    {                                                                          \
        .kind = RULE_CALL, .text = pattern                                     \
    }
#define OBJ(pattern)                                                           \
    {                                                                          \
        .kind = RULE_OBJECT, .text = pattern                                   \
    }
#define SRC(pattern, number)                                                   \
    {                                                                          \
        .kind = RULE_SOURCE, .text = pattern, .line = number                   \
    }
#define IN(object, pattern)                                                    \
    {                                                                          \
        .kind = RULE_CALL_IN, .text = pattern, .module = object                \
    }

static void
test_rule_like_finds_the_pattern_anywhere(void **state)
{
    (void)state;
    assert_true(rule_like("bar", "foobarbaz"));
    assert_true(rule_like("foo", "foobarbaz"));
    assert_true(rule_like("baz", "foobarbaz"));
    assert_true(rule_like("", "foo"));
    assert_true(rule_like("", ""));
    assert_false(rule_like("bax", "foobarbaz"));
    assert_false(rule_like("foobarbazz", "foobarbaz"));
}

static void
test_rule_like_star_spans_any_run(void **state)
{
    (void)state;
    assert_true(rule_like("f*z", "foobarbaz"));
    assert_true(rule_like("f*b*z", "foobarbaz"));
    assert_true(rule_like("*", ""));
    assert_true(rule_like("foo*", "foo"));
    assert_true(rule_like("*bar*", "foobarbaz"));
    assert_true(rule_like("a*ab", "aab"));
    assert_false(rule_like("z*f", "foobarbaz"));
    assert_false(rule_like("o*o*o", "foobar"));
}

static void
test_rule_like_ends_are_held(void **state)
{
    (void)state;
    assert_true(rule_like("^foo", "foobar"));
    assert_false(rule_like("^bar", "foobar"));
    assert_true(rule_like("bar$", "foobar"));
    assert_false(rule_like("foo$", "foobar"));
    assert_true(rule_like("^foobar$", "foobar"));
    assert_false(rule_like("^foobar$", "foobarx"));
    assert_false(rule_like("^oobar$", "foobar"));
    assert_true(rule_like("^f*r$", "foobar"));
    assert_true(rule_like("^*bar$", "foobar"));
    assert_true(rule_like("ab$", "abab"));
    assert_true(rule_like("^a*b$", "abab"));
    assert_false(rule_like("^ab*ab$", "ab"));
    assert_true(rule_like("^$", ""));
    assert_false(rule_like("^$", "x"));
}

static void
test_rule_like_question_mark_is_itself(void **state)
{
    (void)state;
    assert_false(rule_like("f?o", "foo"));
    assert_true(rule_like("f?o", "f?o"));
}

static void
test_rule_match_anywhere_looks_at_every_word(void **state)
{
    static const char *const yes[] = {"make",     "_Z4makei", "lib/make.c",
                                      "libother", "^main$",   "malloc"};
    struct rule rule = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        rule.anywhere = yes[i];
        assert_true(rule_match(&rule, &entry, stack, COUNT));
    }
    rule.anywhere = "calloc";
    assert_false(rule_match(&rule, &entry, stack, COUNT));
}

static void
test_rule_match_steps_follow_the_frames(void **state)
{
    (void)state;
    assert_true(MATCHED(FUN("malloc"), FUN("make*"), FUN("load")));
    assert_true(MATCHED(FUN("malloc"), FUN("_Z4makei")));
    assert_true(MATCHED(FUN("malloc"), OBJ("*/libmake.so*"), FUN("lo?d"),
                        OBJ("/usr/lib/libother.so"), FUN("main")));
    assert_false(MATCHED(FUN("malloc"), FUN("load")));
    assert_false(MATCHED(FUN("calloc"), FUN("make*")));
    assert_false(MATCHED(FUN("malloc"), FUN("make*"), FUN("load"), OBJ("*"),
                         FUN("main"), OBJ("*")));
}

static void
test_rule_match_without_the_entry_matches_too(void **state)
{
    (void)state;
    assert_true(MATCHED(FUN("make(int)"), FUN("load")));
    assert_false(MATCHED(FUN("load")));
}

static void
test_rule_match_dots_are_any_number_of_frames(void **state)
{
    (void)state;
    assert_true(MATCHED(ANY, FUN("main")));
    assert_true(MATCHED(ANY, FUN("malloc")));
    assert_true(MATCHED(FUN("malloc"), ANY, FUN("load")));
    assert_true(MATCHED(FUN("malloc"), ANY, OBJ("*libmake*"), FUN("load")));
    assert_true(
        MATCHED(FUN("malloc"), ANY, OBJ("*libmake*"), ANY, FUN("main"), ANY));
    assert_true(MATCHED(ANY, ANY, FUN("load")));
    assert_false(MATCHED(ANY, FUN("main"), FUN("load")));
    assert_false(MATCHED(ANY, FUN("absent")));
    assert_false(MATCHED(ANY, FUN("load"), ANY, FUN("make*")));
}

static void
test_rule_match_source_is_a_path_or_its_name(void **state)
{
    (void)state;
    assert_true(MATCHED(SRC("make.c", 0)));
    assert_true(MATCHED(SRC("/src/*/make.c", 12)));
    assert_false(MATCHED(SRC("make.c", 13)));
    assert_false(MATCHED(SRC("main.c", 0)));
}

static void
test_rule_match_call_in_wants_both(void **state)
{
    (void)state;
    assert_true(MATCHED(IN("libmake.so*", "make*")));
    assert_true(MATCHED(IN("libmake.so*", "*"), IN("libmake*", "load")));
    assert_false(MATCHED(IN("libother.so*", "make*")));
    assert_false(MATCHED(IN("libmake.so*", "load")));
    /* Any function, also one that has no name. */
    assert_true(MATCHED(ANY, IN("libother*", "*")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_like_finds_the_pattern_anywhere),
        cmocka_unit_test(test_rule_like_star_spans_any_run),
        cmocka_unit_test(test_rule_like_ends_are_held),
        cmocka_unit_test(test_rule_like_question_mark_is_itself),
        cmocka_unit_test(test_rule_match_anywhere_looks_at_every_word),
        cmocka_unit_test(test_rule_match_steps_follow_the_frames),
        cmocka_unit_test(test_rule_match_without_the_entry_matches_too),
        cmocka_unit_test(test_rule_match_dots_are_any_number_of_frames),
        cmocka_unit_test(test_rule_match_source_is_a_path_or_its_name),
        cmocka_unit_test(test_rule_match_call_in_wants_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
