/*
 * model/snapshot.h - a snapshot: the heap at one instant, as data.
 *
 * monitor/collect fills one in from the live set and the tallies; report
 * renders it; both work on a copy that nobody else changes. It owns its
 * vectors and points to traces, which live for ever.
 *
 * Where blocks were sampled (option `sample`) only those that were have a
 * trace: the numbers of blocks and bytes of entries, and their sums, are
 * estimates then, each with its standard error; `live`, `counted` and the
 * counters are exact all the same (model/sample.h).
 *
 * Invariant: after snapshot_group, the totals of the entries add up to
 * `selected`, and the entries are in the order of `order`.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/region.h"
#include "meta/vector.h"
#include "model/block.h"
#include "model/counter.h"
#include "model/finding.h"
#include "model/module.h"
#include "model/trace.h"

/* Size histogram: bucket 0 holds size 0, bucket i > 0 sizes of which the
 * highest set bit is bit i - 1: [2^(i-1), 2^i). */
#define SNAPSHOT_BUCKETS 49

enum snapshot_reason {
    SNAPSHOT_EXIT,
    SNAPSHOT_SIGNAL,
    SNAPSHOT_API,
    SNAPSHOT_PERIODIC,
    SNAPSHOT_CRASH
};

/* What a leak scan says of a block. OUTSTANDING: no scan was made, the block
 * was simply not freed. */
enum leak_kind {
    LEAK_OUTSTANDING,
    LEAK_DEFINITE,
    LEAK_INDIRECT,
    LEAK_POSSIBLE,
    LEAK_REACHABLE,
    LEAK_RUNTIME, /* the C or C++ library keeps it for itself */
    LEAK_UNSEEN,  /* nothing points to it, and others of its stack were freed
                     by a road that was not seen: it may be, too */
    LEAK__COUNT
};

/* snapshot_is_leak - true if a block of this kind counts as leaked. */
static inline bool
snapshot_is_leak(enum leak_kind kind)
{
    return kind != LEAK_REACHABLE && kind != LEAK_RUNTIME &&
           kind != LEAK_UNSEEN;
}

/* snapshot_is_lost - true if nothing points to a block of this kind, or only
 * what is lost. */
static inline bool
snapshot_is_lost(enum leak_kind kind)
{
    return kind == LEAK_DEFINITE || kind == LEAK_INDIRECT;
}

/* One block in a snapshot. */
struct snapshot_block {
    uintptr_t addr;
    uint64_t size;
    const struct trace *trace; /* where it was made; NULL = not known */
    uint64_t age_ns;           /* at the snapshot */
    uint32_t thread;
    uint8_t origin;   /* enum origin */
    uint8_t kind;     /* enum leak_kind */
    uint16_t name;    /* number of the program's name for it, 0 = none */
    uintptr_t leader; /* INDIRECT: the address of the DEFINITE block
                                  that it hangs under; 0 = not known */
};

/* What is made of the evidence on one stack. */
enum snapshot_verdict {
    SNAPSHOT_NO_VERDICT, /* not enough is known */
    SNAPSHOT_LOST,       /* nothing points to it, or only what is lost */
    SNAPSHOT_GROWING,    /* its total keeps growing */
    SNAPSHOT_PLATEAU,    /* it moves, and does not keep growing */
    SNAPSHOT_ONE_OFF,    /* made once, and kept */
    SNAPSHOT__VERDICT_COUNT
};

/* The evidence: what the stack of an entry did, whatever the kinds of its
 * blocks. 0 where it is not known. */
struct snapshot_growth {
    enum snapshot_verdict verdict;
    uint32_t points;                  /* times that it was looked at */
    uint64_t span_ns;                 /* from the first to the last of them */
    uint64_t quiet_ns;                /* since it was last higher than ever */
    int64_t per_hour;                 /* bytes that it grows in an hour */
    uint64_t alloc_count, free_count; /* since the start */
    uint64_t old_ns;     /* an age, and of the blocks that were made */
    uint64_t old_made;   /* longer ago than that, all, and those that */
    uint64_t old_blocks; /* still live */
};

#define SNAPSHOT_SAMPLES 4

/* An entry as another one names it: 1 + its index, or this for none. */
#define SNAPSHOT_NO_ENTRY 0u

