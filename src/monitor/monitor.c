/*
 * monitor/monitor.c - one report at a time, whoever asks for it; and what the
 * options ask to be installed.
 */
#include "monitor/monitor.h"

#include "base/attr.h"
#include "meta/vector.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/process.h"
#include "conf/conf.h"
#include "elf/elf.h"
#include "report/report.h"
#include "track/track.h"
#include "leak/leak.h"
#include "monitor/growth.h"
#include "monitor/history.h"
#include "monitor/oncrash.h"
#include "monitor/onfault.h"
#include "monitor/onsignal.h"
#include "monitor/periodic.h"

#include <errno.h>
#include <stdatomic.h>

static struct lock monitor_lock = LOCK_INIT(LOCK_RANK_MONITOR);

/* Set by the thread that freezes while it holds monitor_lock already (a
 * handler that interrupted a report forks). Of the holder of monitor_lock. */
static bool monitor_is_nested;

/* Atomic; the thread could not be started, and that was said. */
static _Atomic bool monitor_has_complained;

/* A dump has everything, whatever the report has. */
static void
collect(const struct collect_request *request, struct snapshot *snapshot)
{
    struct collect_request all = *request;

    all.with_file = report_is_picture();
    if (report_is_dump_wanted() || all.with_file)
        all.with_leaks = all.with_stats = all.with_file = true;
    collect_snapshot(&all, snapshot);
    if (request->with_leaks) {
        report_suppress(snapshot);
        growth_judge(snapshot, clock_now());
        if (request->with_growing && (request->show >> LEAK_REACHABLE & 1) == 0)
            growth_choose(snapshot);
    }
    if (!report_is_picture()) {
        snapshot->has_leaks = request->with_leaks;
        snapshot->has_stats = request->with_stats;
    }
}

static void
dump(struct snapshot *snapshot)
{
    if (!report_is_dump_wanted())
        return;
    snapshot->has_leaks = true;
    snapshot->has_stats = true;
    report_dump(snapshot);
}

int
monitor_report(const struct collect_request *request,
               struct snapshot_total *out_selected)
{
    struct snapshot snapshot;

    if (lock_is_mine(&monitor_lock))
        return -EDEADLK;
    lock_take(&monitor_lock);
    collect(request, &snapshot);
    if (request->by_growth)
        growth_order(&snapshot);
    if (request->as_table)
        report_snapshot_as(&snapshot, REPORT_TABLE);
    else
        report_snapshot(&snapshot);
    if (out_selected != NULL)
        *out_selected = snapshot.selected;
    dump(&snapshot);
    snapshot_fini(&snapshot);
    lock_give(&monitor_lock);
    return 0;
}

void
monitor_report_now(const struct collect_request *request)
{
    struct snapshot snapshot;

    if (lock_is_mine(&monitor_lock) || !lock_try(&monitor_lock))
        return;
    collect_snapshot(request, &snapshot);
    report_snapshot(&snapshot);
    snapshot_fini(&snapshot);
    lock_give(&monitor_lock);
}

int
monitor_report_if(const struct collect_request *request,
                  bool (*is_wanted)(const struct snapshot *, void *),
                  void *context)
{
    struct snapshot snapshot;

    if (lock_is_mine(&monitor_lock))
        return -EDEADLK;
    lock_take(&monitor_lock);
    collect(request, &snapshot);
    if (is_wanted(&snapshot, context))
        report_snapshot(&snapshot);
    dump(&snapshot);
    snapshot_fini(&snapshot);
    lock_give(&monitor_lock);
    return 0;
}

uint64_t
monitor_look(uint64_t now_ns)
{
    uint64_t due;

    lock_take(&monitor_lock);
    due = growth_sample(now_ns);
    lock_give(&monitor_lock);
    return due;
}

