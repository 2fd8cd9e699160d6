/*
 * monitor/course.h - the live bytes of each stack at some times.
 *
 * Where there is no room for another point, each two become one, so a fixed
 * number of points spans whatever time has passed, at least half of them in
 * use. A point is of one look first, then of two, then of COURSE_LOOKS whose
 * distance is doubled each time: the value is the last look's, and the least
 * and the most of them say how far it swings meanwhile. The looks lie at random
 * distances, half to one and a half of the step: what fills and empties in time
 * with looks at equal distances would seem to rise slowly (aliasing).
 * Values are kept as float: seven digits, half the memory.
 *
 * Not locked: its owner is.
 * Source: of random distances: Cook, ACM Trans. Graphics 5 (1986).
 */
#ifndef MONITOR_COURSE_H
#define MONITOR_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/curve.h"
#include "model/trace.h"

#define COURSE_POINTS 32
#define COURSE_LOOKS 4

/* One stack's. */
struct course_row {
    float bytes[COURSE_POINTS]; /* live then */
    float low[COURSE_POINTS];   /* the least since the point before */
    float high[COURSE_POINTS];  /* the most */
    float made[COURSE_POINTS];  /* blocks made until then */
};

struct course {
    uint64_t times[COURSE_POINTS]; /* ns, of their last looks */
    unsigned count;                /* points in use */
    unsigned looks;                /* at the newest */
    unsigned looks_each;           /* at each, in the end */
    uint64_t first_step_ns;        /* from look to look */
    uint64_t step_ns;
    size_t rows_max;
    struct table index; /* stack id -> its row */
    struct vector rows; /* struct course_row */
};

#define COURSE_INIT(step, most)                                                \
    {                                                                          \
        .looks_each = 1, .first_step_ns = (step), .step_ns = (step),           \
        .rows_max = (most), .index = TABLE_INIT,                               \
        .rows = VECTOR_INIT(struct course_row)                                 \
    }

/* course_due_ns - when the next look is to be taken; 0: at once. */
uint64_t course_due_ns(const struct course *course);

/* course_look - begin a look at `time_ns`, the first of a new point if the
 * newest has all of its own; values not set are 0. */
void course_look(struct course *course, uint64_t time_ns);

/* course_set - what this look sees of stack `id`, once. A stack without live
 * bytes gets no row; false if there is no room for one. */
bool course_set(struct course *course, stack_id id, uint64_t bytes,
                uint64_t made);

/* course_find - the row of stack `id`, valid until the next course_set, or
 * NULL. */
const struct course_row *course_find(const struct course *course, stack_id id);

/* course_point - point `i` of a row, to be judged (model/curve.h). */
static inline struct curve_point
course_point(const struct course *course, const struct course_row *row,
             unsigned i)
{
    return (struct curve_point){
        .time_ns = course->times[i],
        .value = (double)row->bytes[i],
        .low = (double)row->low[i],
        .high = (double)row->high[i],
    };
}

void course_fini(struct course *course);

#endif
