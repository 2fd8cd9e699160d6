/*
 * misuse.h - what the wrong programs share. Each states in its first comment
 * which finding it must get; run.pl says how.
 *
 * make, end and their kin are functions of their own, never inlined, so that
 * a finding can be checked for the right sites by name.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang__
#define APART __attribute__((noinline, unused))
#else
#define APART __attribute__((noinline, noclone, unused))
#endif

/* A call before this is no tail call: its caller stays on the stack. */
#define RETURN_HERE() __asm__ volatile("" ::: "memory")

/* keep - hide from the compiler what a pointer is, so that it neither warns of
 * the misuse nor leaves it out. */
static inline void *
keep(void *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

/* bytes - the same, as bytes to write to. */
static inline volatile char *
bytes(void *p)
{
    return (volatile char *)keep(p);
}

/* damage - change the byte at `offset`, whatever it is. */
static inline void
damage(void *p, ptrdiff_t offset)
{
    volatile char *byte = bytes(p) + offset;
    *byte = (char)~*byte;
}

APART static void *
make(size_t n)
{
    return keep(malloc(n));
}

/* resize - realloc, with the pointer that it must not have. */
APART static void *
resize(void *p, size_t n)
{
    return keep(realloc(keep(p), n));
}

APART static void
end(void *p)
{
    free(keep(p));
    RETURN_HERE();
}

/* end_again - a second function that frees, to tell two frees apart. The nop
 * keeps compilers and linkers from making it and `end` one function. */
APART static void
end_again(void *p)
{
    free(keep(p));
    __asm__ volatile("nop" ::: "memory");
}

/* in_thread - run a function in a thread of its own, to its end. */
APART static void *
in_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, NULL, run, argument) != 0 ||
        pthread_join(thread, &result) != 0)
        abort();
    return result;
}

APART static void *
make_in_thread(void *size)
{
    return make(*(size_t *)size);
}

APART static void *
end_in_thread(void *p)
{
    end(p);
    return NULL;
}

#endif
