/*
 * report/stats.c - the statistics section of the text.
 */
#include "base/format.h"
#include "base/text.h"
#include "conf/conf.h"
#include "report/names.h"
#include "report/render.h"
#include "report/words.h"

#define BAR_WIDTH 40u
#define SITE_FRAMES 4u

static void
add_value(struct buffer *out, enum counter counter, uint64_t value)
{
    char text[24];

    switch (counter_unit(counter)) {
    case COUNTER_UNIT_COUNT:
        buffer_print(out, "%'15lu", (unsigned long)value);
        break;
    case COUNTER_UNIT_BYTES:
        buffer_print(out, "%'15lu", (unsigned long)value);
        if (value >= 1024)
            buffer_print(out, "  (%s)", format_size(text, sizeof(text), value));
        break;
    case COUNTER_UNIT_NS:
        buffer_print(out, "%15s", format_time(text, sizeof(text), value));
        break;
    }
}

static bool
is_call(enum counter counter)
{
    return text_has_prefix(counter_key(counter), "calls_");
}

static void
add_counters(struct buffer *out, const struct snapshot *snapshot, bool calls)
{
    for (unsigned i = 0; i < COUNTER__COUNT; i++) {
        enum counter counter = (enum counter)i;

        if (is_call(counter) != calls)
            continue;
        /* Entry points that were never called are of no interest. */
        if (calls && snapshot->counters[i] == 0)
            continue;
        buffer_print(out, "    %-32s", counter_label(counter));
        add_value(out, counter, snapshot->counters[i]);
        buffer_char(out, '\n');
    }
}

/* What the library costs in memory, against what the program asked for. */
static void
add_overhead(struct buffer *out, const struct snapshot *snapshot)
{
    const uint64_t *counters = snapshot->counters;
    char ratio[32];

    buffer_text(out, "\n  overhead\n");
    buffer_print(out, "    %-32s%15s%%\n", "own memory, of the peak of live",
                 format_ratio(ratio, sizeof(ratio), counters[COUNTER_META],
                              counters[COUNTER_BYTES_PEAK], 100, 1));
    buffer_print(out, "    %-32s%15s%%\n", "memory of spans, of the peak",
                 format_ratio(ratio, sizeof(ratio),
                              counters[COUNTER_HEAP_COMMITTED],
                              counters[COUNTER_BYTES_PEAK], 100, 1));
    buffer_print(out, "    %-32s%15s\n", "mean size of a block, bytes",
                 format_ratio(ratio, sizeof(ratio),
                              counters[COUNTER_BYTES_ALLOCATED],
                              counters[COUNTER_BLOCKS_ALLOCATED], 1, 1));
}

/* "64..127", "1.0 MiB..2.0 MiB": the sizes of bucket `i`. */
static void
add_range(struct buffer *out, unsigned i)
{
    uint64_t least = i == 0 ? 0 : UINT64_C(1) << (i - 1);
    char text[64];
    char from[16];
    char to[16];

    if (i <= 1)
        (void)format_text(text, sizeof(text), "%u", i);
    else if (i <= 20)
        (void)format_text(text, sizeof(text), "%'lu..%'lu",
                          (unsigned long)least, (unsigned long)(2 * least - 1));
    else
        (void)format_text(text, sizeof(text), "%s..%s",
                          format_size(from, sizeof(from), least),
                          format_size(to, sizeof(to), 2 * least));
    buffer_print(out, "    %-22s", text);
}

/* At least one mark for what is there at all. */
static void
add_bar(struct buffer *out, uint64_t value, uint64_t most)
{
    uint64_t width = most / BAR_WIDTH == 0 ? value * BAR_WIDTH / most
                                           : value / (most / BAR_WIDTH);

    if (width > BAR_WIDTH)
        width = BAR_WIDTH;
    if (value > 0 && width == 0)
        width = 1;
    if (width > 0)
        buffer_text(out, "  ");
    for (uint64_t i = 0; i < width; i++)
        buffer_char(out, '#');
}

