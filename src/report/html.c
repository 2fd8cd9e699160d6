/*
 * report/html.c - a page that shows a snapshot: one file, no network.
 *
 * What is said first (the verdicts, the numbers) is in the page as it is; the
 * pictures and tables are drawn by its script (report/html/script.js) from a
 * block of data (pagedata.c). The content policy lets this script and style
 * run, by their hashes, and nothing else load. Every name goes through
 * add_text or, in the data, reaches the page as text alone.
 */
#include "report/webpage.h"

#include "base/format.h"
#include "base/sha256.h"
#include "base/text.h"
#include "os/clock.h"
#include "report/htmlassets.h"
#include "report/explain.h"
#include "report/names.h"
#include "report/render.h"
#include "report/words.h"

static void
add_character(struct buffer *out, char character)
{
    switch (character) {
    case '&':
        buffer_text(out, "&amp;");
        break;
    case '<':
        buffer_text(out, "&lt;");
        break;
    case '>':
        buffer_text(out, "&gt;");
        break;
    case '"':
        buffer_text(out, "&quot;");
        break;
    case '\'':
        buffer_text(out, "&#39;");
        break;
    default:
        buffer_char(out, character);
    }
}

/* Text of the program's own: marks, and bytes that are none, are escaped. */
static void
add_text(struct buffer *out, const char *text)
{
    struct buffer safe = BUFFER_INIT;

    words_safe(&safe, text);
    for (size_t i = 0; i < safe.count; i++)
        add_character(out, safe.bytes[i]);
    if (safe.failed)
        out->failed = true;
    buffer_fini(&safe);
}

/* Lines that were made safe already: in them a line's end is one. */
static void
add_lines(struct buffer *out, const struct buffer *text)
{
    for (size_t i = 0; i < text->count; i++)
        add_character(out, text->bytes[i]);
}

static void
add_head(struct buffer *out, const struct webpage *page)
{
    char style[SHA256_TEXT_SIZE];
    char script[SHA256_TEXT_SIZE];

    buffer_print(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'sha256-%s'; script-src "
        "'sha256-%s'; img-src data:; base-uri 'none'; form-action "
        "'none'\">\n<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<meta name=\"referrer\" "
        "content=\"no-referrer\">\n<link rel=\"icon\" "
        "href=\"data:,\">\n<title>",
        sha256_text(htmlassets_style, htmlassets_style_size, style),
        sha256_text(htmlassets_script, htmlassets_script_size, script));
    add_text(out, text_base_name(page->snapshot->program));
    buffer_text(out, page->old != NULL ? ": heap compared" : ": heap");
    buffer_text(out, " - dbgmalloc</title>\n<style>");
    buffer_add(out, htmlassets_style, htmlassets_style_size);
    buffer_text(out, "</style>\n</head>\n<body>\n");
}

static void
add_title(struct buffer *out, const struct webpage *page)
{
    const struct snapshot *snapshot = page->snapshot;
    char when[32];

    buffer_text(out, "<header class=\"top\"><div><h1>Heap of ");
    add_text(out, snapshot->program[0] != '\0'
                      ? text_base_name(snapshot->program)
                      : "a program");
    buffer_print(out, "</h1><p class=\"sub\">pid %d%s", snapshot->pid,
                 snapshot->host[0] != '\0' ? " on " : "");
    add_text(out, snapshot->host);
    buffer_print(out, " &middot; %s &middot; %s, ",
                 render_reason(snapshot->reason),
                 clock_text(when, sizeof(when), snapshot->time_unix_ns));
    words_time(out, snapshot->elapsed_ns);
    buffer_text(out, " after its start");
    if (page->old != NULL)
        buffer_print(out, "</p><p class=\"sub\">compared with pid %d at %s",
                     page->old->pid,
                     clock_text(when, sizeof(when), page->old->time_unix_ns));
    buffer_text(out, "</p></div><button type=\"button\" id=\"theme\">Light / "
                     "dark</button></header>\n<main>\n");
}

/* ---- verdicts ---- */

