/*
 * monitor/course.c - the live bytes of each stack at some times.
 */
#include "monitor/course.h"

#include <string.h>

uint64_t
course_due_ns(const struct course *course)
{
    if (course->count == 0)
        return 0;
    return course->times[course->count - 1] + course->step_ns;
}

/* Keep the points 1, 3, 5 ...: the newest stays. */
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
            row->made[i] = row->made[2 * i + 1];
        }
    }
    course->count = kept;
    course->step_ns *= 2;
}

void
course_begin(struct course *course, uint64_t time_ns)
{
    if (course->count == COURSE_POINTS)
        thin_out(course);
    course->times[course->count++] = time_ns;
    for (size_t r = 0; r < course->rows.count; r++) {
        struct course_row *row =
            &VECTOR_AT(&course->rows, struct course_row, r);

        row->bytes[course->count - 1] = 0;
        row->made[course->count - 1] = 0;
    }
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
    row->bytes[course->count - 1] = (float)bytes;
    row->made[course->count - 1] = (float)made;
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
    course->step_ns = course->first_step_ns;
}
