/*
 * report/text.c - a snapshot for people: the summary and the leaks.
 *
 * The statistics stand in stats.c.
 */
#include <string.h>

#include "base/format.h"
#include "conf/conf.h"
#include "os/clock.h"
#include "os/page.h"
#include "report/explain.h"
#include "report/hexrows.h"
#include "report/modulemap.h"
#include "report/names.h"
#include "report/render.h"
#include "report/rulegen.h"
#include "report/words.h"

/* Bytes of a block that are copied at a time for leak-dump. */
#define DUMP_STEP 256

static void
add_field(struct buffer *out, const char *label, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    buffer_print(out, "  %-9s", label);
    words_safe(out, value);
    buffer_char(out, '\n');
}

/* "3 threads stopped for 2.1 ms, ..." where there was a leak scan, or why there
 * was none. */
static void
add_scan(struct buffer *out, const struct snapshot *snapshot)
{
    const struct snapshot_scan *scan = &snapshot->scan;

    if (!scan->is_done && scan->error == 0)
        return;
    buffer_text(out, "  scan:    ");
    if (!scan->is_done) {
        buffer_print(out, "failed (error %d", -scan->error);
        if (scan->killed_by != 0)
            buffer_print(out, ", signal %d", scan->killed_by);
        buffer_text(out, "): all that was not freed is listed\n");
        return;
    }
    words_bytes(out, scan->root_bytes);
    buffer_text(out, " of roots, ");
    words_bytes(out, scan->scanned_bytes);
    buffer_text(out, " of blocks in ");
    words_time(out, scan->scan_ns);
    if (scan->parked + scan->kernel + scan->missed > 0) {
        buffer_text(out, "; ");
        words_count(out, scan->parked, "thread");
        buffer_text(out, " stopped for ");
        words_time(out, scan->pause_ns);
    }
    buffer_char(out, '\n');
    if (scan->kernel > 0) {
        buffer_text(out, "           ");
        words_count(out, scan->kernel, "more thread");
        buffer_text(out, " blocked signals: stacks known, registers not\n");
    }
    if (scan->missed > 0) {
        buffer_text(out, "           ");
        words_count(out, scan->missed, "more thread");
        buffer_text(out, " did not stop: what only they point to is called "
                         "lost\n");
    }
    if (!scan->is_whole)
        buffer_text(out, "           /proc/self/maps cannot be read: only "
                         "modules and one stack were searched\n");
}

static void
add_header(struct buffer *out, const struct snapshot *snapshot)
{
    char when[32];

    /* The name and the process id in the first line say whose log it is
     * (logfile.c looks for them there). */
    buffer_print(out, "dbgmalloc %s: report %s of ", render_version(),
                 render_reason(snapshot->reason));
    words_safe(out,
               snapshot->program[0] != '\0' ? snapshot->program : "a program");
    buffer_print(out, " (pid %d)\n", snapshot->pid);
    add_field(out, "command:", snapshot->command_line);
    add_field(out, "host:", snapshot->host);
    buffer_print(out, "  %-9s%s, ", "time:",
                 clock_text(when, sizeof(when), snapshot->time_unix_ns));
    words_time(out, snapshot->elapsed_ns);
    buffer_text(out, " after the start\n");
    add_field(out, "options:", snapshot->options);
    if (snapshot->has_leaks)
        add_scan(out, snapshot);
    if (snapshot->is_partial)
        buffer_text(out, "  memory ran out while this was collected: what "
                         "follows is not whole\n");
    buffer_char(out, '\n');
}

static const char *const kind_words[LEAK__COUNT] = {
    [LEAK_OUTSTANDING] = "not freed",
    [LEAK_DEFINITE] = "definite",
    [LEAK_INDIRECT] = "indirect",
    [LEAK_POSSIBLE] = "possible",
    [LEAK_REACHABLE] = "still reachable",
    [LEAK_RUNTIME] = "kept by libraries",
    [LEAK_UNSEEN] = "perhaps freed unseen",
};

