/*
 * heap/shield.c - closing and opening ranges of OS pages.
 *
 * Each protected range cuts the mapping around it, so it costs up to two;
 * where neighbours are both closed the kernel joins them again. Half of the
 * kernel's limit is left to the program.
 */
#include "heap/shield.h"

#include <stdatomic.h>

#include "os/page.h"
#include "os/process.h"

/* Atomic; whether the kernel marks pages: it is asked by the first close. */
enum shield_marks { MARKS_UNKNOWN, MARKS_YES, MARKS_NO };
static _Atomic int marks;

/* Atomic; ranges that are closed by protecting them, and the most of them (0:
 * not computed yet). */
static _Atomic size_t protected_count;
static _Atomic size_t protected_most;

static size_t
most_protected(void)
{
    size_t most = atomic_load_explicit(&protected_most, memory_order_relaxed);

    if (most == 0) {
        most = (size_t)process_max_maps() / 4 + 1;
        atomic_store_explicit(&protected_most, most, memory_order_relaxed);
    }
    return most;
}

enum shield_way
shield_close(uintptr_t addr, size_t bytes)
{
    if (atomic_load_explicit(&marks, memory_order_relaxed) != MARKS_NO) {
        int error = page_close((void *)addr, bytes);

        if (error == 0) {
            atomic_store_explicit(&marks, MARKS_YES, memory_order_relaxed);
            return SHIELD_MARKED;
        }
        /* Locked pages cannot be marked even where others can. */
        if (atomic_load_explicit(&marks, memory_order_relaxed) == MARKS_UNKNOWN)
            atomic_store_explicit(&marks, MARKS_NO, memory_order_relaxed);
    }
    if (atomic_load_explicit(&protected_count, memory_order_relaxed) >=
            most_protected() ||
        page_protect((void *)addr, bytes) != 0)
        return SHIELD_OPEN;
    atomic_fetch_add_explicit(&protected_count, 1, memory_order_relaxed);
    (void)page_discard((void *)addr, bytes); /* then the memory stays, hidden */
    return SHIELD_PROTECTED;
}

bool
shield_open(uintptr_t addr, size_t bytes, enum shield_way way)
{
    switch (way) {
    case SHIELD_MARKED:
        return page_open((void *)addr, bytes) == 0;
    case SHIELD_PROTECTED:
        if (page_unprotect((void *)addr, bytes) != 0)
            return false;
        atomic_fetch_sub_explicit(&protected_count, 1, memory_order_relaxed);
        return true;
    default:
        return true;
    }
}

/* An open part of a protected range cuts it as a closed one would cut an open
 * range. */
bool
shield_open_part(uintptr_t addr, size_t bytes, enum shield_way way)
{
    if (way == SHIELD_MARKED)
        return page_open((void *)addr, bytes) == 0;
    if (atomic_load_explicit(&protected_count, memory_order_relaxed) >=
            most_protected() ||
        page_unprotect((void *)addr, bytes) != 0)
        return false;
    atomic_fetch_add_explicit(&protected_count, 1, memory_order_relaxed);
    return true;
}

bool
shield_close_part(uintptr_t addr, size_t bytes, enum shield_way way)
{
    if (way == SHIELD_MARKED)
        return page_close((void *)addr, bytes) == 0;
    if (page_protect((void *)addr, bytes) != 0)
        return false;
    atomic_fetch_sub_explicit(&protected_count, 1, memory_order_relaxed);
    (void)page_discard((void *)addr, bytes); /* then the memory stays, hidden */
    return true;
}

/* Where the parts lie side by side the kernel has fewer mappings than this
 * counts, but which of them are open changes all the time. */
void
shield_split(enum shield_way way, size_t parts)
{
    if (way == SHIELD_PROTECTED)
        atomic_fetch_add_explicit(&protected_count, parts - 1,
                                  memory_order_relaxed);
}

bool
shield_is_free(void)
{
    return atomic_load_explicit(&marks, memory_order_relaxed) != MARKS_NO;
}

void
shield_use_marks(bool wanted)
{
    atomic_store(&marks, wanted ? MARKS_UNKNOWN : MARKS_NO);
}

size_t
shield_protected(void)
{
    return atomic_load_explicit(&protected_count, memory_order_relaxed);
}
