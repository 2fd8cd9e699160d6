/*
 * The reader of each kind of value: normal, least, greatest and bad texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/option.h"
#include "conf/store.h"
#include "conf/value.h"

static struct conf values;

static int
setup(void **state)
{
    (void)state;
    memset(&values, 0, sizeof(values));
    store_rewind(0);
    conf_set_formats(NULL);
    return 0;
}

static int
read_as(const char *name, const char *text)
{
    const struct option *option = option_find(name, strlen(name));

    assert_non_null(option);
    return value_read(option, text, strlen(text), &values);
}

static const char *
printed(const char *name)
{
    static char text[VALUE_MAX];
    const struct option *option = option_find(name, strlen(name));

    assert_true(value_print(option, &values, text, sizeof(text)) <
                sizeof(text));
    return text;
}

static void
test_value_read_bool_takes_all_spellings(void **state)
{
    static const char *const yes[] = {"on", "yes", "1", "true"};
    static const char *const no[] = {"off", "no", "0", "false"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        values.print = false;
        assert_int_equal(read_as("print", yes[i]), 0);
        assert_true(values.print);
        assert_int_equal(read_as("print", no[i]), 0);
        assert_false(values.print);
    }
}

static void
test_value_read_bool_bad_is_refused(void **state)
{
    (void)state;
    values.print = true;
    assert_int_equal(read_as("print", "maybe"), -EINVAL);
    assert_int_equal(read_as("print", ""), -EINVAL);
    assert_int_equal(read_as("print", "On"), -EINVAL);
    assert_true(values.print);
}

static void
test_value_read_log_path_is_kept(void **state)
{
    char path[] = "leaks.%p.txt";

    (void)state;
    assert_int_equal(read_as("log", path), 0);
    memset(path, 'x', sizeof(path) - 1);
    assert_string_equal(values.log, "leaks.%p.txt");
    assert_int_equal(read_as("log", "+more.txt"), 0);
    assert_string_equal(values.log, "+more.txt");
}

static void
test_value_read_log_streams_are_known(void **state)
{
    (void)state;
    values.log = "x";
    assert_int_equal(read_as("log", "stderr"), 0);
    assert_null(values.log);
    assert_string_equal(printed("log"), "stderr");
    assert_int_equal(read_as("log", "off"), 0);
    assert_string_equal(values.log, "none");
    assert_int_equal(read_as("log", "fd:7"), 0);
    assert_string_equal(values.log, "fd:7");
}

static void
test_value_read_log_bad_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_as("log", ""), -EINVAL);
    assert_int_equal(read_as("log", "+"), -EINVAL);
    assert_int_equal(read_as("log", "fd:"), -EINVAL);
    assert_int_equal(read_as("log", "fd:x"), -EINVAL);
    assert_int_equal(read_as("log", "fd:2147483648"), -ERANGE);
    assert_null(values.log);
}

static void
test_value_read_log_store_full_is_enospc(void **state)
{
    char path[VALUE_MAX];
    int rc = 0;

    (void)state;
    memset(path, 'p', sizeof(path));
    for (char c = 'a'; c <= 'z' && rc == 0; c++) {
        path[0] = c;
        path[VALUE_MAX - 1] = '\0';
        rc = read_as("log", path);
    }
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(read_as("log", "none"), 0);
}

static void
test_value_read_names_bad_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_as("only", "redis-server:py*"), 0);
    assert_string_equal(values.only, "redis-server:py*");
    assert_int_equal(read_as("only", ""), -EINVAL);
    assert_int_equal(read_as("only", ":a"), -EINVAL);
    assert_int_equal(read_as("only", "a:"), -EINVAL);
    assert_int_equal(read_as("only", "a::b"), -EINVAL);
    assert_int_equal(read_as("only", "off"), 0);
    assert_null(values.only);
}

static void
test_value_read_format_unset_takes_any_word(void **state)
{
    (void)state;
    assert_int_equal(read_as("format", "folded"), 0);
    assert_string_equal(values.format, "folded");
    assert_int_equal(read_as("format", "a b"), -EINVAL);
    assert_int_equal(read_as("format", ""), -EINVAL);
}

static void
test_value_read_format_set_takes_only_those(void **state)
{
    (void)state;
    conf_set_formats("text|json");
    assert_int_equal(read_as("format", "json"), 0);
    assert_string_equal(values.format, "json");
    assert_int_equal(read_as("format", "folded"), -EINVAL);
    assert_int_equal(read_as("format", "jso"), -EINVAL);
}

/* Each choice, by the word and the enum's number. */
static void
test_value_read_choice_gives_the_enum(void **state)
{
    static const struct {
        const char *name;
        const char *word;
        int number;
    } choices[] = {
        {"log-child", "split", CONF_LOG_CHILD_SPLIT},
        {"log-child", "share", CONF_LOG_CHILD_SHARE},
        {"log-child", "off", CONF_LOG_CHILD_OFF},
        {"log-stats", "auto", CONF_AUTO},
        {"log-stats", "off", CONF_OFF},
        {"log-stats", "on", CONF_ON},
        {"leak-check", "reachable", CONF_LEAK_CHECK_REACHABLE},
        {"leak-check", "outstanding", CONF_LEAK_CHECK_OUTSTANDING},
        {"leak-group", "stack", CONF_LEAK_GROUP_STACK},
        {"leak-group", "site", CONF_LEAK_GROUP_SITE},
        {"leak-group", "none", CONF_LEAK_GROUP_NONE},
        {"leak-group", "off", CONF_LEAK_GROUP_NONE},
        {"zero-size", "unique", CONF_ZERO_SIZE_UNIQUE},
        {"zero-size", "null", CONF_ZERO_SIZE_NULL},
        {"zero-size", "warn", CONF_ZERO_SIZE_WARN},
        {"zero-size", "error", CONF_ZERO_SIZE_ERROR},
        {"on-error", "log", CONF_ON_ERROR_LOG},
        {"on-error", "abort", CONF_ON_ERROR_ABORT},
        {"on-error", "stop", CONF_ON_ERROR_STOP},
        {"on-error", "exit", CONF_ON_ERROR_EXIT},
        {"oom", "null", CONF_OOM_NULL},
        {"oom", "abort", CONF_OOM_ABORT},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(choices); i++) {
        const struct option *option =
            option_find(choices[i].name, strlen(choices[i].name));

        memset(&values, 0x55, sizeof(values));
        assert_int_equal(read_as(choices[i].name, choices[i].word), 0);
        assert_int_equal(*(const int *)option_field(option, &values),
                         choices[i].number);
    }
    assert_int_equal(read_as("on-error", "aborts"), -EINVAL);
    assert_int_equal(read_as("on-error", "abor"), -EINVAL);
    assert_int_equal(read_as("on-error", "log|abort"), -EINVAL);
    assert_int_equal(read_as("on-error", "off"), -EINVAL);
}