/* The totals of a scan, all of them, so that nobody has to guess whether none
 * were found or none were shown. */
static void
add_kinds(struct buffer *out, const struct snapshot *snapshot)
{
    if (!snapshot->scan.is_done)
        return;
    for (unsigned i = LEAK_DEFINITE; i < LEAK__COUNT; i++) {
        struct snapshot_total listed =
            snapshot_kind(snapshot, (enum leak_kind)i);
        const struct snapshot_total *unlisted = &snapshot->unlisted[i];

        /* There are none but in another allocator's heap. */
        if (i == LEAK_UNSEEN && listed.blocks + unlisted->blocks == 0)
            continue;
        buffer_print(out, "  %s: ", kind_words[i]);
        words_total(out, listed.bytes + unlisted->bytes,
                    listed.blocks + unlisted->blocks);
        buffer_text(out, unlisted->blocks == 0 ? "\n"
                         : listed.blocks == 0  ? " (not listed)\n"
                                               : " (not all listed)\n");
    }
}

/* What grows is a leak to whoever runs out of memory, reachable or not. */
static void
add_growing(struct buffer *out, const struct snapshot *snapshot)
{
    struct snapshot_total total = {0, 0};
    uint64_t sites = 0;

    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->kind != LEAK_REACHABLE ||
            entry->growth.verdict != SNAPSHOT_GROWING)
            continue;
        total.blocks += entry->blocks;
        total.bytes += entry->bytes;
        sites++;
    }
    if (sites == 0)
        return;
    buffer_text(out, "growing: ");
    words_total(out, total.bytes, total.blocks);
    buffer_text(out, " from ");
    words_count(out, sites, "site");
    buffer_text(out, ", still reachable\n");
}

/* What the numbers of stacks are worth, and what is known exactly. */
static void
add_sampling(struct buffer *out, const struct snapshot *snapshot)
{
    struct snapshot_total error = snapshot_error(snapshot);
    struct snapshot_total counted = snapshot_counted(snapshot);
    uint64_t sampled = 0;

    for (size_t i = 0; i < snapshot->entries.count; i++)
        sampled +=
            VECTOR_AT(&snapshot->entries, struct snapshot_entry, i).sampled;
    buffer_text(out, "  estimated: from ");
    words_count(out, sampled, "sampled block");
    buffer_print(out, " (sample=%lu)", (unsigned long)snapshot->sample);
    if (sampled > 0) {
        buffer_text(out, "; the standard error of the leaks is ");
        words_total(out, error.bytes, error.blocks);
    }
    buffer_text(out, "\n  counted: ");
    words_total(out, counted.bytes, counted.blocks);
    buffer_char(out, '\n');
}

static void
add_summary(struct buffer *out, const struct snapshot *snapshot)
{
    uint64_t sites;
    struct snapshot_total leaks = render_leaks(snapshot, &sites);
    uint64_t findings = render_findings(snapshot);
    const char *comma = " (";

    if (snapshot->has_leaks) {
        buffer_text(out, "leaks: ");
        words_total(out, leaks.bytes, leaks.blocks);
        buffer_text(out, " from ");
        words_count(out, sites, "site");
        buffer_char(out, '\n');
        if (snapshot->sample != 0)
            add_sampling(out, snapshot);
        add_kinds(out, snapshot);
        add_growing(out, snapshot);
    }
    buffer_print(out, "findings: %'lu", (unsigned long)findings);
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        if (snapshot->findings[i] == 0)
            continue;
        buffer_print(out, "%s%s %'lu", comma, finding_key((enum finding_kind)i),
                     (unsigned long)snapshot->findings[i]);
        comma = ", ";
    }
    buffer_print(out, "%s\n", findings > 0 ? ")" : "");
    if (snapshot->findings_suppressed > 0)
        buffer_print(out, "findings suppressed: %'lu\n",
                     (unsigned long)snapshot->findings_suppressed);
}

