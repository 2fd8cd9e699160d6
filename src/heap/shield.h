/*
 * heap/shield.h - OS pages that nobody may touch, without using up mappings.
 *
 * A range is closed in one of two ways: by marks in the page table, where the
 * kernel has them (page_close), which cost no mapping, so there may be any
 * number of them; else by protecting the pages, which cuts mappings and is
 * therefore bounded, well under the kernel's limit, so that the program's own
 * mappings find room. Either way the memory goes back to the kernel.
 *
 * All functions: Thread: any. Signal: yes. Locks: none.
 */
#ifndef HEAP_SHIELD_H
#define HEAP_SHIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a range is closed: needed to open it again. */
enum shield_way { SHIELD_OPEN, SHIELD_MARKED, SHIELD_PROTECTED };

/* shield_close - make OS pages inaccessible; SHIELD_OPEN where neither way is
 * to be had, and nothing changed. */
enum shield_way shield_close(uintptr_t addr, size_t bytes);

/* shield_open - undo it; the pages read as zero. False where the kernel
 * refuses: they stay closed. */
bool shield_open(uintptr_t addr, size_t bytes, enum shield_way way);

/* shield_open_part, shield_close_part - open some pages of a range that is
 * closed that way, and close them again. False where the kernel refuses. */
bool shield_open_part(uintptr_t addr, size_t bytes, enum shield_way way);
bool shield_close_part(uintptr_t addr, size_t bytes, enum shield_way way);

/* shield_split - a range closed that way will be opened in `parts` parts (at
 * least one), each by a shield_open of its own: count it as so many. */
void shield_split(enum shield_way way, size_t parts);

/* shield_is_free - true if closing a range costs no mapping here, as far as
 * is known. */
bool shield_is_free(void);

/* shield_use_marks - false: as if the kernel had no marks; true: ask it again.
 * For tests, while nothing is closed. */
void shield_use_marks(bool wanted);

/* shield_protected - ranges that are closed by protecting them now. */
size_t shield_protected(void);

#endif
