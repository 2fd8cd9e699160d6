/*
 * report/alert.c - findings that were noticed: said at once, counted, and kept
 * for documents.
 *
 * Under the lock it is only decided what to say; the text is made outside, so
 * that naming addresses keeps nobody waiting.
 */
#include "report/alert.h"

#include <assert.h>
#include <string.h>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "conf/conf.h"
#include "meta/buffer.h"
#include "meta/region.h"
#include "report/explain.h"
#include "report/log.h"
#include "report/names.h"
#include "report/render.h"
#include "report/rulegen.h"
#include "report/report.h"

/* Slots of the set: twice what it holds, so that a search stays short. */
#define SLOTS (2 * ALERT_DIFFERENT_MAX)

static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found by a mask");

/* How one finding is to be said. */
enum speech {
    SPEECH_NONE,        /* it was said often enough */
    SPEECH_FULL,        /* for the first time */
    SPEECH_SHORT,       /* likewise, and many of its kind were said */
    SPEECH_AGAIN,       /* for the 10th, 100th, ... time */
    SPEECH_LAST,        /* there are too many different ones: say that, once */
    SPEECH_LAST_OF_KIND /* likewise of this kind */
};

struct different {
    uint64_t key; /* 0: the slot is free */
    uint64_t times;
};

struct kept {
    struct finding finding;
    char during[48]; /* the text of finding.during, which may not live on */
    uint64_t key;
};

/* All guarded by report_lock. */
static struct different set[SLOTS];
static size_t set_count;
static bool is_full_said;
static uint32_t kind_counts[FINDING__COUNT]; /* in the set, and perhaps one
                                                more: that was said */
static struct kept *kept; /* ALERT_KEPT_MAX of them, mapped when needed */
static size_t kept_count;

static uint64_t
trace_key(const struct trace *trace)
{
    return (uint64_t)(uintptr_t)trace;
}

/* Findings are the same if their kind and all their traces are. Without any
 * trace the address is all there is to tell them apart. */
static uint64_t
make_key(const struct finding *finding)
{
    uint64_t key = hash_u64((uint64_t)finding->kind + 1);
    bool has_trace = finding->trace != NULL;

    key = hash_add(key, trace_key(finding->trace));
    if (finding->has_block) {
        key = hash_add(key, trace_key(finding->block.alloc));
        key = hash_add(key, trace_key(finding->block.freed));
        has_trace = has_trace || finding->block.alloc != NULL;
    }
    if (!has_trace)
        key = hash_add(key, finding->addr);
    return key == 0 ? 1 : key;
}

/* The slot of `key`, or the free one where it belongs. The set is never more
 * than half full, so there is one. */
static struct different *
find_slot(uint64_t key)
{
    size_t i = key & (SLOTS - 1);

    while (set[i].key != 0 && set[i].key != key)
        i = (i + 1) & (SLOTS - 1);
    return &set[i];
}

static void
keep(const struct finding *finding, uint64_t key)
{
    struct kept *item;

    if (kept == NULL)
        kept = meta_map(ALERT_KEPT_MAX * sizeof(*kept));
    if (kept == NULL || kept_count == ALERT_KEPT_MAX)
        return; /* it is counted all the same */
    item = &kept[kept_count++];
    item->finding = *finding;
    item->key = key;
    if (finding->during != NULL) {
        (void)text_copy(item->during, sizeof(item->during), finding->during);
        item->finding.during = item->during;
    }
}

static bool
is_power_of_ten(uint64_t n)
{
    while (n >= 10 && n % 10 == 0)
        n /= 10;
    return n == 1;
}

/* May a finding that is not in the set come into it?  Held: report. */
static enum speech
count_new(const struct finding *finding)
{
    uint32_t *of_kind = &kind_counts[finding->kind];

    if (*of_kind >= ALERT_KIND_MAX) {
        bool is_said = *of_kind > ALERT_KIND_MAX;

        *of_kind = ALERT_KIND_MAX + 1;
        return is_said ? SPEECH_NONE : SPEECH_LAST_OF_KIND;
    }
    if (set_count == ALERT_DIFFERENT_MAX) {
        enum speech speech = is_full_said ? SPEECH_NONE : SPEECH_LAST;

        is_full_said = true;
        return speech;
    }
    set_count++;
    return ++*of_kind <= ALERT_FULL_MAX ? SPEECH_FULL : SPEECH_SHORT;
}

