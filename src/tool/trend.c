/*
 * tool/trend.c - growth, told from what only looks like it.
 */
#include "tool/trend.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/hash.h"

/* The curve is cut into so many parts of equal time. */
#define PARTS 12
/* The last of them in which growth must be at work. */
#define RECENT 7
/* Samples of one part that its median is taken of, at most. */
#define PART_SAMPLES 256
/* The most turns (troughs, peaks) that are looked at; of more, the last. */
#define TURNS_MAX 64
/* Troughs of a saw-tooth that give a verdict. */
#define TROUGHS_MIN 6
/* What is less is no growth: a few pages, which come and go with anything. */
#define NOTHING (64.0 * 1024)

/* A point of the curve, or a part of it. */
struct point {
    double time;
    double bytes;
};

/* What Mann-Kendall and Sen say of some points. */
struct line {
    double slope;     /* bytes a second */
    double low, high; /* 95 % */
    double z;         /* how far from chance, in standard deviations */
    double residual;  /* median distance from the line, bytes */
    double rise;      /* slope times the time between first and last */
};

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median; `values` are sorted. */
static double
median(double *values, size_t n)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof(*values), compare);
    return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* `n` points, at most TURNS_MAX. */
static void
fit(const struct point *points, size_t n, struct line *line)
{
    static double slopes[TURNS_MAX * TURNS_MAX / 2];
    double offsets[TURNS_MAX];
    double s = 0;
    double sd = sqrt((double)n * (double)(n - 1) * (2.0 * (double)n + 5) / 18);
    double middle;
    size_t count = 0;
    long half;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double rise = points[j].bytes - points[i].bytes;

            s += (rise > 0) - (rise < 0);
            slopes[count++] = rise / (points[j].time - points[i].time);
        }
    }
    *line = (struct line){.slope = median(slopes, count)};
    line->z = s == 0 || sd == 0 ? 0 : (s > 0 ? s - 1 : s + 1) / sd;
    half = (long)(1.96 * sd / 2);
    line->low = slopes[half < (long)count / 2 ? (long)count / 2 - half : 0];
    line->high = slopes[half < (long)count / 2 ? (long)count / 2 + half
                                               : (long)count - 1];
    for (size_t i = 0; i < n; i++)
        offsets[i] = points[i].bytes - line->slope * points[i].time;
    middle = median(offsets, n);
    for (size_t i = 0; i < n; i++)
        offsets[i] =
            fabs(points[i].bytes - line->slope * points[i].time - middle);
    line->residual = median(offsets, n);
    line->rise = line->slope * (points[n - 1].time - points[0].time);
}

/* What chance moves a sample by, from one to the next: three times the median
 * step, less the step that the curve itself makes. */
static double
measure_noise(const struct trend_sample *samples, size_t n)
{
    double steps[PART_SAMPLES];
    size_t stride = (n + PART_SAMPLES - 1) / PART_SAMPLES;
    size_t count = 0;

    /* The distance of a sample from the middle of its neighbours: a straight
     * rise has none. */
    for (size_t i = 1; i + 1 < n && count < PART_SAMPLES; i += stride)
        steps[count++] =
            fabs(samples[i].bytes -
                 (samples[i - 1].bytes + samples[i + 1].bytes) / 2);
    return 3 * median(steps, count);
}

/* The medians of `PARTS` parts of equal time. An empty part (the watcher was
 * stopped) has its neighbour's. */
static void
cut(const struct trend_sample *samples, size_t n, struct point *parts)
{
    double start = samples[0].time;
    double length = (samples[n - 1].time - start) / PARTS;
    size_t i = 0;

    for (unsigned k = 0; k < PARTS; k++) {
        double values[PART_SAMPLES];
        size_t first = i;
        size_t stride;
        size_t count = 0;

        while (i < n &&
               (k == PARTS - 1 || samples[i].time < start + (k + 1) * length))
            i++;
        stride = (i - first + PART_SAMPLES - 1) / PART_SAMPLES;
        for (size_t j = first; j < i; j += stride)
            values[count++] = samples[j].bytes;
        parts[k].time = start + (k + 0.5) * length;
        parts[k].bytes = count > 0 ? median(values, count)
                         : k > 0   ? parts[k - 1].bytes
                                   : samples[0].bytes;
    }
}

/* --- rises and falls --- */

