/*
 * tool/trend.h - does a curve of memory over time grow?
 *
 * A pure function of the samples: no clock, no process. It looks for growth
 * that goes on, which is not the same as a last value over the first:
 *
 *  - A curve that falls again and again (a garbage collector, a cache that is
 *    emptied) is judged by its troughs alone, five of them at least.
 *  - Else by the medians of twelve equal parts: growth has to be spread over
 *    them, to be at work in the last third, and to have risen twice as far as
 *    the curve ever fell back.
 *  - A rise that becomes slower (a program that warms up, a cache that fills)
 *    is no verdict; that it stopped, for two fifths of the time, is one.
 *  - Memory that was once larger than it is now proves nothing by rising.
 *
 * Source: Mann, Econometrica 1945, and Kendall, 1948 (is there a trend?); Sen,
 * J. Amer. Stat. Assoc. 1968 (the median slope and its interval). The rules
 * above are ours.
 */
#ifndef TOOL_TREND_H
#define TOOL_TREND_H

#include <stddef.h>

/* The fewest samples that give a verdict. */
#define TREND_SAMPLES_MIN 36

enum trend_verdict { TREND_UNKNOWN, TREND_STEADY, TREND_GROWING };

/* Why, for a sentence (trend_reason). */
enum trend_shape {
    TREND_SHAPE_SHORT,     /* UNKNOWN: too few samples */
    TREND_SHAPE_UNCLEAR,   /* UNKNOWN: none of the others */
    TREND_SHAPE_SLOWING,   /* UNKNOWN: it rises, ever slower */
    TREND_SHAPE_STEP,      /* UNKNOWN: it rose, in one or two steps */
    TREND_SHAPE_BELOW,     /* UNKNOWN: it rises, under an earlier peak */
    TREND_SHAPE_CYCLES,    /* UNKNOWN: rises and falls, too few of them */
    TREND_SHAPE_FLAT,      /* STEADY: hardly changes */
    TREND_SHAPE_PLATEAU,   /* STEADY: rose, and stopped */
    TREND_SHAPE_SAW,       /* STEADY: rises and falls between the same bounds */
    TREND_SHAPE_FALLING,   /* STEADY: becomes less */
    TREND_SHAPE_RISING,    /* GROWING: rises without end */
    TREND_SHAPE_SAW_RISING /* GROWING: rises and falls, each trough higher */
};

struct trend_sample {
    double time;  /* seconds, rising */
    double bytes; /* >= 0 */
};

struct trend {
    enum trend_verdict verdict;
    enum trend_shape shape;
    double slope;     /* bytes a second: the median slope */
    double slope_low; /* the interval that holds it with 95 % */
    double slope_high;
    double confidence; /* of the verdict, 0..1; 0 where UNKNOWN */
    double wait;       /* UNKNOWN: seconds more until there may be one */
};

/*
 * trend_moment - when to take the sample that is due at `next`: up to half
 * of the interval earlier or later, at random.
 *
 * What rises and falls in time with samples at equal distances would seem to
 * rise slowly (aliasing).
 * Source: Cook, ACM Trans. Graphics 5 (1986).
 */
double trend_moment(double next, double interval);

/*
 * trend_judge - judge `n` samples.
 *
 * peak: the most bytes that there ever were before the first sample (VmHWM), 0
 * if that is not known.
 * Cost: n + O(1) in time; no allocation.
 */
void trend_judge(const struct trend_sample *samples, size_t n, double peak,
                 struct trend *out_trend);

/* trend_reason - the shape in words: "rises without end". */
const char *trend_reason(enum trend_shape shape);

/* trend_verdict_key - "growing", "steady", "unknown". */
const char *trend_verdict_key(enum trend_verdict verdict);

#endif
