/*
 * The values in force: where they come from, saved and put back, as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

#include "base/format.h"
#include "conf/conf.h"
#include "conf/option.h"
#include "conf/value.h"
#include "os/process.h"
#include "said.h"

static int
setup(void **state)
{
    (void)state;
    said_clean_place();
    conf_set_formats("text|json");
    conf_init(NULL);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    said_leave_place();
    return 0;
}

static const char *
text_now(void)
{
    static char text[16384];

    assert_true(conf_text(text, sizeof(text)) < sizeof(text));
    return text;
}

static void
test_conf_init_without_options_gives_the_defaults(void **state)
{
    const struct conf *now = conf_now();

    (void)state;
    assert_null(now->log);
    assert_int_equal(now->log_child, CONF_LOG_CHILD_SPLIT);
    assert_string_equal(now->format, "text");
    assert_true(now->print);
    assert_int_equal(now->log_prefix, CONF_PREFIX_SEQ);
    assert_false(now->log_trans);
    assert_false(now->log_admin);
    assert_int_equal(now->log_stats, CONF_AUTO);
    assert_int_equal(now->stats_every.ns, 0);
    assert_int_equal(now->stats_every.operations, 0);
    assert_int_equal(now->report_every, 0);
    assert_int_equal(now->top, 10);
    assert_int_equal(now->log_leaks, CONF_AUTO);
    assert_int_equal(now->leak_check, CONF_LEAK_CHECK_REACHABLE);
    assert_int_equal(now->leak_group, CONF_LEAK_GROUP_STACK);
    assert_int_equal(now->leak_age, 0);
    assert_int_equal(now->leak_size.min, 0);
    assert_true(now->leak_size.max == UINT64_MAX);
    assert_int_equal(now->leak_dump, 0);
    assert_int_equal(now->exit_code, 0);
    assert_true(now->record);
    assert_int_equal(now->check_fence, 16);
    assert_false(now->check_heap);
    assert_int_equal(now->interval, 0);
    assert_int_equal(now->start.kind, CONF_START_NONE);
    assert_true(now->check_mismatch);
    assert_true(now->check_shutdown);
    assert_int_equal(now->alloc_blank, -1);
    assert_int_equal(now->free_blank, -1);
    assert_false(now->realloc_copy);
    assert_int_equal(now->align, 16);
    assert_int_equal(now->zero_size, CONF_ZERO_SIZE_UNIQUE);
    assert_int_equal(now->limit, 0);
    assert_int_equal(now->max_alloc, 0);
    assert_int_equal(now->on_error, CONF_ON_ERROR_LOG);
    assert_int_equal(now->oom, CONF_OOM_NULL);
    assert_false(now->error_free_null);
    assert_int_equal(now->addr.addr, 0);
    assert_int_equal(now->seq, 0);
    assert_int_equal(now->catch_signals, 0);
    assert_int_equal(now->report_signal, 0);
    assert_null(now->only);
    assert_string_equal(text_now(), "");
}

static void
test_conf_init_sources_in_order(void **state)
{
    char name[64];
    char file[256];

    (void)state;
    (void)format_text(file, sizeof(file),
                      "prog:%s = top=2, leak-dump=2, seq=2\n"
                      "prog:other-program = top=7\n",
                      process_name(name, sizeof(name)));
    said_write(".dbgmallocrc", file);
    setenv("DBGMALLOC_OPTS", "seq=3,limit=3", 1);
    conf_init("top=1,leak-dump=1,exit-code=1");
    assert_int_equal(conf_now()->exit_code, 1);
    assert_int_equal(conf_now()->top, 2);
    assert_int_equal(conf_now()->leak_dump, 2);
    assert_int_equal(conf_now()->seq, 3);
    assert_int_equal(conf_now()->limit, 3);
    assert_int_equal(conf_apply("limit=4"), 0);
    assert_int_equal(conf_now()->limit, 4);
}

static void
test_conf_init_file_presets_work_in_the_environment(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = low, top=3\nmore = mine, top=4\n");
    setenv("DBGMALLOC_OPTS", "more,no-print", 1);
    conf_init(NULL);
    assert_int_equal(conf_now()->top, 4);
    assert_int_equal(conf_now()->alloc_blank, 0xDA);
    assert_false(conf_now()->print);
}

static void
test_conf_init_bad_tokens_are_said_with_their_source(void **state)
{
    const char *said;

    (void)state;
    said_write(".dbgmallocrc", "mine = tpo=3\nprog:* = lgo=x\n");
    setenv("DBGMALLOC_OPTS", "check-fense,mine", 1);
    said_begin();
    conf_init("pirnt");
    said = said_end();
    assert_string_equal(said,
                        "dbgmalloc: dbgmalloc_default_options: pirnt? did "
                        "you mean print\n"
                        "dbgmalloc: .dbgmallocrc: lgo? did you mean log\n"
                        "dbgmalloc: check-fense? did you mean check-fence\n"
                        "dbgmalloc: mine: tpo? did you mean top\n");
}

static void
test_conf_init_presets_that_name_each_other_end(void **state)
{
    const char *said;

    (void)state;
    said_write(".dbgmallocrc", "one = two, top=3\ntwo = one\n");
    setenv("DBGMALLOC_OPTS", "one", 1);
    said_begin();
    conf_init(NULL);
    said = said_end();
    assert_int_equal(said_lines(said), 1);
    assert_non_null(strstr(said, "presets name each other without end"));
    assert_int_equal(conf_now()->top, 3);
}

static void
test_conf_init_presets_that_multiply_end(void **state)
{
    const char *said;

    (void)state;
    said_write(".dbgmallocrc", "a = top=1,top=1,top=1,top=1,top=1,top=1\n"
                               "b = a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\n"
                               "c = b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b\n"
                               "d = c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c\n"
                               "e = d,d,d,d,d,d,d,d,d,d,d,d,d,d,d,d,d,d\n");
    setenv("DBGMALLOC_OPTS", "e", 1);
    said_begin();
    conf_init(NULL);
    said = said_end();
    assert_int_equal(said_lines(said), 1);
    assert_non_null(strstr(said, "more than 4096 options"));
}

static void
test_conf_init_only_others_is_off(void **state)
{
    (void)state;
    setenv("DBGMALLOC_OPTS", "only=redis-server:py*,check-heap", 1);
    conf_init(NULL);
    assert_false(conf_now()->record);
    assert_false(conf_now()->check_heap);
    assert_int_equal(conf_now()->log_leaks, CONF_OFF);
    assert_int_equal(conf_now()->check_fence, 0);
}

static void
test_conf_init_only_this_is_on(void **state)
{
    char name[64];
    char text[128];

    (void)state;
    process_name(name, sizeof(name));
    name[strlen(name) - 1] = '?';
    (void)format_text(text, sizeof(text), "only=bash:%s:sh,check-heap", name);
    setenv("DBGMALLOC_OPTS", text, 1);
    conf_init(NULL);
    assert_true(conf_now()->record);
    assert_true(conf_now()->check_heap);
}

static void
test_conf_init_long_environment_is_read_whole(void **state)
{
    static char text[70000];

    (void)state;
    for (size_t i = 0; i < 3000; i++)
        strcat(text + i * 14, "exit-code=001,");
    strcat(text, "top=77");
    setenv("DBGMALLOC_OPTS", text, 1);
    conf_init(NULL);
    assert_int_equal(conf_now()->top, 77);
    assert_int_equal(conf_now()->exit_code, 1);
}

static void
test_conf_apply_counts_and_says_bad_tokens(void **state)
{
    int bad;
    const char *said;

    (void)state;
    said_begin();
    bad = conf_apply("top=1,bogus=2,exit-code=999,no-print");
    said = said_end();
    assert_int_equal(bad, 2);
    assert_int_equal(said_lines(said), 2);
    assert_int_equal(conf_now()->top, 1);
    assert_int_equal(conf_now()->exit_code, 0);
    assert_false(conf_now()->print);
}

static void
test_conf_apply_null_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(conf_apply(NULL), 0);
    assert_string_equal(text_now(), "");
}

static void
test_conf_apply_many_times_does_not_fill_the_store(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(conf_apply("log=some/long/path/to/a/file,only=*,"
                                    "start=file.c:12,format=json"),
                         0);
        assert_int_equal(conf_apply("log=another/path,start=0"), 0);
    }
}

static void
test_conf_push_pop_restores(void **state)
{
    (void)state;
    assert_int_equal(conf_apply("top=5,log=a"), 0);
    assert_int_equal(conf_push("top=6,log=b,low"), 0);
    assert_int_equal(conf_now()->top, 6);
    assert_int_equal(conf_push("top=7"), 0);
    assert_int_equal(conf_pop(), 0);
    assert_int_equal(conf_now()->top, 6);
    assert_string_equal(conf_now()->log, "b");
    assert_int_equal(conf_pop(), 0);
    assert_int_equal(conf_now()->top, 5);
    assert_string_equal(conf_now()->log, "a");
    assert_int_equal(conf_now()->alloc_blank, -1);
}

static void
test_conf_push_too_deep_is_enospc(void **state)
{
    (void)state;
    for (int i = 0; i < CONF_PUSH_MAX; i++)
        assert_int_equal(conf_push(NULL), 0);
    assert_int_equal(conf_push("top=99"), -ENOSPC);
    assert_int_equal(conf_now()->top, 10);
    for (int i = 0; i < CONF_PUSH_MAX; i++)
        assert_int_equal(conf_pop(), 0);
    assert_int_equal(conf_pop(), -ENOENT);
}

static void
test_conf_push_with_bad_tokens_is_pushed(void **state)
{
    (void)state;
    said_begin();
    assert_int_equal(conf_push("bogus,top=4"), 1);
    said_end();
    assert_int_equal(conf_now()->top, 4);
    assert_int_equal(conf_pop(), 0);
    assert_int_equal(conf_now()->top, 10);
}

/* A value other than the default for each option, as conf_text writes it. */
static const char *const others[] = {
    "log=+a\\,b \\\\c",
    "log-child=share",
    "format=json",
    "dump=snap.%p",
    "no-print",
    "log-prefix=time:elapsed:pid:tid",
    "log-trans",
    "log-admin",
    "log-stats=on",
    "stats-every=1500ms",
    "report-every=90s",
    "top=0",
    "log-leaks=off",
    "leak-check=outstanding",
    "leak-group=site",
    "leak-show=definite:reachable",
    "leak-age=3600s",
    "leak-size=10-2000",
    "leak-dump=64",
    "no-hide-runtime",
    "suppress=known.supp",
    "suppress-generate=lsan",
    "exit-code=99",
    "no-record",
    "stack=7",
    "check-fence=4096",
    "check-heap",
    "interval=1000",
    "start=dir/file.c:123",
    "check-blank",
    "check-funcs",
    "no-check-faults",
    "no-check-mismatch",
    "no-check-shutdown",
    "alloc-blank=0x00",
    "free-blank=0xFF",
    "realloc-copy",
    "quarantine=1000",
    "never-reuse",
    "guard=below:3",
    "guard-sample=500",
    "align=65536",
    "zero-size=error",
    "shuffle",
    "limit=18446744073709551615",
    "max-alloc=1",
    "heap=libc",
    "sample=65536",
    "symbols=raw",
    "on-error=exit",
    "oom=abort",
    "error-free-null",
    "addr=0x7ffff7dd1000:12",
    "seq=12345678901",
    "fail=%5.0000",
    "seed=42",
    "catch-signals=INT:SEGV:34",
    "report-signal=USR1",
    "mark-signal=USR2",
    "toggle-signal=USR2",
    "only=*",
};

