/*
 * monitor/history.c - live bytes over time, and the marks.
 */
#include "monitor/history.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/text.h"
#include "conf/conf.h"
#include "track/track.h"

/* Guarded by the monitor's lock. */
static struct snapshot_instant instants[HISTORY_INSTANTS];
static unsigned instant_count;
static uint64_t step_ns = HISTORY_STEP_NS;

/* Marks are set by any thread, in handlers too: each word is atomic, and a
 * mark that is being replaced is at worst shown at the time of the one that
 * replaces it. */
static struct {
    _Atomic uint64_t time_ns;
    _Atomic uint32_t number; /* 0: not set */
} marks[HISTORY_MARKS];
static _Atomic uint32_t mark_count;

bool
history_is_wanted(void)
{
    const struct conf *conf = conf_now();

    return conf->dump != NULL ||
           (conf->format != NULL && (text_is_equal(conf->format, "html") ||
                                     text_is_equal(conf->format, "massif")));
}

/* Keep the first of every two. */
static void
halve(void)
{
    for (unsigned i = 0; i < HISTORY_INSTANTS / 2; i++)
        instants[i] = instants[2 * i];
    instant_count = HISTORY_INSTANTS / 2;
    step_ns *= 2;
}

static struct snapshot_instant
look(void)
{
    uint64_t counters[COUNTER__COUNT];

    track_counters(counters);
    return (struct snapshot_instant){.time_ns = track_elapsed_ns(),
                                     .bytes = counters[COUNTER_BYTES_LIVE],
                                     .blocks = counters[COUNTER_BLOCKS_LIVE]};
}

void
history_put(const struct snapshot_instant *instant)
{
    if (instant_count == HISTORY_INSTANTS)
        halve();
    instants[instant_count++] = *instant;
}

void
history_add(void)
{
    struct snapshot_instant now = look();

    history_put(&now);
}

uint64_t
history_step_ns(void)
{
    return step_ns;
}

void
history_mark(uint32_t number)
{
    uint32_t slot = atomic_fetch_add(&mark_count, 1) % HISTORY_MARKS;

    atomic_store(&marks[slot].time_ns, track_elapsed_ns());
    atomic_store(&marks[slot].number, number);
}

static void
copy_instant(struct snapshot *snapshot, const struct snapshot_instant *instant)
{
    struct snapshot_instant *added = vector_add(&snapshot->history);

    if (added == NULL)
        snapshot->is_partial = true;
    else
        *added = *instant;
}

void
history_copy(struct snapshot *snapshot)
{
    uint32_t count = atomic_load(&mark_count);
    uint32_t first = count > HISTORY_MARKS ? count - HISTORY_MARKS : 0;
    struct snapshot_instant now = look();

    for (unsigned i = 0; i < instant_count; i++)
        copy_instant(snapshot, &instants[i]);
    copy_instant(snapshot, &now);
    for (uint32_t i = first; i < count; i++) {
        uint32_t number = atomic_load(&marks[i % HISTORY_MARKS].number);
        struct snapshot_mark *mark;

        if (number == 0)
            continue; /* it is being set just now */
        mark = vector_add(&snapshot->marks);
        if (mark == NULL) {
            snapshot->is_partial = true;
            return;
        }
        mark->number = number;
        mark->time_ns = atomic_load(&marks[i % HISTORY_MARKS].time_ns);
    }
}

void
history_forget(void)
{
    instant_count = 0;
    step_ns = HISTORY_STEP_NS;
    atomic_store(&mark_count, 0);
    for (unsigned i = 0; i < HISTORY_MARKS; i++)
        atomic_store(&marks[i].number, 0);
}
