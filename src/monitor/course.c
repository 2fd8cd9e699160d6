/*
 * monitor/course.c - the live bytes of each stack at some times.
 */
#include "monitor/course.h"

#include <string.h>

#include "base/hash.h"

uint64_t
course_due_ns(const struct course *course)
{
    uint64_t last;

    if (course->count == 0)
        return 0;
    last = course->times[course->count - 1];
    return last + course->step_ns / 2 + hash_u64(last) % course->step_ns;
}

static float
lesser(float a, float b)
{
    return a < b ? a : b;
}

static float
greater(float a, float b)
{
    return a > b ? a : b;
}

/* Each two points become the later one of them. */
static void
thin_out(struct course *course)
{
    unsigned kept = COURSE_POINTS / 2;

    for (unsigned i = 0; i < kept; i++)
        course->times[i] = course->times[2 * i + 1];
    for (size_t r = 0; r < course->rows.count; r++) {
        struct course_row *row =
            &VECTOR_AT(&course->rows, struct course_row, r);

        for (unsigned i = 0; i < kept; i++) {
            row->bytes[i] = row->bytes[2 * i + 1];
            row->low[i] = lesser(row->low[2 * i], row->low[2 * i + 1]);
            row->high[i] = greater(row->high[2 * i], row->high[2 * i + 1]);
            row->made[i] = row->made[2 * i + 1];
        }
    }
    course->count = kept;
    if (course->looks_each < COURSE_LOOKS)
        course->looks_each *= 2;
    else
        course->step_ns *= 2;
}

/* Another point, at which nothing was seen yet. */
static void
begin_point(struct course *course)
{
    if (course->count == COURSE_POINTS)
        thin_out(course);
    course->looks = 0;
    course->count++;
    for (size_t r = 0; r < course->rows.count; r++) {
        struct course_row *row =
            &VECTOR_AT(&course->rows, struct course_row, r);

        row->bytes[course->count - 1] = 0;
        row->low[course->count - 1] = 0;
        row->high[course->count - 1] = 0;
        row->made[course->count - 1] = 0;
    }
}

void
course_look(struct course *course, uint64_t time_ns)
{
    if (course->count == 0 || course->looks == course->looks_each)
        begin_point(course);
    course->looks++;
    course->times[course->count - 1] = time_ns;
}

static struct course_row *
add_row(struct course *course, stack_id id)
{
    struct course_row *row;

    if (course->rows.count >= course->rows_max)
        return NULL;
    row = vector_add(&course->rows);
    if (row == NULL)
        return NULL;
    if (table_insert(&course->index, id, course->rows.count - 1) != 0) {
        course->rows.count--;
        return NULL;
    }
    return row;
}

bool
course_set(struct course *course, stack_id id, uint64_t bytes, uint64_t made)
{
    unsigned newest = course->count - 1;
    struct course_row *row;
    uint64_t at;

    if (table_find(&course->index, id, &at)) {
        row = &VECTOR_AT(&course->rows, struct course_row, at);
    } else {
        if (bytes == 0)
            return true;
        row = add_row(course, id);
        if (row == NULL)
            return false;
    }
    row->bytes[newest] = (float)bytes;
    row->low[newest] = course->looks == 1
                           ? (float)bytes
                           : lesser(row->low[newest], (float)bytes);
    row->high[newest] = greater(row->high[newest], (float)bytes);
    row->made[newest] = (float)made;
    return true;
}

const struct course_row *
course_find(const struct course *course, stack_id id)
{
    uint64_t at;

    if (!table_find(&course->index, id, &at))
        return NULL;
    return &VECTOR_AT(&course->rows, struct course_row, at);
}

void
course_fini(struct course *course)
{
    table_fini(&course->index);
    vector_fini(&course->rows);
    course->count = 0;
    course->looks = 0;
    course->looks_each = 1;
    course->step_ns = course->first_step_ns;
}