/* The turns of the curve: where it fell by `least` and rose by it again. */
struct turns {
    struct point troughs[TURNS_MAX];
    struct point peaks[TURNS_MAX];
    size_t trough_count;
    size_t peak_count;
    size_t falls;      /* falls seen, the last may have no trough yet */
    size_t last_start; /* sample from which the curve rises since the last
                          fall */
};

static void
keep(struct point *points, size_t *count, const struct trend_sample *sample)
{
    if (*count == TURNS_MAX) {
        for (size_t i = 1; i < TURNS_MAX; i++)
            points[i - 1] = points[i];
        (*count)--;
    }
    points[(*count)++] = (struct point){sample->time, sample->bytes};
}

static void
find_turns(const struct trend_sample *samples, size_t n, double least,
           struct turns *turns)
{
    size_t high = 0;
    size_t low = 0;
    bool is_falling = false;

    *turns = (struct turns){0};
    for (size_t i = 1; i < n; i++) {
        if (samples[i].bytes > samples[high].bytes)
            high = i;
        if (samples[i].bytes < samples[low].bytes)
            low = i;
        if (!is_falling && samples[i].bytes < samples[high].bytes - least) {
            is_falling = true;
            keep(turns->peaks, &turns->peak_count, &samples[high]);
            turns->falls++;
            low = i;
        } else if (is_falling &&
                   samples[i].bytes > samples[low].bytes + least) {
            is_falling = false;
            keep(turns->troughs, &turns->trough_count, &samples[low]);
            high = i;
        }
        if (is_falling)
            turns->last_start = low;
    }
    /* What the curve fell to is reached before its very lowest sample. */
    if (turns->falls > 0) {
        double level = samples[turns->last_start].bytes + least / 2;

        while (turns->last_start > 0 &&
               samples[turns->last_start - 1].bytes <= level)
            turns->last_start--;
    }
}

static void
set(struct trend *trend, enum trend_verdict verdict, enum trend_shape shape,
    double confidence, double wait)
{
    trend->verdict = verdict;
    trend->shape = shape;
    trend->confidence = verdict == TREND_UNKNOWN ? 0 : confidence;
    trend->wait = verdict == TREND_UNKNOWN ? wait : 0;
}

/* One minus the chance that a trend so clear is none. */
static double
confidence_of(double z)
{
    return fmin(1 - 0.5 * erfc(fabs(z) / sqrt(2)), 0.9999);
}

/* A curve with at least two falls. */
static void
judge_turns(const struct turns *turns, double range, double length,
            struct trend *trend)
{
    size_t n = turns->trough_count;
    struct line low;
    struct line high;
    double period = length / (double)(turns->falls > 0 ? turns->falls : 1);
    double wait = fmax(period * 3, length);

    if (n < TROUGHS_MIN || turns->peak_count < TROUGHS_MIN) {
        set(trend, TREND_UNKNOWN, TREND_SHAPE_CYCLES, 0,
            period * (double)(TROUGHS_MIN + 1 - (n < TROUGHS_MIN ? n : 0)));
        return;
    }
    fit(turns->troughs, n, &low);
    fit(turns->peaks, turns->peak_count, &high);
    trend->slope = low.slope;
    trend->slope_low = low.low;
    trend->slope_high = low.high;
    if (low.z > 2.5 && low.rise > NOTHING && low.rise > 6 * low.residual &&
        low.low > 0) {
        /* The peaks go with the troughs, or what rises is a trough that is
         * not reached. */
        if (high.z > -1 && high.rise > -0.5 * low.rise)
            set(trend, TREND_GROWING, TREND_SHAPE_SAW_RISING,
                confidence_of(low.z), 0);
        else
            set(trend, TREND_UNKNOWN, TREND_SHAPE_UNCLEAR, 0, wait);
    } else if (low.z < 1.9 || low.rise <= fmax(NOTHING, 0.01 * range)) {
        set(trend, TREND_STEADY,
            low.z < -2.1 && low.rise < -0.25 * range ? TREND_SHAPE_FALLING
                                                     : TREND_SHAPE_SAW,
            fmin(0.99, 0.8 + 0.02 * (double)n), 0);
    } else {
        set(trend, TREND_UNKNOWN, TREND_SHAPE_CYCLES, 0, wait);
    }
}

/* --- no falls --- */