int
monitor_count(const struct collect_request *request,
              struct snapshot_total *out_selected)
{
    if (lock_is_mine(&monitor_lock))
        return -EDEADLK;
    lock_take(&monitor_lock);
    collect_count(request, out_selected);
    lock_give(&monitor_lock);
    return 0;
}

int
monitor_walk(unsigned flags, bool (*visit)(const struct block *, void *),
             void *context, uint64_t *out_visited)
{
    struct vector blocks = VECTOR_INIT(struct block);
    int result = collect_blocks(flags, &blocks);
    uint64_t visited = 0;

    while (visited < blocks.count) {
        const struct block *block = &VECTOR_AT(&blocks, struct block, visited);

        visited++;
        if (!visit(block, context))
            break;
    }
    vector_fini(&blocks);
    *out_visited = visited;
    return result;
}

void
monitor_mark(uint32_t number)
{
    history_mark(number);
}

uint64_t
monitor_note_live(void)
{
    uint64_t step;

    if (lock_is_mine(&monitor_lock))
        return HISTORY_STEP_NS; /* cannot be: our thread is elsewhere */
    lock_take(&monitor_lock);
    history_add();
    step = history_step_ns();
    lock_give(&monitor_lock);
    return step;
}

/* ---- what the options ask for ---- */

static bool
is_thread_needed(const struct conf *conf)
{
    return history_is_wanted() || conf->stats_every.ns != 0 ||
           conf->stats_every.operations != 0 || conf->report_every != 0 ||
           conf->report_signal != 0 || conf->mark_signal != 0 ||
           conf->toggle_signal != 0 || conf->catch_signals != 0;
}

bool
monitor_is_thread_needed(void)
{
    return is_thread_needed(conf_now());
}

static void
start_thread(void)
{
    int error = periodic_ensure();

    if (error != 0 && !atomic_exchange(&monitor_has_complained, true))
        process_warn("no thread for reports while the program runs "
                     "(error %d): stats-every, report-every, report-signal, "
                     "mark-signal, toggle-signal and catch-signals have no "
                     "effect",
                     -error);
}

/* The thread goes first: a handler needs it. Once started it stays, for the
 * options may come back, and it costs nothing asleep. */
static void
install(void)
{
    const struct conf *conf = conf_now();

    if (is_thread_needed(conf) || periodic_is_running())
        start_thread();
    onsignal_install(PERIODIC_REPORT, conf->report_signal);
    onsignal_install(PERIODIC_MARK, conf->mark_signal);
    onsignal_install(PERIODIC_TOGGLE, conf->toggle_signal);
    oncrash_install(conf->catch_signals);
    onfault_install();
}

void
monitor_start(void)
{
    /* From now on it is seen when modules come and go. Else (a loader that is
     * at work now) what is new is found at the next call. */
    if (track_is_recording())
        (void)modules_refresh();
    if (track_is_recording() || is_thread_needed(conf_now()))
        install();
}

static void
forget_growth(void)
{
    lock_take(&monitor_lock);
    growth_forget();
    lock_give(&monitor_lock);
}

int
monitor_attend(void)
{
    forget_growth();
    return periodic_ensure();
}

void
monitor_unattend(void)
{
    forget_growth();
}

void
monitor_options_changed(void)
{
    report_options_changed();
    install();
}

/* ---- fork ---- */

void
monitor_freeze(void)
{
    if (lock_is_mine(&monitor_lock))
        monitor_is_nested = true;
    else
        lock_take(&monitor_lock);
    leak_freeze();
}

void
monitor_thaw(void)
{
    leak_thaw();
    if (monitor_is_nested)
        monitor_is_nested = false;
    else
        lock_give(&monitor_lock);
}

void
monitor_child(void)
{
    bool was_running = periodic_is_running();

    monitor_thaw();
    leak_child();
    growth_forget();
    periodic_child();
    oncrash_child();
    history_forget();
    onfault_child();
    /* A child of a process that was attached to is nobody's business. */
    if (was_running && is_thread_needed(conf_now()))
        start_thread();
}
