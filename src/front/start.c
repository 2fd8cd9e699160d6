/*
 * front/start.c - the first call, the constructor, and the end.
 *
 * STEP 1, at the first call: options, log, heap. All signals are blocked, so
 * nothing runs in this thread that could allocate meanwhile, except the
 * program's dbgmalloc_default_options, which is told not to. There is no other
 * thread yet: making one allocates.
 * STEP 2, at once after it: what makes use of libc and may allocate (blocks
 * can be made now): the fork handlers, which should be the first ones
 * registered, and the key for the ends of threads.
 * STEP 3, in the constructor: the handler that learns the exit status, signal
 * handlers and our own thread. They wait for it because the first call may
 * come from inside the loader, or from inside exit's list of handlers.
 *
 * The end. glibc's exit runs its handlers from the last registered to the
 * first; the loader's, which runs all destructors, is registered when libc
 * starts the program, after the constructors of all libraries. So a handler
 * that our constructor registers runs after every handler and every destructor
 * of the program and its libraries; only handlers that some library's
 * constructor registered before ours come later (the build asks for
 * `-z initfirst`, then there are none), and the flush of stdio, which frees
 * nothing. It must be on_exit: atexit's are run early, with our own
 * destructors, and do not know the status.
 *
 * In a static program our constructor runs after the destructors were
 * registered, so our handler comes before them: it notes the status, and our
 * destructor, which has the lowest priority and so is the last, reports. Hence
 * the rule: the later of handler and destructor reports.
 */
#include "front/start.h"

#include "base/format.h"
#include "os/arch/arch.h"
#include "os/lock.h"
#include "os/page.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/attach.h"
#include "front/fork.h"
#include "front/funcs.h"
#include "front/hooks.h"
#include "front/threads.h"

#include <errno.h>
#include <stdlib.h>

/* Room for the names of all report formats. */
#define START_FORMATS_MAX 128

enum start_state { START_NOT_YET, START_RUNNING, START_DONE };

/* What a program may define; not ours, so its visibility is the default. */
extern const char *dbgmalloc_default_options(void)
    __attribute__((weak, visibility("default")));

/* Where start_done points until the start: false for ever. */
static _Atomic bool start_not_done;

_Atomic bool *start_done = &start_not_done;

/* Where it points if the kernel cannot wipe a page in a copy of the process. */
static _Atomic bool start_done_here;

/* Never taken: it is "mine" only while this thread holds every lock for a
 * fork. */
static struct lock start_probe = LOCK_INIT(LOCK_RANK_FRONT);

/* Atomic; a futex, on which other threads wait for START_DONE. */
static _Atomic uint32_t start_state;

/* The thread that starts; atomic. */
static _Atomic uintptr_t start_owner;

/* The process that reports; written at start and in a forked child. */
static _Atomic int start_pid;

/* What the end has seen so far; atomic, for two threads may call exit. */
static _Atomic bool start_has_handler;
static _Atomic bool start_has_status;
static _Atomic bool start_is_destructed;
static _Atomic bool start_is_finished;
static _Atomic int start_status;

/* The report's formats as `format=` wants them: "text|json". */
static const char *
format_words(void)
{
    static char words[START_FORMATS_MAX]; /* written once, at start */
    size_t n = 0;

    for (unsigned i = 0; i < REPORT__FORMAT_COUNT; i++) {
        n +=
            format_text(words + n, sizeof(words) - n, "%s%s", i == 0 ? "" : "|",
                        report_format_key((enum report_format)i));
        BUG_IF(n >= sizeof(words));
    }
    return words;
}

/*
 * Let start_done lie in a page that reads as zero in any copy of this process:
 * so the first call in a child that no handler of ours made ready (_Fork,
 * clone) comes to start_ensure. Otherwise the page costs nothing.
 */
static void
start_place_flag(void)
{
    void *page = page_map(page_size());

    start_done = &start_done_here;
    if (page == NULL)
        return;
    if (page_wipe_on_fork(page, page_size()) == 0)
        start_done = page;
    else
        page_unmap(page, page_size());
}

/* Another allocator makes the blocks where the option says so, and where it
 * did before we came. */
static void
start_observing(void)
{
    int error;

    if (!attach_is_guest() && conf_now()->heap != CONF_HEAP_LIBC)
        return;
    error = attach_find_allocator();
    if (error != 0 && !attach_is_guest())
        process_warn("heap=libc: the program's malloc was not found (error "
                     "%d); the heap is ours",
                     -error);
}

