/*
 * report/webpage.h - what the page (html.c) is made of: stacks with their
 * measures, and rows for its table.
 *
 * One snapshot gives a page, and so do two that were compared.
 */
#ifndef REPORT_WEBPAGE_H
#define REPORT_WEBPAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "meta/buffer.h"
#include "meta/vector.h"
#include "model/snapshot.h"
#include "report/weigh.h"

#define PAGE_MEASURES_MAX 4u

struct page_row {
    const struct trace *trace;
    const char *kind; /* a leak's kind, or "new", "gone", ...: one word */
    int64_t bytes;
    int64_t blocks;
    uint64_t age_ns; /* of the oldest block, 0: not known */
    bool is_old;     /* the trace is of page.old */
    const struct snapshot_growth *growth; /* or NULL */
};

struct page_measure {
    const char *key; /* chooses the colours */
    const char *label;
    const char *unit; /* "bytes" or "blocks" */
    enum weigh_measure index;
};

struct webpage {
    const struct snapshot *snapshot;
    const struct snapshot *old; /* compared with it, or NULL */
    struct vector stacks;       /* struct weigh_stack */
    size_t old_first;           /* index of the first whose trace is of old */
    struct page_measure measures[PAGE_MEASURES_MAX];
    unsigned measure_count;
    unsigned first;     /* the measure shown first */
    struct vector rows; /* struct page_row, the largest first */
};

/* webpage_data - append the page's data, as JSON in which no '<' stands. */
void webpage_data(struct buffer *out, const struct webpage *page);

/* webpage_render - the whole page. In a session (names_begin). */
void webpage_render(struct buffer *out, const struct webpage *page);

#endif
