/*
 * leak/callagain.c - a system call that our signal interrupted goes on.
 *
 * Which call it was is known from /proc if the thread slept in it when it was
 * looked at, and else from the instruction before the call, which in libc's
 * functions loads the number (arch_call_interrupted).
 *
 * A call with a time of its own is finished inside of the handler. Where the
 * kernel keeps what is left of it, restart_syscall goes on exactly; the kernel
 * forgets that when any handler returns. So if another stop comes while the
 * call is being finished here, that stop's handler does not return, but takes
 * up the finishing where the first one was (arch_finish_again): there are never
 * more than two handlers on the stack, however many stops a long sleep meets,
 * and its time stays right. Where the kernel does not keep the time, the wait
 * begins anew at the first stop, and goes by the clock from then on.
 */
#include "leak/callagain.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <ucontext.h>

#include "os/arch/arch.h"
#include "os/call.h"
#include "os/clock.h"
#include "os/signal.h"

/* The result of a call made here that another stop interrupted, where that
 * cannot take it up; no call gives it to a program. */
#define RESULT_STOPPED (-512)

/* An alternate stack with less room than this under the handler is left to the
 * program's own handlers. */
#define ROOM_LEAST ((uintptr_t)48 * 1024)

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

enum again {
    AGAIN_NO,   /* EINTR stands */
    AGAIN_CALL, /* make the call once more, as it is */
    AGAIN_REST, /* the kernel knows what is left: finish it here */
    AGAIN_MS,   /* argument `at` is a time in milliseconds: finish it here */
    AGAIN_TIME  /* argument `at` points to a struct timespec: finish it here */
};

/* How one call goes on. */
struct plan {
    enum again again;
    unsigned at; /* the argument with the time */
};

/* A call that is being finished. `arch` is the first member, for the CPU's code
 * knows that alone. */
struct finish {
    struct arch_finish arch;
    const ucontext_t *outer; /* what the program was doing */
    unsigned at;
    bool is_ms;
    bool by_clock;  /* else the kernel knows what is left */
    uint64_t start; /* on clock_now */
    uint64_t limit_ns;
    struct timespec time;
};

/* A time in milliseconds that is none: negative. */
static bool
is_endless(uintptr_t ms)
{
    return (int)ms < 0;
}

static struct plan
plan_futex(const uintptr_t *arguments)
{
    unsigned operation = (unsigned)arguments[1] & FUTEX_CMD_MASK;

    if (operation == FUTEX_WAIT && arguments[3] != 0)
        return (struct plan){AGAIN_REST, 3};
    return (struct plan){AGAIN_CALL, 0}; /* endless, or until a fixed time */
}

static struct plan
plan_clock_sleep(const uintptr_t *arguments)
{
    if ((arguments[1] & TIMER_ABSTIME) != 0)
        return (struct plan){AGAIN_CALL, 0};
    return (struct plan){AGAIN_REST, 2};
}

/* A time that argument `at` points to, if it is not NULL. */
static struct plan
plan_pointer(const uintptr_t *arguments, unsigned at)
{
    if (arguments[at] == 0)
        return (struct plan){AGAIN_CALL, 0};
    return (struct plan){AGAIN_TIME, at};
}

static struct plan
plan_ms(const uintptr_t *arguments, unsigned at, enum again limited)
{
    if (is_endless(arguments[at]))
        return (struct plan){AGAIN_CALL, 0};
    return (struct plan){limited, at};
}

/* Calls that are made again as they are. On sockets with a time limit
 * (SO_RCVTIMEO, SO_SNDTIMEO) that limit begins anew; without one the kernel
 * restarts them, and they are not seen here. */
static bool
is_again(long number)
{
    switch (number) {
#ifdef SYS_poll
    case SYS_pause:
    case SYS_select: /* notes what is left */
#endif
    case SYS_ppoll:
    case SYS_pselect6: /* note what is left */
    case SYS_rt_sigsuspend:
    case SYS_semop:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_io_uring_enter:
        return true;
    default:
        return false;
    }
}

/* Source: signal(7), and the kernel's restart_block users. */
static struct plan
plan_call(long number, const uintptr_t *arguments)
{
    switch (number) {
#ifdef SYS_poll
    case SYS_poll:
        return plan_ms(arguments, 2, AGAIN_REST);
    case SYS_epoll_wait:
        return plan_ms(arguments, 3, AGAIN_MS);
#endif
    case SYS_epoll_pwait:
        return plan_ms(arguments, 3, AGAIN_MS);
    case SYS_epoll_pwait2:
        return plan_pointer(arguments, 3);
    case SYS_nanosleep:
        return (struct plan){AGAIN_REST, 0};
    case SYS_clock_nanosleep:
        return plan_clock_sleep(arguments);
    case SYS_futex:
        return plan_futex(arguments);
    case SYS_rt_sigtimedwait:
        return plan_pointer(arguments, 2);
    case SYS_semtimedop:
        return plan_pointer(arguments, 3);
    case SYS_io_getevents:
    case SYS_io_pgetevents:
        return plan_pointer(arguments, 4);
    default:
        return (struct plan){is_again(number) ? AGAIN_CALL : AGAIN_NO, 0};
    }
}

/* A signal is waiting whose handler the program will see run. Those that are
 * ignored, as SIGCHLD is unasked, wait only because all are blocked here. */
