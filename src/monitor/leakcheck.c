/*
 * monitor/leakcheck.c - a snapshot with leak kinds: which threads are stopped,
 * and who scans.
 *
 * The heap is frozen before the threads stop, so none of them holds a lock of
 * it; signals are blocked meanwhile, so no handler of the program's runs in
 * the thread that has everything frozen.
 */
#include "monitor/leakcheck.h"

#include "os/clock.h"
#include "os/copy.h"
#include "os/lock.h"
#include "os/signal.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "leak/leak.h"
#include "monitor/periodic.h"

#include <errno.h>

/* How long the threads of the program are waited for. */
#define LEAKCHECK_STOP_NS UINT64_C(1000000000)

/* How often it is asked whether to wait on for the copy. */
#define LEAKCHECK_LOOK_NS UINT64_C(100000000)

/* What the copy sends before the entries. */
struct message {
    struct snapshot_total live;
    struct snapshot_total selected;
    struct snapshot_total kinds[LEAK__COUNT];
    struct snapshot_total unlisted[LEAK__COUNT];
    struct snapshot_total counted[LEAK__COUNT];
    struct snapshot_scan scan;
    uint64_t entries;
    bool is_partial;
};

/* What is being made. */
struct check {
    const struct collect_request *request;
    struct snapshot *snapshot;
    void (*fill)(const struct collect_request *request,
                 struct snapshot *snapshot);
};

bool
leakcheck_is_wanted(const struct collect_request *request)
{
    return request->with_leaks && request->mark == 0 && !request->with_freed &&
           conf_now()->leak_check == CONF_LEAK_CHECK_REACHABLE;
}

/* As front/fork.c does, for the same reasons. */
static uint64_t
freeze(void)
{
    uint64_t mask = signal_block_mask(signal_heard());

    leak_freeze();
    track_freeze();
    report_freeze();
    conf_freeze();
    lock_freeze_begin();
    return mask;
}

static void
thaw(uint64_t mask)
{
    lock_freeze_end();
    conf_thaw();
    report_thaw();
    track_thaw();
    leak_thaw();
    signal_restore(mask);
}

/* Everything is frozen, or this is the copy. */
static void
scan(const struct check *check, const struct world *world)
{
    struct snapshot *snapshot = check->snapshot;

    /* A failure is in snapshot->scan, and the blocks are then without kinds. */
    (void)!leak_scan(check->request->caller, world, &snapshot->scan);
    check->fill(check->request, snapshot);
    leak_end();
}

static void NORETURN
scan_in_copy(const struct check *check, const struct copy *copy,
             const struct world *world)
{
    struct snapshot *snapshot = check->snapshot;
    struct message message = {.entries = 0};

    copy_settle(copy, check->request->reason != SNAPSHOT_EXIT);
    scan(check, world);
    message.live = snapshot->live;
    message.selected = snapshot->selected;
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        message.kinds[i] = snapshot->kinds[i];
        message.unlisted[i] = snapshot->unlisted[i];
        message.counted[i] = snapshot->counted[i];
    }
    message.scan = snapshot->scan;
    message.entries = snapshot->entries.count;
    message.is_partial = snapshot->is_partial;
    /* If it cannot be sent nobody is left to tell. */
    if (copy_send(copy, &message, sizeof(message)) == 0)
        (void)!copy_send(copy, snapshot->entries.items,
                         snapshot->entries.count *
                             sizeof(struct snapshot_entry));
    copy_end();
}

/* The copy gives way to the program, and may take long: meanwhile there are
 * other things to do. False if it is not to be waited for. */
static bool
is_awaited(const struct check *check, const struct copy *copy)
{
    bool (*goes_on)(void) = check->request->goes_on;

    while (goes_on != NULL && !copy_wait(copy, LEAKCHECK_LOOK_NS)) {
        if (!goes_on())
            return false;
    }
    return true;
}

/* What the copy found. The traces that entries name live for ever, so they are
 * the same in both. */
static int
receive(const struct copy *copy, struct snapshot *snapshot)
{
    struct message message;
    int error = copy_receive(copy, &message, sizeof(message));

    if (error == 0)
        error = vector_reserve(&snapshot->entries, (size_t)message.entries);
    if (error == 0)
        error = copy_receive(copy, snapshot->entries.items,
                             (size_t)message.entries *
                                 sizeof(struct snapshot_entry));
    if (error != 0)
        return error;
    snapshot->entries.count = (size_t)message.entries;
    snapshot->live = message.live;
    snapshot->selected = message.selected;
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        snapshot->kinds[i] = message.kinds[i];
        snapshot->unlisted[i] = message.unlisted[i];
        snapshot->counted[i] = message.counted[i];
    }
    message.scan.pause_ns = snapshot->scan.pause_ns;
    message.scan.is_copy = true;
    snapshot->scan = message.scan;
    snapshot->is_partial |= message.is_partial;
    return 0;
}

/* Nothing is known of the kinds: list what was not freed. */
static void
give_up(const struct check *check, int error, int killed_by)
{
    struct snapshot_scan *scan = &check->snapshot->scan;

    scan->is_done = false;
    scan->error = error;
    scan->killed_by = killed_by;
    check->fill(check->request, check->snapshot);
}

static void
scan_alone(const struct check *check)
{
    uint64_t mask = freeze();

    scan(check, NULL);
    thaw(mask);
}

static void
scan_with_others(const struct check *check)
{
    struct snapshot_scan *told = &check->snapshot->scan;
    struct copy copy;
    struct world world;
    int writing_end = -1;
    int killed_by = 0;
    int error = copy_begin(&copy, &writing_end);
    bool has_copy = error == 0;
    uint64_t mask = freeze();
    uint64_t start = clock_now();

    error = world_stop(periodic_thread(), LEAKCHECK_STOP_NS, &world);
    if (error == 0 && has_copy)
        has_copy = copy_make(&copy, writing_end) == 0;
    if (error == 0 && has_copy && copy.pid == 0)
        scan_in_copy(check, &copy, &world);
    if (error == 0 && !has_copy)
        scan(check, &world);
    world_resume();
    told->pause_ns = clock_now() - start;
    thaw(mask);
    if (error != 0) {
        if (has_copy)
            copy_abandon(&copy, writing_end);
        give_up(check, error, 0);
        return;
    }
    if (!has_copy)
        return;
    error =
        is_awaited(check, &copy) ? receive(&copy, check->snapshot) : -ECANCELED;
    copy_finish(&copy, &killed_by);
    if (error != 0)
        give_up(check, error, killed_by);
}

void
leakcheck_run(const struct collect_request *request, struct snapshot *snapshot,
              void (*fill)(const struct collect_request *request,
                           struct snapshot *snapshot))
{
    struct check check = {request, snapshot, fill};

    if (world_is_alone(periodic_thread()))
        scan_alone(&check);
    else
        scan_with_others(&check);
}
