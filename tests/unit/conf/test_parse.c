/*
 * The grammar: tokens, blanks, escapes, no-, presets, aliases, bad tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/format.h"
#include "conf/conf.h"
#include "conf/option.h"
#include "conf/parse.h"
#include "conf/source.h"
#include "conf/store.h"
#include "conf/value.h"

static struct conf values;
static char said[4096]; /* one line for each bad token */
static unsigned visits;

static void
visit(const struct conf_token *token, void *context)
{
    (void)context;
    visits++;
    if (token->kind == CONF_TOKEN_BAD) {
        strncat(said, token->value, sizeof(said) - strlen(said) - 1);
        strncat(said, "\n", sizeof(said) - strlen(said) - 1);
    }
}

static int
setup(void **state)
{
    (void)state;
    memset(&values, 0, sizeof(values));
    for (size_t i = 0; i < option_count; i++)
        assert_int_equal(value_read(&option_table[i], option_table[i].standard,
                                    strlen(option_table[i].standard), &values),
                         0);
    store_rewind(0);
    source_forget();
    return 0;
}

static int
parse(const char *text)
{
    struct parse p = {.values = &values, .visit = visit};

    said[0] = '\0';
    visits = 0;
    return parse_text(&p, text, strlen(text));
}

static void
test_parse_text_empty_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(parse(" \t,, ,\n"), 0);
    assert_int_equal(visits, 0);
}

static void
test_parse_text_later_wins(void **state)
{
    (void)state;
    assert_int_equal(parse("top=1,top=2,no-print,print,log-trans,"
                           "no-log-trans"),
                     0);
    assert_int_equal(values.top, 2);
    assert_true(values.print);
    assert_false(values.log_trans);
    assert_int_equal(visits, 6);
}

static void
test_parse_text_blanks_are_dropped(void **state)
{
    (void)state;
    assert_int_equal(parse("  top = 7 ,\tno-print\n,\r log = a b  "), 0);
    assert_int_equal(values.top, 7);
    assert_false(values.print);
    assert_string_equal(values.log, "a b");
}

static void
test_parse_text_escaped_comma_is_literal(void **state)
{
    (void)state;
    assert_int_equal(parse("log=a\\,b\\,,top=3"), 0);
    assert_string_equal(values.log, "a,b,");
    assert_int_equal(values.top, 3);
}

static void
test_parse_text_backslash_before_others_is_itself(void **state)
{
    (void)state;
    assert_int_equal(parse("log=a\\b\\\\c\\"), 0);
    assert_string_equal(values.log, "a\\b\\c\\");
}

static void
test_parse_text_escaped_blank_is_kept(void **state)
{
    (void)state;
    assert_int_equal(parse("log=\\ a\\ ,top=4"), 0);
    assert_string_equal(values.log, " a ");
    assert_int_equal(values.top, 4);
    assert_int_equal(parse("log=a\\\\ ,top=5"), 0);
    assert_string_equal(values.log, "a\\");
    assert_int_equal(values.top, 5);
}

static void
test_parse_text_value_may_hold_equals(void **state)
{
    (void)state;
    assert_int_equal(parse("log=a=b"), 0);
    assert_string_equal(values.log, "a=b");
}

static void
test_parse_text_stops_at_nul(void **state)
{
    static const char text[] = "top=5\0,top=6";
    struct parse p = {.values = &values};

    (void)state;
    assert_int_equal(parse_text(&p, text, sizeof(text) - 1), 0);
    assert_int_equal(values.top, 5);
}

static void
test_parse_text_bare_form_is_used(void **state)
{
    (void)state;
    assert_int_equal(parse("no-check-fence"), 0);
    assert_int_equal(values.check_fence, 0);
    assert_int_equal(parse("check-fence,alloc-blank,free-blank"), 0);
    assert_int_equal(values.check_fence, 16);
    assert_int_equal(values.alloc_blank, 0xDA);
    assert_int_equal(values.free_blank, 0xDF);
    assert_int_equal(parse("no-check-shutdown"), 0);
    assert_false(values.check_shutdown);
    assert_int_equal(parse("check-shutdown"), 0);
    assert_true(values.check_shutdown);
}

