/*
 * monitor/collect.h - a snapshot of the heap, made from the live set and the
 * counts.
 *
 * Locks: held: monitor_lock, in all functions (and meanwhile track's).
 */
#ifndef MONITOR_COLLECT_H
#define MONITOR_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/vector.h"
#include "model/snapshot.h"
#include "leak/leak.h"

/* What a report is to hold. A block is selected if it meets every limit. */
struct collect_request {
    enum snapshot_reason reason;
    bool with_leaks;   /* live blocks, grouped as leak-group says */
    bool with_stats;   /* counters, histogram and sites */
    bool with_file;    /* history, marks and modules, for dump */
    bool with_freed;   /* freed blocks too, as far as they are known */
    bool without_live; /* and not the live ones */
    bool by_growth;    /* entries in the order of growth.h */
    bool with_growing; /* what is reachable and grows, although `show` lists
                          nothing that is reachable */
    uint32_t mark;     /* made since this mark; 0: whenever */
    uint64_t age_ns;   /* older than this; 0: of any age */
    uint64_t size_min; /* bytes requested, both included */
    uint64_t size_max;
    unsigned show;         /* the kinds that are listed, 1 << enum leak_kind */
    bool as_table;         /* said so, whatever the options say */
    bool (*goes_on)(void); /* called now and then while a scan is waited for,
                              monitor held; false gives it up. Or NULL */
    const struct leak_caller *caller; /* of the calling thread; NULL if it is
                                         the library's own */
};

/* collect_request_init - ask for live blocks with the limits of leak-age and
 * leak-size, and for nothing else. */
void collect_request_init(struct collect_request *request,
                          enum snapshot_reason reason);

/* collect_request_growth - what grows is listed too, and first. */
void collect_request_growth(struct collect_request *request);

/*
 * collect_snapshot - fill `out_snapshot`, which the caller gives to
 * snapshot_fini in any case.
 *
 * Where memory for it is refused, what was collected so far is kept and
 * is_partial set.   Signal: no.   Locks: held: monitor; heap.
 */
void collect_snapshot(const struct collect_request *request,
                      struct snapshot *out_snapshot);

/* collect_count - only count the blocks that the request selects. */
void collect_count(const struct collect_request *request,
                   struct snapshot_total *out_selected);

/* collect_blocks - copies of all blocks (flags: enum track_walk_flag), struct
 * block, in `out_blocks`, an empty vector. Returns 0 or -ENOMEM (those that
 * fitted are there). Holds no lock of monitor's. */
int MUST_CHECK collect_blocks(unsigned flags, struct vector *out_blocks);

#endif
