/*
 * report/json.c - a snapshot, and the findings kept, as one JSON document.
 *
 * The keys and types are written down in doc/report.schema.json, and stay as
 * they are: new ones may be added, none is renamed.
 */
#include "base/format.h"
#include "conf/conf.h"
#include "os/clock.h"
#include "report/alert.h"
#include "report/emit.h"
#include "report/modulemap.h"
#include "report/names.h"
#include "report/render.h"
#include "report/rulegen.h"

void
render_json_stack(struct emit *emit, struct frametext *frames, const char *key,
                  const struct trace *trace)
{
    uint32_t total = names_count(trace);

    emit_list(emit, key);
    for (uint32_t i = 0; i < total; i++)
        frametext_add(frames, emit, trace, i);
    emit_close(emit);
}

/* ---- findings ---- */

static const char *const state_keys[] = {
    [BLOCK_NEVER] = "never",
    [BLOCK_LIVE] = "live",
    [BLOCK_FREED] = "freed",
    [BLOCK_QUARANTINED] = "quarantined",
};

static const char *const place_keys[] = {
    [FINDING_PLACE_UNKNOWN] = "unknown", [FINDING_PLACE_BLOCK] = "block",
    [FINDING_PLACE_NULL] = "null",       [FINDING_PLACE_STACK] = "stack",
    [FINDING_PLACE_GLOBAL] = "global",   [FINDING_PLACE_LIBC] = "libc",
    [FINDING_PLACE_MAPPED] = "mapped",   [FINDING_PLACE_UNMAPPED] = "unmapped",
    [FINDING_PLACE_OURS] = "ours",
};

/* A damaged record must not lead us out of a table. */
static const char *
key_of(const char *const *keys, size_t count, unsigned value)
{
    return value < count ? keys[value] : "unknown";
}

static void
add_block(struct emit *emit, struct frametext *frames, const char *key,
          const struct finding *finding, const struct block *block)
{
    emit_object(emit, key);
    emit_address(emit, "addr", block->addr);
    emit_number(emit, "size", block->size);
    emit_text(emit, "state",
              key_of(state_keys, ARRAY_COUNT(state_keys), block->state));
    emit_text(emit, "origin", block_origin_name(block->origin));
    emit_number(emit, "thread", block->thread);
    if (block->state == BLOCK_FREED || block->state == BLOCK_QUARANTINED)
        emit_number(emit, "free_thread", block->free_thread);
    if (block->time_ns != 0 && finding->time_ns >= block->time_ns)
        emit_number(emit, "age_ns", finding->time_ns - block->time_ns);
    if (block->align != 0)
        emit_number(emit, "align", block->align);
    render_json_stack(emit, frames, "alloc_stack", block->alloc);
    if (block->freed != NULL)
        render_json_stack(emit, frames, "free_stack", block->freed);
    emit_close(emit);
}