/* Live blocks of one group (a stack, a call site or a single block). */
struct snapshot_entry {
    const struct trace *trace;
    enum leak_kind kind;
    enum origin origin; /* of the first block */
    uint64_t blocks;    /* live, selected */
    uint64_t bytes;
    uint64_t size_min, size_max;
    uint64_t age_min_ns, age_max_ns;
    uint32_t threads; /* different threads, as far as counted */
    uint32_t first_thread;
    uint64_t samples[SNAPSHOT_SAMPLES]; /* addresses of some of the blocks */
    uint32_t sample_count;
    uint64_t sample_sizes[SNAPSHOT_SAMPLES];
    /* A leaked tree: what hangs under the blocks of a DEFINITE entry, in all,
     * and the INDIRECT entries that it consists of, which name it as their
     * parent. What is in `below` is not in `blocks` and `bytes`. */
    uint64_t below_blocks;
    uint64_t below_bytes;
    uint32_t parent; /* INDIRECT: 1 + the index in `entries`, or
                                   SNAPSHOT_NO_ENTRY */
    uint32_t place;  /* snapshot_group's own */
    struct snapshot_growth growth;
    uint16_t name;     /* number of the name that the program gave the first
                          block, 0 = none */
    const char *label; /* that name, or NULL */
    /* Of an estimate: the blocks that were there, and the standard errors. */
    uint64_t sampled;
    uint64_t blocks_error, bytes_error;
};

/* What one trace did from the start, live or not. */
struct snapshot_site {
    const struct trace *trace;
    uint64_t alloc_count, alloc_bytes;
    uint64_t free_count, free_bytes;
};

struct snapshot_thread {
    uint32_t number; /* ours: 1, 2, ... */
    int tid;
    bool alive;
};

/* What was live at one instant. */
struct snapshot_instant {
    uint64_t time_ns; /* since the start */
    uint64_t bytes;
    uint64_t blocks;
};

/* A mark that the program set (dbgmalloc_mark, mark-signal). */
struct snapshot_mark {
    uint64_t time_ns; /* since the start */
    uint32_t number;
};

/* A finding, and how often it was noticed. */
struct snapshot_noticed {
    struct finding finding;
    uint64_t times;
};

/* A return address of some trace, and its names: `count` of them from `first`
 * on in `names`, innermost first; none where it was not looked up. */
struct snapshot_frame {
    uintptr_t pc;
    uint32_t generation; /* of the module list, as in the trace */
    uint32_t first;
    uint32_t count;
};

/* One function at an address: see report/names.h. Texts lie in `region`. */
struct snapshot_name {
    const char *function; /* or NULL */
    const char *linkage;  /* as the linker has it, if that differs, or NULL */
    const char *file;     /* or NULL */
    uint64_t function_offset;
    uint64_t module_offset;
    uint32_t line;   /* 0 = unknown */
    uint32_t module; /* 1 + its index in `modules`, 0 = none */
    bool is_inlined;
};

struct snapshot_total {
    uint64_t blocks;
    uint64_t bytes;
};

/* How a leak scan was made. */
struct snapshot_scan {
    bool is_done;        /* there was one; else the blocks are
                                   OUTSTANDING */
    int error;           /* -errno for which there was none, or 0 */
    int killed_by;       /* the signal that ended the scan, or 0 */
    bool is_copy;        /* a copy of the process was scanned */
    bool is_whole;       /* all roots are known: /proc was there */
    uint32_t parked;     /* threads that were stopped */
    uint32_t kernel;     /* known from /proc alone, without registers */
    uint32_t missed;     /* not stopped, and not known */
    uint64_t root_areas; /* pieces of memory with roots */
    uint64_t root_bytes;
    uint64_t scanned_bytes; /* of blocks */
    uint64_t pause_ns;      /* how long the threads stood still */
    uint64_t scan_ns;
};

/* Live blocks that the program gave one name; the text lives for ever. */
struct snapshot_label {
    const char *name;
    struct snapshot_total live;
};

/* A suppression that matched something or stands in a file. Texts lie in the
 * snapshot's region. */
struct snapshot_rule {
    const char *name;
    const char *file; /* NULL: built in */
    uint32_t line;
    struct snapshot_total leaks; /* what it keeps out of this snapshot */
    uint64_t hits;               /* stacks and findings, since the start */
};

struct snapshot {
    /* Whose heap, and when. Texts lie in `region`. */
    enum snapshot_reason reason;
    const char *program; /* absolute path, or "" */
    const char *command_line;
    const char *host;
    const char *options; /* the options in force, as text */
    int pid;
    uint64_t start_unix_ns; /* start of the process under the library */
    uint64_t time_unix_ns;
    uint64_t elapsed_ns;
    bool has_stats;  /* counters, histogram and sites are filled */
    bool has_leaks;  /* blocks/entries are filled */
    bool is_partial; /* memory ran out while it was collected */

