/*
 * report/table.c - a snapshot as a table for a screen: a line for each stack.
 *
 * What is wrong stands first: what is lost, the most bytes before, then what
 * grows, the fastest before, then all else by its size. The place is the last
 * column, since it is as long as it is; whoever shows the table cuts it.
 */
#include "report/render.h"

#include "base/format.h"
#include "base/text.h"
#include "conf/conf.h"
#include "meta/table.h"
#include "report/names.h"
#include "report/words.h"

/* Functions of a stack that are named. */
#define PLACE_FRAMES 6

/* All entries of one stack. */
struct row {
    const struct trace *trace;
    enum snapshot_verdict verdict; /* the strongest */
    uint64_t lost;                 /* bytes, with what hangs below */
    struct snapshot_total live;    /* of all that is listed */
    const struct snapshot_growth *growth;
};

struct rows {
    struct vector list;  /* struct row */
    struct table places; /* address of a trace -> its place in the list */
};

/* ---- making rows ---- */

static bool
is_stronger(enum snapshot_verdict a, enum snapshot_verdict b)
{
    if (a == SNAPSHOT_NO_VERDICT || b == SNAPSHOT_NO_VERDICT)
        return b == SNAPSHOT_NO_VERDICT && a != b;
    return a < b;
}

static struct row *
row_of(struct rows *rows, const struct trace *trace)
{
    struct row *row;
    uint64_t at;

    if (table_find(&rows->places, (uintptr_t)trace, &at))
        return &VECTOR_AT(&rows->list, struct row, at);
    row = vector_add(&rows->list);
    if (row == NULL)
        return NULL;
    row->trace = trace;
    /* Without memory for it the next entry of the stack is a row too. */
    (void)!table_insert(&rows->places, (uintptr_t)trace, rows->list.count - 1);
    return row;
}

/* False without memory for it. */
static bool
add_entry(struct rows *rows, const struct snapshot_entry *entry)
{
    struct row *row = row_of(rows, entry->trace);

    if (row == NULL)
        return false;
    row->live.blocks += entry->blocks;
    row->live.bytes += entry->bytes;
    if (snapshot_is_lost(entry->kind))
        row->lost += entry->bytes + entry->below_bytes;
    if (is_stronger(entry->growth.verdict, row->verdict))
        row->verdict = entry->growth.verdict;
    if (row->growth == NULL || entry->growth.points > row->growth->points)
        row->growth = &entry->growth;
    return true;
}

static int
rank(const struct row *row)
{
    return row->verdict == SNAPSHOT_LOST      ? 0
           : row->verdict == SNAPSHOT_GROWING ? 1
                                              : 2;
}

/* What rows of a rank are ordered by. */
static uint64_t
weight(const struct row *row)
{
    if (row->verdict == SNAPSHOT_LOST)
        return row->lost;
    if (row->verdict == SNAPSHOT_GROWING)
        return (uint64_t)row->growth->per_hour;
    return row->live.bytes;
}

static int
compare_rows(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (rank(a) != rank(b))
        return rank(a) < rank(b) ? -1 : 1;
    if (weight(a) != weight(b))
        return weight(a) > weight(b) ? -1 : 1;
    if (a->live.blocks != b->live.blocks)
        return a->live.blocks > b->live.blocks ? -1 : 1;
    return 0;
}

/* ---- saying them ---- */

static void
add_size(struct buffer *out, uint64_t bytes)
{
    char text[16];

    if (bytes == 0)
        buffer_print(out, " %10s", "-");
    else
        buffer_print(out, " %10s", format_size(text, sizeof(text), bytes));
}