static void
add_bytes(struct emit *emit, const struct finding *finding)
{
    char hex[2 * FINDING_BYTES_MAX + 1];
    size_t count = finding->bytes_count;

    if (count == 0 || count > FINDING_BYTES_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        (void)format_text(hex + 2 * i, 3, "%02x", (unsigned)finding->bytes[i]);
    emit_object(emit, "memory");
    emit_address(emit, "addr", finding->bytes_addr);
    emit_text(emit, "hex", hex);
    emit_list_compact(emit, "damaged");
    for (size_t i = 0; i < count; i++) {
        if ((finding->bytes_damaged >> i & 1) != 0)
            emit_number(emit, NULL, i);
    }
    emit_close(emit);
    emit_close(emit);
}

static void
add_finding(struct emit *emit, struct frametext *frames,
            const struct finding *finding, uint64_t times)
{
    emit_object(emit, NULL);
    emit_number(emit, "number", finding->number);
    emit_text(emit, "kind", finding_key(finding->kind));
    emit_text(emit, "title", finding_title(finding->kind));
    emit_number(emit, "count", times);
    emit_address(emit, "addr", finding->addr);
    if (finding->has_block) {
        emit_number(emit, "size", finding->block.size);
        emit_signed(emit, "offset", finding->offset);
    }
    emit_number(emit, "length", finding->length);
    if (finding->access != FINDING_ACCESS_NONE)
        emit_text(emit, "access",
                  finding->access == FINDING_ACCESS_WRITE ? "write" : "read");
    if (finding->size_given != 0)
        emit_number(emit, "size_given", finding->size_given);
    if (finding->align_given != 0)
        emit_number(emit, "align_given", finding->align_given);
    emit_text(emit, "call", block_origin_name(finding->call));
    emit_text(emit, "during",
              finding->during != NULL ? finding->during
                                      : block_origin_name(finding->call));
    if (finding->operation != 0)
        emit_number(emit, "operation", finding->operation);
    emit_number(emit, "thread", finding->thread);
    emit_signed(emit, "tid", finding->tid);
    if (!finding->has_block)
        emit_text(emit, "place",
                  key_of(place_keys, ARRAY_COUNT(place_keys), finding->place));
    if (finding->module[0] != '\0')
        emit_text(emit, "module", finding->module);
    if (finding->note[0] != '\0')
        emit_text(emit, "note", finding->note);
    render_json_stack(emit, frames, "stack", finding->trace);
    if (finding->has_block) {
        render_json_stack(emit, frames, "alloc_stack", finding->block.alloc);
        render_json_stack(emit, frames, "free_stack", finding->block.freed);
        add_block(emit, frames, "block", finding, &finding->block);
    }
    if (finding->has_culprit)
        add_block(emit, frames, "culprit", finding, &finding->culprit);
    add_bytes(emit, finding);
    emit_close(emit);
}

static void
add_findings(struct emit *emit, struct frametext *frames,
             const struct snapshot *snapshot)
{
    struct finding finding;
    uint64_t times;

    emit_list(emit, "findings");
    for (size_t i = 0; render_finding(snapshot, i, &finding, &times); i++)
        add_finding(emit, frames, &finding, times);
    emit_close(emit);
    emit_object(emit, "findings_total");
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        if (snapshot->findings[i] > 0)
            emit_number(emit, finding_key((enum finding_kind)i),
                        snapshot->findings[i]);
    }
    emit_close(emit);
    emit_number(emit, "findings_count", render_findings(snapshot));
    emit_number(emit, "findings_suppressed", snapshot->findings_suppressed);
}

/* ---- leaks ---- */

static void
add_growth(struct emit *emit, const struct snapshot_growth *growth)
{
    emit_text(emit, "verdict", render_verdict_key(growth->verdict));
    if (growth->alloc_count == 0)
        return;
    emit_object_compact(emit, "growth");
    emit_number(emit, "alloc_count", growth->alloc_count);
    emit_number(emit, "free_count", growth->free_count);
    if (growth->span_ns > 0) {
        emit_number(emit, "points", growth->points);
        emit_number(emit, "span_ns", growth->span_ns);
        emit_number(emit, "quiet_ns", growth->quiet_ns);
        emit_signed(emit, "bytes_per_hour", growth->per_hour);
    }
    if (growth->old_made > 0) {
        emit_number(emit, "old_ns", growth->old_ns);
        emit_number(emit, "old_made", growth->old_made);
        emit_number(emit, "old_blocks", growth->old_blocks);
    }
    emit_close(emit);
}

static void
add_suppression(struct emit *emit, const struct snapshot_entry *entry)
{
    struct buffer text = BUFFER_INIT;

    rulegen_leak(&text, entry);
    emit_text(emit, "suppression", text.bytes != NULL ? text.bytes : "");
    buffer_fini(&text);
}

static void
add_entry(struct emit *emit, struct frametext *frames,
          const struct snapshot_entry *entry, bool is_estimate)
{
    emit_object(emit, NULL);
    emit_text(emit, "kind", render_leak_key(entry->kind));
    emit_number(emit, "blocks", entry->blocks);
    emit_number(emit, "bytes", entry->bytes);
    if (is_estimate) {
        emit_number(emit, "sampled", entry->sampled);
        emit_number(emit, "blocks_error", entry->blocks_error);
        emit_number(emit, "bytes_error", entry->bytes_error);
    }
    if (entry->below_blocks > 0) {
        emit_number(emit, "below_blocks", entry->below_blocks);
        emit_number(emit, "below_bytes", entry->below_bytes);
    }
    if (entry->parent != SNAPSHOT_NO_ENTRY)
        emit_number(emit, "parent", entry->parent - 1);
    emit_number(emit, "size_min", entry->size_min);
    emit_number(emit, "size_max", entry->size_max);
    emit_text(emit, "origin", block_origin_name(entry->origin));
    emit_number(emit, "age_min_ns", entry->age_min_ns);
    emit_number(emit, "age_max_ns", entry->age_max_ns);
    emit_number(emit, "threads", entry->threads);
    emit_number(emit, "first_thread", entry->first_thread);
    if (entry->label != NULL)
        emit_text(emit, "name", entry->label);
    add_growth(emit, &entry->growth);
    emit_list(emit, "samples");
    for (uint32_t i = 0; i < entry->sample_count; i++) {
        emit_object_compact(emit, NULL);
        emit_address(emit, "addr", entry->samples[i]);
        emit_number(emit, "size", entry->sample_sizes[i]);
        emit_close(emit);
    }
    emit_close(emit);
    render_json_stack(emit, frames, "stack", entry->trace);
    if (rulegen_is_wanted())
        add_suppression(emit, entry);
    emit_close(emit);
    buffer_drain(emit->out);
}