static void
test_conf_text_each_option_round_trips(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_COUNT(others), option_count);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        conf_init(NULL);
        assert_int_equal(conf_apply(others[i]), 0);
        assert_string_equal(text_now(), others[i]);
    }
}

static void
test_conf_text_every_form_of_fail_round_trips(void **state)
{
    static const char *const forms[] = {"fail=7",     "fail=s65536",
                                        "fail=s30:2", "fail=s30.c:2",
                                        "fail=a.c:3", "fail=a.c:3:2"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        conf_init(NULL);
        assert_int_equal(conf_apply(forms[i]), 0);
        assert_string_equal(text_now(), forms[i]);
    }
    conf_init(NULL);
    assert_int_equal(conf_apply("fail=s64k"), 0);
    assert_int_equal(conf_now()->fail.kind, CONF_FAIL_SIZE);
    assert_int_equal(conf_now()->fail.size, 65536);
    assert_int_not_equal(conf_apply("fail=s"), 0);
    assert_int_not_equal(conf_apply("fail=s64k:"), 0);
}

static void
test_conf_text_all_options_round_trip(void **state)
{
    static char all[16384];
    static char text[16384];
    static struct conf before;

    (void)state;
    all[0] = '\0';
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        strcat(all, i > 0 ? "," : "");
        strcat(all, others[i]);
    }
    assert_int_equal(conf_apply(all), 0);
    before = *conf_now();
    strcpy(text, text_now());
    conf_init(NULL);
    assert_string_equal(text_now(), "");
    assert_int_equal(conf_apply(text), 0);
    assert_string_equal(text_now(), text);
    for (size_t i = 0; i < option_count; i++)
        assert_true(value_is_equal(&option_table[i], &before, conf_now()));
}

