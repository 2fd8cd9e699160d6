/*
 * monitor/periodic.c - the library's own thread.
 *
 * It sleeps on a futex until the next thing is due, so it fires in an idle
 * process too, costs nothing in between, and a signal handler can wake it. It
 * has all signals blocked, and whatever libc allocates for it is the library's.
 * Operations are polled, for counting them at every malloc would cost each of
 * them: PERIODIC_POLL_NS apart. So is the page of a command that attached:
 * another process cannot wake us.
 */
#include "monitor/periodic.h"

#include "base/attr.h"
#include "meta/table.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/attend.h"
#include "monitor/growth.h"
#include "monitor/history.h"
#include "monitor/monitor.h"
#include "monitor/oncrash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#define PERIODIC_POLL_NS UINT64_C(20000000)
#define PERIODIC_CONTROL_NS UINT64_C(100000000)
#define PERIODIC_NEVER UINT64_MAX

/* Atomic; counts the reasons to wake, and is the futex the thread sleeps on. */
static _Atomic uint32_t periodic_wakes;

/* Atomic; bits of enum periodic_request that wait for the thread. */
static _Atomic uint32_t periodic_requests;

/* Atomic; 1 from before the thread's start to its end. A futex for
 * periodic_stop. */
static _Atomic uint32_t periodic_alive;

/* Atomic; the kernel's id of the thread, 0 while there is none. */
static _Atomic int periodic_tid;

/* When the next ones are due: clock_now and track_operations. Of the thread
 * alone. */
struct agenda {
    uint64_t stats_ns;
    uint64_t report_ns;
    uint64_t history_ns;
    uint64_t operations;
    uint64_t look_ns; /* at what grows */
    /* The options that these were computed from. */
    uint64_t stats_every_ns;
    uint64_t report_every_ns;
    uint64_t every_operations;
};

static uint64_t
due_after(uint64_t now, uint64_t step)
{
    if (step == 0 || step > PERIODIC_NEVER - now)
        return PERIODIC_NEVER;
    return now + step;
}

/* Options may change while the program runs; what did not change keeps its
 * time. */
static void
agenda_update(struct agenda *agenda, uint64_t now)
{
    const struct conf *conf = conf_now();

    if (agenda->stats_every_ns != conf->stats_every.ns) {
        agenda->stats_every_ns = conf->stats_every.ns;
        agenda->stats_ns = due_after(now, agenda->stats_every_ns);
    }
    if (agenda->report_every_ns != conf->report_every) {
        agenda->report_every_ns = conf->report_every;
        agenda->report_ns = due_after(now, agenda->report_every_ns);
    }
    if (!history_is_wanted())
        agenda->history_ns = PERIODIC_NEVER;
    else if (agenda->history_ns == PERIODIC_NEVER)
        agenda->history_ns = now;
    if (agenda->every_operations != conf->stats_every.operations) {
        agenda->every_operations = conf->stats_every.operations;
        agenda->operations =
            due_after(track_operations(), agenda->every_operations);
    }
}

static void
agenda_init(struct agenda *agenda)
{
    *agenda = (struct agenda){.stats_ns = PERIODIC_NEVER,
                              .report_ns = PERIODIC_NEVER,
                              .history_ns = PERIODIC_NEVER,
                              .operations = PERIODIC_NEVER,
                              .look_ns = PERIODIC_NEVER};
}

/* How long to sleep; 0 is for ever. */
static uint64_t
agenda_sleep_ns(const struct agenda *agenda, uint64_t now)
{
    uint64_t due = agenda->stats_ns;

    if (agenda->report_ns < due)
        due = agenda->report_ns;
    if (agenda->history_ns < due)
        due = agenda->history_ns;
    if (agenda->look_ns < due)
        due = agenda->look_ns;
    if (agenda->operations != PERIODIC_NEVER &&
        due_after(now, PERIODIC_POLL_NS) < due)
        due = due_after(now, PERIODIC_POLL_NS);
    if (attend_is_open() && due_after(now, PERIODIC_CONTROL_NS) < due)
        due = due_after(now, PERIODIC_CONTROL_NS);
    if (due == PERIODIC_NEVER)
        return 0;
    return due > now ? due - now : 1;
}

/* The next time on the beat of `step` after `due` that is not past: a late
 * report is not made twice. */
static uint64_t
next_beat(uint64_t due, uint64_t step, uint64_t now)
{
    if (now < due)
        return due;
    return due_after(due, ((now - due) / step + 1) * step);
}

static void
write_stats(void)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_PERIODIC);
    request.with_stats = true;
    (void)monitor_report(&request, NULL); /* this thread makes no other */
}

/* A report while the program runs says what grows. */
static bool
is_history_wanted(void)
{
    const struct conf *conf = conf_now();

    return conf->report_every != 0 || conf->report_signal != 0 ||
           attend_is_open();
}