static void
test_value_read_flags_join_add_and_clear(void **state)
{
    (void)state;
    assert_int_equal(read_as("log-prefix", "time:tid"), 0);
    assert_int_equal(values.log_prefix, CONF_PREFIX_TIME | CONF_PREFIX_TID);
    assert_int_equal(read_as("log-prefix", "+pid"), 0);
    assert_int_equal(values.log_prefix,
                     CONF_PREFIX_TIME | CONF_PREFIX_TID | CONF_PREFIX_PID);
    assert_string_equal(printed("log-prefix"), "time:pid:tid");
    assert_int_equal(read_as("log-prefix", "elapsed+seq"), 0);
    assert_int_equal(values.log_prefix, CONF_PREFIX_ELAPSED | CONF_PREFIX_SEQ);
    assert_int_equal(read_as("log-prefix", "time,bogus"), -EINVAL);
    assert_int_equal(read_as("log-prefix", ""), -EINVAL);
    assert_int_equal(read_as("log-prefix", "time:"), -EINVAL);
    assert_int_equal(values.log_prefix, CONF_PREFIX_ELAPSED | CONF_PREFIX_SEQ);
    assert_int_equal(read_as("log-prefix", "none"), 0);
    assert_int_equal(values.log_prefix, 0);
    assert_string_equal(printed("log-prefix"), "none");
}

