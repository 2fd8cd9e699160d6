/*
 * report/compare.h - two snapshots of a program compared, stack by stack.
 *
 * Stacks of two processes have no addresses in common, so they are the same
 * where their functions and lines are. What is compared is what was live.
 */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/buffer.h"
#include "meta/vector.h"
#include "model/snapshot.h"
#include "report/report.h"

enum compare_change {
    COMPARE_NEW, /* only the later one has it */
    COMPARE_GROWN,
    COMPARE_SHRUNK,
    COMPARE_GONE, /* only the earlier one has it */
    COMPARE_SAME
};

struct compare_stack {
    enum compare_change change;
    const struct trace *trace; /* of the later one, or, GONE, the earlier */
    uint64_t old_bytes, new_bytes;
    uint64_t old_blocks, new_blocks;
};

/*
 * compare_stacks - fill `out_stacks`, an empty vector of struct compare_stack:
 * those that grew by most bytes first, those that shrank by most last, and
 * none that is the same.
 *
 * Both are from files (is_decoded). Returns 0 or -ENOMEM. Names are those of
 * `new` afterwards (named_use). Thread: one at a time.   Signal: no.
 */
int MUST_CHECK compare_stacks(const struct snapshot *old,
                              const struct snapshot *new,
                              struct vector *out_stacks);

/* compare_has - true of the forms in which a comparison can be said. */
bool compare_has(enum report_format format);

/* compare_render - the comparison in such a form. Returns 0 or -ENOMEM. */
int MUST_CHECK compare_render(const struct snapshot *old,
                              const struct snapshot *new,
                              enum report_format format, struct buffer *out);

#endif
