/*
 * tool/gauge.h - one process that is watched: its samples, and what they say.
 *
 * status is read at every sample; smaps, which makes the kernel walk the page
 * tables, at the first and the last, and between them so seldom that it takes
 * less than one part in GAUGE_MAPS_SHARE of the time.
 */
#ifndef TOOL_GAUGE_H
#define TOOL_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tool/procfs.h"
#include "tool/trend.h"

/* So many points are kept; when they are full, each two become one, the one
 * with less memory: troughs are what a verdict hangs on. */
#define GAUGE_POINTS 1024
#define GAUGE_MAPS_SHARE 400

struct gauge_point {
    double time; /* seconds, of the monotonic clock */
    struct procfs_memory memory;
};

struct gauge {
    pid_t pid;
    char name[32];
    double age; /* of the process when the watch began, seconds */
    bool has_ended;

    struct gauge_point points[GAUGE_POINTS];
    size_t count;
    unsigned long samples; /* taken in all */
    unsigned bucket;       /* samples that become one point */
    unsigned filled;       /* of the last point */

    struct procfs_maps first; /* what smaps said at the beginning */
    struct procfs_maps last;
    int maps_error;   /* -errno where it could not be read, else 0 */
    double next_maps; /* not before this time */
    unsigned maps_reads;

    /* By gauge_judge. */
    struct trend own;     /* anonymous memory, swap and shared memory */
    struct trend file;    /* pages of files */
    struct trend virtual; /* address space */
    struct trend threads; /* their number, times GAUGE_THREAD */
};

/* What a thread counts for the trend, which knows bytes. */
#define GAUGE_THREAD (1024.0 * 1024)

/* gauge_open - begin to watch. Returns 0 or -errno. To be closed. */
int MUST_CHECK gauge_open(struct gauge *gauge, pid_t pid, double now);
void gauge_close(struct gauge *gauge);

/* gauge_sample - read status, and smaps if it is time for it or `is_last`.
 * Where the process is no more, sets has_ended. */
void gauge_sample(struct gauge *gauge, double now, bool is_last);

/* gauge_judge - the trends of what was sampled. */
void gauge_judge(struct gauge *gauge);

/* gauge_own - the memory that the program itself asked for, swapped out or
 * not. */
double gauge_own(const struct procfs_memory *memory);

/* gauge_growth - how much memory of a kind is more than at the beginning; 0
 * where smaps could not be read. */
double gauge_growth(const struct gauge *gauge, enum procfs_kind kind);

/* The mappings that grew most, largest first; growth in bytes. */
struct gauge_grown {
    char name[64];
    double growth;
    size_t count; /* mappings of this name that grew */
};

/* gauge_grown - up to `max` of them; returns how many. Mappings are known again
 * by where they are: one that overlaps an earlier one is that one, grown. */
size_t gauge_grown(const struct gauge *gauge, struct gauge_grown *grown,
                   size_t max);

/* gauge_note - the `i`th remark on where memory grows, other than in the heap,
 * as a sentence in `buffer`; NULL once there is none. */
const char *gauge_note(const struct gauge *gauge, unsigned i, char *buffer,
                       size_t size);

#endif
