/*
 * report/openmetrics.c - numbers for Prometheus: OpenMetrics text, for the
 * textfile collector of node-exporter or any scraper.
 *
 * Every name begins with dbgmalloc_ and bears the program and its process id.
 * Source: github.com/OpenObservability/OpenMetrics, version 1.0.
 */
#include "report/render.h"

#include "base/text.h"
#include "conf/conf.h"
#include "report/names.h"
#include "report/words.h"

struct metrics {
    struct buffer *out;
    const struct snapshot *snapshot;
};

/* Backslash, quote and newline are escaped; bytes that are not UTF-8 may not
 * be there at all. */
static void
add_escaped(struct buffer *out, const char *text)
{
    while (*text != '\0') {
        size_t n = words_character(text);

        if (*text == '\\' || *text == '"')
            buffer_char(out, '\\');
        if (*text == '\n')
            buffer_text(out, "\\n");
        else if (n == 0 || (unsigned char)*text < 0x20)
            buffer_char(out, '?');
        else
            buffer_add(out, text, n);
        text += n == 0 ? 1 : n;
    }
}

static void
add_label(struct buffer *out, const char *key, const char *value)
{
    buffer_print(out, "%s=\"", key);
    add_escaped(out, value);
    buffer_char(out, '"');
}

static void
add_family(struct buffer *out, const char *name, const char *type,
           const char *help)
{
    buffer_print(out, "# TYPE dbgmalloc_%s %s\n# HELP dbgmalloc_%s ", name,
                 type, name);
    add_escaped(out, help);
    buffer_char(out, '\n');
}

/* "dbgmalloc_NAME{program="...",pid="..."", without the closing brace. */
static void
begin_sample(struct metrics *metrics, const char *name)
{
    const char *program = metrics->snapshot->program;

    buffer_print(metrics->out, "dbgmalloc_%s{", name);
    add_label(metrics->out, "program", text_base_name(program));
    buffer_print(metrics->out, ",pid=\"%d\"", metrics->snapshot->pid);
}

static void
end_sample(struct metrics *metrics, uint64_t value)
{
    buffer_print(metrics->out, "} %lu\n", (unsigned long)value);
}

/* What only ever goes up. */
static bool
is_running_total(enum counter counter)
{
    switch (counter) {
    case COUNTER_BLOCKS_ALLOCATED:
    case COUNTER_BYTES_ALLOCATED:
    case COUNTER_BLOCKS_FREED:
    case COUNTER_BYTES_FREED:
    case COUNTER_FAILURES:
    case COUNTER_FINDINGS:
        return true;
    default:
        return text_has_prefix(counter_key(counter), "calls_");
    }
}

static void
add_counter(struct metrics *metrics, enum counter counter)
{
    bool is_total = is_running_total(counter);
    struct buffer name = BUFFER_INIT;

    buffer_text(&name, counter_key(counter));
    if (is_total) {
        add_family(metrics->out, counter_key(counter), "counter",
                   counter_label(counter));
        buffer_text(&name, "_total");
    } else {
        add_family(metrics->out, counter_key(counter), "gauge",
                   counter_label(counter));
    }
    if (name.failed)
        metrics->out->failed = true;
    else
        begin_sample(metrics, name.bytes);
    end_sample(metrics, metrics->snapshot->counters[counter]);
    buffer_fini(&name);
}

static void
add_findings(struct metrics *metrics)
{
    add_family(metrics->out, "misuses", "counter",
               "misuses of the heap noticed, by kind");
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        if (metrics->snapshot->findings[i] == 0)
            continue;
        begin_sample(metrics, "misuses_total");
        buffer_char(metrics->out, ',');
        add_label(metrics->out, "kind", finding_key((enum finding_kind)i));
        end_sample(metrics, metrics->snapshot->findings[i]);
    }
}

static void
add_kinds(struct metrics *metrics, const char *name, const char *help,
          bool is_bytes)
{
    add_family(metrics->out, name, "gauge", help);
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        struct snapshot_total total =
            snapshot_kind(metrics->snapshot, (enum leak_kind)i);

        if (total.blocks == 0)
            continue;
        begin_sample(metrics, name);
        buffer_char(metrics->out, ',');
        add_label(metrics->out, "kind", render_leak_key((enum leak_kind)i));
        end_sample(metrics, is_bytes ? total.bytes : total.blocks);
    }
}

/* The largest sites by name; several entries may bear one, which would be the
 * same sample twice, so each has its rank too. */
static void
add_sites(struct metrics *metrics, struct buffer *scratch)
{
    const struct vector *entries = &metrics->snapshot->entries;
    uint64_t top = conf_now()->top;

    add_family(metrics->out, "site_live_bytes", "gauge",
               metrics->snapshot->sample != 0
                   ? "bytes not freed, of the largest sites, estimated"
                   : "bytes not freed, of the largest sites");
    for (size_t i = 0; i < entries->count && (top == 0 || i < top); i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);

        buffer_clear(scratch);
        names_brief(scratch, entry->trace);
        begin_sample(metrics, "site_live_bytes");
        buffer_print(metrics->out, ",rank=\"%lu\",", (unsigned long)i + 1);
        add_label(metrics->out, "kind", render_leak_key(entry->kind));
        buffer_char(metrics->out, ',');
        add_label(metrics->out, "site",
                  scratch->bytes == NULL ? "" : scratch->bytes);
        end_sample(metrics, entry->bytes);
    }
}

static void
add_histogram(struct metrics *metrics)
{
    const struct snapshot *snapshot = metrics->snapshot;
    uint64_t count = 0;

    add_family(metrics->out, "allocation_size_bytes", "histogram",
               "sizes asked for");
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        count += snapshot->histogram_count[i];
        if (snapshot->histogram_count[i] == 0)
            continue;
        begin_sample(metrics, "allocation_size_bytes_bucket");
        buffer_print(metrics->out, ",le=\"%lu.0\"",
                     i == 0 ? 0UL : (1UL << i) - 1);
        end_sample(metrics, count);
    }
    begin_sample(metrics, "allocation_size_bytes_bucket");
    buffer_text(metrics->out, ",le=\"+Inf\"");
    end_sample(metrics, count);
    begin_sample(metrics, "allocation_size_bytes_count");
    end_sample(metrics, count);
    begin_sample(metrics, "allocation_size_bytes_sum");
    end_sample(metrics, snapshot->counters[COUNTER_BYTES_ALLOCATED]);
}

void
render_openmetrics(struct buffer *out, const struct snapshot *snapshot,
                   bool with_stats UNUSED)
{
    struct metrics metrics = {.out = out, .snapshot = snapshot};
    struct buffer scratch = BUFFER_INIT;

    for (unsigned i = 0; i < COUNTER__COUNT; i++)
        add_counter(&metrics, (enum counter)i);
    add_findings(&metrics);
    if (snapshot->has_leaks) {
        add_kinds(&metrics, "unfreed_bytes", "bytes not freed, by kind", true);
        add_kinds(&metrics, "unfreed_blocks", "blocks not freed, by kind",
                  false);
        add_sites(&metrics, &scratch);
    }
    if (snapshot->has_stats)
        add_histogram(&metrics);
    buffer_text(out, "# EOF\n");
    if (scratch.failed)
        out->failed = true;
    buffer_fini(&scratch);
}