/* "24 bytes each", "from 8 to 4,096 bytes each". */
static void
add_sizes(struct buffer *out, const struct snapshot_entry *entry)
{
    if (entry->blocks == 1)
        return;
    if (entry->size_min == entry->size_max) {
        buffer_text(out, " (");
        words_bytes(out, entry->size_min);
        buffer_text(out, " each)");
        return;
    }
    buffer_print(out, " (%'lu to ", (unsigned long)entry->size_min);
    words_bytes(out, entry->size_max);
    buffer_text(out, " each)");
}

static void
add_age(struct buffer *out, const struct snapshot_entry *entry)
{
    if (entry->blocks == 1) {
        buffer_text(out, ", made ");
        words_time(out, entry->age_max_ns);
        buffer_text(out, " ago");
        return;
    }
    buffer_text(out, ", oldest ");
    words_time(out, entry->age_max_ns);
    buffer_text(out, " ago, newest ");
    words_time(out, entry->age_min_ns);
    buffer_text(out, " ago");
}

static void
add_dump(struct buffer *out, uint64_t addr, uint64_t size, uint64_t limit)
{
    uint8_t bytes[DUMP_STEP];
    uint64_t count = size < limit ? size : limit;

    buffer_text(out, "      block ");
    words_address(out, addr);
    buffer_text(out, " of ");
    words_bytes(out, size);
    buffer_text(out, count > 0 ? ":\n" : "\n");
    for (uint64_t at = 0; at < count;) {
        size_t step = count - at < DUMP_STEP ? (size_t)(count - at) : DUMP_STEP;
        uintptr_t source = (uintptr_t)(addr + at);
        /* The number becomes a pointer for the kernel's eyes only. */
        size_t n = page_read(bytes, (const void *)source, step);
        struct hexrows rows = {.addr = source, .bytes = bytes, .count = n};

        hexrows_add(out, &rows, 8);
        if (n < step) {
            buffer_text(out, "        the rest cannot be read\n");
            return;
        }
        at += step;
    }
}

/* "96 %", of what is not 0. */
static unsigned
percent(uint64_t part, uint64_t whole)
{
    return (unsigned)((double)part * 100 / (double)whole + 0.5);
}

static void
add_trend(struct buffer *out, const struct snapshot_growth *growth)
{
    if (growth->verdict == SNAPSHOT_GROWING) {
        buffer_text(out, ", by ");
        words_bytes(out, (uint64_t)growth->per_hour);
        buffer_text(out, " an hour");
    } else if (growth->quiet_ns > 0) {
        buffer_text(out, ", no higher since ");
        words_time(out, growth->quiet_ns);
    }
    buffer_text(out, ", seen ");
    words_count(out, growth->points, "time");
    buffer_text(out, " in ");
    words_time(out, growth->span_ns);
    if (growth->old_made > 0) {
        buffer_print(out, ", %u %% live longer than ",
                     percent(growth->old_blocks, growth->old_made));
        words_time(out, growth->old_ns);
    }
}

/* The verdict and its evidence, on a line of their own. */
static void
add_verdict(struct buffer *out, const struct snapshot_growth *growth)
{
    if (growth->verdict == SNAPSHOT_NO_VERDICT ||
        (unsigned)growth->verdict >= SNAPSHOT__VERDICT_COUNT)
        return;
    buffer_print(out, "\n    %s", render_verdict_key(growth->verdict));
    if (growth->span_ns > 0)
        add_trend(out, growth);
    if (growth->alloc_count > 0)
        buffer_print(out, ", %'lu made and %'lu freed",
                     (unsigned long)growth->alloc_count,
                     (unsigned long)growth->free_count);
}

/* Entries that are told of under the one that they hang under. */
#define BELOW_MOST 3

/* "and 320 bytes in 10 blocks that only these lead to", and where most of them
 * were made. */
