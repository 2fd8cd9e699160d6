/*
 * model/curve.h - does a quantity that was looked at now and then keep growing?
 *
 * Pure arithmetic on a few points. A program warms up, so only the later half
 * of the time counts; it does work in turns, so the judgement is by ranks and
 * medians, which no single peak moves.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef MODEL_CURVE_H
#define MODEL_CURVE_H

#include <stddef.h>
#include <stdint.h>

/* Fewer points say nothing; more are never given. */
#define CURVE_POINTS_MIN 10
#define CURVE_POINTS_MAX 33

enum curve_shape {
    CURVE_UNKNOWN, /* too few points, or no time between them */
    CURVE_LEVEL,   /* rose at most once, and stayed there */
    CURVE_PLATEAU, /* moves, and does not keep growing */
    CURVE_GROWING
};

struct curve_point {
    uint64_t time_ns;
    double value;
    double low, high; /* the least and the most that was seen since the point
                         before; the value where nothing else was */
};

struct curve {
    enum curve_shape shape;
    double slope;      /* per second, over the later half of the time */
    uint64_t span_ns;  /* from the first point to the last */
    uint64_t quiet_ns; /* since it was last higher than ever before */
    uint32_t points;
};

/* curve_point_at - a point of which the value alone is known. */
static inline struct curve_point
curve_point_at(uint64_t time_ns, double value)
{
    return (struct curve_point){time_ns, value, value, value};
}

/*
 * curve_judge - judge `count` points in the order of their times.
 *
 * count: up to CURVE_POINTS_MAX.
 * Growing is what, in the later half, rises by the Mann-Kendall test
 * (one-sided, 2.5 %) with a positive Theil-Sen slope; was higher than ever
 * before at least three times, the last time in the last fifth; does not
 * flatten: from the third quarter of the time to the fourth its median rises at
 * least half as much as from the second to the third; and rose by more than it
 * swings: what was least in the fourth quarter is more than what was most in
 * the second, by the medians of their points.
 *
 * Cost: O(count^2).
 * Source: Mann, Econometrica 13 (1945), Kendall, Rank Correlation Methods
 * (1975), with its correction for ties; Theil, Proc. KNAW 53 (1950), Sen, JASA
 * 63 (1968). That records are rare in what does not grow: Renyi 1962. The
 * limits are ours, tried on the curves of tests/unit/model/test_curve.c.
 */
void curve_judge(const struct curve_point *points, size_t count,
                 struct curve *out_curve);

#endif
