/*
 * test_forms.c - all that a text can say, the other forms of a report, and a
 * comparison, compared with what is expected.
 *
 * The page (html) is there without its style and script, and pprof is not: it
 * is packed, and tests/tool/report.sh has protoc read it.
 */
#include "golden.h"

/* What the program named, what hangs under what is lost, what keeps growing,
 * what a rule keeps out: all that a text can say. */
static void
test_render_all_there_is_to_say(void **state)
{
    struct snapshot snapshot;
    struct snapshot_entry *entry;
    struct snapshot_label *label;
    struct snapshot_rule *rule;

    (void)state;
    fill_header(&snapshot);
    add_blocks(&snapshot, &list_trace, 3, 24, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &library_trace, 2, 64, 0, LEAK_INDIRECT);
    add_blocks(&snapshot, &header_trace, 5, 10, 1, LEAK_REACHABLE);
    for (size_t i = 3; i < 5; i++)
        VECTOR_AT(&snapshot.blocks, struct snapshot_block, i).leader =
            VECTOR_AT(&snapshot.blocks, struct snapshot_block, 0).addr;
    snapshot.live = (struct snapshot_total){14, 900};
    snapshot.unlisted[LEAK_POSSIBLE] = (struct snapshot_total){1, 7};
    snapshot.scan = (struct snapshot_scan){.is_done = true,
                                           .is_copy = true,
                                           .is_whole = true,
                                           .parked = 3,
                                           .kernel = 1,
                                           .root_areas = 5,
                                           .root_bytes = 123456,
                                           .scanned_bytes = 900,
                                           .pause_ns = 210000,
                                           .scan_ns = 1500000};
    snapshot.suppressed = (struct snapshot_total){2, 40};
    snapshot.findings_suppressed = 4;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    entry = &VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0);
    entry->growth = (struct snapshot_growth){
        .verdict = SNAPSHOT_LOST, .alloc_count = 9, .free_count = 6};
    entry = &VECTOR_AT(&snapshot.entries, struct snapshot_entry,
                       snapshot.entries.count - 1);
    entry->label = "a name \x01 of its own";
    entry->growth = (struct snapshot_growth){.verdict = SNAPSHOT_GROWING,
                                             .points = 12,
                                             .span_ns = 60 * SECOND,
                                             .per_hour = 3600,
                                             .alloc_count = 100,
                                             .free_count = 95,
                                             .old_ns = 10 * SECOND,
                                             .old_made = 50,
                                             .old_blocks = 4};
    label = vector_add(&snapshot.labels);
    assert_non_null(label);
    *label = (struct snapshot_label){"a name", {5, 60}};
    rule = vector_add(&snapshot.rules);
    assert_non_null(rule);
    *rule = (struct snapshot_rule){.name = "known",
                                   .file = "my.supp",
                                   .line = 3,
                                   .leaks = {2, 40},
                                   .hits = 2};
    rule = vector_add(&snapshot.rules);
    assert_non_null(rule);
    *rule =
        (struct snapshot_rule){.name = "never", .file = "my.supp", .line = 9};
    check_snapshot(&snapshot, "all.txt", "all.json");
    snapshot_fini(&snapshot);
}

/* ---- the other forms ---- */

/* Take out what stands between the two texts, each time. */
static void
cut_between(struct buffer *text, const char *from, const char *to)
{
    char *at = text->bytes;

    while ((at = strstr(at, from)) != NULL) {
        char *end;

        at += strlen(from);
        end = strstr(at, to);
        assert_non_null(end);
        memmove(at, end, strlen(end) + 1);
    }
    text->count = strlen(text->bytes);
}

static void
check_format(const struct snapshot *snapshot, enum report_format format,
             const char *name)
{
    struct buffer out = BUFFER_INIT;

    assert_int_equal(report_render(snapshot, format, &out), 0);
    if (format == REPORT_HTML) {
        /* How it looks and acts is for tests/tool/page.sh. */
        cut_between(&out, "<style>", "</style>");
        cut_between(&out, "<script>", "</script>");
        cut_between(&out, "'sha256-", "'");
        cut_between(&out, "<footer>", "</footer>");
    }
    if (format == REPORT_MASSIF)
        cut_between(&out, "desc: ", "\n");
    check_golden(name, &out);
    buffer_fini(&out);
}