static void
test_parse_text_unknown_names_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(parse("top=1,check-fense,no-print"), 1);
    assert_string_equal(said, "check-fense? did you mean check-fence\n");
    assert_int_equal(values.top, 1);
    assert_false(values.print);
}

static void
test_parse_text_unknown_without_a_near_name(void **state)
{
    (void)state;
    assert_int_equal(parse("zzyzx=1"), 1);
    assert_string_equal(said, "zzyzx? there is no such option\n");
}

static void
test_parse_text_bad_value_names_what_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(parse("exit-code=300"), 1);
    assert_string_equal(said, "exit-code=300: wanted is a number from 0 to "
                              "255\n");
    assert_int_equal(parse("on-error=die"), 1);
    assert_string_equal(said, "on-error=die: wanted is log, abort, stop, exit "
                              "or dump\n");
}

static void
test_parse_text_missing_value_is_bad(void **state)
{
    (void)state;
    assert_int_equal(parse("top"), 1);
    assert_string_equal(said, "top needs a value: a number\n");
    assert_int_equal(parse("top="), 1);
    assert_string_equal(said, "top=: wanted is a number\n");
}

static void
test_parse_text_off_with_a_value_is_bad(void **state)
{
    (void)state;
    assert_int_equal(parse("no-check-fence=5"), 1);
    assert_string_equal(said, "no-check-fence takes no value\n");
    assert_int_equal(values.check_fence, 16);
}

static void
test_parse_text_off_of_a_choice_is_bad(void **state)
{
    (void)state;
    assert_int_equal(parse("no-oom"), 1);
    assert_string_equal(said, "no-oom: oom cannot be turned off\n");
}

static void
test_parse_text_preset_leaves_the_rest(void **state)
{
    (void)state;
    assert_int_equal(parse("top=3,low,on-error=log"), 0);
    assert_int_equal(values.top, 3);
    assert_int_equal(values.alloc_blank, 0xDA);
    assert_int_equal(values.log_stats, CONF_ON);
    assert_int_equal(values.on_error, CONF_ON_ERROR_LOG);
    assert_int_equal(visits, 3);
}

static void
test_parse_text_preset_off_turns_all_off(void **state)
{
    (void)state;
    assert_int_equal(parse("medium,log-trans,log-admin,limit=1m,off"), 0);
    assert_false(values.record);
    assert_int_equal(values.check_fence, 0);
    assert_false(values.check_heap);
    assert_false(values.check_mismatch);
    assert_false(values.check_shutdown);
    assert_int_equal(values.alloc_blank, -1);
    assert_int_equal(values.free_blank, -1);
    assert_false(values.realloc_copy);
    assert_int_equal(values.log_leaks, CONF_OFF);
    assert_int_equal(values.log_stats, CONF_OFF);
    assert_false(values.log_trans);
    assert_false(values.log_admin);
    assert_int_equal(values.limit, 0);
    assert_int_equal(values.on_error, CONF_ON_ERROR_LOG);
}

static void
test_parse_text_preset_default_undoes_off(void **state)
{
    (void)state;
    assert_int_equal(parse("off,default"), 0);
    assert_true(values.record);
    assert_int_equal(values.log_leaks, CONF_AUTO);
    assert_int_equal(values.check_fence, 16);
    assert_true(values.check_mismatch);
    assert_true(values.check_shutdown);
}

static void
test_parse_text_switches_take_on_and_off(void **state)
{
    (void)state;
    assert_int_equal(parse("hide-runtime, no-hide-runtime"), 0);
    assert_int_equal(parse("check-faults=off, check-faults"), 0);
    assert_int_equal(parse("check-funcs=perhaps"), 1);
}

static void
test_parse_text_every_preset_is_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_preset_count; i++) {
        const char *name = option_presets[i].name;
        const struct option *option = option_find(name, strlen(name));

        assert_int_equal(parse(name), 0);
        /* An option of that name needs a value, so the bare word is free. */
        assert_true(option == NULL || option->bare == NULL);
    }
}

static void
test_parse_text_preset_with_a_value_is_bad(void **state)
{
    (void)state;
    assert_int_equal(parse("low=3"), 1);
    assert_string_equal(said, "low is a preset and takes no value\n");
    assert_int_equal(values.alloc_blank, -1);
}