static void
test_conf_text_presets_round_trip(void **state)
{
    static char text[16384];

    (void)state;
    for (size_t i = 0; i < option_preset_count; i++) {
        conf_init(NULL);
        assert_int_equal(conf_apply(option_presets[i].name), 0);
        strcpy(text, text_now());
        conf_init(NULL);
        assert_int_equal(conf_apply(text), 0);
        assert_string_equal(text_now(), text);
    }
}

static void
test_conf_text_small_buffer_is_cut(void **state)
{
    char text[10];
    const char full[] = "no-print,top=3";

    (void)state;
    assert_int_equal(conf_apply("top=3,no-print"), 0);
    assert_int_equal(conf_text(NULL, 0), strlen(full));
    for (size_t size = 1; size <= sizeof(text); size++) {
        assert_int_equal(conf_text(text, size), strlen(full));
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, full, size - 1);
    }
}

static char explained[1024];

static void
explain(const struct conf_token *token, void *context)
{
    size_t n = strlen(explained);

    (void)context;
    (void)format_text(explained + n, sizeof(explained) - n, "%d %s|%s|%s\n",
                      (int)token->kind, token->text, token->name, token->value);
}

static void
test_conf_explain_tells_each_token(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = tpo, print\n");
    conf_init(NULL);
    explained[0] = '\0';
    assert_int_equal(conf_explain("check-fence=20, runtime,inter=5,bogus,"
                                  "mine,no-print",
                                  explain, NULL),
                     2);
    assert_string_equal(explained,
                        "0 check-fence=20|check-fence|32\n"
                        "1 runtime|runtime|record,log-stats,log-leaks,"
                        "check-fence\n"
                        "2 inter=5|inter=|interval=\n"
                        "3 bogus||bogus? there is no such option\n"
                        "3 tpo||mine: tpo? did you mean top\n"
                        "1 mine|mine|tpo, print\n"
                        "0 no-print|print|off\n");
}