static void
begin_verdict(struct buffer *out, const char *tone)
{
    buffer_print(out, "<li class=\"%s\"><strong>", tone);
}

static void
add_total(struct buffer *out, const struct snapshot_total *total)
{
    char size[16];

    buffer_print(out, "%s in ", format_size(size, sizeof(size), total->bytes));
    words_count(out, total->blocks, "block");
}

static const struct {
    enum leak_kind kind;
    const char *tone;
    const char *what;
    const char *means;
} kinds[] = {
    {LEAK_DEFINITE, "bad", "definitely lost",
     "Nothing points to them any more: they can never be freed."},
    {LEAK_INDIRECT, "bad", "indirectly lost",
     "Only lost blocks point to them: they go when those are freed."},
    {LEAK_POSSIBLE, "warn", "possibly lost",
     "Something points into them, but not at their start."},
    {LEAK_OUTSTANDING, "warn", "not freed",
     "Whether anything still points to them was not looked at: what a "
     "program keeps to its end is among them."},
    {LEAK_REACHABLE, "good", "still reachable",
     "The program can still get at them."},
    {LEAK_RUNTIME, "good", "kept by the runtime",
     "The C or C++ library keeps them for itself."},
    {LEAK_UNSEEN, "good", "perhaps freed unseen",
     "Nothing points to them, but others of their stacks were freed by a road "
     "that is not seen."},
};

/* The places of a verdict that are named in it: those that matter most. */
#define PLACES_MAX 3

static void
add_place(struct buffer *out, const struct snapshot_entry *entry)
{
    struct snapshot_total total = {entry->blocks, entry->bytes};
    struct buffer where = BUFFER_INIT;

    names_brief(&where, entry->trace);
    buffer_text(out, "<div class=\"place\">");
    add_total(out, &total);
    buffer_text(out, ", made at <code>");
    add_text(out, where.bytes == NULL ? "" : where.bytes);
    buffer_text(out, "</code></div>");
    buffer_fini(&where);
}

/* Entries stand by kind, the largest first. */
static void
add_places(struct buffer *out, const struct snapshot *snapshot,
           enum leak_kind kind)
{
    unsigned count = 0;

    for (size_t i = 0; i < snapshot->entries.count && count < PLACES_MAX; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->kind != kind || entry->parent != SNAPSHOT_NO_ENTRY)
            continue;
        add_place(out, entry);
        count++;
    }
}

/* What keeps growing, whether it can be reached or not. */
static void
add_growing(struct buffer *out, const struct snapshot *snapshot)
{
    uint64_t count = 0;
    char rate[16];

    for (size_t i = 0; i < snapshot->entries.count; i++)
        count += VECTOR_AT(&snapshot->entries, struct snapshot_entry, i)
                     .growth.verdict == SNAPSHOT_GROWING;
    if (count == 0)
        return;
    begin_verdict(out, "bad");
    words_count(out, count, "place");
    buffer_print(out, " keep%s growing</strong>", count == 1 ? "s" : "");
    count = 0;
    for (size_t i = 0; i < snapshot->entries.count && count < PLACES_MAX; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->growth.verdict != SNAPSHOT_GROWING)
            continue;
        buffer_print(
            out, "<div class=\"place\">by %s an hour:</div>",
            format_size(rate, sizeof(rate), (uint64_t)entry->growth.per_hour));
        add_place(out, entry);
        count++;
    }
    buffer_text(out, "</li>\n");
}

static void
add_leak_verdicts(struct buffer *out, const struct snapshot *snapshot)
{
    bool has_any = false;

    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct snapshot_total total = snapshot_kind(snapshot, kinds[i].kind);

        if (total.blocks == 0)
            continue;
        has_any = true;
        begin_verdict(out, kinds[i].tone);
        add_total(out, &total);
        buffer_print(out, " %s</strong>%s", kinds[i].what, kinds[i].means);
        if (kinds[i].tone[0] != 'g')
            add_places(out, snapshot, kinds[i].kind);
        buffer_text(out, "</li>\n");
    }
    if (!has_any && snapshot->has_leaks) {
        begin_verdict(out, "good");
        buffer_text(out, "No leaks</strong>Nothing that the options select "
                         "is left.</li>\n");
    }
}