/* The furthest that the parts from `first` on fell back from a height. */
static double
fall_back(const struct point *parts, unsigned first)
{
    double high = parts[first].bytes;
    double most = 0;

    for (unsigned k = first; k < PARTS; k++) {
        high = fmax(high, parts[k].bytes);
        most = fmax(most, high - parts[k].bytes);
    }
    return most;
}

/* Over how many parts the rise is spread, as if each had an equal share; 1: it
 * is one step. */
static double
spread(const struct point *parts, unsigned first)
{
    double sum = 0;
    double squares = 0;

    for (unsigned k = first; k + 1 < PARTS; k++) {
        double rise = fmax(parts[k + 1].bytes - parts[k].bytes, 0);

        sum += rise;
        squares += rise * rise;
    }
    return squares > 0 ? sum * sum / squares : 0;
}

/* How many parts at the end differ by no more than `tolerance`. */
static unsigned
flat_parts(const struct point *parts, double tolerance)
{
    double low = parts[PARTS - 1].bytes;
    double high = low;
    unsigned count = 1;

    for (unsigned k = PARTS - 1; k-- > 0; count++) {
        low = fmin(low, parts[k].bytes);
        high = fmax(high, parts[k].bytes);
        if (high - low > tolerance)
            break;
    }
    return count;
}

/* The rise of the last half of the recent parts, as a share of that of the
 * first half, where the steps between them become smaller one after the other;
 * else 1: some work is more than other, and no sign of an end. */
static double
speed_kept(const struct point *parts, double noise)
{
    const unsigned first = PARTS - RECENT;
    double early = parts[first + 3].bytes - parts[first].bytes;
    double late = parts[PARTS - 1].bytes - parts[PARTS - 4].bytes;
    int order = 0;

    /* A difference that chance makes is none. */
    if (early <= 0 || late >= early || early - late < 1.5 * noise)
        return 1;
    for (unsigned i = first; i + 1 < PARTS; i++) {
        double step = parts[i + 1].bytes - parts[i].bytes;

        for (unsigned j = i + 1; j + 1 < PARTS; j++) {
            double next = parts[j + 1].bytes - parts[j].bytes;

            order += (next > step) - (next < step);
        }
    }
    return order <= -8 ? late / early : 1;
}

/* It rises, and has not stopped: is it growth? */
static void
judge_ascent(const struct point *parts, double noise, double length,
             bool is_below, double to_peak, double z, struct trend *trend)
{
    if (spread(parts, PARTS - RECENT) < 2.9)
        set(trend, TREND_UNKNOWN, TREND_SHAPE_STEP, 0, length);
    else if (speed_kept(parts, noise) < 0.7)
        set(trend, TREND_UNKNOWN, TREND_SHAPE_SLOWING, 0, length);
    else if (is_below)
        set(trend, TREND_UNKNOWN, TREND_SHAPE_BELOW, 0,
            fmax(length / 4, to_peak / trend->slope));
    else
        set(trend, TREND_GROWING, TREND_SHAPE_RISING, confidence_of(z), 0);
}

/* A curve that does not fall, or not twice. */
static void
judge_rise(const struct point *parts, double noise, double length, double top,
           double peak, struct trend *trend)
{
    const unsigned first = PARTS - RECENT;
    double level = parts[PARTS - 1].bytes;
    double tolerance = fmax(fmax(NOTHING, noise), 0.002 * level);
    unsigned flat = flat_parts(parts, tolerance);
    double back = fmax(fall_back(parts, first), noise / 2);
    double rise = parts[PARTS - 1].bytes - parts[first].bytes;
    double late = parts[PARTS - 1].bytes - parts[PARTS - 5].bytes;
    struct line recent;
    bool is_going_on;

    fit(parts + first, RECENT, &recent);
    trend->slope = recent.slope;
    trend->slope_low = recent.low;
    trend->slope_high = recent.high;
    is_going_on = recent.z > 2.1 && late > 0.2 * rise;
    if (is_going_on && rise > fmax(NOTHING, 2 * back) && late > noise / 2)
        judge_ascent(parts, noise, length, peak > 0 && top < 0.98 * peak,
                     peak - level, recent.z, trend);
    else if (recent.z < -2.1 && rise < -tolerance)
        set(trend, TREND_STEADY, TREND_SHAPE_FALLING, confidence_of(recent.z),
            0);
    else if (flat >= 5 &&
             !(is_going_on && recent.z > 2.6 && rise > 4 * recent.residual))
        set(trend, TREND_STEADY,
            flat >= PARTS - 1 ? TREND_SHAPE_FLAT : TREND_SHAPE_PLATEAU,
            0.8 + 0.015 * flat, 0);
    else if (rise > tolerance && spread(parts, first) < 2.9)
        set(trend, TREND_UNKNOWN, TREND_SHAPE_STEP, 0, length);
    else
        set(trend, TREND_UNKNOWN, TREND_SHAPE_UNCLEAR, 0, length);
}

