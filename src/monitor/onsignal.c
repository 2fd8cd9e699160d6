/*
 * monitor/onsignal.c - report-signal: a report of the running program.
 *
 * The handler stores the request and wakes our thread, and does nothing else:
 * it may have interrupted malloc or a report. System calls that it interrupts
 * are restarted where the kernel can do that.
 */
#include "monitor/onsignal.h"

#include "base/attr.h"
#include "os/signal.h"
#include "monitor/periodic.h"

#include <signal.h>
#include <stddef.h>

/* The signal whose handler we set, or 0. Written by one thread at a time, as
 * onsignal_install says. */
static int onsignal_number;

static void
handle(int number UNUSED)
{
    periodic_ask(PERIODIC_REPORT);
}

/* A function as the kernel keeps it, among SIG_DFL and SIG_IGN. */
static void *
handler_address(void (*handler)(int))
{
    return (void *)handler;
}

void
onsignal_install(int number)
{
    const struct signal_action ours = {.handler = handler_address(handle),
                                       .flags = SA_RESTART | SA_ONSTACK};
    const struct signal_action none = {.handler = (void *)SIG_DFL};
    struct signal_action now;

    if (onsignal_number == number)
        return;
    if (onsignal_number != 0 && signal_get(onsignal_number, &now) == 0 &&
        now.handler == ours.handler)
        (void)!signal_set(onsignal_number, &none, NULL); /* as it was */
    onsignal_number = 0;
    if (number != 0 && signal_set(number, &ours, NULL) == 0)
        onsignal_number = number;
}
