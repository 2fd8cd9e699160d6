/*
 * leak/classify.c - from marks to kinds.
 *
 * Lost blocks are taken in the order of the heap. One that no leader leads to
 * yet becomes a leader itself, and all lost blocks that it leads to hang under
 * it, earlier leaders and what hangs under those included. So of a ring of lost
 * blocks to which nothing leads, the first one is the leader.
 *
 * parents[number] of a block below is 1 + the number of what it hangs under;
 * of a leader, 1 + its place in the list of leaders' addresses.
 */
#include "leak/classify.h"

#include "meta/vector.h"
#include "leak/mark.h"
#include "leak/shadow.h"

/* Of the one scan that runs. */
static struct vector classify_leaders = VECTOR_INIT(uintptr_t);

static void
take_seed(const struct shadow_block *block)
{
    shadow_now.words[block->number] |= SHADOW_POSSIBLE;
    mark_block(block);
}

static void
take_leader(const struct shadow_block *block)
{
    uintptr_t *addr = vector_add(&classify_leaders);

    /* Without memory its tree has no name, and is still counted. */
    if (addr != NULL) {
        *addr = block->addr;
        shadow_now.parents[block->number] = (uint32_t)classify_leaders.count;
    }
    shadow_now.words[block->number] |= SHADOW_LEADER;
    mark_set_mode(MARK_BELOW, block->number);
    mark_block(block);
    mark_drain();
}

void
classify_rest(void)
{
    mark_set_mode(MARK_POSSIBLE, 0);
    shadow_each(SHADOW_LIVE | SHADOW_SEED, SHADOW_REACHED | SHADOW_POSSIBLE,
                take_seed);
    mark_drain();
    shadow_each(SHADOW_LIVE, SHADOW_MARKED, take_leader);
}

/* The address of the leader that block `number` hangs under, or 0. The way is
 * shortened for the next one that asks. */
static uintptr_t
find_leader(uint32_t number)
{
    uint32_t at = number;
    uint32_t next;
    uint32_t parent;

    while ((shadow_now.words[at] & SHADOW_LEADER) == 0) {
        if (shadow_now.parents[at] == 0)
            return 0;
        at = shadow_now.parents[at] - 1;
    }
    for (uint32_t i = number; i != at; i = next) {
        next = shadow_now.parents[i] - 1;
        shadow_now.parents[i] = at + 1;
    }
    parent = shadow_now.parents[at];
    return parent == 0 ? 0
                       : VECTOR_AT(&classify_leaders, uintptr_t, parent - 1);
}

enum leak_kind
classify_kind(uintptr_t addr, uintptr_t *out_leader)
{
    struct span *span;
    uint32_t index;
    uint32_t number;
    shadow_word word;

    *out_leader = 0;
    if (shadow_now.count == 0 || !shadow_number(addr, &span, &index, &number) ||
        number >= shadow_now.count)
        return LEAK_OUTSTANDING;
    word = shadow_now.words[number];
    if ((word & SHADOW_LIVE) == 0)
        return LEAK_OUTSTANDING;
    if ((word & SHADOW_REACHED) != 0)
        return LEAK_REACHABLE;
    if ((word & SHADOW_POSSIBLE) != 0)
        return LEAK_POSSIBLE;
    if ((word & SHADOW_LEADER) != 0)
        return LEAK_DEFINITE;
    *out_leader = find_leader(number);
    return LEAK_INDIRECT;
}

void
classify_end(void)
{
    vector_fini(&classify_leaders);
}