void
trend_judge(const struct trend_sample *samples, size_t n, double peak,
            struct trend *out_trend)
{
    struct point parts[PARTS];
    static struct turns turns;
    double low;
    double high;
    double noise;
    double length = n > 1 ? samples[n - 1].time - samples[0].time : 0;

    *out_trend = (struct trend){0};
    if (n < TREND_SAMPLES_MIN || length <= 0) {
        double step = n > 1 && length > 0 ? length / (double)(n - 1) : 1;

        set(out_trend, TREND_UNKNOWN, TREND_SHAPE_SHORT, 0,
            step * (double)(TREND_SAMPLES_MIN - n));
        return;
    }
    low = high = samples[0].bytes;
    for (size_t i = 1; i < n; i++) {
        low = fmin(low, samples[i].bytes);
        high = fmax(high, samples[i].bytes);
    }
    noise = measure_noise(samples, n);
    find_turns(samples, n,
               fmax(fmax(0.15 * (high - low), 3.2 * noise),
                    fmax(NOTHING, 0.002 * high)),
               &turns);
    if (turns.falls >= 2) {
        judge_turns(&turns, high - low, length, out_trend);
        return;
    }
    if (turns.falls == 1) {
        /* One fall: what came after it is judged alone, if it is most of it,
         * and to grow it has to pass what there was before. */
        size_t start = turns.last_start;

        if ((n - start) * 2 < n || n - start < TREND_SAMPLES_MIN) {
            cut(samples, n, parts);
            judge_rise(parts, noise, length, high, 0, out_trend);
            if (out_trend->shape != TREND_SHAPE_FALLING)
                set(out_trend, TREND_UNKNOWN, TREND_SHAPE_CYCLES, 0, length);
            return;
        }
        peak = fmax(peak, turns.peaks[0].bytes);
        samples += start;
        n -= start;
        length = samples[n - 1].time - samples[0].time;
        high = samples[0].bytes;
        for (size_t i = 1; i < n; i++)
            high = fmax(high, samples[i].bytes);
    }
    cut(samples, n, parts);
    judge_rise(parts, noise, length, high, peak, out_trend);
}

double
trend_moment(double next, double interval)
{
    uint64_t drawn = hash_u64((uint64_t)(next * 1e6));

    return next + interval * ((double)(drawn % 1001) / 1000 - 0.5);
}

const char *
trend_reason(enum trend_shape shape)
{
    static const char *const words[] = {
        [TREND_SHAPE_SHORT] = "there are too few samples",
        [TREND_SHAPE_UNCLEAR] = "it moves without a clear direction",
        [TREND_SHAPE_SLOWING] = "it rises, but ever slower: it may still be "
                                "warming up",
        [TREND_SHAPE_STEP] = "it rose in a step or two",
        [TREND_SHAPE_BELOW] = "it rises, but was larger before",
        [TREND_SHAPE_CYCLES] = "it rises and falls, too few times yet",
        [TREND_SHAPE_FLAT] = "it hardly changes",
        [TREND_SHAPE_PLATEAU] = "it rose and stopped",
        [TREND_SHAPE_SAW] = "it rises and falls between the same bounds",
        [TREND_SHAPE_FALLING] = "it becomes less",
        [TREND_SHAPE_RISING] = "it rises without end",
        [TREND_SHAPE_SAW_RISING] = "it rises and falls, and does not fall as "
                                   "low as before",
    };

    return words[shape];
}

const char *
trend_verdict_key(enum trend_verdict verdict)
{
    static const char *const keys[] = {
        [TREND_UNKNOWN] = "unknown",
        [TREND_STEADY] = "steady",
        [TREND_GROWING] = "growing",
    };

    return keys[verdict];
}
