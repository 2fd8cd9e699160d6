/*
 * monitor/doubt.h - of which blocks it is not sure that they live.
 *
 * In another allocator's heap some frees may go by a road that is not seen
 * (track/unseen.h). They come to light where an address is handed out again, or
 * where a younger block lies across an older one. What came to light is a
 * sample: a stack of which at least a quarter as many blocks were freed unseen
 * as nothing points to is not called lost. A stack that really leaks has no
 * frees, seen or not, and stays accused.
 *
 * Thread: one at a time, between leak_scan and leak_end.   Signal: no.
 * Source: ours.
 */
#ifndef MONITOR_DOUBT_H
#define MONITOR_DOUBT_H

#include <stdbool.h>

#include "meta/table.h"
#include "model/block.h"
#include "model/snapshot.h"

struct doubt {
    struct table gone;   /* addresses of blocks that are surely freed -> 1 */
    struct table unseen; /* stack_id -> its blocks that were freed so */
    struct table lost;   /* stack_id -> its blocks that nothing points to, of
                            stacks with unseen frees */
};

/* doubt_begin - look at all live blocks. Where memory runs out there is no
 * doubt. Nothing is to be done where the heap is ours.   Pair: doubt_end. */
void doubt_begin(struct doubt *doubt);
void doubt_end(struct doubt *doubt);

/* doubt_kind - the kind of a live block that the scan calls `kind`: UNSEEN
 * where it may be freed. */
enum leak_kind doubt_kind(const struct doubt *doubt, const struct block *block,
                          enum leak_kind kind);

#endif
