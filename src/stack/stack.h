/*
 * stack/stack.h - the door of stack: who is calling.
 *
 * Purpose: turns the place of a call into a stack id, 32 bits that name a
 * trace for ever, fast enough for every allocation and free.
 *
 * A trace is the whole stack, or as many of its innermost frames as the option
 * `stack` says; with 0, the return address alone. It is found by the program's
 * own unwind tables, through a cache of rules (rowcache.h) and the memory of
 * the stack before (memo.h). The library's own frames are never in it.
 *
 * Owns: the depot (depot.h), in which each different trace is kept once, the
 * cache of rules, and in each thread's struct stack_cache: its last stack, the
 * traces it met last with what they allocated since, how far its stacks can be
 * read.
 *
 * Invariants: a frame that is not certain is not there. An address is named by
 * the module that was there: what was learnt of code is forgotten when a module
 * goes, and the depot tells equal addresses of different modules apart.
 *
 * Locks: none; the depot is lock-free and only grows. Nothing here takes the
 * loader's lock or allocates.
 * Reading order: rowcache.h, unwind.h, tables.h, bounds.h, memo.h, depot.h,
 * capture.c.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/trace.h"
#include "os/arch/arch.h"
#include "stack/bounds.h"
#include "stack/depot.h"
#include "stack/memo.h"

/* A thread's memory of the traces it met last: direct-mapped. */
#define STACK_CACHE_LOG2 10
#define STACK_CACHE_COUNT (1u << STACK_CACHE_LOG2)

/* A trace that a thread met, and what it allocated there since it told the
 * depot. */
struct stack_site {
    uint64_t key; /* the trace's hash; of a single address, itself */
    stack_id id;
    uint32_t allocs;
    uint64_t bytes;
};

struct stack_cache {
    uint32_t loader_calls; /* when all of this was true (capture.c) */
    uint32_t epoch;        /* of the module list then */
    struct stack_site *last; /* of the last capture; sites[0] if it has none */
    struct stack_site sites[STACK_CACHE_COUNT];
    struct bounds bounds;
    struct memo memo;
};

/* Frames of a trace; 0: the return address alone. Written by stack_set_depth.
 */
extern HIDDEN uint32_t stack_depth;

/* stack_set_depth - from now on traces have `depth` frames (see stack_depth),
 * at most MEMO_TRACE_MOST.   Thread: one at a time. */
void stack_set_depth(uint32_t depth);

/*
 * stack_capture_fault - the id of the stack of the code that a signal
 * interrupted; after a jump to nowhere, of the call that led there.
 *
 * ucontext: the handler's third argument.
 * Thread: any.   Signal: yes.   Cost: about 1 us a frame.
 */
stack_id stack_capture_fault(const void *ucontext);

/* stack_pc - where the entry point with the frame `caller` returns to; 0 for
 * NULL. */
static ALWAYS_INLINE uintptr_t
stack_pc(const void *caller)
{
    return UNLIKELY(caller == NULL) ? 0 : arch_frame_pc(caller);
}

/* stack_capture_slow - stack_capture where the cache does not know it. */
stack_id stack_capture_slow(struct stack_cache *cache, const void *caller,
                            const char *file, unsigned line);

/* stack_capture_deep, stack_capture_noted - stack_capture of more than the
 * return address, without and with a place in the source. */
stack_id stack_capture_deep(struct stack_cache *cache, const void *caller);
stack_id stack_capture_noted(struct stack_cache *cache, const void *caller,
                             const char *file, unsigned line);

static ALWAYS_INLINE uint32_t
stack_cache_index(uint64_t key)
{
    return (uint32_t)(key >> 1 ^ key >> STACK_CACHE_LOG2) % STACK_CACHE_COUNT;
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
    uintptr_t pc;
    uint32_t at;

    if (LIKELY(stack_depth != 0) && LIKELY(caller != NULL))
        return LIKELY(file == NULL)
                   ? stack_capture_deep(cache, caller)
                   : stack_capture_noted(cache, caller, file, line);
    pc = stack_pc(caller);
    at = stack_cache_index(pc);
    if (LIKELY(cache->sites[at].key == pc) && LIKELY(file == NULL)) {
        cache->last = &cache->sites[at];
        return cache->sites[at].id;
    }
    return stack_capture_slow(cache, caller, file, line);
}

/* stack_count_slow - stack_count where another trace was captured since. */
void stack_count_slow(stack_id id, size_t size);

/* stack_count_many - stack_count of `blocks` blocks of `bytes` bytes in all,
 * with no cache between. */
void stack_count_many(stack_id id, uint64_t blocks, uint64_t bytes);

/* stack_count - a block of `size` bytes was made by the trace `id`, which was
 * just captured. */
static ALWAYS_INLINE void
stack_count(struct stack_cache *cache, stack_id id, size_t size)
{
    struct stack_site *site = cache->last;

    if (UNLIKELY(site->id != id)) {
        stack_count_slow(id, size);
        return;
    }
    site->allocs++;
    site->bytes += size;
}

/* stack_forget - the cache gets another owner, or the owner another stack. */
void stack_forget(struct stack_cache *cache);

#endif
