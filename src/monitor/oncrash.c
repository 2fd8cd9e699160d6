/*
 * monitor/oncrash.c - catch-signals: a last report before a signal ends the
 * process.
 *
 * The handler cannot look at the heap: it may have interrupted a thread that
 * holds its locks. So it asks our thread for the report and waits. Then:
 *
 * - The report is written: the signal gets its default action, from the
 *   handler, so that the exit status, and a core file with the thread and
 *   registers of the fault, are as they would be without us.
 * - It is not, in time, and the signal came from outside (HUP, INT, TERM, any
 *   that was sent): perhaps the interrupted code holds a lock that the report
 *   needs. The handler returns, the thread goes on, and our thread ends the
 *   process by the signal when it has written.
 * - It is not, and this is a fault: going on would fault again. The process
 *   ends without the report, and says so.
 *
 * A second signal while the first is dealt with gets its default action.
 */
#include "monitor/oncrash.h"

#include "base/attr.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/thread.h"
#include "monitor/onfault.h"
#include "monitor/periodic.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* How long a handler waits for the report: for a signal from outside, and for
 * a fault, which has nothing else to wait for. */
#define ONCRASH_WAIT_NS UINT64_C(2000000000)
#define ONCRASH_FAULT_WAIT_NS UINT64_C(20000000000)

#define ONCRASH_SIGNAL_LAST 64

/* Where the one that came first has got to; a futex. */
enum oncrash_stage {
    ONCRASH_NONE,
    ONCRASH_ASKED, /* the handler waits */
    ONCRASH_LEFT,  /* it went on; our thread ends the process */
    ONCRASH_WRITTEN
};
static _Atomic uint32_t oncrash_stage;

/* The signal that came first, 0: none; atomic. */
static _Atomic int oncrash_number;

/* The process whose handlers these are, for a vfork child; atomic. */
static _Atomic int oncrash_pid;

/* Signals whose handler we set; written by one thread at a time. */
static uint64_t oncrash_mask;

/* True for a fault of the code that was interrupted, and not a signal that
 * somebody sent. */
static bool
is_fault(int number, const siginfo_t *info)
{
    bool can_be = number == SIGSEGV || number == SIGBUS || number == SIGILL ||
                  number == SIGFPE || number == SIGTRAP || number == SIGSYS;

    return can_be && info->si_code > 0;
}

/* Returning from the handler runs the faulting instruction again, now with the
 * default action; any other signal is sent again. */
static void
act_as_default(int number, const siginfo_t *info)
{
    const struct signal_action none = {.handler = (void *)SIG_DFL};

    if (is_fault(number, info) && signal_set(number, &none, NULL) == 0)
        return;
    signal_raise_default(number);
}

/* True if the report is written within `timeout_ns`. */
static bool
wait_for_report(uint64_t timeout_ns)
{
    uint64_t end = clock_now() + timeout_ns;
    uint32_t asked = ONCRASH_ASKED;

    while (atomic_load(&oncrash_stage) == ONCRASH_ASKED) {
        uint64_t now = clock_now();

        if (now >= end)
            break;
        (void)lock_wait(&oncrash_stage, ONCRASH_ASKED, end - now);
    }
    return !atomic_compare_exchange_strong(&oncrash_stage, &asked,
                                           ONCRASH_LEFT);
}

static void
handle(int number, siginfo_t *info, void *context)
{
    bool fault = is_fault(number, info);
    int expected = 0;

    if (fault)
        onfault_tell(number, info, context);

    if (atomic_load(&oncrash_pid) != thread_process_id() ||
        !periodic_is_running() ||
        !atomic_compare_exchange_strong(&oncrash_number, &expected, number)) {
        act_as_default(number, info);
        return;
    }
    atomic_store(&oncrash_stage, ONCRASH_ASKED);
    periodic_ask(PERIODIC_CRASH);
    if (wait_for_report(fault ? ONCRASH_FAULT_WAIT_NS : ONCRASH_WAIT_NS)) {
        act_as_default(number, info);
    } else if (fault) {
        process_warn("the report for this signal could not be finished");
        act_as_default(number, info);
    }
}

void
oncrash_written(void)
{
    int number = atomic_load(&oncrash_number);
    uint32_t asked = ONCRASH_ASKED;

    if (number == 0)
        return;
    if (atomic_compare_exchange_strong(&oncrash_stage, &asked, ONCRASH_WRITTEN))
        lock_wake(&oncrash_stage, INT32_MAX);
    else
        signal_raise_default(number);
}

static void *
handler_address(void (*handler)(int, siginfo_t *, void *))
{
    return (void *)handler;
}

static void
change_one(int number, bool is_wanted)
{
    const struct signal_action ours = {.handler = handler_address(handle),
                                       .flags = SA_SIGINFO | SA_RESTART |
                                                SA_ONSTACK};
    const struct signal_action none = {.handler = (void *)SIG_DFL};
    uint64_t bit = UINT64_C(1) << (number - 1);
    struct signal_action now;

    if (signal_get(number, &now) != 0)
        return; /* a signal that the kernel does not let us handle */
    if (is_wanted) {
        if ((now.handler == none.handler || onfault_is_ours(now.handler)) &&
            signal_set(number, &ours, NULL) == 0)
            oncrash_mask |= bit;
        return;
    }
    if (now.handler == ours.handler)
        (void)!signal_set(number, &none, NULL); /* it was the default */
    oncrash_mask &= ~bit;
}

void
oncrash_install(uint64_t mask)
{
    atomic_store(&oncrash_pid, thread_process_id());
    for (int number = 1; number <= ONCRASH_SIGNAL_LAST; number++) {
        uint64_t bit = UINT64_C(1) << (number - 1);

        if ((mask & bit) != (oncrash_mask & bit))
            change_one(number, (mask & bit) != 0);
    }
}

void
oncrash_child(void)
{
    atomic_store(&oncrash_number, 0);
    atomic_store(&oncrash_stage, ONCRASH_NONE);
    atomic_store(&oncrash_pid, thread_process_id());
}
