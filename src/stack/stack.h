/*
 * stack/stack.h - the door of stack: who is calling.
 *
 * Purpose: turns the place of a call into a stack id, 32 bits that name a
 * trace for ever, fast enough for every allocation and free.
 *
 * Owns: the depot (depot.h), in which each different trace is kept once, and
 * the caches that lead from a return address to its id.
 *
 * Locks: none; the depot is lock-free and only grows.
 * Reading order: depot.h, capture.c.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/trace.h"
#include "os/arch/arch.h"
#include "stack/depot.h"

/* A thread's memory of the call sites it met last: direct-mapped. */
#define STACK_CACHE_COUNT 256

struct stack_cache {
    struct {
        uintptr_t pc;
        const char *file;
        uint32_t line;
        stack_id id;
    } entries[STACK_CACHE_COUNT];
};

/* stack_pc - where the entry point with the frame `caller` returns to; 0 for
 * NULL. */
static ALWAYS_INLINE uintptr_t
stack_pc(const void *caller)
{
    return UNLIKELY(caller == NULL) ? 0 : arch_frame_pc(caller);
}

/* stack_capture_slow - stack_capture where the cache does not know it. */
stack_id stack_capture_slow(struct stack_cache *cache, uintptr_t pc,
                            const char *file, unsigned line);

static ALWAYS_INLINE size_t
stack_cache_index(uintptr_t pc, unsigned line)
{
    return ((pc >> 1) ^ (pc >> 9) ^ line) % STACK_CACHE_COUNT;
}

/*
 * stack_capture - the id of the call whose entry point has the frame `caller`.
 *
 * cache: the calling thread's.
 * caller: ARCH_FRAME() of the entry point, which has not returned yet; NULL for
 *         a call that the program did not make.
 * file, line: where the call stands in the source, if the header said so;
 *             NULL, 0 if not. `file` must live as long as the process.
 * Returns STACK_ID_NONE if the depot has no memory.
 *
 * Thread: owner of `cache`.   Signal: yes, with a cache of its own.
 */
static ALWAYS_INLINE stack_id
stack_capture(struct stack_cache *cache, const void *caller, const char *file,
              unsigned line)
{
    uintptr_t pc = stack_pc(caller);
    size_t at = stack_cache_index(pc, line);

    if (LIKELY(cache->entries[at].pc == pc && cache->entries[at].file == file &&
               cache->entries[at].line == line))
        return cache->entries[at].id;
    return stack_capture_slow(cache, pc, file, line);
}

#endif
