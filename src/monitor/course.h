/*
 * monitor/course.h - the live bytes of each stack at some times.
 *
 * Points lie at a fixed distance in time. Where there is no room for another
 * one, every other is dropped and the distance doubled, so a fixed number of
 * points spans whatever time has passed, at least half of them in use.
 * Values are kept as float: seven digits, half the memory.
 *
 * Not locked: its owner is.
 */
#ifndef MONITOR_COURSE_H
#define MONITOR_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/trace.h"

#define COURSE_POINTS 32

/* One stack's. */
struct course_row {
    float bytes[COURSE_POINTS]; /* live then */
    float made[COURSE_POINTS];  /* blocks made until then */
};

struct course {
    uint64_t times[COURSE_POINTS]; /* ns */
    unsigned count;                /* points in use */
    uint64_t first_step_ns;
    uint64_t step_ns;
    size_t rows_max;
    struct table index; /* stack id -> its row */
    struct vector rows; /* struct course_row */
};

#define COURSE_INIT(step, most)                                                \
    {                                                                          \
        .first_step_ns = (step), .step_ns = (step), .rows_max = (most),        \
        .index = TABLE_INIT, .rows = VECTOR_INIT(struct course_row)            \
    }

/* course_due_ns - when the next point is to be made; 0: at once. */
uint64_t course_due_ns(const struct course *course);

/* course_begin - make a point at `time_ns`; values not set are 0. */
void course_begin(struct course *course, uint64_t time_ns);

/* course_set - the newest point of stack `id`. A stack without live bytes gets
 * no row; false if there is no room for one. */
bool course_set(struct course *course, stack_id id, uint64_t bytes,
                uint64_t made);

/* course_find - the row of stack `id`, valid until the next course_set, or
 * NULL. */
const struct course_row *course_find(const struct course *course, stack_id id);

void course_fini(struct course *course);

#endif
