/*
 * leakcase.h - what the leak programs have in common.
 *
 * A case is a function that leaves blocks behind. It runs far down the stack,
 * and what it left there and in registers is wiped, so that a block is
 * reachable only where the case says so.
 */
#ifndef LEAKCASE_H
#define LEAKCASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))

/*
 * X(name, definite, indirect, possible, flags): blocks/bytes of each kind, and
 *   v   valgrind says something else: the case's comment says why
 *   l   LSan says something else: likewise. It has no "possible", and calls
 *       such blocks reachable; that alone is no difference
 *   f   so does our own scan of libc's blocks (heap=libc): likewise
 */
struct leakcase {
    const char *name;
    void (*run)(void);
    const char *expect;
};

extern volatile int leakcase_sink;

/* Some way down the stack, so that nothing of the case lies where the frame of
 * the next call has its gaps. */
static KEEP void
leakcase_deep(const struct leakcase *leakcase)
{
    volatile char room[1024];

    room[0] = 0;
    leakcase->run();
    leakcase_sink = room[0];
}

/* The registers that pass arguments are pushed here and there on the way out
 * (by the loader, when it binds a call). */
static KEEP void
leakcase_clear(long a, long b, long c, long d, long e, long f)
{
    leakcase_sink = (int)(a + b + c + d + e + f);
}

/* Overwrite what the case left on the stack. */
static KEEP void
leakcase_wipe(void)
{
    volatile char room[32768];

    for (size_t i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

static inline void
leakcase_run(const struct leakcase *leakcase)
{
    leakcase_deep(leakcase);
    leakcase_clear(0, 0, 0, 0, 0, 0);
    leakcase_wipe();
}

/* A size that no other block of the process has is no use here: counts are
 * compared, and the C library's own blocks are always reachable. */
static inline void *
take(size_t size)
{
    char *p = (char *)malloc(size);

    if (p == NULL)
        _exit(3);
    if (size > 0)
        memset(p, 0x11, size);
    if (size >= sizeof(void *))
        memset(p, 0, size - size % sizeof(void *));
    return p;
}

#endif