static void
test_parse_text_every_alias_is_good(void **state)
{
    char text[64];

    (void)state;
    for (size_t i = 0; i < option_alias_count; i++) {
        (void)format_text(text, sizeof(text), "%s5", option_aliases[i].name);
        if (strchr(text, '=') == NULL)
            text[strlen(text) - 1] = '\0';
        assert_int_equal(parse(text), 0);
        assert_string_equal(said, "");
    }
}

static void
test_parse_text_alias_sets_ours(void **state)
{
    (void)state;
    values.log_leaks = CONF_OFF;
    assert_int_equal(parse("log-non-free,inter=50,error-abort,catch-null,"
                           "no-print-messages,lockon=20"),
                     0);
    assert_int_equal(values.log_leaks, CONF_ON);
    assert_int_equal(values.interval, 50);
    assert_int_equal(values.on_error, CONF_ON_ERROR_ABORT);
    assert_int_equal(values.oom, CONF_OOM_ABORT);
    assert_false(values.print);
}

static void
test_parse_text_alias_elapsed_adds_to_prefix(void **state)
{
    (void)state;
    assert_int_equal(parse("log-elapsed-time"), 0);
    assert_int_equal(values.log_prefix, CONF_PREFIX_ELAPSED | CONF_PREFIX_SEQ);
}

static void
test_parse_text_alias_takes_the_value_of_ours(void **state)
{
    (void)state;
    assert_int_equal(parse("print-messages=off"), 0);
    assert_false(values.print);
    assert_int_equal(parse("inter"), 1);
    assert_string_equal(said, "interval needs a value: auto, or a number\n");
    assert_int_equal(parse("inter=often"), 1);
    assert_string_equal(said, "interval=often: wanted is auto, or a "
                              "number\n");
    assert_int_equal(parse("no-error-abort"), 1);
    assert_string_equal(said, "no-error-abort is on-error=abort here, and "
                              "takes no no-\n");
    assert_int_equal(parse("error-abort=1"), 1);
}

static void
test_parse_text_long_value_is_bad(void **state)
{
    static char text[VALUE_MAX + 64];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "log=", 4);
    assert_int_equal(parse(text), 1);
    assert_string_equal(said, "log: the value is longer than 4095 bytes\n");
    text[4 + VALUE_MAX - 1] = '\0';
    assert_int_equal(parse(text), 0);
    assert_int_equal(strlen(values.log), VALUE_MAX - 1);
}

static void
test_parse_text_long_name_is_cut_in_the_message(void **state)
{
    static char text[300];

    (void)state;
    memset(text, 'q', sizeof(text) - 1);
    assert_int_equal(parse(text), 1);
    assert_true(strlen(said) < 120);
    assert_non_null(strstr(said, "q...? there is no such option"));
}

static void
test_parse_text_control_bytes_are_not_shown(void **state)
{
    (void)state;
    assert_int_equal(parse("a\x1b[2Jb\x7f"), 1);
    assert_string_equal(said, "a?[2Jb?? there is no such option\n");
}

static void
test_parse_text_too_many_tokens_is_said_once(void **state)
{
    static char text[2 * (PARSE_TOKENS_MAX + 100) * 6];

    (void)state;
    for (size_t i = 0; i < PARSE_TOKENS_MAX + 100; i++)
        strcpy(text + i * 6, "top=1,");
    strcat(text, "top=2");
    assert_int_equal(parse(text), 1);
    assert_string_equal(said, "more than 4096 options: the rest is left "
                              "out\n");
    assert_int_equal(values.top, 1);
}

static void
test_parse_text_sealed_refuses_layout(void **state)
{
    struct conf sealed = values;
    struct parse p = {.values = &values, .sealed = &sealed, .visit = visit};

    (void)state;
    said[0] = '\0';
    assert_int_equal(parse_text(&p, "check-fence=64,top=3,align=32", 29), 2);
    assert_int_equal(values.check_fence, 16);
    assert_int_equal(values.align, 16);
    assert_int_equal(values.top, 3);
    assert_string_equal(said,
                        "check-fence cannot change once memory is in use; "
                        "set it in DBGMALLOC_OPTS\n"
                        "align cannot change once memory is in use; set it "
                        "in DBGMALLOC_OPTS\n");
}