static void
start_heap(void)
{
    uint64_t mask = signal_block_all();
    bool is_guest = attach_is_guest();
    const char *defaults = NULL;

    if (is_guest)
        defaults = attach_options();
    else if (dbgmalloc_default_options != NULL)
        defaults = dbgmalloc_default_options();
    atomic_store(&start_pid, thread_process_id());
    conf_set_formats(format_words());
    /* A guest is silent when nobody is attached: of what it is asked for now
     * only that stays which cannot change later. */
    conf_init(is_guest ? "log=none" : defaults);
    if (is_guest)
        (void)conf_push(defaults); /* the command knows what is wrong in it */
    conf_seal();
    if (is_guest)
        (void)conf_pop();
    report_open();
    report_options_changed();
    start_observing();
    track_set_thread_hook(threads_arrive);
    track_set_finding_hook(hooks_finding);
    track_set_note_hook(holders_note);
    track_start();
    start_place_flag();
    atomic_store(start_done, true);
    atomic_store(&start_state, START_DONE);
    lock_wake(&start_state, INT32_MAX);
    signal_restore(mask);
}

static void
start_libc_parts(void)
{
    track_internal_begin();
    fork_install();
    threads_install();
    track_internal_end();
}

bool COLD
start_ensure(void)
{
    int saved_errno = errno;
    uint32_t expected = START_NOT_YET;

    if (atomic_compare_exchange_strong(&start_state, &expected,
                                       START_RUNNING)) {
        atomic_store(&start_owner, arch_thread_pointer());
        start_heap();
        start_libc_parts();
        errno = saved_errno;
        return true;
    }
    if (expected == START_RUNNING &&
        atomic_load(&start_owner) == arch_thread_pointer())
        return false;
    while (atomic_load(&start_state) != START_DONE)
        (void)lock_wait(&start_state, START_RUNNING, 0); /* tried again */
    if (!atomic_load(start_done)) {
        /* A copy of the process, which has this one thread. In fork itself our
         * own handler is about to do more. */
        if (!lock_is_mine(&start_probe))
            track_copied();
        atomic_store(start_done, true);
    }
    return true;
}

bool
start_is_ours(void)
{
    return atomic_load(&start_pid) == thread_process_id();
}

void
start_in_child(void)
{
    atomic_store(&start_pid, thread_process_id());
    atomic_store(start_done, true);
}

bool
start_finish(const struct leak_caller *caller)
{
    /* A process that was attached to ends as it would have without us. */
    if (attach_is_guest() || !start_is_ours() ||
        atomic_exchange(&start_is_finished, true))
        return false;
    return monitor_exit(caller);
}

/*
 * STEP 4: the end. A wrong run that would end with 0 ends with exit-code
 * instead, by calling exit from inside the handler: glibc then goes on with
 * the handlers that are left and flushes stdio, as if the program had given
 * that status.
 */
static void
end_of_process(const struct leak_caller *caller)
{
    uint64_t code = conf_now()->exit_code;

    if (!start_finish(caller) || code == 0 || !atomic_load(&start_has_status))
        return;
    if ((atomic_load(&start_status) & 0xff) == 0)
        exit((int)code);
}

static void
at_exit(int status, void *unused UNUSED)
{
    int saved_errno = errno;
    LEAK_CALLER(caller);

    atomic_store(&start_status, status);
    atomic_store(&start_has_status, true);
    if (atomic_load(&start_is_destructed))
        end_of_process(&caller);
    errno = saved_errno;
}

__attribute__((destructor(101))) static void
start_destruct(void)
{
    LEAK_CALLER(caller);

    atomic_store(&start_is_destructed, true);
    if (atomic_load(&start_has_status) || !atomic_load(&start_has_handler))
        end_of_process(&caller);
}

__attribute__((constructor(101))) static void
start_construct(void)
{
    int saved_errno = errno;

    /* A guest waits to be asked: dbgmalloc_attach_. */
    if (!attach_is_guest() && start_ensure()) {
        track_internal_begin();
        atomic_store(&start_has_handler, on_exit(at_exit, NULL) == 0);
        monitor_start();
        funcs_update();
        track_internal_end();
    }
    errno = saved_errno;
}