static void
add_findings(struct buffer *out, const struct snapshot *snapshot)
{
    uint64_t total = render_findings(snapshot);
    struct finding finding;
    uint64_t times;

    if (total == 0)
        return;
    begin_verdict(out, "bad");
    words_count(out, total, "misuse");
    buffer_text(out, " of the heap</strong>");
    for (size_t i = 0; render_finding(snapshot, i, &finding, &times); i++) {
        struct buffer where = BUFFER_INIT;

        if (i == 20) {
            buffer_text(out, "<div>... and more: see the report as "
                             "text</div>");
            break;
        }
        names_brief(&where, finding.trace);
        buffer_text(out, "<details><summary>");
        add_text(out, finding_title(finding.kind));
        if (times > 1)
            buffer_print(out, " (%lu times)", (unsigned long)times);
        buffer_text(out, ", noticed at <code>");
        add_text(out, where.bytes == NULL ? "" : where.bytes);
        buffer_text(out, "</code></summary><pre>");
        buffer_clear(&where);
        explain_full(&where, &finding);
        add_lines(out, &where);
        buffer_text(out, "</pre></details>");
        buffer_fini(&where);
    }
    buffer_text(out, "</li>\n");
}

static void
add_change(struct buffer *out, const struct webpage *page)
{
    int64_t change = 0;
    uint64_t grown = 0;
    uint64_t shrunk = 0;
    char size[16];

    for (size_t i = 0; i < page->rows.count; i++) {
        int64_t bytes = VECTOR_AT(&page->rows, struct page_row, i).bytes;

        change += bytes;
        grown += bytes > 0;
        shrunk += bytes < 0;
    }
    begin_verdict(out, change > 0 ? "bad" : "good");
    buffer_print(out, "%s%s live since then</strong>", change < 0 ? "-" : "+",
                 format_size(size, sizeof(size),
                             (uint64_t)(change < 0 ? -change : change)));
    words_count(out, grown, "stack");
    buffer_text(out, " hold more than before, ");
    buffer_print(out, "%'lu less.</li>\n", (unsigned long)shrunk);
}

static void
add_estimated(struct buffer *out, const struct snapshot *snapshot)
{
    struct snapshot_total error = snapshot_error(snapshot);
    char size[16];

    begin_verdict(out, "warn");
    buffer_print(out,
                 "Estimated</strong>Stacks were kept of about one allocation "
                 "in %s: the numbers of each are estimates. The standard error "
                 "of the leaks is ",
                 format_size(size, sizeof(size), snapshot->sample));
    add_total(out, &error);
    buffer_text(out, ".</li>\n");
}

static void
add_verdicts(struct buffer *out, const struct webpage *page)
{
    buffer_text(out, "<ul class=\"verdicts\">\n");
    if (page->old != NULL)
        add_change(out, page);
    add_findings(out, page->snapshot);
    if (page->old == NULL) {
        add_growing(out, page->snapshot);
        add_leak_verdicts(out, page->snapshot);
    }
    if (page->snapshot->sample != 0)
        add_estimated(out, page->snapshot);
    if (page->snapshot->is_partial) {
        begin_verdict(out, "warn");
        buffer_text(out, "Not whole</strong>Memory ran out while this was "
                         "collected.</li>\n");
    }
    buffer_text(out, "</ul>\n");
}

/* ---- numbers ---- */

static void
add_tile(struct buffer *out, const char *label, uint64_t value, bool is_size)
{
    char text[24];

    if (is_size)
        buffer_print(out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>",
                     format_size(text, sizeof(text), value), label);
    else
        buffer_print(out,
                     "<div class=\"tile\"><b>%'lu</b><span>%s</span>"
                     "</div>",
                     (unsigned long)value, label);
}

