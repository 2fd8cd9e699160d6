/*
 * model/finding.h - a finding: one misuse noticed, as plain data.
 *
 * guard and track fill it in; report says it. A pointer in it is valid while
 * the finding is being reported; traces are valid for ever.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"
#include "model/trace.h"

enum finding_kind {
#define FINDING(id, key, title) FINDING_##id,
#include "model/findings.def"
#undef FINDING
    FINDING__COUNT
};

/* What lies at an address that is in no block of ours. */
enum finding_place {
    FINDING_PLACE_UNKNOWN,
    FINDING_PLACE_BLOCK,      /* in or near a block: see block */
    FINDING_PLACE_NULL,       /* null, or null and a small offset */
    FINDING_PLACE_STACK,      /* the calling thread's stack */
    FINDING_PLACE_GLOBAL,     /* a module's data or code: see module */
    FINDING_PLACE_LIBC,       /* memory of the libc's own heap (brk) */
    FINDING_PLACE_MAPPED,     /* some other mapping */
    FINDING_PLACE_UNMAPPED,   /* no mapping */
    FINDING_PLACE_OURS        /* the library's own memory */
};

/* What was done, or about to be done, with memory. */
enum finding_access {
    FINDING_ACCESS_NONE,
    FINDING_ACCESS_READ,
    FINDING_ACCESS_WRITE
};

#define FINDING_BYTES_MAX 64

struct finding {
    enum finding_kind kind;
    uint64_t number;            /* 1, 2, ...: in the order of noticing */
    uint64_t time_ns;           /* clock_now */
    uint64_t operation;         /* number of the call in which it was noticed,
                                   or of the one before; 0: not counted */
    uint32_t thread;            /* our number of the thread that noticed */
    int tid;                    /* the kernel's */
    enum origin call;           /* the call in which it was noticed */
    const char *during;         /* "free", "heap check", "exit check", ... */
    const struct trace *trace;  /* where it was noticed, or NULL */

    uintptr_t addr;             /* the pointer passed, or the first bad byte */
    bool has_block;
    struct block block;         /* the block it concerns */
    ptrdiff_t offset;           /* addr - block.addr */
    size_t length;              /* bytes damaged, or bytes asked for */
    enum finding_access access;
    size_t size_given;          /* sized frees, limits: what the caller said */
    size_t align_given;

    bool has_culprit;
    struct block culprit;       /* the neighbour that more likely did it */

    enum finding_place place;
    char module[128];           /* place GLOBAL: the module's path, cut */

    /* What the memory around the damage holds; 0 bytes = not shown. */
    uintptr_t bytes_addr;
    size_t bytes_count;         /* <= FINDING_BYTES_MAX */
    uint8_t bytes[FINDING_BYTES_MAX];
    uint64_t bytes_damaged;     /* bit i: bytes[i] is not what it should be */

    bool is_notice;             /* said, and no more: it is no misuse */
    bool is_fatal;              /* the process ends of it by itself */

    uintptr_t stack;            /* of the stack of the thread that noticed,
                                   what the program has lies from here up; 0
                                   unknown */
    char note[400];             /* one more sentence, or "" */
};

/* The first kind's number in the interface; the others follow in order. */
#define FINDING_NUMBER_FIRST 20

/* finding_number - of DBGMALLOC_E_DOUBLE_FREE, ...: the number that the
 * interface has for the kind. */
static inline int
finding_number(enum finding_kind kind)
{
    return FINDING_NUMBER_FIRST + (int)kind;
}

/* finding_key - "double-free", ... */
const char *finding_key(enum finding_kind kind);

/* finding_title - "block freed twice", ... */
const char *finding_title(enum finding_kind kind);

#endif
