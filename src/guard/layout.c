/*
 * guard/layout.c - what fences ask of the heap.
 */
#include "guard/guard.h"

#include "base/bits.h"
#include "conf/conf.h"
#include "os/process.h"

/* Every address that the heap gives is a multiple of this. */
#define STEP_BYTES ((size_t)16)

/* A slot that was not handed out has the pattern where a free one has it, so
 * that the block before it and the one after it have their fences. */
static void
arm_carved(const struct slot *slot)
{
    if (slot->index == 0)
        fence_arm(slot->start - heap_layout.lead, slot->start);
    fence_arm(slot->end - heap_layout.lead, slot->end);
}

void
guard_plan(bool records, struct heap_layout *out_layout)
{
    size_t fence = records ? (size_t)conf_now()->check_fence : 0;

    /* The end of one slot is the front fence of the next, so both have one
     * length. */
    out_layout->records = records;
    out_layout->lead = bits_align_up(fence, STEP_BYTES);
    out_layout->tail = out_layout->lead;
    out_layout->shuffle = records && conf_now()->shuffle;
    out_layout->seed =
        conf_now()->seed != 0 ? conf_now()->seed : process_random();
    out_layout->carved = arm_carved;
}

bool
guard_arm_alone(const struct slot *slot, uintptr_t user, size_t size)
{
    fence_arm_odd(heap_front(slot->span), user);
    fence_arm(user + size, slot->end);
    return true;
}

bool
guard_is_alone_intact(const struct slot *slot, uintptr_t user, size_t size)
{
    return fence_is_intact(user + size, slot->end) &&
           fence_is_odd_intact(heap_front(slot->span), user);
}

void
guard_start(void)
{
    fence_set_key(process_random(), process_random());
}