static void
test_parse_text_sealed_accepts_the_same(void **state)
{
    struct conf sealed = values;
    struct parse p = {.values = &values, .sealed = &sealed, .visit = visit};

    (void)state;
    assert_int_equal(parse_text(&p, "check-fence=16,low", 18), 0);
    assert_int_equal(values.alloc_blank, 0xDA);
}

static void
test_parse_text_secure_refuses_paths(void **state)
{
    struct parse p = {.values = &values, .is_secure = true, .visit = visit};

    (void)state;
    said[0] = '\0';
    assert_int_equal(parse_text(&p, "log=/etc/x,log=fd:3,top=3", 25), 2);
    assert_null(values.log);
    assert_int_equal(values.top, 3);
    assert_int_equal(parse_text(&p, "log=none,no-log,log=stderr", 26), 0);
}

static void
test_parse_escape_reads_back(void **state)
{
    static const char *const texts[] = {"a",      " a",  "a ",   " ",   "\\",
                                        "a\\",    ",",   "\\,",  " , ", "\\ ",
                                        "a\\ \\", "a b", "\t\n", "\\\\"};
    char escaped[64];
    char text[80];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        assert_true(parse_escape(escaped, sizeof(escaped), texts[i]) <
                    sizeof(escaped));
        (void)format_text(text, sizeof(text), "log=%s,top=9", escaped);
        values.top = 0;
        assert_int_equal(parse(text), 0);
        assert_string_equal(values.log, texts[i]);
        assert_int_equal(values.top, 9);
    }
}

static void
test_parse_escape_cut_is_terminated(void **state)
{
    char buffer[4];

    (void)state;
    assert_int_equal(parse_escape(buffer, sizeof(buffer), "a,b,c"), 7);
    assert_string_equal(buffer, "a\\,");
    assert_int_equal(parse_escape(NULL, 0, "a,b"), 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test_name) cmocka_unit_test_setup(test_name, setup)
        TEST(test_parse_text_empty_does_nothing),
        TEST(test_parse_text_later_wins),
        TEST(test_parse_text_blanks_are_dropped),
        TEST(test_parse_text_escaped_comma_is_literal),
        TEST(test_parse_text_backslash_before_others_is_itself),
        TEST(test_parse_text_escaped_blank_is_kept),
        TEST(test_parse_text_value_may_hold_equals),
        TEST(test_parse_text_stops_at_nul),
        TEST(test_parse_text_bare_form_is_used),
        TEST(test_parse_text_unknown_names_the_nearest),
        TEST(test_parse_text_unknown_without_a_near_name),
        TEST(test_parse_text_bad_value_names_what_is_accepted),
        TEST(test_parse_text_missing_value_is_bad),
        TEST(test_parse_text_off_with_a_value_is_bad),
        TEST(test_parse_text_off_of_a_choice_is_bad),
        TEST(test_parse_text_preset_leaves_the_rest),
        TEST(test_parse_text_preset_off_turns_all_off),
        TEST(test_parse_text_preset_default_undoes_off),
        TEST(test_parse_text_switches_take_on_and_off),
        TEST(test_parse_text_every_preset_is_good),
        TEST(test_parse_text_preset_with_a_value_is_bad),
        TEST(test_parse_text_every_alias_is_good),
        TEST(test_parse_text_alias_sets_ours),
        TEST(test_parse_text_alias_elapsed_adds_to_prefix),
        TEST(test_parse_text_alias_takes_the_value_of_ours),
        TEST(test_parse_text_long_value_is_bad),
        TEST(test_parse_text_long_name_is_cut_in_the_message),
        TEST(test_parse_text_control_bytes_are_not_shown),
        TEST(test_parse_text_too_many_tokens_is_said_once),
        TEST(test_parse_text_sealed_refuses_layout),
        TEST(test_parse_text_sealed_accepts_the_same),
        TEST(test_parse_text_secure_refuses_paths),
        TEST(test_parse_escape_reads_back),
        TEST(test_parse_escape_cut_is_terminated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