/* "+3.4 MiB", "-812 B", "-" where it is not known or nothing. */
static void
add_growth(struct buffer *out, const struct snapshot_growth *growth)
{
    int64_t change =
        growth != NULL && growth->span_ns > 0 ? growth->per_hour : 0;
    char size[16], text[20];

    if (change == 0) {
        buffer_print(out, " %11s", "-");
        return;
    }
    (void)format_size(size, sizeof(size),
                      change < 0 ? 0 - (uint64_t)change : (uint64_t)change);
    (void)format_text(text, sizeof(text), "%c%s", change < 0 ? '-' : '+', size);
    buffer_print(out, " %11s", text);
}

static void
add_row(struct buffer *out, const struct row *row)
{
    buffer_print(out, "%-8s",
                 row->verdict == SNAPSHOT_NO_VERDICT
                     ? "-"
                     : render_verdict_key(row->verdict));
    add_size(out, row->lost);
    add_size(out, row->live.bytes);
    buffer_print(out, " %'10lu", (unsigned long)row->live.blocks);
    add_growth(out, row->growth);
    buffer_text(out, "  ");
    names_chain(out, row->trace, PLACE_FRAMES);
    buffer_char(out, '\n');
}

/* Whose heap it is, and what all of it comes to. */
static void
add_head(struct buffer *out, const struct snapshot *snapshot,
         const struct rows *rows)
{
    uint64_t counts[SNAPSHOT__VERDICT_COUNT] = {0};
    uint64_t findings = render_findings(snapshot);
    char text[24];

    for (size_t i = 0; i < rows->list.count; i++)
        counts[VECTOR_AT(&rows->list, struct row, i).verdict]++;
    words_safe(out, snapshot->program[0] != '\0'
                        ? text_base_name(snapshot->program)
                        : "a program");
    buffer_print(out, " (pid %d), %s: ", snapshot->pid,
                 format_time(text, sizeof(text), snapshot->elapsed_ns));
    buffer_print(out, "%s in ",
                 format_size(text, sizeof(text), snapshot->live.bytes));
    words_count(out, snapshot->live.blocks, "block");
    buffer_text(out, " live; ");
    if (!snapshot->scan.is_done) {
        buffer_text(out, "what is lost was not looked for");
    } else if (counts[SNAPSHOT_LOST] + counts[SNAPSHOT_GROWING] == 0) {
        buffer_text(out, "nothing is lost, and nothing is known to grow");
    } else {
        words_count(out, counts[SNAPSHOT_LOST], "place");
        buffer_text(out, counts[SNAPSHOT_LOST] == 1 ? " loses, " : " lose, ");
        buffer_print(out, "%'lu %s memory",
                     (unsigned long)counts[SNAPSHOT_GROWING],
                     counts[SNAPSHOT_GROWING] == 1 ? "gathers" : "gather");
    }
    if (findings > 0) {
        buffer_text(out, "; ");
        words_count(out, findings, "finding");
    }
    buffer_char(out, '\n');
}

void
render_table(struct buffer *out, const struct snapshot *snapshot,
             bool with_stats UNUSED)
{
    struct rows rows = {VECTOR_INIT(struct row), TABLE_INIT};
    uint64_t top = conf_now()->top;
    size_t shown;

    for (size_t i = 0; snapshot->has_leaks && i < snapshot->entries.count; i++)
        out->failed |= !add_entry(
            &rows, &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i));
    shown = top == 0 || rows.list.count < top ? rows.list.count : (size_t)top;
    vector_sort_first(&rows.list, shown, compare_rows);
    add_head(out, snapshot, &rows);
    if (shown > 0)
        buffer_print(out, "\n%-8s %10s %10s %10s %11s  %s\n", "VERDICT", "LOST",
                     "LIVE", "BLOCKS", "AN HOUR", "PLACE");
    for (size_t i = 0; i < shown; i++)
        add_row(out, &VECTOR_AT(&rows.list, struct row, i));
    if (shown < rows.list.count) {
        buffer_text(out, "and ");
        words_count(out, rows.list.count - shown, "more place");
        buffer_char(out, '\n');
    }
    table_fini(&rows.places);
    vector_fini(&rows.list);
}