static void
add_total(struct emit *emit, const char *key,
          const struct snapshot_total *total)
{
    emit_object_compact(emit, key);
    emit_number(emit, "blocks", total->blocks);
    emit_number(emit, "bytes", total->bytes);
    emit_close(emit);
}

static void
add_scan(struct emit *emit, const struct snapshot_scan *scan)
{
    emit_object(emit, "scan");
    emit_bool(emit, "done", scan->is_done);
    emit_signed(emit, "error", scan->error);
    emit_bool(emit, "copy", scan->is_copy);
    emit_bool(emit, "whole", scan->is_whole);
    emit_number(emit, "threads_stopped", scan->parked);
    emit_number(emit, "threads_in_kernel", scan->kernel);
    emit_number(emit, "threads_missed", scan->missed);
    emit_number(emit, "root_bytes", scan->root_bytes);
    emit_number(emit, "scanned_bytes", scan->scanned_bytes);
    emit_number(emit, "pause_ns", scan->pause_ns);
    emit_number(emit, "scan_ns", scan->scan_ns);
    emit_close(emit);
}

/* Those of files that matched nothing too: hits says so. */
static void
add_rules(struct emit *emit, const struct snapshot *snapshot)
{
    emit_list(emit, "suppressions");
    for (size_t i = 0; i < snapshot->rules.count; i++) {
        const struct snapshot_rule *rule =
            &VECTOR_AT(&snapshot->rules, struct snapshot_rule, i);

        emit_object_compact(emit, NULL);
        emit_text(emit, "name", rule->name);
        if (rule->file != NULL) {
            emit_text(emit, "file", rule->file);
            emit_number(emit, "line", rule->line);
        }
        emit_number(emit, "blocks", rule->leaks.blocks);
        emit_number(emit, "bytes", rule->leaks.bytes);
        emit_number(emit, "hits", rule->hits);
        emit_close(emit);
    }
    emit_close(emit);
}

static void
add_labels(struct emit *emit, const struct snapshot *snapshot)
{
    emit_list(emit, "names");
    for (size_t i = 0; i < snapshot->labels.count; i++) {
        const struct snapshot_label *label =
            &VECTOR_AT(&snapshot->labels, struct snapshot_label, i);

        emit_object_compact(emit, NULL);
        emit_text(emit, "name", label->name);
        emit_number(emit, "blocks", label->live.blocks);
        emit_number(emit, "bytes", label->live.bytes);
        emit_close(emit);
    }
    emit_close(emit);
}

/* The numbers of stacks are estimates: of what, how good, and what is known
 * exactly. */
static void
add_sampling(struct emit *emit, const struct snapshot *snapshot)
{
    struct snapshot_total error = snapshot_error(snapshot);
    struct snapshot_total counted = snapshot_counted(snapshot);

    emit_object(emit, "estimated");
    emit_number(emit, "sample", snapshot->sample);
    add_total(emit, "error", &error);
    add_total(emit, "counted", &counted);
    emit_close(emit);
}

/* All entries: a program that reads this wants no table cut short. */
static void
add_leaks(struct emit *emit, struct frametext *frames,
          const struct snapshot *snapshot)
{
    uint64_t sites;
    struct snapshot_total leaks = render_leaks(snapshot, &sites);

    emit_object(emit, "leaks");
    emit_number(emit, "blocks", leaks.blocks);
    emit_number(emit, "bytes", leaks.bytes);
    emit_number(emit, "sites", sites);
    if (snapshot->sample != 0)
        add_sampling(emit, snapshot);
    add_total(emit, "live", &snapshot->live);
    add_total(emit, "selected", &snapshot->selected);
    add_total(emit, "suppressed", &snapshot->suppressed);
    emit_object(emit, "kinds");
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        struct snapshot_total kind = snapshot_kind(snapshot, (enum leak_kind)i);

        if (kind.blocks > 0)
            add_total(emit, render_leak_key((enum leak_kind)i), &kind);
    }
    emit_close(emit);
    if (snapshot->scan.is_done || snapshot->scan.error != 0) {
        add_scan(emit, &snapshot->scan);
        emit_object(emit, "unlisted");
        for (unsigned i = 0; i < LEAK__COUNT; i++) {
            if (snapshot->unlisted[i].blocks > 0)
                add_total(emit, render_leak_key((enum leak_kind)i),
                          &snapshot->unlisted[i]);
        }
        emit_close(emit);
    }
    emit_list(emit, "entries");
    for (size_t i = 0; i < snapshot->entries.count; i++)
        add_entry(emit, frames,
                  &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i),
                  snapshot->sample != 0);
    emit_close(emit);
    emit_close(emit);
}

