/*
 * stack/bounds.c - asking the kernel about pages, and remembering the answer.
 */
#include "stack/bounds.h"

#include "base/bits.h"
#include "os/page.h"

/* Asked about in one step, and in all from where a range began. A frame or two
 * of a large array fits the step. */
#define STEP ((uintptr_t)64 << 10)
#define REACH ((uintptr_t)1 << 30)

/* Where readable memory from `addr` on ends, no further than `most`. */
static uintptr_t
readable_until(uintptr_t addr, uintptr_t most)
{
    uintptr_t page = page_size();

    if (page_is_readable((const void *)addr, most - addr))
        return most;
    while (addr < most && page_is_readable((const void *)addr, 1))
        addr += page;
    return addr;
}

static uintptr_t
step_up(uintptr_t addr)
{
    return addr > UINTPTR_MAX - STEP ? bits_align_down(UINTPTR_MAX, page_size())
                                     : addr + STEP;
}

bool
bounds_find_slow(struct bounds *bounds, uintptr_t sp)
{
    uintptr_t page = bits_align_down(sp, page_size());
    struct bounds_range found;

    for (unsigned i = 1; i < BOUNDS_RANGES; i++) {
        if (sp - bounds->ranges[i].low <
            bounds->ranges[i].high - bounds->ranges[i].low) {
            found = bounds->ranges[i];
            bounds->ranges[i] = bounds->ranges[0];
            bounds->ranges[0] = found;
            return true;
        }
    }
    /* The stack grew down from a range that is known? */
    for (unsigned i = 0; i < BOUNDS_RANGES; i++) {
        struct bounds_range *range = &bounds->ranges[i];

        if (range->high != 0 && page < range->low &&
            range->low - page <= STEP &&
            readable_until(page, range->low) == range->low) {
            found = (struct bounds_range){.low = page, .high = range->high};
            *range = bounds->ranges[0];
            bounds->ranges[0] = found;
            return true;
        }
    }
    found.low = page;
    found.high = readable_until(page, step_up(page));
    if (found.high == page)
        return false;
    bounds->next = bounds->next % (BOUNDS_RANGES - 1) + 1;
    bounds->ranges[bounds->next] = bounds->ranges[0];
    bounds->ranges[0] = found;
    return true;
}

bool
bounds_extend(struct bounds *bounds, uintptr_t addr)
{
    struct bounds_range *range = &bounds->ranges[0];

    /* Also what wraps, and what is no address at all. */
    if (addr % 8 != 0 || addr < range->low || addr - range->low > REACH)
        return false;
    while (addr >= range->high) {
        uintptr_t high = readable_until(range->high, step_up(range->high));

        if (high == range->high)
            return false;
        range->high = high;
    }
    return true;
}
