/*
 * monitor/refs.h - who points to a block.
 */
#ifndef MONITOR_REFS_H
#define MONITOR_REFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/block.h"

enum refs_kind {
    REFS_GLOBAL, /* in a module's data */
    REFS_BLOCK,  /* in a live block */
    REFS_STACK   /* on the calling thread's stack */
};

struct refs_found {
    enum refs_kind kind;
    uintptr_t at;       /* where the pointer is */
    uintptr_t value;    /* what it holds */
    const char *module; /* GLOBAL: the module's path */
    struct block block; /* BLOCK: the one that it is in */
};

struct refs_search {
    uintptr_t from, to;  /* the addresses that are looked for: [from, to) */
    uintptr_t stack;     /* of the calling thread's stack, what lies from here
                            up; 0: nothing */
    uint64_t bytes_most; /* memory to look at; 0: all */
};

/* refs_of_block - let `search` look for the addresses of `block`: of one of 0
 * bytes for its start. */
static inline void
refs_of_block(struct refs_search *search, const struct block *block)
{
    search->from = block->addr;
    search->to = block->addr + (block->size > 0 ? block->size : 1);
}

/*
 * refs_find - call `visit` for each aligned word that holds such an address,
 * until it returns false.
 *
 * Looked at are the data of all modules but ours, all live blocks but one at
 * `from`, and the calling thread's stack. What is found is copied before the
 * first call, so `visit` may do anything; other threads go on meanwhile.
 * *out_visited: the calls made. Returns 0; -ENOMEM or -E2BIG: some were left
 * out.
 * Thread: any.   Signal: no.   Locks: heap, one after the other.
 */
int MUST_CHECK refs_find(const struct refs_search *search,
                         bool (*visit)(const struct refs_found *, void *),
                         void *context, uint64_t *out_visited);

#endif
