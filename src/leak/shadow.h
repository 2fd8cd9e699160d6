/*
 * leak/shadow.h - a word per slot of the heap: what a scan knows of its block.
 *
 * The words lie side by side in one array, by the span's `scan_base` and the
 * index of the slot, so that the test of a pointer touches the page map, the
 * span and one word, and neither the record nor the block. Most pointers lead
 * to what was found before: a bit per slot, which stays in the CPU's cache,
 * says so without the word. Another array, of which only the pages of lost
 * blocks are ever touched, says under which block a lost one hangs.
 *
 * Blocks of another allocator's (track_observe) have no slots: their numbers
 * follow those of the slots, in the order of their addresses, in a list of
 * places that is searched by halving.
 *
 * Locks: held: those of the heap, from shadow_make to shadow_drop.
 */
#ifndef LEAK_SHADOW_H
#define LEAK_SHADOW_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/heap.h"
#include "meta/vector.h"
#include "os/arch/arch.h"

/* The low byte: words of the block, rounded down; SHADOW_LONG: as many as the
 * record says. */
#define SHADOW_WORDS 0x00ffu
#define SHADOW_LONG 0x00ffu

/* The high byte. */
#define SHADOW_LIVE 0x0100u
#define SHADOW_ODD 0x0200u      /* the block does not start with its slot */
#define SHADOW_REACHED 0x0400u  /* from a root, by pointers to first bytes */
#define SHADOW_POSSIBLE 0x0800u /* from a root, by any pointers */
#define SHADOW_LEADER 0x1000u   /* lost, and nothing lost points to it */
#define SHADOW_BELOW 0x2000u    /* lost, under a leader */
#define SHADOW_SEED 0x4000u     /* a reached block points into its middle */
#define SHADOW_WAITS 0x8000u    /* to be scanned: the work list was full */

#define SHADOW_LOST (SHADOW_LEADER | SHADOW_BELOW)
#define SHADOW_MARKED (SHADOW_REACHED | SHADOW_POSSIBLE | SHADOW_LOST)

typedef uint16_t shadow_word;

/* A block of another allocator's. */
struct shadow_place {
    uintptr_t addr;
    size_t size;
};

/* One per scan; written by shadow_make. */
struct shadow {
    shadow_word *words;   /* by number */
    uint64_t *open;       /* by number, a bit: live, and not REACHED */
    uint32_t *parents;    /* by number: 1 + the number of the block that a lost
                             one hangs under, 0 = none; NULL without memory */
    size_t count;         /* numbers */
    size_t slots;         /* of these, of slots: they come first */
    struct vector places; /* struct shadow_place, ascending */
    uintptr_t low, high;  /* every block lies in [low, high) */
    uint64_t blocks;      /* live ones */
    uint64_t bytes;
};

extern HIDDEN struct shadow shadow_now;

/* A live block as marking meets it. */
struct shadow_block {
    uintptr_t addr; /* the user address */
    size_t size;    /* bytes requested */
    uint32_t number;
};

/*
 * shadow_make - make the shadow of all live blocks. What lies in no live block
 * of the program's and must be scanned (blocks of the library's own, blocks in
 * the middle of a realloc) is given to `root`.
 *
 * Returns 0 or -ENOMEM.
 */
int MUST_CHECK shadow_make(void (*root)(uintptr_t start, size_t bytes));

/* shadow_drop - give the memory back. */
void shadow_drop(void);

/* shadow_each - call `visit` for each number whose word has all bits of
 * `wanted` and none of `unwanted`, in the order of the heap. `visit` may change
 * words. */
void shadow_each(unsigned wanted, unsigned unwanted,
                 void (*visit)(const struct shadow_block *block));

/* shadow_has_places - true if another allocator's blocks are among them. */
static ALWAYS_INLINE bool
shadow_has_places(void)
{
    return shadow_now.places.count != 0;
}

/* shadow_find_place - the index of the last place at or below `addr`, if `addr`
 * may lie in it; false if not. */
bool shadow_find_place(uintptr_t addr, uint32_t *out_index);

/* shadow_overlaps - call `visit` for each place that begins in the middle of
 * another, with the address of that one and its own. */
void shadow_overlaps(void (*visit)(uintptr_t outer, uintptr_t inner,
                                   void *context),
                     void *context);

/* shadow_number - the number of the slot that `addr` lies in, and its span, or
 * of the place, and NULL; false if it is in none.   Cost: O(1); of a place, the
 * logarithm of their number. */
static ALWAYS_INLINE bool
shadow_number(uintptr_t addr, struct span **out_span, uint32_t *out_index,
              uint32_t *out_number)
{
    struct span *span = pagemap_find(addr);
    uint32_t index = 0;

    if (span == NULL) {
        if (LIKELY(!shadow_has_places()) || !shadow_find_place(addr, out_index))
            return false;
        *out_span = NULL;
        *out_number = (uint32_t)shadow_now.slots + *out_index;
        return true;
    }
    if (LIKELY(span->kind == SPAN_SLOTS)) {
        if (UNLIKELY(addr < span->base))
            return false;
        index = span_index(span, addr);
        if (UNLIKELY(index >= span->capacity))
            return false;
    }
    *out_span = span;
    *out_index = index;
    *out_number = span->scan_base + index;
    return true;
}

/* shadow_is_open - the block is live, and not REACHED yet. */
static ALWAYS_INLINE bool
shadow_is_open(uint32_t number)
{
    return (shadow_now.open[number / 64] >> (number % 64) & 1) != 0;
}

/* shadow_add - set `bit`, one of the marks, in the block's word, which was
 * `word`. */
static ALWAYS_INLINE void
shadow_add(uint32_t number, shadow_word word, shadow_word bit)
{
    shadow_now.words[number] = word | bit;
    if (bit == SHADOW_REACHED)
        shadow_now.open[number / 64] &= ~((uint64_t)1 << (number % 64));
}

/* shadow_user - the user address of the block in slot `index`, whose word is
 * `word`. */
static ALWAYS_INLINE uintptr_t
shadow_user(const struct span *span, uint32_t index, shadow_word word)
{
    uintptr_t start;

    if (UNLIKELY(span == NULL))
        return VECTOR_AT(&shadow_now.places, struct shadow_place, index).addr;
    start = span->kind == SPAN_SLOTS ? span_slot(span, index) : span->base;
    if (UNLIKELY(word & SHADOW_ODD))
        start += (uintptr_t)span->records[index].offset * 16;
    return start;
}

/* shadow_size - its size in bytes, from the record or the place. */
static ALWAYS_INLINE size_t
shadow_size(const struct span *span, uint32_t index)
{
    if (UNLIKELY(span == NULL))
        return VECTOR_AT(&shadow_now.places, struct shadow_place, index).size;
    return span->kind == SPAN_SLOTS ? span->records[index].size
                                    : span->block_size;
}

#endif
