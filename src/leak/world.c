/*
 * leak/world.c - stop all other threads of the process, without ptrace.
 *
 * The handshake. The signal carries the address of the thread's entry in the
 * table. The entry's `note` holds a token, an odd number of this stop; the
 * handler replaces it by the address of its own account, on its stack, and
 * waits while `world_stopped` is the number of this stop. A handler that comes
 * late finds another note and goes home. So nothing is ever written into an
 * entry that was given to another thread meanwhile.
 *
 * A thread that did not answer in time gets the signal later, and its entry
 * stays its own until then: what was seen of its call is there, and a next stop
 * may find that signal still on its way, for the kernel keeps but one SIGURG.
 *
 * STEP 1 list the threads; look at each new one; send it the signal, unless it
 * blocks it. STEP 2 wait for the answers. STEP 3 look again at those that block
 * it: libc does so for moments while it starts and ends threads; one that
 * sleeps in the kernel all the while is known by its place there. Repeat until
 * a listing shows no new thread: then nobody is left who could start one.
 */
#include "leak/world.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

#include "meta/meta.h"
#include "os/arch/arch.h"
#include "os/call.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/signal.h"
#include "os/thread.h"
#include "leak/callagain.h"

#define WORLD_THREADS_MOST ((size_t)32768)

/* How long a thread that blocks the signal is given to stop doing so, and how
 * long one that does not answer is waited for in any case. */
#define WORLD_PATIENCE_NS UINT64_C(2000000)
#define WORLD_NAP_NS UINT64_C(200000)

/* How often the time can be given anew in all. */
#define WORLD_EXTENSIONS 20

/* Bytes under the stack pointer that a function may use without saying so
 * (System V ABI for x86-64, sec. 3.2.2); elsewhere a few too many. */
#define WORLD_RED_ZONE 128u

/* The frame with the registers is not larger, wherever it lies. */
#define WORLD_FRAME_MOST ((uintptr_t)16384)

/* What a handler tells of its thread. */
struct account {
    uintptr_t sp, tp, frame_low, frame_high;
};

/* The table of the last stop; it stays mapped, for late handlers. Written by
 * the one thread that stops. */
static struct world world_table;

/* Atomic; the number of the stop that is on, 0 for none; a futex for the
 * stopped threads. */
static _Atomic uint32_t world_stopped;

/* Atomic; counts answers: a futex for the thread that stops. */
static _Atomic uint32_t world_answers;

/* Stops so far. Of the thread that stops. */
static uint32_t world_number;

/* A real-time signal that keeps our handler once it was used, or 0. */
static int world_kept_signal;

/* What the program has SIGURG do: nothing, in some words. Of the thread that
 * stops. */
static struct signal_action world_urgent;

/* ---- the handler ---- */

static bool
is_ours(const siginfo_t *info)
{
    uintptr_t first = (uintptr_t)world_table.threads;
    uintptr_t entry = (uintptr_t)info->si_value.sival_ptr;

    return info->si_code == SI_QUEUE && entry >= first &&
           entry < first + WORLD_THREADS_MOST * sizeof(struct world_thread) &&
           (entry - first) % sizeof(struct world_thread) == 0;
}

static void
fill_account(const ucontext_t *interrupted, struct account *account)
{
    const ucontext_t *context = callagain_outer(interrupted);
    struct arch_context place;
    uintptr_t frame = (uintptr_t)context;
    const stack_t *stack = &context->uc_stack;
    uintptr_t stack_low = (uintptr_t)stack->ss_sp;
    uintptr_t stack_high =
        (stack->ss_flags & SS_DISABLE) == 0 ? stack_low + stack->ss_size : 0;

    arch_context_read(context, &place);
    account->sp = place.sp - WORLD_RED_ZONE;
    account->tp = arch_thread_pointer();
    account->frame_low = frame;
    account->frame_high = frame + WORLD_FRAME_MOST;
    /* A handler of the program's runs on the alternate stack, which may be the
     * library's: what that one interrupted has its registers there too. */
    if (place.sp > stack_low && place.sp <= stack_high)
        account->frame_high = stack_high;
    else if (frame < place.sp && place.sp < account->frame_high)
        account->frame_high = place.sp;
    else if (frame >= stack_low && frame < stack_high &&
             account->frame_high > stack_high)
        account->frame_high = stack_high;
}

/*
 * The program's errno is the thread's own, and nothing here touches it. All
 * signals that are heard are blocked meanwhile, so that one which comes is
 * seen when the interrupted call is to go on (callagain.h).
 */