static void
add_tiles(struct buffer *out, const struct snapshot *snapshot)
{
    const uint64_t *counters = snapshot->counters;

    buffer_text(out, "<div class=\"tiles\">\n");
    add_tile(out, "live now", counters[COUNTER_BYTES_LIVE], true);
    add_tile(out, "blocks live", counters[COUNTER_BLOCKS_LIVE], false);
    add_tile(out, "at the peak", counters[COUNTER_BYTES_PEAK], true);
    add_tile(out, "allocated in all", counters[COUNTER_BYTES_ALLOCATED], true);
    add_tile(out, "allocations", counters[COUNTER_BLOCKS_ALLOCATED], false);
    add_tile(out, "resident memory", counters[COUNTER_RESIDENT], true);
    buffer_text(out, "\n</div>\n");
}

/* ---- the rest, which the script fills ---- */

static const char flame_section[] =
    "<section aria-labelledby=\"flame-title\">\n<div class=\"bar\"><h2 "
    "id=\"flame-title\">Who allocated it</h2><div class=\"group\" "
    "id=\"measures\" role=\"group\" aria-label=\"Measure\"></div><button "
    "type=\"button\" id=\"reset\" disabled>Zoom out</button><label><span "
    "class=\"sr\">Search functions and files</span><input type=\"search\" "
    "id=\"search\" placeholder=\"Search ( / )\" "
    "autocomplete=\"off\"></label><span id=\"found\" class=\"sub\" "
    "role=\"status\"></span></div>\n<div class=\"flame\"><canvas id=\"flame\" "
    "tabindex=\"0\" role=\"application\" aria-label=\"Flame graph of stacks, "
    "outermost function on top. Arrow keys move, Enter zooms in, Escape zooms "
    "out. The table below has the same in words.\" "
    "aria-describedby=\"detail\"></canvas></div>\n<div class=\"detail\" "
    "id=\"detail\" role=\"status\"></div>\n<p class=\"hint\">Callers stand "
    "above the functions that they call; the wider, the more. Click or Enter "
    "zooms in, Escape out, arrows move, / searches.</p>\n</section>\n";

static const char table_section[] =
    "<section aria-labelledby=\"sites-title\">\n<div class=\"bar\"><h2 "
    "id=\"sites-title\">%s</h2><label><span class=\"sr\">Filter the "
    "table</span><input type=\"search\" id=\"filter\" placeholder=\"Filter\" "
    "autocomplete=\"off\"></label></div>\n<div "
    "class=\"scroll\"><table><thead><tr><th>Place</th><th><button "
    "type=\"button\" data-sort=\"kind\">Kind</button></th><th "
    "class=\"n\"><button type=\"button\" "
    "data-sort=\"bytes\">Bytes</button></th><th class=\"n\"><button "
    "type=\"button\" data-sort=\"blocks\">Blocks</button></th><th "
    "class=\"n\"><button type=\"button\" "
    "data-sort=\"age\">Oldest</button></th></tr></thead><tbody "
    "id=\"sites\"></tbody></table></div>\n<p class=\"hint\" id=\"none\" "
    "hidden>Nothing to list.</p>\n<p><button type=\"button\" id=\"more\" "
    "hidden>Show more</button></p>\n</section>\n";

static void
add_curves(struct buffer *out, const struct snapshot *snapshot)
{
    buffer_text(out, "<div class=\"two\">\n");
    buffer_text(out, "<section aria-labelledby=\"time-title\"><h2 "
                     "id=\"time-title\">Live bytes over time</h2>");
    if (snapshot->history.count < 2)
        buffer_text(out, "<p class=\"hint\">No history was kept.</p>");
    buffer_text(out,
                "<div id=\"time\"></div></section>\n<section "
                "aria-labelledby=\"sizes-title\"><h2 "
                "id=\"sizes-title\">Sizes asked for</h2><div "
                "class=\"scroll\"><table><thead><tr><th>Size</th><th "
                "class=\"n\">Blocks</th><th class=\"n\">Live</th><th><span "
                "class=\"sr\">Share</span></th></tr></thead><tbody "
                "id=\"sizes\"></tbody></table></div></section>\n</div>\n");
}

