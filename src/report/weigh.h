/*
 * report/weigh.h - what each stack of a snapshot weighs, by every measure.
 *
 * The entries say what is leaked, the sites what was allocated and is live;
 * here both stand in one list, which the pictures and profiles are made of.
 *
 * Thread: owner.   Signal: no.   Locks: none.
 */
#ifndef REPORT_WEIGH_H
#define REPORT_WEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/vector.h"
#include "model/snapshot.h"

/* X(id, key, unit, title): key as on the command's line. */
#define WEIGH_MEASURES(X)                                                      \
    X(LEAKED, "leaked", "bytes", "bytes leaked")                               \
    X(LEAKED_BLOCKS, "leaked-blocks", "blocks", "blocks leaked")               \
    X(LIVE, "live", "bytes", "bytes live")                                     \
    X(LIVE_BLOCKS, "live-blocks", "blocks", "blocks live")                     \
    X(ALLOCATED, "allocated", "bytes", "bytes allocated")                      \
    X(COUNT, "count", "blocks", "allocations")

enum weigh_measure {
#define X(id, key, unit, title) WEIGH_##id,
    WEIGH_MEASURES(X)
#undef X
        WEIGH__COUNT
};

struct weigh_stack {
    const struct trace *trace; /* or NULL: not known */
    uint64_t values[WEIGH__COUNT];
};

/* weigh_key - "leaked", ...   weigh_unit - "bytes" or "blocks". */
const char *weigh_key(enum weigh_measure measure);
const char *weigh_unit(enum weigh_measure measure);
const char *weigh_title(enum weigh_measure measure);

/* weigh_find - the measure of that key; false if there is none. */
bool weigh_find(const char *key, enum weigh_measure *out_measure);

/* weigh_choose - the measure that whoever has the choice of one is shown: what
 * weigh_set says, else what is leaked, or live where nothing is. */
enum weigh_measure weigh_choose(const struct snapshot *snapshot);

/* weigh_set - the measure for weigh_choose, WEIGH__COUNT for none.
 * Thread: one at a time. */
void weigh_set(enum weigh_measure measure);

/*
 * weigh_all - the stacks of `snapshot` in `out_stacks`, an empty vector of
 * struct weigh_stack, each trace once, in the order of the snapshot.
 *
 * Without statistics what is live is what the entries have, and so is what was
 * allocated. Returns 0 or -ENOMEM (some are missing).
 */
int MUST_CHECK weigh_all(const struct snapshot *snapshot,
                         struct vector *out_stacks);

#endif