static void
handle(int number, siginfo_t *info, void *ucontext)
{
    struct world_thread *thread = info->si_value.sival_ptr;
    struct account account;
    struct tasks_look look;
    uintptr_t note;
    uint32_t stopped;

    if (!is_ours(info))
        return;
    note = atomic_load(&thread->note);
    /* What was seen of it may serve a handler that comes late, too. Once it has
     * waited, the entry may be another's. */
    look = thread->sent;
    look.has_place = look.has_place && thread->tid == thread_id();
    stopped = atomic_load(&world_stopped);
    if (stopped != 0 && note == (uintptr_t)stopped * 2 + 1 &&
        thread->tid == thread_id()) {
        fill_account(ucontext, &account);
        if (atomic_compare_exchange_strong(&thread->note, &note,
                                           (uintptr_t)&account)) {
            (void)atomic_fetch_add(&world_answers, 1);
            lock_wake(&world_answers, 1);
            while (atomic_load(&world_stopped) == stopped)
                (void)lock_wait(&world_stopped, stopped, 0); /* looked again */
        }
    }
    callagain_fix(ucontext, &look, number);
}

/* ---- the signal ---- */

/* A function as the kernel keeps it, among SIG_DFL and SIG_IGN. */
static void *
handler_address(void (*handler)(int, siginfo_t *, void *))
{
    return (void *)handler;
}

static bool
is_free(int number)
{
    struct signal_action action;

    return signal_get(number, &action) == 0 &&
           (action.handler == (void *)SIG_DFL ||
            action.handler == handler_address(handle));
}

/* SIGURG's default is to do nothing, so it may come late without harm. A
 * real-time signal's is to end the process: its handler stays. */
static int
choose_signal(void)
{
    if (world_kept_signal != 0 && is_free(world_kept_signal))
        return world_kept_signal;
    if (is_free(SIGURG))
        return SIGURG;
    for (int number = SIGRTMAX; number >= SIGRTMIN; number--) {
        if (is_free(number)) {
            world_kept_signal = number;
            return number;
        }
    }
    return 0;
}

static int
install(int number, struct signal_action *out_old)
{
    const struct signal_action ours = {.handler = handler_address(handle),
                                       .flags =
                                           SA_SIGINFO | SA_RESTART | SA_ONSTACK,
                                       .mask = signal_heard()};

    return signal_set(number, &ours, out_old);
}

/* rt_tgsigqueueinfo: a signal that carries a value, to one thread. */
static int
send(const struct world_thread *thread, int number)
{
    siginfo_t info;
    uintptr_t entry = (uintptr_t)thread;

    memset(&info, 0, sizeof(info));
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = thread_process_id();
    info.si_value.sival_ptr = (void *)entry;
    return (int)CALL_4(SYS_rt_tgsigqueueinfo, info.si_pid, thread->tid, number,
                       &info);
}

/* ---- the threads ---- */

/* While a stop is made. */
struct stopper {
    struct world *world;
    int self; /* ids that are not stopped */
    int ours;
    uint64_t most_ns;
    uint64_t deadline;
    uint64_t last; /* it is never put off beyond this */
    bool has_new;
};

static struct world_thread *
find_thread(const struct world *world, int tid)
{
    for (size_t i = 0; i < world->count; i++) {
        if (world->threads[i].tid == tid)
            return &world->threads[i];
    }
    return NULL;
}

static bool
has_signal(uint64_t signals, int number)
{
    return (signals >> (number - 1) & 1) != 0;
}

static bool
is_blocked(const struct world *world, const struct tasks_look *look)
{
    return world->signal == 0 || has_signal(look->blocked, world->signal);
}

/*
 * Look at the thread, and ask it if it can be asked. Returns true if it was.
 *
 * One that has yet to take an earlier stop's signal is seen running: where it
 * slept is known from then. It answers this stop by that signal; the new one is
 * dropped by the kernel, unless the thread took the other meanwhile.
 */
static bool
ask(const struct world *world, struct world_thread *thread)
{
    bool is_second;
    int error = tasks_look(thread->tid, &thread->look);

    if (error == -ESRCH) {
        thread->answer = WORLD_GONE;
        return false;
    }
    if (error == 0 && is_blocked(world, &thread->look))
        return false;
    if (world->signal == 0)
        return false;
    /* Without /proc's word the signal is sent blindly. */
    if (error != 0)
        thread->look.has_place = false;
    is_second = error == 0 ? has_signal(thread->look.pending, world->signal)
                           : thread->is_out;
    if (!is_second || thread->look.has_place)
        thread->sent = thread->look;
    atomic_store(&thread->note, (uintptr_t)world_number * 2 + 1);
    error = send(thread, world->signal);
    if (error == -ESRCH)
        thread->answer = WORLD_GONE;
    thread->is_out = is_second || error == 0;
    thread->is_second = is_second && error == 0;
    return error == 0;
}