static void
test_value_read_count_at_the_limits(void **state)
{
    (void)state;
    assert_int_equal(read_as("exit-code", "0"), 0);
    assert_int_equal(read_as("exit-code", "255"), 0);
    assert_int_equal(values.exit_code, 255);
    assert_int_equal(read_as("exit-code", "256"), -ERANGE);
    assert_int_equal(read_as("exit-code", "-1"), -EINVAL);
    assert_int_equal(read_as("exit-code", "9k"), -EINVAL);
    assert_int_equal(values.exit_code, 255);
    assert_int_equal(read_as("seq", "18446744073709551615"), 0);
    assert_true(values.seq == UINT64_MAX);
    assert_int_equal(read_as("seq", "18446744073709551616"), -ERANGE);
    assert_int_equal(read_as("top", "0"), 0);
    assert_int_equal(values.top, 0);
}

static void
test_value_read_interval_auto_is_zero(void **state)
{
    (void)state;
    assert_int_equal(read_as("interval", "1000"), 0);
    assert_int_equal(values.interval, 1000);
    assert_int_equal(read_as("interval", "auto"), 0);
    assert_int_equal(values.interval, 0);
    assert_string_equal(printed("interval"), "auto");
    assert_int_equal(read_as("interval", "often"), -EINVAL);
}

static void
test_value_read_size_takes_units(void **state)
{
    (void)state;
    assert_int_equal(read_as("limit", "10m"), 0);
    assert_int_equal(values.limit, 10 << 20);
    assert_int_equal(read_as("max-alloc", "3G"), 0);
    assert_true(values.max_alloc == UINT64_C(3) << 30);
    assert_int_equal(read_as("limit", "17179869184g"), -ERANGE);
    assert_int_equal(read_as("limit", "ten"), -EINVAL);
    assert_int_equal(read_as("leak-dump", "64k"), 0);
    assert_int_equal(read_as("leak-dump", "65537"), -ERANGE);
    assert_int_equal(values.leak_dump, 65536);
    assert_int_equal(read_as("limit", "off"), 0);
    assert_int_equal(values.limit, 0);
}

static void
test_value_read_time_takes_units(void **state)
{
    (void)state;
    assert_int_equal(read_as("leak-age", "1500ms"), 0);
    assert_true(values.leak_age == UINT64_C(1500000000));
    assert_string_equal(printed("leak-age"), "1500ms");
    assert_int_equal(read_as("report-every", "2m"), 0);
    assert_true(values.report_every == UINT64_C(120000000000));
    assert_string_equal(printed("report-every"), "120s");
    assert_int_equal(read_as("leak-age", "5"), 0);
    assert_true(values.leak_age == UINT64_C(5000000000));
    assert_int_equal(read_as("leak-age", "99999999999h"), -ERANGE);
    assert_int_equal(read_as("leak-age", "soon"), -EINVAL);
}

static void
test_value_read_hold_tells_bytes_from_blocks(void **state)
{
    (void)state;
    assert_int_equal(read_as("quarantine", "1000"), 0);
    assert_int_equal(values.quarantine.blocks, 1000);
    assert_int_equal(values.quarantine.bytes, 0);
    assert_int_equal(read_as("quarantine", "64k"), 0);
    assert_int_equal(values.quarantine.blocks, 0);
    assert_int_equal(values.quarantine.bytes, 65536);
    assert_int_equal(read_as("quarantine", "many"), -EINVAL);
    assert_int_equal(values.quarantine.bytes, 65536);
    assert_int_equal(read_as("quarantine", "0"), 0);
    assert_int_equal(values.quarantine.bytes, 0);
}

static void
test_value_read_guard_side_and_number(void **state)
{
    (void)state;
    assert_int_equal(read_as("guard", "above"), 0);
    assert_int_equal(values.guard.side, CONF_SIDE_ABOVE);
    assert_int_equal(values.guard.every, 1);
    assert_int_equal(read_as("guard", "below:100"), 0);
    assert_int_equal(values.guard.side, CONF_SIDE_BELOW);
    assert_int_equal(values.guard.every, 100);
    assert_int_equal(read_as("guard", "below:0"), -ERANGE);
    assert_int_equal(read_as("guard", "off:3"), -EINVAL);
    assert_int_equal(read_as("guard", "left"), -EINVAL);
    assert_int_equal(values.guard.every, 100);
    assert_int_equal(read_as("guard", "off"), 0);
    assert_int_equal(values.guard.side, CONF_SIDE_OFF);
}

