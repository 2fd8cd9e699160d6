/*
 * monitor/attend.c - the process's side of an attachment.
 */
#include "monitor/attend.h"

#include "meta/meta.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "track/track.h"
#include "monitor/collect.h"
#include "monitor/growth.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

/* A command that gives no sign for so long is dead, or stopped for good. */
#define CONTROL_SILENCE_NS UINT64_C(30000000000)

/* Written by the thread that opens and closes it. Our thread sees the page
 * once attend_begin has made it `page`. */
static struct control *_Atomic made;
static struct control *_Atomic page;
static int page_fd = -1;
static int log_fd = -1;
static struct attend_hooks hooks;

/* What was counted before this attachment. */
static struct {
    uint64_t calls;
    struct track_observed observed;
} before;

/* Of our thread alone. */
static uint32_t last_beat;
static uint64_t last_beat_ns;

struct control *
attend_page(void)
{
    return made;
}

void
attend_begin(void)
{
    atomic_store(&made->state, CONTROL_WATCHING);
    page = made;
}

bool
attend_is_open(void)
{
    return page != NULL;
}

static uint64_t
count_calls(void)
{
    uint64_t counters[COUNTER__COUNT];

    track_counters(counters);
    return counters[COUNTER_BLOCKS_ALLOCATED] + counters[COUNTER_BLOCKS_FREED];
}

int
attend_open(const struct attend_hooks *new_hooks)
{
    struct process_memory memory = {0};
    struct control *fresh;
    int fd;

    if (made != NULL)
        return -EBUSY;
    fd = file_make_memory("dbgmalloc.control", CONTROL_BYTES, (void **)&fresh);
    if (fd < 0)
        return fd;
    log_fd = file_make_memory("dbgmalloc.log", 0, NULL);
    if (log_fd < 0) {
        file_unmap_memory(fresh, CONTROL_BYTES);
        file_close(fd);
        return log_fd;
    }
    (void)process_memory(&memory); /* unknown stays 0 */
    fresh->magic = CONTROL_MAGIC;
    fresh->version = CONTROL_VERSION;
    fresh->pid = thread_process_id();
    fresh->log_fd = log_fd;
    atomic_store(&fresh->resident_at_start, memory.resident);
    hooks = *new_hooks;
    before.calls = count_calls();
    track_observed(&before.observed);
    last_beat = 0;
    last_beat_ns = clock_now();
    page_fd = fd;
    made = fresh;
    return fd;
}

static void
tell(struct control *control)
{
    uint64_t counters[COUNTER__COUNT];
    struct track_observed observed;

    track_counters(counters);
    track_observed(&observed);
    atomic_store(&control->live_blocks, counters[COUNTER_BLOCKS_LIVE]);
    atomic_store(&control->live_bytes, counters[COUNTER_BYTES_LIVE]);
    atomic_store(&control->calls, count_calls() - before.calls);
    atomic_store(&control->unknown_freed,
                 observed.unknown_freed - before.observed.unknown_freed);
    atomic_store(&control->replaced,
                 observed.replaced - before.observed.replaced);
    atomic_store(&control->missed, observed.missed - before.observed.missed);
    atomic_store(&control->own_bytes, meta_bytes());
}

/* The command is alive if it counts. */
static bool
is_abandoned(struct control *control)
{
    uint32_t beat = atomic_load(&control->beat);
    uint64_t now = clock_now();

    if (beat != last_beat) {
        last_beat = beat;
        last_beat_ns = now;
    }
    return now - last_beat_ns > CONTROL_SILENCE_NS;
}

/* A report in the making is not waited for once its reader has had enough. */
static bool
goes_on(void)
{
    uint32_t request = atomic_load(&made->request);

    return growth_goes_on() && (request & CONTROL_DETACH) == 0 &&
           !is_abandoned(made);
}

static void
write_report(struct control *control, bool as_table)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_PERIODIC);
    request.with_leaks = true;
    request.with_stats = conf_now()->log_stats == CONF_ON;
    collect_request_growth(&request);
    request.goes_on = goes_on;
    request.as_table = as_table;
    if (as_table)
        request.show = ~0u;
    if (monitor_report(&request, NULL) == 0)
        atomic_fetch_add(&control->reports, 1);
}

void
attend_look(void)
{
    struct control *control = page;
    uint32_t asked, request;

    if (control == NULL)
        return;
    asked = atomic_load(&control->asked);
    request = atomic_exchange(&control->request, 0);
    hooks.refresh(control);
    if ((request & (CONTROL_REPORT | CONTROL_TABLE)) != 0)
        write_report(control, (request & CONTROL_REPORT) == 0);
    tell(control);
    if ((request & CONTROL_DETACH) != 0 || is_abandoned(control)) {
        hooks.detach();
        monitor_unattend();
        atomic_store(&control->done, asked);
        attend_close();
        return;
    }
    atomic_store(&control->done, asked);
}

void
attend_close(void)
{
    struct control *control = made;
    int fds[] = {page_fd, log_fd};

    if (control == NULL)
        return;
    page = NULL;
    page_fd = log_fd = -1;
    /* From here on the next one may open. */
    made = NULL;
    atomic_store(&control->state, CONTROL_DETACHED);
    file_unmap_memory(control, CONTROL_BYTES);
    file_close(fds[0]);
    file_close(fds[1]);
}

void
attend_child(void)
{
    /* The page is shared with the parent: nothing is written to it. */
    if (made == NULL)
        return;
    file_unmap_memory(made, CONTROL_BYTES);
    page = NULL;
    made = NULL;
    file_close(page_fd);
    file_close(log_fd);
    page_fd = log_fd = -1;
}
