/*
 * model/block.h - a block as everybody but the heap sees it: plain data.
 */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/trace.h"

/* The entry point that made a block or, for a free, that was called. X(id,
 * name, family): a block is freed rightly by a call of its own family. */
#define ORIGINS(X)                                                             \
    X(MALLOC, "malloc", C)                                                     \
    X(CALLOC, "calloc", C)                                                     \
    X(REALLOC, "realloc", C)                                                   \
    X(REALLOCARRAY, "reallocarray", C)                                         \
    X(RECALLOC, "recalloc", C)                                                 \
    X(ALIGNED_ALLOC, "aligned_alloc", C)                                       \
    X(MEMALIGN, "memalign", C)                                                 \
    X(POSIX_MEMALIGN, "posix_memalign", C)                                     \
    X(VALLOC, "valloc", C)                                                     \
    X(PVALLOC, "pvalloc", C)                                                   \
    X(NEW, "operator new", NEW)                                                \
    X(NEW_ARRAY, "operator new[]", NEW_ARRAY)                                  \
    X(NEW_ALIGNED, "operator new (aligned)", NEW)                              \
    X(NEW_ARRAY_ALIGNED, "operator new[] (aligned)", NEW_ARRAY)                \
    X(FREE, "free", C)                                                         \
    X(CFREE, "cfree", C)                                                       \
    X(FREE_SIZED, "free_sized", C)                                             \
    X(FREE_ALIGNED_SIZED, "free_aligned_sized", C)                             \
    X(DELETE, "operator delete", NEW)                                          \
    X(DELETE_ARRAY, "operator delete[]", NEW_ARRAY)                            \
    X(USABLE_SIZE, "malloc_usable_size", C)                                    \
    X(CHECK, "dbgmalloc_check", C)                                             \
    X(INTERNAL, "dbgmalloc itself", NONE)

enum origin {
#define X(id, name, family) ORIGIN_##id,
    ORIGINS(X)
#undef X
    ORIGIN__COUNT
};

/* block_origin_name - "malloc", "operator new[]", ... */
const char *block_origin_name(enum origin origin);

/* What one entry point hands out or takes back. */
enum block_family {
    BLOCK_FAMILY_C,
    BLOCK_FAMILY_NEW,
    BLOCK_FAMILY_NEW_ARRAY,
    BLOCK_FAMILY_NONE
};

/* Of each origin those of its family, a bit each. */
extern HIDDEN const uint32_t block_partners[ORIGIN__COUNT];

static_assert(ORIGIN__COUNT <= 32, "they are bits of a word");

/* block_is_pair - true if a block made by `made` may be freed by `freed`. */
static ALWAYS_INLINE bool
block_is_pair(enum origin made, enum origin freed)
{
    /* A damaged record must not lead us out of the table. */
    return (unsigned)made < ORIGIN__COUNT && (unsigned)freed < ORIGIN__COUNT &&
           (block_partners[freed] >> made & 1) != 0;
}

enum block_state {
    BLOCK_NEVER,       /* a slot that never held a block */
    BLOCK_LIVE,
    BLOCK_FREED,       /* its slot may be used again at any time */
    BLOCK_QUARANTINED, /* freed, kept from reuse */
    BLOCK_BLANK        /* FREED, and it holds the fill of freed memory: in
                          records alone, everybody else is told FREED */
};

/* What the heap and the records know of one block, copied at one instant. */
struct block {
    uintptr_t addr;            /* the user address */
    size_t size;               /* bytes requested */
    uintptr_t slot;            /* first byte of the slot */
    size_t slot_size;          /* bytes in the slot, fences included */
    enum block_state state;
    enum origin origin;
    uint32_t thread;           /* our number of the thread that made it; 0
                                  unknown, as below */
    uint32_t free_thread;      /* ... that freed it */
    uint64_t time_ns;          /* clock_now when it was made (or, for a freed
                                  block, freed), to clock resolution; 0
                                  unknown */
    const struct trace *alloc; /* where it was made, or NULL */
    const struct trace *freed; /* where it was freed, or NULL */
    size_t align;              /* asked for; 0 = the default */
    uint32_t mark;             /* the mark in force when it was made */
    uint32_t name;             /* live: number of the name that the program
                                  gave it, 0 = none */
    bool is_ignored;           /* live: the program keeps it on purpose */
};

#endif
