/*
 * guard/layout.c - what fences ask of the heap.
 */
#include "guard/guard.h"

#include "base/bits.h"
#include "conf/conf.h"
#include "os/process.h"

#define LEAD_BYTES ((size_t)16)

void
guard_plan(bool records, struct heap_layout *out_layout)
{
    size_t fence = records ? (size_t)conf_now()->check_fence : 0;

    out_layout->records = records;
    out_layout->lead = fence != 0 ? LEAD_BYTES : 0;
    out_layout->tail = fence != 0 ? bits_align_up(fence, LEAD_BYTES) : 0;
}

void
guard_start(void)
{
    fence_key = process_random();
}
