/*
 * monitor/onfault.c - check-faults: say what a memory fault touched.
 */
#include "monitor/onfault.h"

#include "base/attr.h"
#include "base/text.h"
#include "os/arch/arch.h"
#include "os/page.h"
#include "os/signal.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "meta/meta.h"
#include "track/track.h"
#include "monitor/monitor.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a thread's stack for handlers. The program's own handlers may come
 * to run on it, so it is no smaller than what they would dare to need. */
#define HANDLER_STACK ((size_t)128 << 10)

/* Bytes of the stack that the report is made on. */
#define REPORT_STACK ((size_t)512 << 10)

/* How long a second thread's fault waits for the first one's report. */
#define WAIT_STEPS 1000
#define WAIT_STEP_NS UINT64_C(10000000)

#define SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))

/* The process whose faults are reported; atomic. */
static _Atomic int onfault_pid;

/* The thread that reports a fault, 0: none yet, -1: it is done; atomic. */
static _Atomic int onfault_reporter;

/* Signals that our handler stands for, bits; atomic. */
static _Atomic uint64_t onfault_mask;

/* Mapped once; used by onfault_reporter alone. */
static char *onfault_stack;

static void *
handler_address(void (*handler)(int, siginfo_t *, void *))
{
    return (void *)handler;
}

/* Not a signal that somebody sent, but one that an instruction led to. */
static bool
is_fault(int number, const siginfo_t *info)
{
    return (number == SIGSEGV || number == SIGBUS) && info->si_code > 0;
}

/* ---- the report ---- */

static void
report(void *argument)
{
    const struct track_fault *fault = argument;

    track_fault(fault);
    /* Text is said at once; other forms keep findings for a document, and this
     * is the last chance to write one. */
    if (!text_is_equal(conf_now()->format, "text")) {
        struct collect_request request;

        collect_request_init(&request, SNAPSHOT_CRASH);
        monitor_report_now(&request);
    }
}

static void
fill(struct track_fault *fault, int number, const siginfo_t *info,
     const void *ucontext)
{
    enum arch_access access = arch_fault_access(ucontext);

    *fault = (struct track_fault){
        .signal = number == SIGSEGV  ? "SIGSEGV"
                  : number == SIGBUS ? "SIGBUS"
                                     : "SIGABRT",
        .is_memory = is_fault(number, info),
        /* SI_KERNEL: the address was no address (not canonical), and the CPU
         * does not tell it. */
        .has_addr = is_fault(number, info) && info->si_code != SI_KERNEL,
        .addr = (uintptr_t)info->si_addr,
        .ucontext = ucontext,
        .access = access == ARCH_ACCESS_WRITE  ? FINDING_ACCESS_WRITE
                  : access == ARCH_ACCESS_READ ? FINDING_ACCESS_READ
                                               : FINDING_ACCESS_NONE,
    };
    if (!fault->has_addr)
        fault->addr = 0;
    arch_context_read(ucontext, &fault->context);
}

void
onfault_tell(int number, const siginfo_t *info, const void *ucontext)
{
    struct track_fault fault;
    int nobody = 0;

    if (atomic_load(&onfault_pid) != thread_process_id() ||
        onfault_stack == NULL || (!is_fault(number, info) && number != SIGABRT))
        return;
    if (!atomic_compare_exchange_strong(&onfault_reporter, &nobody,
                                        thread_id())) {
        /* Its own report faulted, or another thread is at one: let it end. */
        for (unsigned i = 0; i < WAIT_STEPS && nobody != thread_id() &&
                             atomic_load(&onfault_reporter) > 0;
             i++)
            thread_sleep(WAIT_STEP_NS);
        return;
    }
    fill(&fault, number, info, ucontext);
    arch_run_on(onfault_stack + REPORT_STACK, report, &fault);
    atomic_store(&onfault_reporter, -1);
}

/*
 * Returning runs the faulting instruction again, now with the default action:
 * the kernel then sees the fault itself, with its registers. A signal that was
 * sent is sent again.
 */
static void
handle(int number, siginfo_t *info, void *ucontext)
{
    const struct signal_action none = {.handler = (void *)SIG_DFL};

    onfault_tell(number, info, ucontext);
    if (is_fault(number, info) && signal_set(number, &none, NULL) == 0)
        return;
    signal_raise_default(number);
}

/* ---- installing ---- */

bool
onfault_is_ours(const void *handler)
{
    return handler == handler_address(handle);
}

bool
onfault_is_on(int number)
{
    return number > 0 && number <= 64 &&
           (atomic_load_explicit(&onfault_mask, memory_order_relaxed) &
            SIGNAL_BIT(number)) != 0;
}

int
onfault_default(int number)
{
    const struct signal_action ours = {.handler = handler_address(handle),
                                       .flags = SA_SIGINFO | SA_ONSTACK |
                                                SA_NODEFER};

    return signal_set(number, &ours, NULL);
}

static void
change_one(int number, bool is_wanted)
{
    const struct signal_action none = {.handler = (void *)SIG_DFL};
    struct signal_action now;

    if (signal_get(number, &now) != 0)
        return;
    if (is_wanted && now.handler == none.handler)
        (void)onfault_default(number); /* else the default stays */
    if (!is_wanted && onfault_is_ours(now.handler))
        (void)!signal_set(number, &none, NULL);
    if (is_wanted)
        atomic_fetch_or(&onfault_mask, SIGNAL_BIT(number));
    else
        atomic_fetch_and(&onfault_mask, ~SIGNAL_BIT(number));
}

void
onfault_install(void)
{
    const struct conf *conf = conf_now();
    bool is_wanted = conf->check_faults && track_is_recording();

    if (is_wanted && onfault_stack == NULL)
        onfault_stack = meta_map(REPORT_STACK);
    if (onfault_stack == NULL)
        return; /* not wanted, or no memory: faults act as they do */
    atomic_store(&onfault_pid, thread_process_id());
    change_one(SIGSEGV, is_wanted);
    change_one(SIGBUS, is_wanted);
    /* A program that gives up at a failure mostly calls abort. */
    change_one(SIGABRT, is_wanted && conf->fail.kind != CONF_FAIL_NONE);
    if (is_wanted)
        onfault_thread_begin();
}

/* ---- stacks for handlers ---- */

void
onfault_thread_begin(void)
{
    size_t page = page_size();
    uintptr_t start;
    void **word;
    size_t size;

    if (atomic_load_explicit(&onfault_mask, memory_order_relaxed) == 0 ||
        signal_stack_get(&start, &size))
        return;
    word = track_thread_word();
    if (word == NULL)
        return;
    if (*word == NULL) {
        char *made = meta_map(page + HANDLER_STACK);

        if (made == NULL)
            return;
        /* What runs over its end is to fault and not to damage. */
        (void)!page_protect(made, page);
        *word = made + page;
    }
    (void)!signal_stack_set(*word, HANDLER_STACK);
}

void
onfault_thread_end(void)
{
    void **word = track_thread_word();
    uintptr_t start;
    size_t size;

    if (word != NULL && *word != NULL && signal_stack_get(&start, &size) &&
        start == (uintptr_t)*word)
        (void)!signal_stack_set(NULL, 0); /* refused: we run on it */
}

void
onfault_child(void)
{
    atomic_store(&onfault_reporter, 0);
    if (atomic_load(&onfault_mask) != 0)
        atomic_store(&onfault_pid, thread_process_id());
}
