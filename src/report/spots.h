/*
 * report/spots.h - the places of many stacks, each entered once.
 *
 * The stacks of a snapshot have their outer frames in common. A spot is a place
 * that they meet in: an address as it was at a generation of the module list,
 * with the file and line that the header noted, if it did. Whoever puts spots
 * into words does so when one is new, and keeps the words under its number.
 *
 * Thread: owner.   Signal: yes.   Locks: none.
 */
#ifndef REPORT_SPOTS_H
#define REPORT_SPOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "meta/table.h"
#include "meta/vector.h"
#include "model/trace.h"

#define SPOTS_NONE UINT32_MAX

struct spots_place {
    uintptr_t pc; /* 0: the file alone is known */
    uint32_t generation;
    uint32_t noted_line;
    const char *noted_file; /* of the header, or NULL */
};

struct spots {
    struct table index;   /* hash of a place -> its number */
    struct vector places; /* struct spots_place */
};

void spots_init(struct spots *spots);
void spots_fini(struct spots *spots);

/* spots_forget - addresses mean something else from now on: each is new again.
 * Numbers go on. */
void spots_forget(struct spots *spots);

/* spots_enter - the number of entry `i` (under names_count) of `trace`, one
 * more than the last where `*out_is_new`; SPOTS_NONE where memory is out. */
uint32_t spots_enter(struct spots *spots, const struct trace *trace, uint32_t i,
                     bool *out_is_new);

/* spots_place - the place of that number, which spots_enter gave. */
const struct spots_place *spots_place(const struct spots *spots, uint32_t spot);

#endif
