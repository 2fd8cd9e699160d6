/*
 * front/mallinfo.c - glibc's tuning and statistics, answered for our heap.
 *
 * What glibc's own allocator has and ours has not (fast bins, the top chunk)
 * is 0; what is given is true. The text goes to stdio's streams, as glibc's
 * does: these are the program's calls, made outside the library.
 */
#include "front/front.h"

#include "conf/conf.h"
#include "heap/heap.h"
#include "front/start.h"
#include "track/track.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

/* The greatest value of M_MXFAST, and of M_MMAP_THRESHOLD, that glibc takes on
 * 64-bit systems. */
#define MALLINFO_FAST_MAX (80 * (int)sizeof(size_t) / 4)
#define MALLINFO_THRESHOLD_MAX (32 * 1024 * 1024)

static void
read_counters(uint64_t out_counters[COUNTER__COUNT])
{
    for (unsigned i = 0; i < COUNTER__COUNT; i++)
        out_counters[i] = 0;
    if (start_is_ready())
        track_counters(out_counters);
}

static int
clamp_int(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

/*
 * Our heap has no such tuning: a parameter that glibc knows is accepted (1)
 * with the values that glibc accepts, without effect.
 */
EXPORT int
mallopt(int parameter, int value)
{
    switch (parameter) {
    case M_MXFAST:
        return value >= 0 && value <= MALLINFO_FAST_MAX;
    case M_MMAP_THRESHOLD:
        return value >= 0 && value <= MALLINFO_THRESHOLD_MAX;
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_MAX:
    case M_CHECK_ACTION:
    case M_PERTURB:
    case M_ARENA_TEST:
    case M_ARENA_MAX:
        return 1;
    default:
        /* glibc answers 1 to what it does not know, too. */
        return 1;
    }
}

EXPORT int
malloc_trim(size_t pad UNUSED)
{
    return start_is_ready() && heap_trim() ? 1 : 0;
}

EXPORT struct mallinfo2
mallinfo2(void)
{
    uint64_t counters[COUNTER__COUNT];
    struct mallinfo2 info = {0};

    read_counters(counters);
    info.arena = counters[COUNTER_HEAP_COMMITTED];
    info.uordblks = counters[COUNTER_BYTES_LIVE];
    if (info.arena > info.uordblks)
        info.fordblks = info.arena - info.uordblks;
    return info;
}

/* The fields of the older form are ints: a value that does not fit becomes the
 * greatest one, where glibc's wraps around. */
EXPORT struct mallinfo
mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info = {0};

    info.arena = clamp_int(wide.arena);
    info.uordblks = clamp_int(wide.uordblks);
    info.fordblks = clamp_int(wide.fordblks);
    return info;
}

EXPORT void
malloc_stats(void)
{
    uint64_t counters[COUNTER__COUNT];
    int saved_errno = errno;

    read_counters(counters);
    /* As glibc lays it out; nothing can be done if it cannot be written. */
    (void)fprintf(stderr,
                  "Total:\n"
                  "system bytes     = %10" PRIu64 "\n"
                  "in use bytes     = %10" PRIu64 "\n"
                  "in use blocks    = %10" PRIu64 "\n"
                  "peak bytes       = %10" PRIu64 "\n"
                  "debugging bytes  = %10" PRIu64 "\n",
                  counters[COUNTER_HEAP_COMMITTED],
                  counters[COUNTER_BYTES_LIVE], counters[COUNTER_BLOCKS_LIVE],
                  counters[COUNTER_BYTES_PEAK], counters[COUNTER_META]);
    errno = saved_errno;
}

static void
print_sizes(FILE *stream)
{
    uint64_t made[SNAPSHOT_BUCKETS] = {0};
    uint64_t live[SNAPSHOT_BUCKETS] = {0};

    if (start_is_ready())
        track_histograms(made, live);
    (void)fprintf(stream, "<sizes>\n");
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        uint64_t from = i == 0 ? 0 : UINT64_C(1) << (i - 1);
        uint64_t to = i == 0 ? 0 : (UINT64_C(1) << (i - 1)) * 2 - 1;

        if (made[i] != 0)
            (void)fprintf(stream,
                          "  <size from=\"%" PRIu64 "\" to=\"%" PRIu64
                          "\" allocated=\"%" PRIu64 "\" count=\"%" PRIu64
                          "\"/>\n",
                          from, to, made[i], live[i]);
    }
    (void)fprintf(stream, "</sizes>\n");
}

/* XML with glibc's elements, where they mean something here; what cannot be
 * written shows in the stream's error flag, as for glibc. */
EXPORT int
malloc_info(int options, FILE *stream)
{
    uint64_t counters[COUNTER__COUNT];
    uint64_t rest = 0;

    if (options != 0)
        return EINVAL;
    read_counters(counters);
    if (counters[COUNTER_HEAP_COMMITTED] > counters[COUNTER_BYTES_LIVE])
        rest = counters[COUNTER_HEAP_COMMITTED] - counters[COUNTER_BYTES_LIVE];
    (void)fprintf(stream, "<malloc version=\"1\">\n<heap nr=\"0\">\n");
    print_sizes(stream);
    (void)fprintf(
        stream,
        "<total type=\"live\" count=\"%" PRIu64 "\" size=\"%" PRIu64 "\"/>\n"
        "<total type=\"rest\" count=\"0\" size=\"%" PRIu64 "\"/>\n"
        "<system type=\"current\" size=\"%" PRIu64 "\"/>\n"
        "<aspace type=\"total\" size=\"%" PRIu64 "\"/>\n"
        "</heap>\n</malloc>\n",
        counters[COUNTER_BLOCKS_LIVE], counters[COUNTER_BYTES_LIVE], rest,
        counters[COUNTER_HEAP_COMMITTED], counters[COUNTER_HEAP_RESERVED]);
    return 0;
}