static bool
has_pending(const ucontext_t *context, int ours)
{
    uint64_t pending = 0;
    uint64_t mask;

    __builtin_memcpy(&mask, &context->uc_sigmask, sizeof(mask));
    if (CALL_2(SYS_rt_sigpending, &pending, sizeof(pending)) != 0)
        return true;
    for (pending &= ~mask; pending != 0; pending &= pending - 1) {
        int number = __builtin_ctzll(pending) + 1;
        struct signal_action action;

        if (number != ours && signal_get(number, &action) == 0 &&
            action.handler != (void *)SIG_DFL &&
            action.handler != (void *)SIG_IGN)
            return true;
    }
    return false;
}

/* An alternate stack may be small: rather a wait that begins anew. */
static bool
has_room(const ucontext_t *context)
{
    const stack_t *stack = &context->uc_stack;
    uintptr_t frame = (uintptr_t)context;
    uintptr_t low = (uintptr_t)stack->ss_sp;

    return (stack->ss_flags & SS_DISABLE) != 0 || frame < low ||
           frame >= low + stack->ss_size || frame - low >= ROOM_LEAST;
}

/* ---- finishing ---- */

static uint64_t
limit_of(const struct finish *finish)
{
    uintptr_t argument = finish->arch.arguments[finish->at];
    const struct timespec *time = (const struct timespec *)argument;

    if (finish->is_ms)
        return (uint64_t)(int)argument * NS_PER_MS;
    return (uint64_t)time->tv_sec * NS_PER_SECOND + (uint64_t)time->tv_nsec;
}

/* What is left of its time by now, into its argument. */
static void
set_left(struct finish *finish)
{
    uint64_t past = clock_now() - finish->start;
    uint64_t left = past < finish->limit_ns ? finish->limit_ns - past : 0;
    uintptr_t *argument = &finish->arch.arguments[finish->at];

    if (finish->is_ms) {
        *argument = (uintptr_t)((left + NS_PER_MS - 1) / NS_PER_MS);
        return;
    }
    finish->time.tv_sec = (time_t)(left / NS_PER_SECOND);
    finish->time.tv_nsec = (long)(left % NS_PER_SECOND);
    *argument = (uintptr_t)&finish->time;
}

/* Finish the call here, with the program's own mask. */
static void
finish_here(ucontext_t *context, long number, const struct plan *plan,
            const uintptr_t *arguments)
{
    struct finish finish = {
        .arch = {.number = number, .blocked = signal_block_mask(0)},
        .outer = context,
        .at = plan->at,
        .is_ms = plan->again == AGAIN_MS,
        .by_clock = plan->again != AGAIN_REST,
        .start = clock_now(),
    };
    long result;

#ifdef SYS_poll
    finish.is_ms = finish.is_ms || number == SYS_poll;
#endif
    __builtin_memcpy(&finish.arch.mask, &context->uc_sigmask,
                     sizeof(finish.arch.mask));
    __builtin_memcpy(finish.arch.arguments, arguments,
                     sizeof(finish.arch.arguments));
    finish.limit_ns = limit_of(&finish);
    if (!finish.by_clock)
        finish.arch.number = SYS_restart_syscall; /* it takes no arguments */
    do {
        if (finish.by_clock)
            set_left(&finish);
        result = arch_finish(&finish.arch);
        if (result == RESULT_STOPPED) {
            finish.arch.number = number;
            finish.by_clock = true;
        }
    } while (result == RESULT_STOPPED);
    arch_call_result(context, result);
}

/* This handler interrupted another one that is finishing a call. */
static void
go_on(ucontext_t *context, struct finish *finish, enum arch_finish_state state,
      int ours)
{
    if (state == ARCH_FINISH_OVER || has_pending(context, ours))
        return;
    if (finish->by_clock)
        set_left(finish);
    arch_finish_again(context);
    if (state == ARCH_FINISH_STOPPED)
        arch_call_result(context, RESULT_STOPPED);
}

const void *
callagain_outer(const void *ucontext)
{
    struct arch_finish *finish;

    if (arch_finish_find(ucontext, &finish) == ARCH_FINISH_NONE)
        return ucontext;
    return ((const struct finish *)(const void *)finish)->outer;
}

/* The call that the kernel told of, if the thread did not go on since. */
static long
known_call(const struct tasks_look *look, const ucontext_t *context)
{
    struct arch_context place;
    uintptr_t arguments[6];

    arch_context_read(context, &place);
    arch_call_arguments(context, look->arguments[0], arguments);
    if (!look->has_place || look->pc != place.pc || look->sp != place.sp ||
        __builtin_memcmp(arguments, look->arguments, sizeof(arguments)) != 0)
        return -1;
    return look->call;
}

void
callagain_fix(void *ucontext, const struct tasks_look *look, int ours)
{
    ucontext_t *context = ucontext;
    struct arch_finish *finishing;
    enum arch_finish_state state = arch_finish_find(context, &finishing);
    uintptr_t arguments[6];
    struct plan plan;
    long number;

    if (state != ARCH_FINISH_NONE) {
        go_on(context, (struct finish *)(void *)finishing, state, ours);
        return;
    }
    number = arch_call_interrupted(context, known_call(look, context));
    if (number < 0 || has_pending(context, ours))
        return;
    arch_call_arguments(context, look->arguments[0], arguments);
    plan = plan_call(number, arguments);
    if (plan.again == AGAIN_NO)
        return;
    if (plan.again == AGAIN_CALL || !has_room(context))
        arch_call_again(context, number, look->arguments[0]);
    else
        finish_here(context, number, &plan, arguments);
}
