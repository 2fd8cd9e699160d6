/*
 * model/curve.c - does a quantity keep growing?
 */
#include "model/curve.h"

#include <stdbool.h>
#include <string.h>

/* Pairs of points in the later half. */
#define PAIRS_MAX (CURVE_POINTS_MAX * (CURVE_POINTS_MAX - 1) / 2)

/* Times that it must have been higher than ever in the later half. */
#define RECORDS_MIN 3

/* The square of the normal distribution's one-sided limit for 2.5 %. */
#define CERTAIN_SQUARED (1.96 * 1.96)

#define NS_PER_SECOND 1e9

/* The median of the `n` values, which are sorted by this. n > 0. */
static double
median(double *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double value = values[i];
        size_t at = i;

        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The median of the slopes between all pairs, per second. */
static double
theil_sen(const struct curve_point *points, size_t n)
{
    double slopes[PAIRS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            uint64_t ns = points[k].time_ns - points[i].time_ns;

            if (ns > 0)
                slopes[count++] = (points[k].value - points[i].value) /
                                  ((double)ns / NS_PER_SECOND);
        }
    }
    return count > 0 ? median(slopes, count) : 0;
}

/* What `n` and each group of equal values add to the variance of the sum of
 * signs, times 18. */
static double
spread(size_t n)
{
    double count = (double)n;

    return count * (count - 1) * (2 * count + 5);
}

/* How many of the points before `at` have its value. */
static size_t
equal_before(const struct curve_point *points, size_t at)
{
    size_t count = 0;

    for (size_t i = 0; i < at; i++)
        count += points[i].value == points[at].value;
    return count;
}

/* True if later points are higher than earlier ones more often than chance
 * would have it. */
static bool
is_rising(const struct curve_point *points, size_t n)
{
    double variance = spread(n);
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        size_t ties = equal_before(points, i);

        /* A group of k equal values takes spread(k) away, bit by bit. */
        variance -= spread(ties + 1) - spread(ties);
        for (size_t k = i + 1; k < n; k++)
            sum += (points[k].value > points[i].value) -
                   (points[k].value < points[i].value);
    }
    /* Less one, for the sum is a whole number (continuity). */
    return sum > 1 && (sum - 1) * (sum - 1) > CERTAIN_SQUARED * variance / 18;
}

enum member { VALUE, LOW, HIGH };

static double
member_of(const struct curve_point *point, enum member member)
{
    return member == LOW    ? point->low
           : member == HIGH ? point->high
                            : point->value;
}

/* The median of a member of the points in [from, to] of the time; false if
 * there are none. */
static bool
level_in(const struct curve_point *points, size_t n, double from, double to,
         enum member member, double *out_level)
{
    uint64_t start = points[0].time_ns;
    double span = (double)(points[n - 1].time_ns - start);
    double values[CURVE_POINTS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        double part = (double)(points[i].time_ns - start) / span;

        if (part >= from && part <= to)
            values[count++] = member_of(&points[i], member);
    }
    if (count == 0)
        return false;
    *out_level = median(values, count);
    return true;
}

static bool
is_flattening(const struct curve_point *points, size_t n)
{
    double second, third, fourth;

    if (!level_in(points, n, 0.25, 0.5, VALUE, &second) ||
        !level_in(points, n, 0.5, 0.75, VALUE, &third) ||
        !level_in(points, n, 0.75, 1, VALUE, &fourth))
        return false;
    return fourth - third < (third - second) / 2;
}

/* It rose by more than what it goes up and down between two points. */
static bool
is_above_swing(const struct curve_point *points, size_t n)
{
    double before, after;

    return level_in(points, n, 0.25, 0.5, HIGH, &before) &&
           level_in(points, n, 0.75, 1, LOW, &after) && after > before;
}

/* Records: points that are higher than all before. */
struct records {
    size_t rises; /* changes upwards, of any kind, in all */
    size_t falls;
    size_t in_half;   /* records from `half` on */
    uint64_t last_ns; /* the time of the last one */
};

static void
find_records(const struct curve_point *points, size_t n, size_t half,
             struct records *out)
{
    double highest = points[0].value;

    *out = (struct records){.last_ns = points[0].time_ns};
    for (size_t i = 1; i < n; i++) {
        out->rises += points[i].value > points[i - 1].value;
        out->falls += points[i].value < points[i - 1].value;
        if (points[i].value <= highest)
            continue;
        highest = points[i].value;
        out->last_ns = points[i].time_ns;
        out->in_half += i >= half;
    }
}

void
curve_judge(const struct curve_point *points, size_t count,
            struct curve *out_curve)
{
    struct records records;
    uint64_t end, half_ns;
    size_t half = 0;

    *out_curve = (struct curve){.points = (uint32_t)count};
    if (count < CURVE_POINTS_MIN || count > CURVE_POINTS_MAX ||
        points[count - 1].time_ns <= points[0].time_ns)
        return;
    end = points[count - 1].time_ns;
    out_curve->span_ns = end - points[0].time_ns;
    half_ns = points[0].time_ns + out_curve->span_ns / 2;
    while (points[half].time_ns < half_ns)
        half++;
    find_records(points, count, half, &records);
    out_curve->quiet_ns = end - records.last_ns;
    out_curve->slope = theil_sen(points + half, count - half);
    if (records.rises <= 1 && records.falls == 0)
        out_curve->shape = CURVE_LEVEL;
    else if (records.in_half >= RECORDS_MIN &&
             out_curve->quiet_ns <= out_curve->span_ns / 5 &&
             out_curve->slope > 0 && is_rising(points + half, count - half) &&
             !is_flattening(points, count) && is_above_swing(points, count))
        out_curve->shape = CURVE_GROWING;
    else
        out_curve->shape = CURVE_PLATEAU;
}