static void
test_value_read_fence_rounds_up(void **state)
{
    (void)state;
    assert_int_equal(read_as("check-fence", "1"), 0);
    assert_int_equal(values.check_fence, 16);
    assert_int_equal(read_as("check-fence", "17"), 0);
    assert_int_equal(values.check_fence, 32);
    assert_int_equal(read_as("check-fence", "4k"), 0);
    assert_int_equal(values.check_fence, 4096);
    assert_int_equal(read_as("check-fence", "4097"), -ERANGE);
    assert_int_equal(read_as("check-fence", "wide"), -EINVAL);
    assert_int_equal(values.check_fence, 4096);
    assert_int_equal(read_as("check-fence", "off"), 0);
    assert_int_equal(values.check_fence, 0);
    assert_int_equal(read_as("check-fence", "on"), 0);
    assert_int_equal(values.check_fence, 16);
}

static void
test_value_read_align_wants_a_power(void **state)
{
    (void)state;
    assert_int_equal(read_as("align", "1"), 0);
    assert_int_equal(values.align, 1);
    assert_int_equal(read_as("align", "64k"), 0);
    assert_int_equal(values.align, 65536);
    assert_int_equal(read_as("align", "24"), -EINVAL);
    assert_int_equal(read_as("align", "0"), -ERANGE);
    assert_int_equal(read_as("align", "128k"), -ERANGE);
    assert_int_equal(values.align, 65536);
}

static void
test_value_read_byte_at_the_limits(void **state)
{
    (void)state;
    assert_int_equal(read_as("alloc-blank", "0"), 0);
    assert_int_equal(values.alloc_blank, 0);
    assert_string_equal(printed("alloc-blank"), "0x00");
    assert_int_equal(read_as("alloc-blank", "0xff"), 0);
    assert_int_equal(values.alloc_blank, 255);
    assert_int_equal(read_as("alloc-blank", "256"), -ERANGE);
    assert_int_equal(read_as("alloc-blank", "on"), 0);
    assert_int_equal(values.alloc_blank, 0xDA);
    assert_int_equal(read_as("free-blank", "on"), 0);
    assert_int_equal(values.free_blank, 0xDF);
    assert_int_equal(read_as("free-blank", "off"), 0);
    assert_int_equal(values.free_blank, -1);
    assert_string_equal(printed("free-blank"), "off");
}

static void
test_value_read_every_tells_time_from_count(void **state)
{
    (void)state;
    assert_int_equal(read_as("stats-every", "10s"), 0);
    assert_true(values.stats_every.ns == UINT64_C(10000000000));
    assert_int_equal(values.stats_every.operations, 0);
    assert_string_equal(printed("stats-every"), "10s");
    assert_int_equal(read_as("stats-every", "5000"), 0);
    assert_int_equal(values.stats_every.ns, 0);
    assert_int_equal(values.stats_every.operations, 5000);
    assert_string_equal(printed("stats-every"), "5000");
    assert_int_equal(read_as("stats-every", "x"), -EINVAL);
    assert_int_equal(read_as("stats-every", "18446744073709551616"), -ERANGE);
    assert_int_equal(values.stats_every.operations, 5000);
    assert_int_equal(read_as("stats-every", "off"), 0);
    assert_int_equal(values.stats_every.operations, 0);
    assert_string_equal(printed("stats-every"), "off");
}

static void
test_value_read_range_one_or_two_sizes(void **state)
{
    (void)state;
    assert_int_equal(read_as("leak-size", "1k"), 0);
    assert_int_equal(values.leak_size.min, 1024);
    assert_true(values.leak_size.max == UINT64_MAX);
    assert_string_equal(printed("leak-size"), "1024");
    assert_int_equal(read_as("leak-size", "8-2k"), 0);
    assert_int_equal(values.leak_size.min, 8);
    assert_int_equal(values.leak_size.max, 2048);
    assert_string_equal(printed("leak-size"), "8-2048");
    assert_int_equal(read_as("leak-size", "7-7"), 0);
    assert_int_equal(read_as("leak-size", "8-7"), -ERANGE);
    assert_int_equal(read_as("leak-size", "-7"), -EINVAL);
    assert_int_equal(read_as("leak-size", "7-"), -EINVAL);
    assert_int_equal(read_as("leak-size", "1-2-3"), -EINVAL);
    assert_int_equal(values.leak_size.min, 7);
}