static void
fill_history(struct snapshot *snapshot)
{
    struct snapshot_mark *mark;

    for (unsigned i = 0; i < 4; i++) {
        struct snapshot_instant *instant = vector_add(&snapshot->history);

        assert_non_null(instant);
        *instant =
            (struct snapshot_instant){i * SECOND / 2, 1000 * i * i, 10 * i};
    }
    mark = vector_add(&snapshot->marks);
    assert_non_null(mark);
    *mark = (struct snapshot_mark){SECOND, 1};
}

static void
test_render_other_forms_are_as_expected(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_leaks(&snapshot);
    fill_stats(&snapshot);
    fill_history(&snapshot);
    snapshot.findings[FINDING_OVERRUN] = 3;
    check_format(&snapshot, REPORT_FOLDED, "leaks.folded");
    check_format(&snapshot, REPORT_MASSIF, "leaks.massif");
    check_format(&snapshot, REPORT_OPENMETRICS, "leaks.openmetrics");
    check_format(&snapshot, REPORT_HTML, "leaks.html");
    snapshot_fini(&snapshot);
}

/* A stack of each verdict, one of them of several kinds of blocks. */
static void
test_render_table_is_as_expected(void **state)
{
    static const struct trace *const traces[] = {&list_trace, &library_trace,
                                                 &header_trace, &nowhere_trace};
    static const struct snapshot_growth growths[] = {
        {.verdict = SNAPSHOT_LOST},
        {.verdict = SNAPSHOT_ONE_OFF, .span_ns = SECOND, .points = 2},
        {.verdict = SNAPSHOT_GROWING,
         .span_ns = SECOND,
         .points = 2,
         .per_hour = 123456},
        {.verdict = SNAPSHOT_PLATEAU,
         .span_ns = SECOND,
         .points = 2,
         .per_hour = -2000},
    };
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.scan.is_done = true;
    add_blocks(&snapshot, &list_trace, 3, 24, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &list_trace, 1000, 1000, 0, LEAK_REACHABLE);
    for (size_t i = 1; i < ARRAY_COUNT(traces); i++)
        add_blocks(&snapshot, traces[i], 5, 100 * i, 0, LEAK_REACHABLE);
    add_blocks(&snapshot, NULL, 2, 10, 0, LEAK_UNSEEN);
    snapshot.live = (struct snapshot_total){1020, 1003092};
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    for (size_t k = 0; k < snapshot.entries.count; k++) {
        struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot.entries, struct snapshot_entry, k);

        for (size_t i = 0; i < ARRAY_COUNT(traces); i++) {
            if (entry->trace == traces[i])
                entry->growth = growths[i];
        }
    }
    snapshot.findings[FINDING_OVERRUN] = 3;
    check_format(&snapshot, REPORT_TABLE, "verdicts.table");
    snapshot_fini(&snapshot);
}

/* Half of the blocks are new, and one stack is gone. */
static void
test_render_comparison_is_as_expected(void **state)
{
    struct snapshot before, now, old, new;
    struct buffer out = BUFFER_INIT;

    (void)state;
    fill_header(&before);
    add_blocks(&before, &list_trace, 3, 24, 0, LEAK_OUTSTANDING);
    add_blocks(&before, &nowhere_trace, 1, 5, 0, LEAK_OUTSTANDING);
    assert_int_equal(snapshot_group(&before, SNAPSHOT_BY_STACK), 0);
    fill_header(&now);
    now.time_unix_ns += 60 * SECOND;
    add_blocks(&now, &list_trace, 6, 24, 0, LEAK_OUTSTANDING);
    add_blocks(&now, &library_trace, 2, 100, 0, LEAK_OUTSTANDING);
    assert_int_equal(snapshot_group(&now, SNAPSHOT_BY_STACK), 0);
    go_through_file(&before, &old);
    go_through_file(&now, &new);
    assert_int_equal(compare_render(&old, &new, REPORT_TEXT, &out), 0);
    check_golden("diff.txt", &out);
    buffer_clear(&out);
    assert_int_equal(compare_render(&old, &new, REPORT_FOLDED, &out), 0);
    check_golden("diff.folded", &out);
    names_use(&golden_resolver);
    buffer_fini(&out);
    snapshot_fini(&old);
    snapshot_fini(&new);
    snapshot_fini(&before);
    snapshot_fini(&now);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_all_there_is_to_say),
        cmocka_unit_test(test_render_other_forms_are_as_expected),
        cmocka_unit_test(test_render_table_is_as_expected),
        cmocka_unit_test(test_render_comparison_is_as_expected),
    };

    golden_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
