/*
 * track/trouble.c - what happens when something is wrong.
 */
#include "track/trouble.h"

#include <signal.h>
#include <string.h>

#include "base/hash.h"
#include "base/seen.h"
#include "conf/conf.h"
#include "guard/guard.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/page.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/thread.h"
#include "report/report.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/track.h"

/* Cores that on-error=dump writes at most. */
#define DUMPS_MAX 16

/* Findings so far, by kind and (last) in all. */
static _Atomic uint64_t counts[FINDING__COUNT + 1];

/* Set by the program, read with one load. */
static _Atomic(void (*)(const struct finding *)) finding_hook;

void
track_set_finding_hook(void (*hook)(const struct finding *))
{
    atomic_store(&finding_hook, hook);
}

/* Written once, at start. */
static void (*note_hook)(struct finding *);

void
track_set_note_hook(void (*hook)(struct finding *))
{
    note_hook = hook;
}

uint64_t
track_finding_count(enum finding_kind kind)
{
    return atomic_load(&counts[kind]);
}

void
trouble_init(struct finding *finding, struct self *self,
             enum finding_kind kind, enum origin call, const void *caller,
             uintptr_t addr)
{
    memset(finding, 0, sizeof(*finding));
    finding->kind = kind;
    finding->call = call;
    finding->during = block_origin_name(call);
    finding->thread = self->number;
    finding->tid = self->tid;
    finding->time_ns = clock_now();
    finding->operation = policy_operation(call != ORIGIN_CHECK);
    finding->addr = addr;
    if (caller == NULL)
        return;
    finding->trace = depot_find(stack_capture(&self->stacks, caller, NULL, 0));
    finding->stack = arch_frame_sp(caller);
}

/* fill: what the bytes should be, or -1 for the pattern of fences. */
static void
copy_bytes(struct finding *finding, uintptr_t addr, size_t n, int fill)
{
    uintptr_t from = addr & ~(uintptr_t)15;
    size_t room = sizeof(finding->bytes);
    size_t want = n > room ? room : n;

    /* A line before the damage shows what it ran out of. */
    if (from > 16)
        from -= 16;
    finding->bytes_addr = from;
    finding->bytes_count = page_read(finding->bytes, (const void *)from, room);
    if (finding->bytes_count == 0)
        return;
    for (size_t i = 0; i < finding->bytes_count; i++) {
        uintptr_t at = from + i;

        if (at >= addr && at < addr + want &&
            finding->bytes[i] != (fill >= 0 ? fill : fence_byte(at)))
            finding->bytes_damaged |= (uint64_t)1 << i;
    }
}

void
trouble_bytes(struct finding *finding, uintptr_t addr, size_t n)
{
    copy_bytes(finding, addr, n, -1);
}

void
trouble_fill_bytes(struct finding *finding, uintptr_t addr, size_t n,
                   uint8_t fill)
{
    copy_bytes(finding, addr, n, fill);
}

/* One core for each place, and not too many: the first tells most. */
static bool
is_dump_due(const struct finding *finding)
{
    static _Atomic uint64_t seen[DUMPS_MAX]; /* kind and trace of each dump */
    uint64_t key = (uint64_t)finding->kind + 1;

    if (finding->trace != NULL)
        key = hash_add(key, finding->trace->id);
    return seen_add(seen, DUMPS_MAX, key);
}

static void
dump(const struct finding *finding)
{
    char pattern[128];
    bool has_core;
    long length;
    size_t n;
    int pid;

    if (!is_dump_due(finding))
        return;
    pid = process_dump(&has_core);
    if (pid < 0) {
        report_line("finding %lu: no core: no copy of the process can be made "
                    "(error %d)",
                    (unsigned long)finding->number, -pid);
        return;
    }
    length = file_read_whole("/proc/sys/kernel/core_pattern", pattern,
                             sizeof(pattern));
    n = length > 0 ? (size_t)length : 0;
    while (n > 0 && (pattern[n - 1] == '\n' || pattern[n - 1] == ' '))
        n--;
    pattern[n] = '\0';
    report_line("finding %lu: %s of process %d, a copy of this one "
                "(kernel.core_pattern is \"%s\")",
                (unsigned long)finding->number,
                has_core ? "a core was written"
                         : "no core was written (see ulimit -c)",
                pid, pattern);
}

static void
react(const struct finding *finding)
{
    switch (conf_now()->on_error) {
    case CONF_ON_ERROR_ABORT:
        process_abort();
    case CONF_ON_ERROR_STOP:
        (void)signal_send(thread_id(), SIGSTOP); /* nothing to do if it fails */
        break;
    case CONF_ON_ERROR_EXIT:
        process_exit(conf_now()->exit_code != 0 ? (int)conf_now()->exit_code
                                                : 1);
    case CONF_ON_ERROR_DUMP:
        dump(finding);
        break;
    default:
        break;
    }
}

void
trouble_raise(struct self *self, struct finding *finding)
{
    void (*hook)(const struct finding *) = atomic_load(&finding_hook);

    /* What naming the frames or the hook allocates is not the program's. */
    self_internal_begin(self);
    if (report_is_suppressed(finding)) {
        self_internal_end(self);
        return;
    }
    /* A nested self has interrupted something: it is not to look around. */
    if (note_hook != NULL && self->outer == NULL)
        note_hook(finding);
    atomic_fetch_add(&counts[finding->kind], 1);
    if (finding->is_notice)
        finding->number = atomic_load(&counts[FINDING__COUNT]) + 1;
    else
        finding->number = atomic_fetch_add(&counts[FINDING__COUNT], 1) + 1;
    report_finding(finding);
    if (hook != NULL)
        hook(finding);
    self_internal_end(self);
    if (!finding->is_notice && !finding->is_fatal)
        react(finding);
}

void
track_raise(struct finding *finding)
{
    struct self *self = self_enter();

    if (self == NULL)
        return;
    finding->thread = self->number;
    finding->tid = self->tid;
    finding->time_ns = clock_now();
    trouble_raise(self, finding);
    self_leave(self);
}