/* Held: report. */
static enum speech
count(const struct finding *finding, uint64_t *out_times)
{
    uint64_t key = make_key(finding);
    struct different *slot = find_slot(key);
    enum speech speech = SPEECH_AGAIN;

    if (slot->key == 0) {
        speech = count_new(finding);
        if (speech != SPEECH_FULL && speech != SPEECH_SHORT)
            return speech;
        slot->key = key;
        if (render_is_document(render_format()) || conf_now()->dump != NULL)
            keep(finding, key);
    }
    slot->times++;
    *out_times = slot->times;
    if (slot->times == 1)
        return speech;
    return is_power_of_ten(slot->times) ? SPEECH_AGAIN : SPEECH_NONE;
}

bool
alert_kept(size_t i, struct finding *out_finding, uint64_t *out_times)
{
    enum log_hold hold = log_hold();
    bool is_there = hold != LOG_HOLD_NONE && i < kept_count;

    if (is_there) {
        *out_finding = kept[i].finding;
        *out_times = find_slot(kept[i].key)->times;
    }
    if (hold != LOG_HOLD_NONE)
        log_release(hold);
    return is_there;
}

void
alert_forget(void)
{
    memset(set, 0, sizeof(set));
    set_count = 0;
    memset(kind_counts, 0, sizeof(kind_counts));
    is_full_said = false;
    kept_count = 0;
}

/* ---- saying ---- */

/* Where memory ran out, a line made without any. */
static void
say_bare(const struct finding *finding, void (*put)(const char *, size_t))
{
    char line[256];
    size_t n =
        format_text(line, sizeof(line),
                    "dbgmalloc: finding %lu: %s: 0x%lx (no memory for "
                    "more words)\n",
                    (unsigned long)finding->number,
                    finding_title(finding->kind), (unsigned long)finding->addr);

    put(line, n < sizeof(line) ? n : sizeof(line) - 1);
}

static void
say(const struct finding *finding, bool is_full, uint64_t times,
    void (*put)(const char *, size_t))
{
    struct buffer out = BUFFER_INIT;
    bool is_session = names_begin();

    if (is_full) {
        explain_full(&out, finding);
        rulegen_finding(&out, finding);
    } else {
        explain_short(&out, finding, times);
    }
    names_end(is_session);
    if (out.failed)
        say_bare(finding, put);
    else
        put(out.bytes, out.count);
    buffer_fini(&out);
}

/* kind: of the findings that are not said any more, or NULL: all. */
static void
say_last(const char *kind, void (*put)(const char *, size_t))
{
    char line[256];
    size_t n = format_text(
        line, sizeof(line),
        "dbgmalloc: %u different findings%s%s%s were said; from now on new "
        "ones are only counted\n",
        (unsigned)(kind != NULL ? ALERT_KIND_MAX : ALERT_DIFFERENT_MAX),
        kind != NULL ? " (" : "", kind != NULL ? kind : "",
        kind != NULL ? ")" : "");

    put(line, n);
}

static void
say_to_both(const struct finding *finding, enum speech speech, uint64_t times)
{
    bool is_document = render_is_document(render_format());
    bool is_log = !is_document && !log_is_none();
    bool is_print = conf_now()->print && (is_document || !log_is_stderr());

    if (speech == SPEECH_LAST || speech == SPEECH_LAST_OF_KIND) {
        const char *kind =
            speech == SPEECH_LAST ? NULL : finding_title(finding->kind);

        if (is_log)
            say_last(kind, report_write);
        if (is_print)
            say_last(kind, log_stderr);
        return;
    }
    if (is_log)
        say(finding, speech == SPEECH_FULL, times, report_write);
    if (is_print)
        say(finding, false, times, log_stderr);
}

void
report_finding(const struct finding *finding)
{
    enum log_hold hold;
    enum speech speech;
    uint64_t times = 1;

    if (log_is_silent())
        return;
    hold = log_hold();
    if (hold == LOG_HOLD_NONE) {
        /* We are inside ourselves: nothing can be counted, but it is said. */
        say(finding, false, 1, log_stderr);
        return;
    }
    speech = count(finding, &times);
    log_release(hold);
    if (speech != SPEECH_NONE)
        say_to_both(finding, speech, times);
}