static void
add_histogram(struct buffer *out, const struct snapshot *snapshot)
{
    unsigned first = SNAPSHOT_BUCKETS;
    unsigned last = 0;
    uint64_t most = 0;

    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        if (snapshot->histogram_count[i] == 0 &&
            snapshot->histogram_live[i] == 0)
            continue;
        if (first == SNAPSHOT_BUCKETS)
            first = i;
        last = i;
        if (snapshot->histogram_count[i] > most)
            most = snapshot->histogram_count[i];
    }
    if (first == SNAPSHOT_BUCKETS)
        return;
    buffer_print(out, "\n  %-24s%15s%15s\n", "sizes asked for, bytes", "blocks",
                 "live");
    for (unsigned i = first; i <= last; i++) {
        add_range(out, i);
        buffer_print(out, "%'15lu%'15lu",
                     (unsigned long)snapshot->histogram_count[i],
                     (unsigned long)snapshot->histogram_live[i]);
        if (most > 0)
            add_bar(out, snapshot->histogram_count[i], most);
        buffer_char(out, '\n');
    }
}

static int
compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int
compare_sites(const void *left, const void *right)
{
    const struct snapshot_site *a = left;
    const struct snapshot_site *b = right;
    int order = compare_u64(b->alloc_bytes, a->alloc_bytes);

    if (order == 0)
        order = compare_u64(b->alloc_count, a->alloc_count);
    if (order == 0)
        order = compare_u64(a->trace == NULL ? 0 : a->trace->id,
                            b->trace == NULL ? 0 : b->trace->id);
    return order;
}

static void
add_site(struct buffer *out, const struct snapshot_site *site)
{
    uint64_t live_blocks = site->alloc_count > site->free_count
                               ? site->alloc_count - site->free_count
                               : 0;
    uint64_t live_bytes = site->alloc_bytes > site->free_bytes
                              ? site->alloc_bytes - site->free_bytes
                              : 0;

    buffer_text(out, "    ");
    words_total(out, site->alloc_bytes, site->alloc_count);
    if (live_blocks > 0) {
        buffer_text(out, ", of these live ");
        words_total(out, live_bytes, live_blocks);
    }
    if (names_count(site->trace) == 0) {
        buffer_text(out, ", at a place that was not recorded\n");
        return;
    }
    buffer_text(out, ", at:\n");
    names_list(out, site->trace, 8, SITE_FRAMES);
}

static void
add_sites(struct buffer *out, const struct snapshot *snapshot)
{
    struct vector sites = VECTOR_INIT(struct snapshot_site);
    uint64_t top = conf_now()->top;
    size_t count = snapshot->sites.count;

    if (count == 0)
        return;
    if (vector_reserve(&sites, count) != 0) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct snapshot_site *site = vector_add(&sites);

        if (site != NULL) /* there is room for all */
            *site = VECTOR_AT(&snapshot->sites, struct snapshot_site, i);
    }
    vector_sort_first(&sites, top == 0 ? count : top, compare_sites);
    buffer_print(out, "\n  sites by bytes allocated%s\n",
                 snapshot->sample != 0 ? ", estimated from a sample" : "");
    for (size_t i = 0; i < sites.count; i++) {
        if (top != 0 && i >= top) {
            buffer_text(out, "    ");
            words_count(out, sites.count - i, "more site");
            buffer_print(out, " not shown (top=%lu; top=0 shows all)\n",
                         (unsigned long)top);
            break;
        }
        add_site(out, &VECTOR_AT(&sites, struct snapshot_site, i));
    }
    vector_fini(&sites);
}

static void
add_findings(struct buffer *out, const struct snapshot *snapshot)
{
    if (render_findings(snapshot) == 0)
        return;
    buffer_text(out, "\n  findings by kind\n");
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        if (snapshot->findings[i] == 0)
            continue;
        buffer_print(out, "    %-18s%'15lu  %s\n",
                     finding_key((enum finding_kind)i),
                     (unsigned long)snapshot->findings[i],
                     finding_title((enum finding_kind)i));
    }
}

void
render_stats_text(struct buffer *out, const struct snapshot *snapshot)
{
    buffer_text(out, "\nstatistics\n  calls\n");
    add_counters(out, snapshot, true);
    buffer_text(out, "\n  blocks and bytes\n");
    add_counters(out, snapshot, false);
    add_overhead(out, snapshot);
    add_histogram(out, snapshot);
    add_sites(out, snapshot);
    add_findings(out, snapshot);
}
