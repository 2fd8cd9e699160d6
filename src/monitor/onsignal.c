/*
 * monitor/onsignal.c - signals that ask something of the running library.
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
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The signals whose handler we set, or 0, and what they ask for. Written by
 * one thread at a time, as onsignal_install says; read by the handler. */
static struct {
    const uint32_t request;
    _Atomic int number;
} onsignal_slots[] = {{PERIODIC_REPORT, 0},
                      {PERIODIC_MARK, 0},
                      {PERIODIC_TOGGLE, 0}};

static void
handle(int number)
{
    uint32_t requests = 0;

    for (size_t i = 0; i < ARRAY_COUNT(onsignal_slots); i++) {
        if (atomic_load(&onsignal_slots[i].number) == number)
            requests |= onsignal_slots[i].request;
    }
    periodic_ask(requests);
}

/* A function as the kernel keeps it, among SIG_DFL and SIG_IGN. */
static void *
handler_address(void (*handler)(int))
{
    return (void *)handler;
}

static bool
is_used(int number)
{
    for (size_t i = 0; i < ARRAY_COUNT(onsignal_slots); i++) {
        if (atomic_load(&onsignal_slots[i].number) == number)
            return true;
    }
    return false;
}

/* `number` is asked for no more by one of the options. */
static void
take_back(int number)
{
    const struct signal_action none = {.handler = (void *)SIG_DFL};
    struct signal_action now;

    if (number != 0 && !is_used(number) && signal_get(number, &now) == 0 &&
        now.handler == handler_address(handle))
        (void)!signal_set(number, &none, NULL); /* as it was */
}

void
onsignal_install(uint32_t request, int number)
{
    const struct signal_action ours = {.handler = handler_address(handle),
                                       .flags = SA_RESTART | SA_ONSTACK};

    for (size_t i = 0; i < ARRAY_COUNT(onsignal_slots); i++) {
        int before = atomic_load(&onsignal_slots[i].number);

        if (onsignal_slots[i].request != request || before == number)
            continue;
        /* First what it is for, then that it comes. */
        atomic_store(&onsignal_slots[i].number, number);
        take_back(before);
        if (number != 0 && signal_set(number, &ours, NULL) != 0)
            atomic_store(&onsignal_slots[i].number, 0);
    }
}
