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

/*
 * refs_find - call `visit` for each aligned word that holds an address in the
 * block at `addr` (or `addr` itself, if it is in no block), until it returns
 * false.
 *
 * Looked at are the data of all modules but ours, all live blocks but this one,
 * and the calling thread's stack from `stack` up. They are copied before the
 * first call, so `visit` may do anything; other threads go on meanwhile.
 * *out_visited: the calls made. Returns 0 or -ENOMEM (some were left out).
 * Thread: any.   Signal: no.   Locks: heap, one after the other.
 */
int MUST_CHECK refs_find(uintptr_t addr, uintptr_t stack,
                         bool (*visit)(const struct refs_found *, void *),
                         void *context, uint64_t *out_visited);

#endif
