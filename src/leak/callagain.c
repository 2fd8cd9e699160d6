/*
 * leak/callagain.c - a system call that our signal interrupted goes on.
 *
 * Which call it was is known from /proc if the thread slept in it when it was
 * looked at, and else from the instruction before the call, which in libc's
 * functions loads the number (arch_call_interrupted).
 *
 * A call with a time of its own is finished inside of the handler. Where the
 * kernel keeps what is left of it, restart_syscall goes on exactly; that works
 * once, before the handler returns. If another stop comes while the call is
 * being finished here, that stop's handler finds the program counter in
 * finish() and makes the result RESULT_STOPPED, in place of handling it by
 * itself: so there are never more than two handlers on the stack, however many
 * stops a long sleep meets. The time is then computed from the clock.
 */
#include "leak/callagain.h"

#include <errno.h>
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

/* The result of a call made here that another stop interrupted; no call gives
 * it to a program. */
#define RESULT_STOPPED (-512)

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

/* Source: signal(7), and the kernel's restart_block users. */
static struct plan
plan_call(long number, const uintptr_t *arguments)
{
    switch (number) {
#ifdef SYS_poll
    case SYS_poll:
        return plan_ms(arguments, 2, AGAIN_REST);
    case SYS_pause:
    case SYS_select: /* notes what is left */
        return (struct plan){AGAIN_CALL, 0};
    case SYS_epoll_wait:
        return plan_ms(arguments, 3, AGAIN_MS);
#endif
    case SYS_epoll_pwait:
        return plan_ms(arguments, 3, AGAIN_MS);
    case SYS_ppoll:
    case SYS_pselect6: /* note what is left */
    case SYS_rt_sigsuspend:
    case SYS_semop:
    case SYS_msgrcv:
    case SYS_msgsnd:
        return (struct plan){AGAIN_CALL, 0};
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
        return plan_pointer(arguments, 4);
    default:
        return (struct plan){AGAIN_NO, 0};
    }
}

/* One call, made where another stop's handler knows it by its address. */
static NOINLINE long
make_call(long number, const uintptr_t *a)
{
    return CALL_6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Called through a variable, so that the compiler makes no copy of it for some
 * argument. Never written. */
static long (*volatile call_made)(long number, const uintptr_t *a) = make_call;

/* True if the interrupted code is make_call's system call. */
static bool
is_in_make_call(const void *ucontext)
{
    struct arch_context place;
    uintptr_t start = (uintptr_t)make_call;

    arch_context_read(ucontext, &place);
    /* The function is a few instructions long. */
    return place.pc > start && place.pc < start + 96;
}

static uint64_t
limit_of(const struct plan *plan, long number, const uintptr_t *arguments)
{
    const struct timespec *time = (const struct timespec *)arguments[plan->at];
    bool is_ms = plan->again == AGAIN_MS;

#ifdef SYS_poll
    is_ms = is_ms || number == SYS_poll;
#else
    (void)number;
#endif
    if (is_ms)
        return (uint64_t)(int)arguments[plan->at] * NS_PER_MS;
    return (uint64_t)time->tv_sec * NS_PER_SECOND + (uint64_t)time->tv_nsec;
}

/* Finish a call that has `left_ns` of its time, however often it is stopped. */
static long
finish(long number, const struct plan *plan, uintptr_t *arguments,
       uint64_t limit_ns, long result)
{
    uint64_t start = clock_now();
    bool is_ms = plan->again == AGAIN_MS;
    struct timespec time;

#ifdef SYS_poll
    is_ms = is_ms || number == SYS_poll;
#endif
    while (result == RESULT_STOPPED) {
        uint64_t past = clock_now() - start;
        uint64_t left = past < limit_ns ? limit_ns - past : 0;

        if (is_ms) {
            arguments[plan->at] =
                (uintptr_t)((left + NS_PER_MS - 1) / NS_PER_MS);
        } else {
            time.tv_sec = (time_t)(left / NS_PER_SECOND);
            time.tv_nsec = (long)(left % NS_PER_SECOND);
            arguments[plan->at] = (uintptr_t)&time;
        }
        result = call_made(number, arguments);
    }
    return result;
}

/* A signal of the program's is waiting that the program does not block. */
static bool
has_pending(const ucontext_t *context)
{
    uint64_t pending = 0;
    uint64_t mask;

    __builtin_memcpy(&mask, &context->uc_sigmask, sizeof(mask));
    if (CALL_2(SYS_rt_sigpending, &pending, sizeof(pending)) != 0)
        return true;
    return (pending & ~mask) != 0;
}

static bool
is_on_other_stack(const ucontext_t *context)
{
    const stack_t *stack = &context->uc_stack;
    uintptr_t frame = (uintptr_t)context;
    uintptr_t low = (uintptr_t)stack->ss_sp;

    return (stack->ss_flags & SS_DISABLE) == 0 && frame >= low &&
           frame < low + stack->ss_size;
}

/* Finish the call here, with the program's own mask. */
static void
finish_here(ucontext_t *context, long number, const struct plan *plan,
            uintptr_t *arguments)
{
    static const uintptr_t none[6];
    uint64_t limit = limit_of(plan, number, arguments);
    uint64_t mask;
    long result = RESULT_STOPPED;

    __builtin_memcpy(&mask, &context->uc_sigmask, sizeof(mask));
    signal_restore(mask);
    if (plan->again == AGAIN_REST)
        result = call_made(SYS_restart_syscall, none);
    result = finish(number, plan, arguments, limit, result);
    (void)signal_block_all();
    arch_call_result(context, result);
}

void
callagain_fix(void *ucontext, const struct tasks_look *look)
{
    ucontext_t *context = ucontext;
    struct arch_context place;
    uintptr_t arguments[6];
    struct plan plan;
    long number = -1;

    arch_context_read(context, &place);
    if (look->has_place && look->pc == place.pc && look->sp == place.sp)
        number = look->call;
    if (is_in_make_call(context)) {
        if (arch_call_interrupted(context, 0) >= 0 && !has_pending(context))
            arch_call_result(context, RESULT_STOPPED);
        return;
    }
    number = arch_call_interrupted(context, number);
    if (number < 0 || has_pending(context))
        return;
    arch_call_arguments(context, look->arguments[0], arguments);
    plan = plan_call(number, arguments);
    if (plan.again == AGAIN_NO)
        return;
    /* An alternate stack may be small: rather a wait that begins anew. */
    if (plan.again == AGAIN_CALL || is_on_other_stack(context))
        arch_call_again(context, number, look->arguments[0]);
    else
        finish_here(context, number, &plan, arguments);
}