static void
do_what_is_due(struct agenda *agenda)
{
    uint64_t now = clock_now();
    uint64_t operations = track_operations();
    bool is_stats_due = false;

    agenda_update(agenda, now);
    agenda->look_ns = is_history_wanted() ? monitor_look(now) : PERIODIC_NEVER;
    if (now >= agenda->stats_ns) {
        agenda->stats_ns =
            next_beat(agenda->stats_ns, agenda->stats_every_ns, now);
        is_stats_due = true;
    }
    if (operations >= agenda->operations) {
        agenda->operations =
            next_beat(agenda->operations, agenda->every_operations, operations);
        is_stats_due = true;
    }
    if (now >= agenda->history_ns)
        agenda->history_ns = due_after(now, monitor_note_live());
    if (is_stats_due)
        write_stats();
    if (now >= agenda->report_ns) {
        agenda->report_ns =
            next_beat(agenda->report_ns, agenda->report_every_ns, now);
        growth_report();
    }
}

static void
toggle_recording(void)
{
    bool was = track_record(false);

    if (!was)
        (void)track_record(true); /* it was off, as we know */
    report_line("recording is %s", was ? "off" : "on");
}

static void
do_what_was_asked(uint32_t requests)
{
    struct collect_request request;

    if (requests & PERIODIC_MARK)
        report_line("mark %u", (unsigned)track_mark());
    if (requests & PERIODIC_TOGGLE)
        toggle_recording();
    if (requests & PERIODIC_REPORT) {
        collect_request_init(&request, SNAPSHOT_SIGNAL);
        request.with_leaks = true;
        request.with_stats = true;
        request.with_growing = true;
        (void)monitor_report(&request, NULL);
    }
    if (requests & PERIODIC_CRASH) {
        collect_request_init(&request, SNAPSHOT_CRASH);
        request.with_leaks = conf_now()->log_leaks != CONF_OFF;
        request.with_stats = true;
        (void)monitor_report(&request, NULL);
        oncrash_written();
    }
}

/* Work until told to stop, or until an attachment is over that was all there
 * was to do. */
static bool
work(void)
{
    bool was_attended = attend_is_open();
    bool is_stopping = false;
    struct agenda agenda;

    agenda_init(&agenda);
    for (;;) {
        uint32_t wakes = atomic_load(&periodic_wakes);
        uint32_t requests = atomic_exchange(&periodic_requests, 0);

        do_what_was_asked(requests);
        is_stopping = (requests & PERIODIC_STOP) != 0;
        if (is_stopping)
            break;
        do_what_is_due(&agenda);
        attend_look();
        if (was_attended && !attend_is_open() && !monitor_is_thread_needed())
            break;
        was_attended = attend_is_open();
        /* Woken early, timed out or not at all: what is due is looked up. */
        (void)lock_wait(&periodic_wakes, wakes,
                        agenda_sleep_ns(&agenda, clock_now()));
    }
    return !is_stopping;
}

static void
run(void *unused UNUSED)
{
    bool may_go_on;
    uint32_t ended;

    track_internal_begin();
    do {
        atomic_store(&periodic_tid, thread_id());
        may_go_on = work();
        atomic_store(&periodic_tid, 0);
        atomic_store(&periodic_alive, 0);
        ended = 0;
        /* Whoever came meanwhile took us for alive. */
    } while (may_go_on && attend_is_open() &&
             atomic_compare_exchange_strong(&periodic_alive, &ended, 1));
    track_internal_end();
    lock_wake(&periodic_alive, INT32_MAX);
}

int
periodic_thread(void)
{
    return atomic_load(&periodic_tid);
}

bool
periodic_is_running(void)
{
    return atomic_load(&periodic_alive) != 0;
}

void
periodic_ask(uint32_t request)
{
    atomic_fetch_or(&periodic_requests, request);
    atomic_fetch_add(&periodic_wakes, 1);
    lock_wake(&periodic_wakes, 1);
}

int
periodic_ensure(void)
{
    uint32_t expected = 0;
    int result;

    if (!atomic_compare_exchange_strong(&periodic_alive, &expected, 1)) {
        periodic_ask(0);
        return 0;
    }
    result = thread_start(run, NULL);
    if (result != 0)
        atomic_store(&periodic_alive, 0);
    return result;
}

bool
periodic_stop(uint64_t timeout_ns)
{
    uint64_t end = due_after(clock_now(), timeout_ns);

    if (!periodic_is_running())
        return true;
    periodic_ask(PERIODIC_STOP);
    while (periodic_is_running()) {
        uint64_t now = clock_now();

        if (now >= end)
            return false;
        (void)lock_wait(&periodic_alive, 1, end - now); /* looked up again */
    }
    return true;
}

void
periodic_child(void)
{
    atomic_store(&periodic_alive, 0);
    atomic_store(&periodic_tid, 0);
    atomic_store(&periodic_requests, 0);
}
