/*
 * os/clock.c - what time it is, in nanoseconds, and a date in UTC.
 *
 * The clocks are read through the vDSO: see os/vdso.c.
 */
#include "os/clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/attr.h"
#include "base/format.h"
#include "os/call.h"
#include "os/vdso.h"

#define NS_PER_S UINT64_C(1000000000)

/* Days from 0000-03-01 to 1970-01-01, and in 400 years. */
#define EPOCH_DAYS 719468
#define ERA_DAYS 146097

/* The vDSO's function, or the system call in its shape. */
typedef long clock_reader(long clock, struct timespec *out_now);

static long
read_by_call(long clock, struct timespec *out_now)
{
    return CALL_2(SYS_clock_gettime, clock, out_now);
}

/* How to read the clock; NULL until the first time. Atomic; whoever finds it
 * NULL finds the same answer. */
static _Atomic(clock_reader *) reader;

static clock_reader *
find_reader(void)
{
    clock_reader *found = (clock_reader *)vdso_find(ARCH_VDSO_CLOCK);

    if (found == NULL)
        found = read_by_call;
    atomic_store_explicit(&reader, found, memory_order_relaxed);
    return found;
}

static uint64_t
read_clock(clockid_t clock)
{
    clock_reader *read = atomic_load_explicit(&reader, memory_order_relaxed);
    struct timespec now = {.tv_sec = 0, .tv_nsec = 0};

    if (UNLIKELY(read == NULL))
        read = find_reader();
    /* It cannot fail for the clocks below; if it did, time would stand. */
    (void)read(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t
clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t
clock_coarse(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t
clock_unix(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t
clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * Years begin in March here, so that the leap day is the last of its year and
 * the months before it have lengths of a linear pattern.
 * Source: Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013.
 */
const char *
clock_text(char *buffer, size_t size, uint64_t unix_ns)
{
    uint64_t s = unix_ns / NS_PER_S;
    uint64_t days = s / 86400 + EPOCH_DAYS;
    unsigned in_day = (unsigned)(s % 86400);
    uint64_t era = days / ERA_DAYS;
    unsigned in_era = (unsigned)(days % ERA_DAYS);
    unsigned years =
        (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * years + years / 4 - years / 100);
    unsigned month_from_march = (5 * in_year + 2) / 153;
    unsigned day = in_year - (153 * month_from_march + 2) / 5 + 1;
    unsigned month = (month_from_march + 2) % 12 + 1;
    uint64_t year = era * 400 + years + (month <= 2);

    (void)format_text(buffer, size, "%04llu-%02u-%02uT%02u:%02u:%02uZ",
                      (unsigned long long)year, month, day, in_day / 3600,
                      in_day / 60 % 60, in_day % 60);
    return buffer;
}