    uint64_t counters[COUNTER__COUNT];
    uint64_t histogram_count[SNAPSHOT_BUCKETS]; /* allocations by size */
    uint64_t histogram_live[SNAPSHOT_BUCKETS];  /* live blocks by size */
    uint64_t findings[FINDING__COUNT];          /* noticed so far, by kind */

    struct vector blocks;           /* struct snapshot_block, before grouping */
    struct vector entries;          /* struct snapshot_entry */
    struct vector sites;            /* struct snapshot_site */
    struct vector threads;          /* struct snapshot_thread */
    struct snapshot_total live;     /* all live blocks */
    struct snapshot_total selected; /* those that the options select */
    struct snapshot_total kinds[LEAK__COUNT];
    struct snapshot_total unlisted[LEAK__COUNT]; /* by kinds that the report
                                                    does not list */
    struct snapshot_scan scan;
    struct snapshot_total suppressed; /* selected, then left out by a rule */
    uint64_t findings_suppressed;     /* noticed so far, kept back by a rule */
    uint64_t
        sample; /* bytes for each that was drawn; 0: nothing is estimated */
    struct snapshot_total counted[LEAK__COUNT]; /* with sample: as in `kinds`,
                                                   but all, and exact */
    struct vector rules;                        /* struct snapshot_rule */
    struct vector labels;                       /* struct snapshot_label */

    struct vector history; /* struct snapshot_instant, by time */
    struct vector marks;   /* struct snapshot_mark, by time */

    /* What only a snapshot that is kept in a file has, so that it can be read
     * where the process is gone. Filled by report, or by codec_decode. */
    bool is_decoded;       /* it comes from a file */
    struct vector noticed; /* struct snapshot_noticed */
    struct vector modules; /* struct module */
    struct vector frames;  /* struct snapshot_frame, by pc */
    struct vector names;   /* struct snapshot_name */

    struct region region;
};

enum snapshot_grouping {
    SNAPSHOT_BY_STACK,
    SNAPSHOT_BY_SITE, /* innermost frame (or file and line) alone */
    SNAPSHOT_BY_BLOCK
};

/* snapshot_init - an empty snapshot that owns nothing. */
void snapshot_init(struct snapshot *snapshot);

/* snapshot_text - keep a copy of `text` in the snapshot; "" if memory runs
 * out. */
const char *snapshot_text(struct snapshot *snapshot, const char *text);

/* snapshot_bucket - the histogram bucket of `size`. */
unsigned snapshot_bucket(uint64_t size);

/*
 * snapshot_group - make `entries` and the totals from `blocks`.
 *
 * Entries are sorted by kind, then bytes (largest first), then blocks, then
 * trace id, so that equal snapshots give equal reports.
 * Returns 0, or -ENOMEM (entries made so far stay; is_partial is set).
 */
int MUST_CHECK snapshot_group(struct snapshot *snapshot,
                              enum snapshot_grouping grouping);

/*
 * snapshot_each_trace - call `visit` for every trace that the entries, sites
 * and findings of the snapshot name, as often as they do; never with NULL.
 */
void snapshot_each_trace(const struct snapshot *snapshot,
                         void (*visit)(const struct trace *trace,
                                       void *context),
                         void *context);

/*
 * snapshot_list_frames - make `frames` the different addresses of all traces,
 * in the order of pc and generation, none of them named.
 *
 * Returns 0, or -ENOMEM (some are missing).   Cost: O(n log n).
 */
int MUST_CHECK snapshot_list_frames(struct snapshot *snapshot);

/* snapshot_find_frame - the frame of `pc` at `generation`, or NULL. */
const struct snapshot_frame *
snapshot_find_frame(const struct snapshot *snapshot, uintptr_t pc,
                    uint32_t generation);

/* snapshot_leaks - the total of what counts as leaked: of all that is listed,
 * what snapshot_is_leak says. Of sampled blocks it is an estimate, or the
 * exact total where none of those was sampled. */
struct snapshot_total snapshot_leaks(const struct snapshot *snapshot);

/* snapshot_error - the standard errors of that total; 0 if it is exact. */
struct snapshot_total snapshot_error(const struct snapshot *snapshot);

/* snapshot_kind - the total of one kind, as snapshot_leaks has it. */
struct snapshot_total snapshot_kind(const struct snapshot *snapshot,
                                    enum leak_kind kind);

/* snapshot_counted - what snapshot_leaks says before rules take out anything,
 * exact in any case. */
struct snapshot_total snapshot_counted(const struct snapshot *snapshot);

void snapshot_fini(struct snapshot *snapshot);

#endif