static void
test_conf_explain_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(conf_apply("log=mine"), 0);
    explained[0] = '\0';
    assert_int_equal(conf_explain("log=other,medium,top=3", explain, NULL), 0);
    assert_string_equal(text_now(), "log=mine");
    assert_string_equal(conf_now()->log, "mine");
}

static void
test_conf_explain_many_texts_does_not_fill_the_store(void **state)
{
    char text[64];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        explained[0] = '\0';
        (void)format_text(text, sizeof(text), "log=file.%d", i);
        assert_int_equal(conf_explain(text, explain, NULL), 0);
    }
}

/* A generator with a fixed seed: Marsaglia, Xorshift RNGs, 2003. */
static uint64_t random_state;

static unsigned
random_below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % n;
}

/* Bytes that mean something to the grammar, more often than others. */
static size_t
random_text(char *text, size_t size)
{
    static const char marks[] = ",,==\\\\ :+-0123456789kmgsx*?%";
    size_t n = 0;

    while (n + 40 < size && random_below(8) != 0) {
        unsigned kind = random_below(10);

        if (kind < 4) {
            const struct option *option =
                &option_table[random_below((unsigned)option_count)];
            const char *words = option->words != NULL ? option->words : "on";

            n += format_text(text + n, size - n, "%s%s=%.*s",
                             kind == 0 ? "no-" : "", option->name,
                             (int)random_below(12), words);
        } else if (kind == 4) {
            n += format_text(
                text + n, size - n, "%s",
                option_aliases[random_below((unsigned)option_alias_count)]
                    .name);
        } else {
            for (unsigned i = random_below(6); i > 0 && n + 1 < size; i--)
                text[n++] = random_below(3) != 0
                                ? marks[random_below(sizeof(marks) - 1)]
                                : (char)random_below(256);
        }
        if (n >= size)
            n = size - 1;
    }
    text[n] = '\0';
    return n;
}

