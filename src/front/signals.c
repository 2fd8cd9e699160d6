/*
 * front/signals.c - sigaction and signal, as far as check-faults is concerned.
 *
 * While our handler stands for the default action of SIGSEGV or SIGBUS, a
 * program that asks what the action is is told SIG_DFL, and one that sets
 * SIG_DFL gets our handler, which ends in the default action. Everything else
 * is libc's, under the names that libc has for the same functions.
 */
#include "front/signals.h"

#include "base/attr.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <string.h>

/* libc's other names of sigaction and signal. */
extern int __sigaction(int number, const struct sigaction *action,
                       struct sigaction *old);
extern __sighandler_t ssignal(int number, __sighandler_t handler);

int
signals_hidden(int number, struct sigaction *action)
{
    if (!onfault_is_on(number) ||
        !onfault_is_ours((const void *)action->sa_sigaction))
        return 0;
    memset(action, 0, sizeof(*action));
    action->sa_handler = SIG_DFL;
    return 1;
}

EXPORT int
sigaction(int number, const struct sigaction *restrict action,
          struct sigaction *restrict old)
{
    int result;

    if (LIKELY(!onfault_is_on(number)))
        return __sigaction(number, action, old);
    if (action != NULL && action->sa_handler == SIG_DFL) {
        result = __sigaction(number, NULL, old);
        if (result == 0 && onfault_default(number) != 0)
            result = __sigaction(number, action, NULL);
    } else {
        result = __sigaction(number, action, old);
    }
    if (result == 0 && old != NULL)
        (void)signals_hidden(number, old);
    return result;
}

/* The action before, as signal returns it, if SIG_DFL was asked for a signal
 * that we stand for; else false. */
static bool
set_default(int number, __sighandler_t handler, __sighandler_t *out_old)
{
    struct sigaction old;
    struct sigaction none;

    if (handler != SIG_DFL || !onfault_is_on(number))
        return false;
    memset(&none, 0, sizeof(none));
    none.sa_handler = SIG_DFL;
    *out_old = sigaction(number, &none, &old) == 0 ? old.sa_handler : SIG_ERR;
    return true;
}

static __sighandler_t
hide(int number, __sighandler_t handler)
{
    return onfault_is_on(number) && onfault_is_ours((const void *)handler)
               ? SIG_DFL
               : handler;
}

EXPORT __sighandler_t
signal(int number, __sighandler_t handler)
{
    __sighandler_t old;

    if (set_default(number, handler, &old))
        return old;
    return hide(number, ssignal(number, handler));
}
