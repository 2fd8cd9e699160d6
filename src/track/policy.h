/*
 * track/policy.h - the options as the hot path reads them, and the ones that
 * it pays for only when they are on.
 *
 * `attention` is the one word that malloc and free test: while it is 0, none of
 * the options of policy.c costs anything.
 */
#ifndef TRACK_POLICY_H
#define TRACK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"
#include "track/self.h"

/* What is done to memory beside handing it out. */
enum policy_memory {
    POLICY_ALLOC_BLANK = 1,
    POLICY_FILL = 2, /* freed memory gets `fill` */
    POLICY_CHECK_BLANK = 4,
    POLICY_QUARANTINE = 8,
    POLICY_SPEND = 16,     /* never-reuse */
    POLICY_GUARD_ALL = 32, /* every block has guard pages */
    POLICY_GUARD_SOME = 64
};

/* What the way of usual.h can do. */
#define POLICY_USUAL                                                           \
    ((unsigned)(POLICY_ALLOC_BLANK | POLICY_FILL | POLICY_CHECK_BLANK |        \
                POLICY_QUARANTINE))

struct policy {
    bool records;        /* every block has a record */
    bool is_usual;       /* the way of usual.h is open: fences and stacks, and
                            no more than POLICY_USUAL */
    bool is_light;       /* the way of light.h is open: blocks that are not
                            drawn may have bare records */
    bool mismatch;       /* check-mismatch */
    unsigned memory;     /* enum policy_memory: 0 on the quick ways */
    int alloc_blank;     /* the byte, or -1 */
    int fill;            /* of freed memory: the byte, or -1 */
    uint32_t fill_since; /* stamp: what was freed earlier may have another */
    size_t align;        /* least alignment */
    uint64_t sample;     /* bytes for each that is drawn; 0: all blocks */
    bool record_off;     /* track_record(false) */
    size_t quick_size;   /* blocks up to it are slots of a class and need no
                            policy_before; 0: none */
    unsigned attention;  /* not 0: something below is on */
    bool is_slices_only; /* and that is a slice of the heap now and then */
    bool touches;        /* policy_touch is to be asked */
};

/* Written by policy_read only: at start and when options change; is_light by
 * policy_close_light too. */
extern HIDDEN struct policy policy;

/* policy_read - take the options from conf_now(). */
void policy_read(void);

/* policy_close_light - there is a mark: from now on each block is to know it,
 * whatever policy_read finds meanwhile in another thread. */
void policy_close_light(void);

/* policy_is_filled - true if memory freed at `stamp` has the fill that is in
 * force now. */
bool policy_is_filled(uint32_t stamp);

/*
 * policy_before - may a block of `size` bytes be made? Limits, watched
 * allocation numbers.
 *
 * Returns false, the finding raised, if not.
 */
bool policy_before(struct self *self, size_t size, enum origin origin,
                   const void *caller);

/*
 * policy_zero - may a block of 0 bytes be made? Raises the finding that
 * zero-size asks for, unless the request is the library's own.
 */
bool policy_zero(struct self *self, enum origin origin, const void *caller);

/*
 * policy_after - a block was made, freed or resized: logs it, calls the
 * program's hook, counts operations and runs the checks that are due.
 *
 * p: the block (the new one), NULL for a failure; old: realloc's argument.
 */
void policy_after(struct self *self, enum origin call, const void *p,
                  const void *old, size_t size, size_t align, stack_id stack,
                  const void *caller);

/* policy_passes - true if no policy_after is due: all there is to do is to
 * check a slice of the heap with one call in so many, and this is none. */
static ALWAYS_INLINE bool
policy_passes(struct self *self)
{
    if (UNLIKELY(!policy.is_slices_only || self->until_slice == 0))
        return false;
    self->until_slice--;
    return true;
}

/* policy_operation - the number of the last call that was done, of the next one
 * where it `is_going_on`; 0 where calls are not numbered (they are while heap
 * checks, log-trans or start= are on). With interval=auto alone it is what the
 * tallies say, which other threads' calls blur. */
uint64_t policy_operation(bool is_going_on);

/* policy_is_site - true if a frame of the trace stands at file:line; `file` by
 * its last name. Slow: it names frames, inside self_internal_begin. */
bool policy_is_site(const char *file, unsigned line, const struct trace *trace);

/* policy_record - turn the recording of new blocks on or off; the earlier
 * state. */
bool policy_record(bool on);

/* policy_failed - no block could be made: oom=abort ends the program. */
void policy_failed(struct self *self, size_t size, enum origin origin,
                   const void *caller);

/* policy_touch - the block at `p` is about to be freed or resized by `call`:
 * raises a finding if it is the watched one (addr=) or protected. Returns
 * false if it must be left alone: see protect_end. */
bool MUST_CHECK policy_touch(struct self *self, const void *p, enum origin call,
                             const void *caller);

#endif