/*
 * Whatever is given, the call comes back, the values are ones that print and
 * read back to the same, and nothing bad was done on the way.
 */
static void
test_conf_apply_random_texts_leave_good_values(void **state)
{
    static char text[16384];
    char random[400];
    struct conf before;

    (void)state;
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    said_begin();
    for (int i = 0; i < 100000; i++) {
        (void)random_text(random, sizeof(random));
        assert_true(conf_apply(random) >= 0);
        if (i % 10 != 0)
            continue;
        before = *conf_now();
        strcpy(text, text_now());
        conf_init(NULL);
        assert_int_equal(conf_apply(text), 0);
        assert_string_equal(text_now(), text);
        for (size_t k = 0; k < option_count; k++)
            assert_true(value_is_equal(&option_table[k], &before, conf_now()));
    }
    said_end();
}

/* These come last: sealing is for the life of the process. */
static void
test_conf_seal_refuses_layout_only(void **state)
{
    int bad;
    const char *said;

    (void)state;
    assert_int_equal(conf_push("check-fence=64,top=9"), 0);
    conf_seal();
    said_begin();
    bad = conf_apply("check-fence=32,top=3,no-record,only=x");
    said = said_end();
    assert_int_equal(bad, 3);
    assert_int_equal(said_lines(said), 3);
    assert_non_null(strstr(said, "check-fence cannot change once memory is "
                                 "in use"));
    assert_int_equal(conf_now()->check_fence, 64);
    assert_int_equal(conf_now()->top, 3);
    assert_true(conf_now()->record);
    /* Saved before the seal, with another layout. */
    assert_int_equal(conf_pop(), 0);
    assert_int_equal(conf_now()->check_fence, 64);
    assert_int_equal(conf_now()->top, 10);
}

static void
test_conf_init_sealed_does_nothing(void **state)
{
    (void)state;
    conf_seal();
    assert_int_equal(conf_apply("top=8"), 0);
    conf_init("top=1,check-fence=128");
    assert_int_equal(conf_now()->top, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test_name)                                                        \
    cmocka_unit_test_setup_teardown(test_name, setup, teardown)
        TEST(test_conf_init_without_options_gives_the_defaults),
        TEST(test_conf_init_sources_in_order),
        TEST(test_conf_init_file_presets_work_in_the_environment),
        TEST(test_conf_init_bad_tokens_are_said_with_their_source),
        TEST(test_conf_init_presets_that_name_each_other_end),
        TEST(test_conf_init_presets_that_multiply_end),
        TEST(test_conf_init_only_others_is_off),
        TEST(test_conf_init_only_this_is_on),
        TEST(test_conf_init_long_environment_is_read_whole),
        TEST(test_conf_apply_counts_and_says_bad_tokens),
        TEST(test_conf_apply_null_is_nothing),
        TEST(test_conf_apply_many_times_does_not_fill_the_store),
        TEST(test_conf_push_pop_restores),
        TEST(test_conf_push_too_deep_is_enospc),
        TEST(test_conf_push_with_bad_tokens_is_pushed),
        TEST(test_conf_text_each_option_round_trips),
        TEST(test_conf_text_every_form_of_fail_round_trips),
        TEST(test_conf_text_all_options_round_trip),
        TEST(test_conf_text_presets_round_trip),
        TEST(test_conf_text_small_buffer_is_cut),
        TEST(test_conf_explain_tells_each_token),
        TEST(test_conf_explain_changes_nothing),
        TEST(test_conf_explain_many_texts_does_not_fill_the_store),
        TEST(test_conf_apply_random_texts_leave_good_values),
        TEST(test_conf_seal_refuses_layout_only),
        TEST(test_conf_init_sealed_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
