/*
 * track/alloc.h - what making a block shares with resizing and freeing one.
 */
#ifndef TRACK_ALLOC_H
#define TRACK_ALLOC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "model/trace.h"
#include "track/policy.h"
#include "track/self.h"

/* Past this no block can be, with what is added to it. */
#define ALLOC_SIZE_MOST ((size_t)PTRDIFF_MAX - ((size_t)1 << 32))

/* The mark in force: track_mark adds one. */
extern HIDDEN _Atomic uint32_t alloc_mark;

/* alloc_take_note - use up the thread's note: *out_file and *out_line are set
 * if it belongs to the call of `caller` with argument `value`. */
void alloc_take_note(struct self *self, const void *caller, size_t value,
                     const char **out_file, unsigned *out_line);

/*
 * alloc_capture - the stack id of the call of `caller`; `value` is what a note
 * of the header's for it would hold.
 *
 * A note is left while the thread is not inside, so a nested call, which is
 * not the one it is meant for, leaves it alone.
 */
static ALWAYS_INLINE stack_id
alloc_capture(struct self *self, const void *caller, size_t value)
{
    const char *file = NULL;
    unsigned line = 0;

    if (UNLIKELY(self->note.file != NULL))
        alloc_take_note(self, caller, value, &file, &line);
    return stack_capture(&self->stacks, caller, file, line);
}

/* alloc_capture_block - alloc_capture for a block of `size` bytes that is being
 * made; STACK_ID_NONE for one that is not sampled. */
static ALWAYS_INLINE stack_id
alloc_capture_block(struct self *self, const void *caller, size_t size)
{
    if (UNLIKELY(policy.sample != 0) && !sampler_take(&self->sampler, size)) {
        self->note.file = NULL;
        return STACK_ID_NONE;
    }
    return alloc_capture(self, caller, size);
}

/* alloc_capture_free - alloc_capture for the end of the block `p` in `slot`: of
 * what was not sampled it is not kept either. */
static ALWAYS_INLINE stack_id
alloc_capture_free(struct self *self, const void *caller, uintptr_t p,
                   const struct slot *slot)
{
    if (UNLIKELY(policy.sample != 0) &&
        (slot->record->is_bare ||
         heap_history(slot)->alloc_stack == STACK_ID_NONE)) {
        self->note.file = NULL;
        return STACK_ID_NONE;
    }
    return alloc_capture(self, caller, p);
}

/* alloc_count_sampled - alloc_count of a block that was sampled. */
void alloc_count_sampled(struct self *self, stack_id id, size_t size);

/* alloc_count - add a block of `size` bytes, which alloc_capture_block just
 * returned `id` for, to what that stack made. */
static ALWAYS_INLINE void
alloc_count(struct self *self, stack_id id, size_t size)
{
    if (UNLIKELY(policy.sample != 0))
        alloc_count_sampled(self, id, size);
    else
        stack_count(&self->stacks, id, size);
}

/* alloc_write_history - write the history of a block that is being made.
 * align: as asked for, 0 if none was. */
static ALWAYS_INLINE void
alloc_write_history(struct self *self, struct history *history, size_t align,
                    stack_id stack)
{
    history->alloc_stack = stack;
    history->freed_stack =
        atomic_load_explicit(&alloc_mark, memory_order_relaxed);
    history->time = self_stamp(self);
    history->thread = self->short_number;
    history->freed_thread = align == 0 ? 0 : (uint16_t)bits_log2_floor(align);
}

/*
 * alloc_write_record - write the record of a block that is whole and has its
 * history, LIVE last.
 *
 * offset: of the user address in the slot, in 16 bytes; size: its low 32 bits
 * are kept here.
 */
static ALWAYS_INLINE void
alloc_write_record(struct record *record, unsigned offset, size_t size,
                   enum origin origin)
{
    record->size = (uint32_t)size;
    record->offset = (uint16_t)offset & 0x7fff;
    record->is_bare = false;
    record->origin = (uint8_t)origin;
    atomic_store_explicit(&record->state, BLOCK_LIVE, memory_order_release);
}

/* alloc_ask_ahead - what the call will write of a block is fetched from memory
 * while it goes on: its record, its history, the line of `end`. */
static ALWAYS_INLINE void
alloc_ask_ahead(const struct record *record, const struct history *history,
                uintptr_t end)
{
    arch_prefetch_write(record);
    arch_prefetch_write(history);
    arch_prefetch_write((const void *)end);
}

/* alloc_is_unrecorded - what the thread allocates now is not the program's, or
 * not to be told of. */
static ALWAYS_INLINE bool
alloc_is_unrecorded(const struct self *self)
{
    return UNLIKELY((self->internal | self->record_off | policy.record_off) !=
                    0);
}

/* alloc_is_passed_over - may a block, of which `stack` is known, do without a
 * history? */
static ALWAYS_INLINE bool
alloc_is_passed_over(stack_id stack)
{
    return UNLIKELY(policy.is_light) && stack == STACK_ID_NONE;
}

/* alloc_write_bare - alloc_write_record of a block that starts where its slot
 * does, and gets no history. */
static ALWAYS_INLINE void
alloc_write_bare(struct record *record, size_t size, enum origin origin)
{
    record->size = (uint32_t)size;
    record->offset = 0;
    record->is_bare = true;
    record->origin = (uint8_t)origin;
    atomic_store_explicit(&record->state, BLOCK_LIVE, memory_order_release);
}

/* alloc_open_history - the history of the slot's block, of which nothing is
 * known if it had none.   Thread: who makes or ends the block, or has it. */
static inline struct history *
alloc_open_history(const struct slot *slot)
{
    struct history *history = heap_history(slot);

    if (UNLIKELY(slot->record->is_bare)) {
        memset(history, 0, sizeof(*history));
        atomic_thread_fence(memory_order_release);
        slot->record->is_bare = false;
    }
    return history;
}

/* alloc_recorded - a slot of a class for `size` bytes, not 0, and no more than
 * policy.quick_size, from having entered to leaving. */
void *alloc_recorded(struct self *self, size_t size, bool zero,
                     enum origin origin, const void *caller);

/* alloc_leave_telling - end a quick way's call after which the tally is to be
 * told. Returns `p`. */
void *alloc_leave_telling(struct self *self, void *p);

/* alloc_leave - end a quick way's call; is_due: the tally is to be told.
 * Returns `p`. */
static ALWAYS_INLINE void *
alloc_leave(struct self *self, uintptr_t p, bool is_due)
{
    if (UNLIKELY(is_due))
        return alloc_leave_telling(self, (void *)p);
    self_leave_own(self);
    return (void *)p;
}

/* alloc_plain - a block of a heap without records: no fence, no count. */
void *alloc_plain(struct self *self, size_t size, size_t align, bool zero);

/* alloc_inside - track_alloc by a thread that entered already. `old`: the
 * block that realloc moves, for the log; else NULL. */
void *alloc_inside(struct self *self, size_t size, size_t align, bool zero,
                   enum origin origin, const void *caller, const void *old);

#endif
