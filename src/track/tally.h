/*
 * track/tally.h - counting: what each thread allocated and freed.
 *
 * A tally belongs to a self and is written by its holder alone; anyone may
 * read it, and the sum over all selves is the total (exact once the threads
 * rest). What each trace made is counted beside the thread's cache of traces
 * (stack/stack.h); what was freed of it is that less what is live.
 *
 * The peak of live bytes needs one sum over all threads: each thread knows how
 * much of its own difference it has told, and the highest value that had since
 * (`high`), and tells when it is TALLY_SLACK off. With one thread the peak is
 * exact; with n it is at most n * TALLY_SLACK too low.
 */
#ifndef TRACK_TALLY_H
#define TRACK_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/block.h"
#include "model/counter.h"
#include "model/snapshot.h"

#define TALLY_SLACK ((int64_t)64 << 10)

/* Block counts in all are the sums of the histograms; live bytes the difference
 * of the byte counts. */
struct tally {
    uint64_t calls[ORIGIN__COUNT];
    uint64_t alloc_bytes;
    uint64_t free_bytes;
    uint64_t failures;
    uint64_t sizes_made[SNAPSHOT_BUCKETS];
    uint64_t sizes_freed[SNAPSHOT_BUCKETS];
    int64_t told_bytes;   /* of alloc_bytes - free_bytes, what was told */
    int64_t told_blocks;
    int64_t blocks;       /* made less freed, by this thread */
    int64_t high;         /* the most that alloc_bytes - free_bytes was since */
    int64_t high_blocks;  /* `blocks` then */
};

/* tally_tell - add the deltas to the process's sums, and raise the peak. */
void tally_tell(struct tally *tally);

/* tally_bucket - snapshot_bucket, inline. size: under 2^63. */
static ALWAYS_INLINE unsigned
tally_bucket(uint64_t size)
{
    return 63u - (unsigned)__builtin_clzll(2 * size + 1);
}

/* tally_add - tally_alloc but for telling; true: it is time for that. */
static ALWAYS_INLINE bool
tally_add(struct tally *tally, size_t size)
{
    int64_t live;

    tally->sizes_made[tally_bucket(size)]++;
    tally->alloc_bytes += size;
    tally->blocks++;
    live = (int64_t)(tally->alloc_bytes - tally->free_bytes);
    if (LIKELY(live <= tally->high))
        return false;
    tally->high = live;
    tally->high_blocks = tally->blocks;
    return live > tally->told_bytes + TALLY_SLACK;
}

/* tally_alloc - a block of `size` bytes was made. */
static ALWAYS_INLINE void
tally_alloc(struct tally *tally, size_t size)
{
    if (UNLIKELY(tally_add(tally, size)))
        tally_tell(tally);
}

/* tally_take - tally_free but for telling; true: it is time for that. */
static ALWAYS_INLINE bool
tally_take(struct tally *tally, size_t size)
{
    tally->sizes_freed[tally_bucket(size)]++;
    tally->free_bytes += size;
    tally->blocks--;
    return (int64_t)(tally->alloc_bytes - tally->free_bytes) <
           tally->told_bytes - TALLY_SLACK;
}

/* tally_free - a block of `size` bytes was freed. */
static ALWAYS_INLINE void
tally_free(struct tally *tally, size_t size)
{
    if (UNLIKELY(tally_take(tally, size)))
        tally_tell(tally);
}

/* tally_live_bytes - live bytes of the process, to TALLY_SLACK per thread. */
uint64_t tally_live_bytes(void);

#endif