static void
add_fact(struct buffer *out, const char *label, const char *value)
{
    if (value[0] == '\0')
        return;
    buffer_print(out, "<dt>%s</dt><dd><code>", label);
    add_text(out, value);
    buffer_text(out, "</code></dd>");
}

static void
add_facts(struct buffer *out, const struct snapshot *snapshot)
{
    buffer_text(out, "<section><details><summary>Process and "
                     "counters</summary><dl>");
    add_fact(out, "Program", snapshot->program);
    add_fact(out, "Command line", snapshot->command_line);
    add_fact(out, "Options", snapshot->options);
    for (unsigned i = 0; i < COUNTER__COUNT; i++) {
        enum counter counter = (enum counter)i;

        if (snapshot->counters[i] == 0)
            continue;
        buffer_print(out, "<dt>%s</dt><dd>%'lu%s</dd>", counter_label(counter),
                     (unsigned long)snapshot->counters[i],
                     counter_unit(counter) == COUNTER_UNIT_NS      ? " ns"
                     : counter_unit(counter) == COUNTER_UNIT_BYTES ? " bytes"
                                                                   : "");
    }
    buffer_text(out, "</dl></details></section>\n");
}

void
webpage_render(struct buffer *out, const struct webpage *page)
{
    add_head(out, page);
    add_title(out, page);
    add_verdicts(out, page);
    add_tiles(out, page->snapshot);
    buffer_text(out, "<noscript><section>The pictures and tables below are "
                     "drawn by a script in this file, which loads nothing; "
                     "here it is switched off.</section></noscript>\n");
    buffer_text(out, flame_section);
    add_curves(out, page->snapshot);
    buffer_print(out, table_section,
                 page->old != NULL ? "What changed"
                                   : "Places that hold "
                                     "memory");
    add_facts(out, page->snapshot);
    buffer_print(out,
                 "</main>\n<footer>dbgmalloc %s &middot; this file stands "
                 "alone and loads nothing</footer>\n<div id=\"tip\" "
                 "role=\"tooltip\" hidden></div>\n<script "
                 "type=\"application/json\" id=\"data\">",
                 render_version());
    webpage_data(out, page);
    buffer_text(out, "</script>\n<script>");
    buffer_add(out, htmlassets_script, htmlassets_script_size);
    buffer_text(out, "</script>\n</body>\n</html>\n");
}

static void
add_rows(struct buffer *out, struct webpage *page)
{
    const struct vector *entries = &page->snapshot->entries;

    for (size_t i = 0; i < entries->count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);
        struct page_row *row = vector_add(&page->rows);

        if (row == NULL) {
            out->failed = true;
            return;
        }
        row->trace = entry->trace;
        row->kind = render_leak_key(entry->kind);
        row->bytes = (int64_t)entry->bytes;
        row->blocks = (int64_t)entry->blocks;
        row->age_ns = entry->age_max_ns;
        row->growth = &entry->growth;
    }
}

void
render_html(struct buffer *out, const struct snapshot *snapshot,
            bool with_stats UNUSED)
{
    struct webpage page = {
        .snapshot = snapshot,
        .stacks = VECTOR_INIT(struct weigh_stack),
        .rows = VECTOR_INIT(struct page_row),
        .measures = {{"leaked", "Leaked", "bytes", WEIGH_LEAKED},
                     {"live", "Live", "bytes", WEIGH_LIVE},
                     {"allocated", "Allocated", "bytes", WEIGH_ALLOCATED},
                     {"count", "Allocations", "blocks", WEIGH_COUNT}},
        .measure_count = 4};
    enum weigh_measure measure = weigh_choose(snapshot);

    for (unsigned i = 0; i < page.measure_count; i++) {
        if (page.measures[i].index == measure)
            page.first = i;
    }
    if (weigh_all(snapshot, &page.stacks) != 0)
        out->failed = true;
    add_rows(out, &page);
    webpage_render(out, &page);
    vector_fini(&page.stacks);
    vector_fini(&page.rows);
}