static void
add_below(struct buffer *out, const struct snapshot *snapshot,
          const struct snapshot_entry *entry)
{
    size_t index = (size_t)(entry - &VECTOR_AT(&snapshot->entries,
                                               struct snapshot_entry, 0));
    size_t shown = 0;

    buffer_text(out, "    and ");
    words_total(out, entry->below_bytes, entry->below_blocks);
    buffer_text(out, " that only these lead to:\n");
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *below =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (below->parent != index + 1)
            continue;
        if (shown++ >= BELOW_MOST)
            continue;
        buffer_text(out, "      ");
        words_total(out, below->bytes, below->blocks);
        add_sizes(out, below);
        buffer_text(out, ", made at:\n");
        names_list(out, below->trace, 8, 0);
    }
    if (shown > BELOW_MOST) {
        buffer_text(out, "      and from ");
        words_count(out, shown - BELOW_MOST, "more site");
        buffer_char(out, '\n');
    }
}

static void
add_entry(struct buffer *out, const struct snapshot *snapshot,
          const struct snapshot_entry *entry)
{
    uint64_t dump = conf_now()->leak_dump;
    char by[160];

    buffer_text(out, "  ");
    words_total(out, entry->bytes, entry->blocks);
    add_sizes(out, entry);
    if (snapshot->sample != 0) {
        buffer_text(out, ", estimated from ");
        words_count(out, entry->sampled, "block");
        buffer_text(out, " (standard error ");
        words_bytes(out, entry->bytes_error);
        buffer_char(out, ')');
    }
    add_age(out, entry);
    (void)format_text(by, sizeof(by), ", made by %s",
                      block_origin_name(entry->origin));
    buffer_text(out, by);
    if (entry->threads > 1) {
        buffer_text(out, " in ");
        words_count(out, entry->threads, "thread");
    }
    if (entry->label != NULL) {
        buffer_text(out, ", named ");
        words_safe(out, entry->label);
    }
    add_verdict(out, &entry->growth);
    if (names_count(entry->trace) > 0) {
        buffer_text(out, " at:\n");
        names_list(out, entry->trace, 6, 0);
    } else {
        buffer_text(out, " at a place that was not recorded\n");
    }
    if (entry->below_blocks > 0)
        add_below(out, snapshot, entry);
    for (uint32_t i = 0; dump > 0 && i < entry->sample_count; i++)
        add_dump(out, entry->samples[i], entry->sample_sizes[i], dump);
    if (dump > 0 && entry->sample_count < entry->blocks) {
        buffer_text(out, "      ");
        words_count(out, entry->blocks - entry->sample_count, "more block");
        buffer_text(out, " not dumped\n");
    }
}

static const char *const kind_titles[LEAK__COUNT] = {
    [LEAK_OUTSTANDING] = "not freed",
    [LEAK_DEFINITE] = "definitely lost, nothing points to them",
    [LEAK_INDIRECT] = "indirectly lost, only lost blocks point to them",
    [LEAK_POSSIBLE] = "possibly lost, something points into them",
    [LEAK_REACHABLE] = "still reachable, not counted as leaks",
    [LEAK_RUNTIME] = "kept by the C and C++ libraries for themselves",
    [LEAK_UNSEEN] = "perhaps freed, others of their stacks were by a road that "
                    "is not seen",
};

/* The entries of one kind, which follow each other from `first`. What hangs
 * under another entry is told there. Returns the index after the last. */