static void
test_value_read_start_each_kind(void **state)
{
    (void)state;
    assert_int_equal(read_as("start", "1000"), 0);
    assert_int_equal(values.start.kind, CONF_START_COUNT);
    assert_int_equal(values.start.n, 1000);
    assert_string_equal(printed("start"), "1000");
    assert_int_equal(read_as("start", "s2m"), 0);
    assert_int_equal(values.start.kind, CONF_START_SIZE);
    assert_int_equal(values.start.n, 2 << 20);
    assert_string_equal(printed("start"), "s2097152");
    assert_int_equal(read_as("start", "s1.c:12"), 0);
    assert_int_equal(values.start.kind, CONF_START_SITE);
    assert_string_equal(values.start.file, "s1.c");
    assert_int_equal(values.start.line, 12);
    assert_string_equal(printed("start"), "s1.c:12");
    assert_int_equal(read_as("start", "off"), 0);
    assert_int_equal(values.start.kind, CONF_START_NONE);
    assert_null(values.start.file);
    assert_string_equal(printed("start"), "0");
}

static void
test_value_read_start_bad_is_refused(void **state)
{
    static const char *const bad[] = {"",      "s",     "sx",
                                      "a.c",   "a.c:",  ":12",
                                      "a.c:0", "a.c:x", "a.c:99999999999",
                                      "12x"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_not_equal(read_as("start", bad[i]), 0);
    assert_int_equal(values.start.kind, CONF_START_NONE);
}

static void
test_value_read_addr_with_and_without_count(void **state)
{
    (void)state;
    assert_int_equal(read_as("addr", "0x7f00abcd"), 0);
    assert_true(values.addr.addr == 0x7f00abcd);
    assert_int_equal(values.addr.count, 1);
    assert_string_equal(printed("addr"), "0x7f00abcd");
    assert_int_equal(read_as("addr", "0x10:3"), 0);
    assert_int_equal(values.addr.count, 3);
    assert_string_equal(printed("addr"), "0x10:3");
    assert_int_equal(read_as("addr", "0x10:0"), -ERANGE);
    assert_int_equal(read_as("addr", "0"), -ERANGE);
    assert_int_equal(read_as("addr", "0x10:"), -EINVAL);
    assert_int_equal(read_as("addr", "main"), -EINVAL);
    assert_int_equal(values.addr.count, 3);
    assert_int_equal(read_as("addr", "off"), 0);
    assert_true(values.addr.addr == 0);
}

static uint64_t
bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static void
test_value_read_signals_list(void **state)
{
    (void)state;
    assert_int_equal(read_as("catch-signals", "on"), 0);
    assert_true(values.catch_signals ==
                (bit(SIGHUP) | bit(SIGINT) | bit(SIGTERM)));
    assert_int_equal(read_as("catch-signals", "USR1+SIGUSR2:10"), 0);
    assert_true(values.catch_signals == (bit(SIGUSR1) | bit(SIGUSR2)));
    assert_int_equal(read_as("catch-signals", "crash"), 0);
    assert_true(values.catch_signals ==
                (bit(SIGSEGV) | bit(SIGBUS) | bit(SIGABRT) | bit(SIGILL) |
                 bit(SIGFPE)));
    assert_int_equal(read_as("catch-signals", "+TERM"), 0);
    assert_true((values.catch_signals & bit(SIGTERM)) != 0);
    assert_true((values.catch_signals & bit(SIGSEGV)) != 0);
    assert_int_equal(read_as("catch-signals", "off"), 0);
    assert_true(values.catch_signals == 0);
}

static void
test_value_read_signals_bad_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "KILL", "STOP", "TERM:", "FOO", "32", "33", "65", "0", "HUP::INT"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(read_as("catch-signals", bad[i]), -EINVAL);
    assert_true(values.catch_signals == 0);
}

static void
test_value_read_signals_realtime_reads_back(void **state)
{
    char text[64];
    uint64_t mask;

    (void)state;
    assert_int_equal(read_as("catch-signals", "RTMIN+2:TERM"), 0);
    mask = values.catch_signals;
    assert_true(mask == (bit(SIGTERM) | bit(SIGRTMIN + 2)));
    strcpy(text, printed("catch-signals"));
    values.catch_signals = 0;
    assert_int_equal(read_as("catch-signals", text), 0);
    assert_true(values.catch_signals == mask);
}

