/*
 * layouts.h - running the cases of a heap test in each layout of the heap.
 *
 * The layout is fixed by heap_start, once in a process, so each gets a process
 * of its own.
 */
#ifndef TESTS_UNIT_HEAP_LAYOUTS_H
#define TESTS_UNIT_HEAP_LAYOUTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/heap.h"

static const struct heap_layout layouts_plain = {.records = false};
static const struct heap_layout layouts_recorded = {.records = true};
static const struct heap_layout layouts_fenced = {
    .records = true, .lead = 16, .tail = 16};

/* layouts_run - run() in a process whose heap has this layout; 0 if all its
 * cases passed. */
static inline int
layouts_run(const struct heap_layout *layout, int (*run)(void))
{
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child < 0)
        return 1;
    if (child == 0) {
        heap_start(layout);
        exit(run() == 0 ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child)
        return 1;
    if (WIFSIGNALED(status)) {
        printf("Bail out! killed by signal %d\n", WTERMSIG(status));
        return 1;
    }
    return WEXITSTATUS(status);
}

/* layouts_dies - run(context) in a process of its own; the signal that ends
 * it, or 0. */
static inline int
layouts_dies(void (*run)(void *), void *context)
{
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* No message of a sanitizer's, no core: the signal is expected. */
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        run(context);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* layouts_random - the next number of a fixed sequence. */
static inline uint64_t
layouts_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* layouts_cache - a thread cache, claimed, on `arena`. Spans may point to it
 * after the case, in memory that no leak checker looks at: it is kept. */
static inline struct tcache *
layouts_cache(unsigned arena)
{
    static struct tcache *kept[256];
    static unsigned count;
    struct tcache *cache = NULL;

    assert_int_equal(posix_memalign((void **)&cache, 64, sizeof(*cache)), 0);
    memset(cache, 0, sizeof(*cache));
    tcache_init(cache, arena);
    assert_in_range(count, 0, ARRAY_COUNT(kept) - 1);
    kept[count++] = cache;
    return cache;
}

#endif