static bool
meet(int tid, void *context)
{
    struct stopper *stopper = context;
    struct world *world = stopper->world;
    struct world_thread *thread;

    if (tid == stopper->self)
        return true;
    thread = find_thread(world, tid);
    if (thread != NULL && thread->answer != WORLD_GONE)
        return true;
    if (thread == NULL) {
        if (world->count == world->capacity)
            return false;
        thread = &world->threads[world->count++];
    }
    /* Or an id that the kernel gave anew. */
    if (!thread->is_out)
        memset(thread, 0, sizeof(*thread));
    thread->tid = tid;
    stopper->has_new = true;
    if (tid == stopper->ours) {
        thread->answer = WORLD_OURS;
        if (tasks_look(tid, &thread->look) == 0 && thread->look.has_place)
            thread->sp = thread->look.sp;
        return true;
    }
    thread->answer = WORLD_ASKED;
    (void)ask(world, thread); /* else it is asked again */
    return true;
}

static void
read_answer(struct world *world, struct world_thread *thread)
{
    uintptr_t note = atomic_load(&thread->note);
    const struct account *account;

    if (thread->answer != WORLD_ASKED || note == 0 || (note & 1) != 0)
        return;
    account = (const struct account *)note;
    thread->sp = account->sp;
    thread->tp = account->tp;
    thread->frame_low = account->frame_low;
    thread->frame_high = account->frame_high;
    thread->answer = WORLD_PARKED;
    thread->is_out = thread->is_second;
    world->parked++;
}

/* It sleeps, and did where it does now. */
static bool
is_same_place(const struct tasks_look *before, const struct tasks_look *now)
{
    return before->has_place && now->has_place && before->sp == now->sp &&
           before->pc == now->pc;
}

static void
know_by_place(struct world *world, struct world_thread *thread)
{
    thread->answer = WORLD_KERNEL;
    thread->sp = thread->look.sp - WORLD_RED_ZONE;
    world->kernel++;
}

/* A thread that was not asked, because it blocks the signal: ask it if it does
 * so no longer; know it by its place if that is where it was before. */
static void
settle_blocked(struct world *world, struct world_thread *thread, bool is_last)
{
    struct tasks_look before = thread->look;

    if (ask(world, thread) || thread->answer != WORLD_ASKED)
        return;
    if (is_last && is_same_place(&before, &thread->look))
        know_by_place(world, thread);
}

/* A thread that was asked and blocks the signal since: one that is about to
 * fork does, and waits for a lock that whoever stops the world holds. What is
 * on its way to it finds the token gone. */
static void
settle_stuck(struct world *world, struct world_thread *thread)
{
    struct tasks_look before = thread->look;
    uintptr_t note = (uintptr_t)world_number * 2 + 1;

    if (tasks_look(thread->tid, &thread->look) == 0 &&
        is_blocked(world, &thread->look) &&
        is_same_place(&before, &thread->look) &&
        atomic_compare_exchange_strong(&thread->note, &note, 0))
        know_by_place(world, thread);
}

/* Read what came; returns how many are still out, and asks again those that
 * could not be asked. */
static size_t
settle(struct world *world, bool is_last)
{
    size_t out = 0;

    for (size_t i = 0; i < world->count; i++) {
        struct world_thread *thread = &world->threads[i];

        read_answer(world, thread);
        if (thread->answer == WORLD_ASKED && atomic_load(&thread->note) == 0)
            settle_blocked(world, thread, is_last);
        else if (thread->answer == WORLD_ASKED && is_last)
            settle_stuck(world, thread);
        out += thread->answer == WORLD_ASKED;
    }
    return out;
}

/* One that was asked and went away before it answered. */
static void
drop_gone(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct world_thread *thread = &world->threads[i];
        struct tasks_look look;

        if (thread->answer == WORLD_ASKED &&
            tasks_look(thread->tid, &look) == -ESRCH)
            thread->answer = WORLD_GONE;
    }
}

/* True if one that has not answered waits for a CPU, or for what another holds
 * that does (the process's mappings, in D): it will. */
static bool
is_one_busy(const struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct tasks_look look;

        if (world->threads[i].answer == WORLD_ASKED &&
            tasks_look(world->threads[i].tid, &look) == 0 &&
            (look.state == 'R' || look.state == 'D'))
            return true;
    }
    return false;
}

/* Wait until all known threads are settled: true; or until time is up. As long
 * as answers come, or somebody waits for a CPU, the machine is busy and no
 * thread stuck: the others get more time. */
static bool
wait_for_answers(struct stopper *stopper)
{
    uint64_t start = clock_now();
    uint64_t now = start;
    uint32_t seen = atomic_load(&world_answers);

    while (settle(stopper->world, now - start >= WORLD_PATIENCE_NS) > 0) {
        if (now >= stopper->deadline) {
            if (now >= stopper->last || !is_one_busy(stopper->world))
                return false;
            stopper->deadline = now + stopper->most_ns;
        }
        if (lock_wait(&world_answers, seen, WORLD_NAP_NS) == -ETIMEDOUT)
            drop_gone(stopper->world);
        now = clock_now();
        if (atomic_load(&world_answers) != seen && now < stopper->last)
            stopper->deadline = now + stopper->most_ns;
        seen = atomic_load(&world_answers);
    }
    return true;
}