/* ---- statistics ---- */

static void
add_histogram(struct emit *emit, const struct snapshot *snapshot)
{
    emit_list(emit, "histogram");
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        if (snapshot->histogram_count[i] == 0 &&
            snapshot->histogram_live[i] == 0)
            continue;
        emit_object_compact(emit, NULL);
        emit_number(emit, "size_min", i == 0 ? 0 : UINT64_C(1) << (i - 1));
        emit_number(emit, "size_max", i == 0 ? 0 : (UINT64_C(1) << i) - 1);
        emit_number(emit, "count", snapshot->histogram_count[i]);
        emit_number(emit, "live", snapshot->histogram_live[i]);
        emit_close(emit);
    }
    emit_close(emit);
}

static void
add_sites(struct emit *emit, struct frametext *frames,
          const struct snapshot *snapshot)
{
    emit_list(emit, "sites");
    for (size_t i = 0; i < snapshot->sites.count; i++) {
        const struct snapshot_site *site =
            &VECTOR_AT(&snapshot->sites, struct snapshot_site, i);

        emit_object(emit, NULL);
        emit_number(emit, "alloc_count", site->alloc_count);
        emit_number(emit, "alloc_bytes", site->alloc_bytes);
        emit_number(emit, "free_count", site->free_count);
        emit_number(emit, "free_bytes", site->free_bytes);
        render_json_stack(emit, frames, "stack", site->trace);
        emit_close(emit);
        buffer_drain(emit->out);
    }
    emit_close(emit);
}

static void
add_stats(struct emit *emit, struct frametext *frames,
          const struct snapshot *snapshot)
{
    emit_object(emit, "counters");
    for (unsigned i = 0; i < COUNTER__COUNT; i++)
        emit_number(emit, counter_key((enum counter)i), snapshot->counters[i]);
    emit_close(emit);
    add_histogram(emit, snapshot);
    add_sites(emit, frames, snapshot);
    emit_list(emit, "threads");
    for (size_t i = 0; i < snapshot->threads.count; i++) {
        const struct snapshot_thread *thread =
            &VECTOR_AT(&snapshot->threads, struct snapshot_thread, i);

        emit_object_compact(emit, NULL);
        emit_number(emit, "number", thread->number);
        emit_signed(emit, "tid", thread->tid);
        emit_bool(emit, "alive", thread->alive);
        emit_close(emit);
    }
    emit_close(emit);
}

void
render_json(struct buffer *out, const struct snapshot *snapshot,
            bool with_stats)
{
    struct frametext frames;
    struct emit emit;
    char when[32];

    frametext_init(&frames);
    emit_begin(&emit, out);
    emit_object(&emit, NULL);
    emit_text(&emit, "dbgmalloc", render_version());
    emit_text(&emit, "reason", render_reason_key(snapshot->reason));
    emit_text(&emit, "program", snapshot->program);
    /* logfile.c looks for this line near the start of a log. */
    emit_signed(&emit, "pid", snapshot->pid);
    emit_text(&emit, "command_line", snapshot->command_line);
    emit_text(&emit, "host", snapshot->host);
    emit_text(&emit, "options", snapshot->options);
    emit_text(&emit, "start",
              clock_text(when, sizeof(when), snapshot->start_unix_ns));
    emit_text(&emit, "time",
              clock_text(when, sizeof(when), snapshot->time_unix_ns));
    emit_number(&emit, "elapsed_ns", snapshot->elapsed_ns);
    emit_bool(&emit, "partial", snapshot->is_partial);
    if (snapshot->has_leaks)
        add_leaks(&emit, &frames, snapshot);
    add_findings(&emit, &frames, snapshot);
    add_rules(&emit, snapshot);
    if (snapshot->labels.count > 0)
        add_labels(&emit, snapshot);
    if (snapshot->has_stats && with_stats)
        add_stats(&emit, &frames, snapshot);
    modulemap_json(&emit);
    emit_end(&emit);
    frametext_fini(&frames);
}
