/*
 * report/frametext.h - the frames of a JSON document, each put into words once.
 *
 * The stacks of a large snapshot have their outer frames in common: an address
 * is looked up and written out when it is met first, and copied from then on.
 *
 * Thread: owner.   Signal: yes.   Locks: none.
 */
#ifndef REPORT_FRAMETEXT_H
#define REPORT_FRAMETEXT_H

#include "meta/buffer.h"
#include "meta/vector.h"
#include "model/trace.h"
#include "report/emit.h"
#include "report/spots.h"

struct frametext {
    struct spots spots;
    struct vector ranges; /* of each spot in `pieces` */
    struct vector pieces; /* where each frame stands in `json` */
    struct buffer json;
    bool failed; /* memory ran out: frames are written anew */
};

void frametext_init(struct frametext *frames);
void frametext_fini(struct frametext *frames);

/* frametext_add - the frames of entry `i` (under names_count) of `trace`, as
 * items of the list that is open in `emit`. In a session (names_begin), the
 * resolver being the same each time. */
void frametext_add(struct frametext *frames, struct emit *emit,
                   const struct trace *trace, uint32_t i);

#endif