static size_t
add_kind(struct buffer *out, const struct snapshot *snapshot, size_t first)
{
    const struct vector *entries = &snapshot->entries;
    enum leak_kind kind = VECTOR_AT(entries, struct snapshot_entry, first).kind;
    struct snapshot_total total = {0, 0};
    struct snapshot_total hidden = {0, 0};
    uint64_t top = conf_now()->top;
    size_t count = 0;
    size_t end;

    if (kind == LEAK_RUNTIME) {
        const struct snapshot_total *kept = &snapshot->kinds[kind];

        buffer_print(out, "\n%s: ", kind_titles[kind]);
        words_total(out, kept->bytes, kept->blocks);
        buffer_text(out, ", not listed (no-hide-runtime lists them)\n");
        return entries->count; /* It is the last kind. */
    }
    for (end = first; end < entries->count; end++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, end);

        if (entry->kind != kind)
            break;
        if (entry->parent != SNAPSHOT_NO_ENTRY)
            continue;
        total.blocks += entry->blocks;
        total.bytes += entry->bytes;
        if (top != 0 && count >= top) {
            hidden.blocks += entry->blocks + entry->below_blocks;
            hidden.bytes += entry->bytes + entry->below_bytes;
        }
        count++;
    }
    if (count == 0)
        return end;
    buffer_print(out, "\n%s: ", kind_titles[kind]);
    words_total(out, total.bytes, total.blocks);
    buffer_text(out, "\n");
    for (size_t i = first, shown = 0; i < end; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);

        if (entry->parent != SNAPSHOT_NO_ENTRY)
            continue;
        if (top != 0 && shown++ >= top)
            break;
        buffer_char(out, '\n');
        add_entry(out, snapshot, entry);
    }
    if (hidden.blocks > 0) {
        buffer_text(out, "\n  ");
        words_count(out, count - top, "more site");
        buffer_text(out, " with ");
        words_total(out, hidden.bytes, hidden.blocks);
        buffer_print(out, " not shown (top=%lu; top=0 shows all)\n",
                     (unsigned long)top);
    }
    return end;
}

static void
add_none(struct buffer *out, const struct snapshot *snapshot)
{
    uint64_t freed = snapshot->counters[COUNTER_BLOCKS_FREED];
    struct snapshot_total counted = snapshot_counted(snapshot);

    if (counted.blocks > 0 && snapshot->suppressed.blocks == 0) {
        buffer_text(out, "\nno block was sampled of ");
        words_total(out, counted.bytes, counted.blocks);
        buffer_text(out, " that leaked\n");
        return;
    }
    buffer_text(out, "\nno leaks: ");
    if (snapshot->unlisted[LEAK_REACHABLE].blocks > 0 &&
        snapshot->unlisted[LEAK_REACHABLE].blocks == snapshot->live.blocks) {
        buffer_text(out, "all ");
        words_total(out, snapshot->live.bytes, snapshot->live.blocks);
        buffer_text(out, " that are live can still be reached\n");
    } else if (snapshot->live.blocks > 0 &&
               snapshot->suppressed.blocks == snapshot->live.blocks) {
        buffer_text(out, "all that is live is suppressed\n");
    } else if (snapshot->live.blocks > 0) {
        buffer_text(out, "the options select none of ");
        words_total(out, snapshot->live.bytes, snapshot->live.blocks);
        buffer_text(out, " that are live\n");
    } else if (freed > 0) {
        buffer_print(out, "all %'lu blocks were freed\n", (unsigned long)freed);
    } else {
        buffer_text(out, "no block is live\n");
    }
}

/* Live blocks that the options leave out: neither listed nor of a kind that is
 * not. */
static struct snapshot_total
left_out(const struct snapshot *snapshot)
{
    struct snapshot_total known = snapshot->selected;
    struct snapshot_total left = {0, 0};

    known.blocks += snapshot->suppressed.blocks;
    known.bytes += snapshot->suppressed.bytes;
    if (snapshot->sample != 0)
        known = (struct snapshot_total){0, 0}; /* `counted` has all of it */
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        known.blocks += snapshot->counted[i].blocks;
        known.bytes += snapshot->counted[i].bytes;
        known.blocks += snapshot->unlisted[i].blocks;
        known.bytes += snapshot->unlisted[i].bytes;
    }
    if (snapshot->live.blocks > known.blocks)
        left.blocks = snapshot->live.blocks - known.blocks;
    if (snapshot->live.bytes > known.bytes)
        left.bytes = snapshot->live.bytes - known.bytes;
    return left;
}

static void
add_leaks(struct buffer *out, const struct snapshot *snapshot)
{
    struct snapshot_total left = left_out(snapshot);

    if (snapshot->entries.count == 0) {
        add_none(out, snapshot);
        return;
    }
    for (size_t i = 0; i < snapshot->entries.count;)
        i = add_kind(out, snapshot, i);
    if (left.blocks > 0) {
        buffer_char(out, '\n');
        words_total(out, left.bytes, left.blocks);
        buffer_text(out, " more live that the options leave out\n");
    }
}

