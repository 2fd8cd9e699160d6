/*
 * os/signal.c - signals by system call: names, handlers, masks.
 *
 * The kernel's signal set is eight bytes and its action another struct than
 * libc's; both are spelled out here, the same on every CPU we know.
 */
#include "os/signal.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>

#include "base/format.h"
#include "base/text.h"
#include "os/call.h"
#include "os/thread.h"

/* The kernel's struct sigaction. */
struct kernel_action {
    void *handler;
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};

static_assert(sizeof(long) == 8, "the kernel's flags are a long");

#define MASK_SIZE sizeof(uint64_t)
#define SIGNAL_LAST 64

/* Names without "SIG". The second name of a number is only read. */
struct name {
    const char *text;
    int number;
};

static const struct name names[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},       {"QUIT", SIGQUIT},
    {"ILL", SIGILL},       {"TRAP", SIGTRAP},     {"ABRT", SIGABRT},
    {"BUS", SIGBUS},       {"FPE", SIGFPE},       {"KILL", SIGKILL},
    {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE},     {"ALRM", SIGALRM},     {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},     {"CONT", SIGCONT},
    {"STOP", SIGSTOP},     {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU},     {"URG", SIGURG},       {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},
    {"WINCH", SIGWINCH},   {"IO", SIGIO},         {"PWR", SIGPWR},
    {"SYS", SIGSYS},       {"IOT", SIGABRT},      {"CLD", SIGCHLD},
    {"POLL", SIGIO},
};

static bool
is_same_letter(char a, char upper)
{
    return a == upper ||
           (upper >= 'A' && upper <= 'Z' && a == upper - 'A' + 'a');
}

/* skip_prefix - true if the text begins with `prefix` (in capitals), in either
 * case; the text is then what follows. */
static bool
skip_prefix(const char **text, size_t *n, const char *prefix)
{
    size_t i;

    for (i = 0; prefix[i] != '\0'; i++) {
        if (i >= *n || !is_same_letter((*text)[i], prefix[i]))
            return false;
    }
    *text += i;
    *n -= i;
    return true;
}

/* read_offset - the number of a real-time signal: `base`, or `base` and a sign
 * and a count. */
static int
read_offset(const char *text, size_t n, int base, char sign)
{
    uint64_t offset = 0;
    int number;

    if (n > 0) {
        if (text[0] != sign || text_read_u64(text + 1, n - 1, &offset) != 0 ||
            offset > SIGNAL_LAST)
            return -EINVAL;
    }
    number = sign == '+' ? base + (int)offset : base - (int)offset;
    if (number < SIGRTMIN || number > SIGRTMAX)
        return -EINVAL;
    return number;
}

int
signal_from_name(const char *name, size_t n)
{
    uint64_t number;

    if (n > 0 && name[0] >= '0' && name[0] <= '9') {
        if (text_read_u64(name, n, &number) != 0 || number < 1 ||
            number > SIGNAL_LAST)
            return -EINVAL;
        return (int)number;
    }
    (void)skip_prefix(&name, &n, "SIG"); /* optional */
    if (skip_prefix(&name, &n, "RTMIN"))
        return read_offset(name, n, SIGRTMIN, '+');
    if (skip_prefix(&name, &n, "RTMAX"))
        return read_offset(name, n, SIGRTMAX, '-');
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const char *rest = name;
        size_t rest_length = n;

        if (skip_prefix(&rest, &rest_length, names[i].text) && rest_length == 0)
            return names[i].number;
    }
    return -EINVAL;
}

const char *
signal_name(int number, char *buffer, size_t size)
{
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i].number == number) {
            (void)format_text(buffer, size, "SIG%s", names[i].text);
            return buffer;
        }
    }
    if (number == SIGRTMIN)
        (void)text_copy(buffer, size, "SIGRTMIN");
    else if (number > SIGRTMIN && number <= SIGRTMAX)
        (void)format_text(buffer, size, "SIGRTMIN+%d", number - SIGRTMIN);
    else
        (void)format_text(buffer, size, "signal %d", number);
    return buffer;
}

int
signal_set(int number, const struct signal_action *action,
           struct signal_action *out_old)
{
    struct kernel_action old = {0};
    struct kernel_action new = {
        .handler = action->handler,
        .flags = action->flags | ARCH_SA_RESTORER,
        .restorer = ARCH_SA_RESTORER != 0 ? arch_restorer : NULL,
        .mask = action->mask,
    };
    int error = (int)CALL_4(SYS_rt_sigaction, number, &new, &old, MASK_SIZE);

    if (error == 0 && out_old != NULL) {
        out_old->handler = old.handler;
        out_old->flags = old.flags & ~ARCH_SA_RESTORER;
        out_old->mask = old.mask;
    }
    return error;
}

int
signal_get(int number, struct signal_action *out_action)
{
    struct kernel_action now = {0};
    int error = (int)CALL_4(SYS_rt_sigaction, number, NULL, &now, MASK_SIZE);

    if (error == 0) {
        out_action->handler = now.handler;
        out_action->flags = now.flags & ~ARCH_SA_RESTORER;
        out_action->mask = now.mask;
    }
    return error;
}

bool
signal_stack_get(uintptr_t *out_start, size_t *out_size)
{
    stack_t now = {.ss_flags = SS_DISABLE};

    if (CALL_2(SYS_sigaltstack, NULL, &now) != 0 ||
        (now.ss_flags & SS_DISABLE) != 0)
        return false;
    *out_start = (uintptr_t)now.ss_sp;
    *out_size = now.ss_size;
    return true;
}

int
signal_stack_set(void *start, size_t size)
{
    stack_t wanted = {.ss_sp = start,
                      .ss_size = size,
                      .ss_flags = start == NULL ? SS_DISABLE : 0};

    return (int)CALL_2(SYS_sigaltstack, &wanted, NULL);
}

static uint64_t
change_mask(int how, uint64_t mask)
{
    uint64_t old = 0;

    /* Fails only on a bad `how` or address, and these are ours. */
    (void)CALL_4(SYS_rt_sigprocmask, how, &mask, &old, MASK_SIZE);
    return old;
}

uint64_t
signal_block_all(void)
{
    return change_mask(SIG_SETMASK, UINT64_MAX);
}

void
signal_restore(uint64_t mask)
{
    (void)change_mask(SIG_SETMASK, mask);
}

uint64_t
signal_block_mask(uint64_t mask)
{
    return change_mask(SIG_BLOCK, mask);
}

/* Those that do nothing by default (signal(7)). */
static bool
is_silent(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG ||
           number == SIGWINCH;
}

uint64_t
signal_heard(void)
{
    uint64_t heard = UINT64_MAX;

    for (int number = 1; number <= SIGNAL_LAST; number++) {
        struct signal_action action;

        if (signal_get(number, &action) != 0)
            continue;
        if (action.handler == (void *)SIG_IGN ||
            (action.handler == (void *)SIG_DFL && is_silent(number)))
            heard &= ~(UINT64_C(1) << (number - 1));
    }
    return heard;
}

int
signal_send(int tid, int number)
{
    return (int)CALL_3(SYS_tgkill, thread_process_id(), tid, number);
}

void
signal_raise_default(int number)
{
    struct signal_action action = {.handler = (void *)SIG_DFL};
    uint64_t old;

    /* KILL and STOP refuse, and need no change. */
    (void)!signal_set(number, &action, NULL);
    old = change_mask(SIG_UNBLOCK, UINT64_C(1) << (number - 1));
    (void)signal_send(thread_id(), number);
    signal_restore(old);
}