static void
test_value_read_signal_one_or_off(void **state)
{
    (void)state;
    assert_int_equal(read_as("report-signal", "usr2"), 0);
    assert_int_equal(values.report_signal, SIGUSR2);
    assert_string_equal(printed("report-signal"), "USR2");
    assert_int_equal(read_as("report-signal", "KILL"), -EINVAL);
    assert_int_equal(read_as("report-signal", ""), -EINVAL);
    assert_int_equal(read_as("report-signal", "on"), -EINVAL);
    assert_int_equal(values.report_signal, SIGUSR2);
    assert_int_equal(read_as("report-signal", "off"), 0);
    assert_int_equal(values.report_signal, 0);
}

/* A text that is no value leaves every field as it was; a path and a program
 * may have any bytes. */
static void
test_value_read_bad_changes_nothing(void **state)
{
    struct conf before;

    (void)state;
    memset(&before, 0, sizeof(before));
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].type == OPTION_LOG ||
            option_table[i].type == OPTION_PATH ||
            option_table[i].type == OPTION_NAMES)
            continue;
        assert_int_not_equal(value_read(&option_table[i], "\x01,:", 3, &values),
                             0);
        assert_memory_equal(&values, &before, sizeof(values));
    }
}

/* Every option has words for what it accepts, and a default, a bare form and
 * an off form that it accepts itself. */
static void
test_value_read_own_texts_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char accepted[160];

        assert_true(strlen(value_accepted(option, accepted, sizeof(accepted))) >
                    1);
        assert_true(strlen(accepted) < sizeof(accepted) - 1);
        assert_int_equal(value_read(option, option->standard,
                                    strlen(option->standard), &values),
                         0);
        if (option->bare != NULL)
            assert_int_equal(
                value_read(option, option->bare, strlen(option->bare), &values),
                0);
        if (option->off != NULL)
            assert_int_equal(
                value_read(option, option->off, strlen(option->off), &values),
                0);
    }
}

static void
test_value_copy_takes_one_field_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        struct conf to;

        memset(&to, 0, sizeof(to));
        memset(&values, 0x01, sizeof(values));
        value_copy(option, &to, &values);
        assert_true(value_is_equal(option, &to, &values));
        for (size_t k = 0; k < option_count; k++) {
            if (k != i)
                assert_false(value_is_equal(&option_table[k], &to, &values));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test_name) cmocka_unit_test_setup(test_name, setup)
        TEST(test_value_read_bool_takes_all_spellings),
        TEST(test_value_read_bool_bad_is_refused),
        TEST(test_value_read_log_path_is_kept),
        TEST(test_value_read_log_streams_are_known),
        TEST(test_value_read_log_bad_is_refused),
        TEST(test_value_read_log_store_full_is_enospc),
        TEST(test_value_read_names_bad_is_refused),
        TEST(test_value_read_format_unset_takes_any_word),
        TEST(test_value_read_format_set_takes_only_those),
        TEST(test_value_read_choice_gives_the_enum),
        TEST(test_value_read_flags_join_add_and_clear),
        TEST(test_value_read_count_at_the_limits),
        TEST(test_value_read_interval_auto_is_zero),
        TEST(test_value_read_size_takes_units),
        TEST(test_value_read_time_takes_units),
        TEST(test_value_read_hold_tells_bytes_from_blocks),
        TEST(test_value_read_guard_side_and_number),
        TEST(test_value_read_fence_rounds_up),
        TEST(test_value_read_align_wants_a_power),
        TEST(test_value_read_byte_at_the_limits),
        TEST(test_value_read_every_tells_time_from_count),
        TEST(test_value_read_range_one_or_two_sizes),
        TEST(test_value_read_start_each_kind),
        TEST(test_value_read_start_bad_is_refused),
        TEST(test_value_read_addr_with_and_without_count),
        TEST(test_value_read_signals_list),
        TEST(test_value_read_signals_bad_is_refused),
        TEST(test_value_read_signals_realtime_reads_back),
        TEST(test_value_read_signal_one_or_off),
        TEST(test_value_read_bad_changes_nothing),
        TEST(test_value_read_own_texts_are_accepted),
        TEST(test_value_copy_takes_one_field_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