/* Time is up: take back the tokens, so that nobody stops after all. */
static void
give_up(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        struct world_thread *thread = &world->threads[i];
        uintptr_t note = (uintptr_t)world_number * 2 + 1;

        if (thread->answer != WORLD_ASKED)
            continue;
        if (!atomic_compare_exchange_strong(&thread->note, &note, 0) &&
            note != 0) {
            read_answer(world, thread);
            continue;
        }
        thread->answer = WORLD_MISSED;
        /* What the handler may need that comes late is not touched. */
        if (tasks_look(thread->tid, &thread->look) == 0 &&
            thread->look.has_place)
            thread->sp = thread->look.sp - WORLD_RED_ZONE;
        world->missed++;
    }
}

/* The list was not brought to its end: of somebody nothing is known at all. */
static void
miss_the_rest(struct world *world)
{
    struct world_thread *thread;

    if (world->missed == 0)
        world->missed = 1;
    if (world->count == world->capacity)
        return;
    thread = &world->threads[world->count++];
    memset(thread, 0, sizeof(*thread));
    thread->answer = WORLD_MISSED;
}

/* Of the last stop only those are kept whose signal may still be out, at their
 * place. One that has ended since is not met again, and dropped by the next. */
static void
keep_late(struct world *world)
{
    size_t count = 0;

    for (size_t i = 0; i < world->count; i++) {
        struct world_thread *thread = &world->threads[i];

        if (!thread->is_out || thread->answer == WORLD_GONE) {
            memset(thread, 0, sizeof(*thread));
        } else {
            atomic_store(&thread->note, 0);
            thread->sp = thread->tp = 0;
            count = i + 1;
        }
        thread->answer = WORLD_GONE;
    }
    world->count = count;
}

static bool
is_one_out(const struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        if (world->threads[i].is_out && world->threads[i].answer != WORLD_GONE)
            return true;
    }
    return false;
}

static int
make_table(void)
{
    if (world_table.threads == NULL)
        world_table.threads =
            meta_map(WORLD_THREADS_MOST * sizeof(struct world_thread));
    if (world_table.threads == NULL)
        return -ENOMEM;
    keep_late(&world_table);
    world_table = (struct world){.threads = world_table.threads,
                                 .count = world_table.count,
                                 .capacity = WORLD_THREADS_MOST};
    return 0;
}

int
world_stop(int ours, uint64_t most_ns, struct world *out_world)
{
    struct stopper stopper = {.world = &world_table,
                              .self = thread_id(),
                              .ours = ours,
                              .most_ns = most_ns};
    struct signal_action old;
    bool is_settled;
    long result;
    int error = make_table();

    if (error != 0)
        return error;
    stopper.deadline = clock_now() + most_ns;
    stopper.last = stopper.deadline + WORLD_EXTENSIONS * most_ns;
    world_table.signal = choose_signal();
    if (world_table.signal != 0 && install(world_table.signal, &old) != 0)
        world_table.signal = 0;
    if (world_table.signal == SIGURG && old.handler != handler_address(handle))
        world_urgent = old;
    if (++world_number == 0)
        world_number = 1;
    atomic_store(&world_stopped, world_number);
    do {
        stopper.has_new = false;
        result = tasks_each(meet, &stopper);
        if (result < 0) {
            world_table.error = (int)result;
            break;
        }
        is_settled = wait_for_answers(&stopper);
    } while (stopper.has_new &&
             clock_now() < (is_settled ? stopper.last : stopper.deadline));
    give_up(&world_table);
    if (stopper.has_new || world_table.error != 0)
        miss_the_rest(&world_table);
    /* As the program had it; but what is still on its way must find our
     * handler, for only that has the call go on. */
    if (world_table.signal == SIGURG && !is_one_out(&world_table))
        (void)!signal_set(SIGURG, &world_urgent, NULL);
    *out_world = world_table;
    return 0;
}

void
world_resume(void)
{
    atomic_store(&world_stopped, 0);
    lock_wake(&world_stopped, INT32_MAX);
}

struct counter {
    int self, ours;
    bool has_other;
};

static bool
count_other(int tid, void *context)
{
    struct counter *counter = context;

    counter->has_other = tid != counter->self && tid != counter->ours;
    return !counter->has_other;
}

bool
world_is_alone(int ours)
{
    struct counter counter = {.self = thread_id(), .ours = ours};

    return tasks_each(count_other, &counter) > 0 && !counter.has_other;
}

void
world_child(void)
{
    atomic_store(&world_stopped, 0);
    world_number = 0;
}