/* ---- names ---- */

/* What the program named, by bytes. */
static void
add_labels(struct buffer *out, const struct snapshot *snapshot)
{
    if (snapshot->labels.count == 0)
        return;
    buffer_text(out, "\nlive, by the program's names:\n");
    for (size_t i = 0; i < snapshot->labels.count; i++) {
        const struct snapshot_label *label =
            &VECTOR_AT(&snapshot->labels, struct snapshot_label, i);

        buffer_text(out, "  ");
        words_total(out, label->live.bytes, label->live.blocks);
        buffer_text(out, ": ");
        words_safe(out, label->name);
        buffer_char(out, '\n');
    }
}

/* ---- suppressions ---- */

static void
add_rule(struct buffer *out, const struct snapshot_rule *rule)
{
    words_safe(out, rule->name);
    if (rule->file != NULL) {
        buffer_text(out, " (");
        words_safe(out, rule->file);
        buffer_print(out, ":%u)", (unsigned)rule->line);
    } else {
        buffer_text(out, " (built in)");
    }
    buffer_char(out, '\n');
}

static void
add_suppressed(struct buffer *out, const struct snapshot *snapshot)
{
    if (snapshot->suppressed.blocks == 0)
        return;
    buffer_text(out, "\nsuppressed: ");
    words_total(out, snapshot->suppressed.bytes, snapshot->suppressed.blocks);
    buffer_char(out, '\n');
    for (size_t i = 0; i < snapshot->rules.count; i++) {
        const struct snapshot_rule *rule =
            &VECTOR_AT(&snapshot->rules, struct snapshot_rule, i);

        if (rule->leaks.blocks == 0)
            continue;
        buffer_text(out, "  ");
        words_total(out, rule->leaks.bytes, rule->leaks.blocks);
        buffer_text(out, " by ");
        add_rule(out, rule);
    }
}

/* At the end, for what matched nothing so far may still match. */
static void
add_unmatched(struct buffer *out, const struct snapshot *snapshot)
{
    bool is_first = true;

    if (snapshot->reason != SNAPSHOT_EXIT || !snapshot->has_leaks)
        return;
    for (size_t i = 0; i < snapshot->rules.count; i++) {
        const struct snapshot_rule *rule =
            &VECTOR_AT(&snapshot->rules, struct snapshot_rule, i);

        if (rule->hits > 0 || rule->file == NULL)
            continue;
        if (is_first)
            buffer_text(out, "\nsuppressions that matched nothing:\n");
        is_first = false;
        buffer_text(out, "  ");
        add_rule(out, rule);
    }
}

/* A process has said each in its log when it was noticed; a file has them all.
 */
static void
add_noticed(struct buffer *out, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->noticed.count; i++) {
        const struct snapshot_noticed *noticed =
            &VECTOR_AT(&snapshot->noticed, struct snapshot_noticed, i);

        explain_full(out, &noticed->finding);
        if (noticed->times > 1)
            buffer_print(out, "finding %lu was noticed %'lu times in all\n\n",
                         (unsigned long)noticed->finding.number,
                         (unsigned long)noticed->times);
    }
}

void
render_text(struct buffer *out, const struct snapshot *snapshot,
            bool with_stats)
{
    if (snapshot->is_decoded)
        add_noticed(out, snapshot);
    add_header(out, snapshot);
    add_summary(out, snapshot);
    if (snapshot->has_leaks)
        add_leaks(out, snapshot);
    add_labels(out, snapshot);
    rulegen_leaks(out, snapshot);
    add_suppressed(out, snapshot);
    add_unmatched(out, snapshot);
    if (snapshot->has_stats && with_stats)
        render_stats_text(out, snapshot);
    modulemap_text(out);
    buffer_char(out, '\n');
}
