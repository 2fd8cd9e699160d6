/*
 * tool/gauge.c - samples of a process, and what they say.
 */
#include "tool/gauge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/screen.h"
#include "tool/tool.h"

/* A process younger than this, seconds, is compared with what it was at its
 * sample number BASE_SAMPLE: what it loads at first is no growth. */
#define BASE_AGE 60
#define BASE_SAMPLE (TREND_SAMPLES_MIN / 2)
/* smaps again not before so many seconds. */
#define MAPS_EVERY 10
/* Names of mappings told apart when they are counted together. */
#define NAMES_MAX 256

double
gauge_own(const struct procfs_memory *memory)
{
    return memory->anon + memory->swap + memory->shmem;
}

/* --- sampling --- */

/* CPU time of ours, seconds: the kernel's work for us is in it. */
static double
cpu_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
read_maps(struct gauge *gauge, double now)
{
    struct procfs_maps maps;
    double before = cpu_time();
    int rc = procfs_maps(gauge->pid, &maps);

    gauge->maps_reads++;
    gauge->next_maps =
        now + fmax(MAPS_EVERY, (cpu_time() - before) * GAUGE_MAPS_SHARE);
    /* An empty list is what a process has that is about to be gone. */
    if (rc == 0 && maps.count == 0) {
        procfs_maps_free(&maps);
        return;
    }
    if (rc != 0) {
        if (gauge->first.count == 0)
            gauge->maps_error = rc;
        return;
    }
    gauge->maps_error = 0;
    if (gauge->first.count == 0) {
        gauge->first = maps;
        return;
    }
    procfs_maps_free(&gauge->last);
    gauge->last = maps;
}

int
gauge_open(struct gauge *gauge, pid_t pid, double now)
{
    struct procfs_process process;
    int rc = procfs_process(pid, &process);

    if (rc != 0)
        return rc;
    *gauge = (struct gauge){.pid = pid, .bucket = 1, .age = process.age};
    memcpy(gauge->name, process.name, sizeof(gauge->name));
    gauge_sample(gauge, now, false);
    return gauge->has_ended ? -ESRCH : 0;
}

void
gauge_close(struct gauge *gauge)
{
    procfs_maps_free(&gauge->first);
    procfs_maps_free(&gauge->last);
}

/* Each two points become the one with less memory. */
static void
thin_out(struct gauge *gauge)
{
    size_t n = gauge->count / 2;

    for (size_t i = 0; i < n; i++) {
        const struct gauge_point *a = &gauge->points[2 * i];
        const struct gauge_point *b = a + 1;

        gauge->points[i] =
            gauge_own(&a->memory) <= gauge_own(&b->memory) ? *a : *b;
    }
    gauge->count = n;
    gauge->bucket *= 2;
    gauge->filled = gauge->bucket;
}

void
gauge_sample(struct gauge *gauge, double now, bool is_last)
{
    struct gauge_point point = {.time = now};
    struct gauge_point *last;

    if (gauge->has_ended)
        return;
    if (procfs_memory(gauge->pid, &point.memory) != 0) {
        gauge->has_ended = true;
        return;
    }
    gauge->samples++;
    if (gauge->samples == BASE_SAMPLE && gauge->age < BASE_AGE) {
        procfs_maps_free(&gauge->first);
        procfs_maps_free(&gauge->last);
        read_maps(gauge, now);
    } else if (now >= gauge->next_maps || is_last) {
        read_maps(gauge, now);
    }
    if (gauge->count > 0 && gauge->filled < gauge->bucket) {
        gauge->filled++;
        last = &gauge->points[gauge->count - 1];
        if (gauge_own(&point.memory) < gauge_own(&last->memory))
            *last = point;
        return;
    }
    if (gauge->count == GAUGE_POINTS)
        thin_out(gauge);
    gauge->points[gauge->count++] = point;
    gauge->filled = 1;
}

/* --- judging --- */

enum what { WHAT_OWN, WHAT_FILE, WHAT_VIRTUAL, WHAT_THREADS };

static void
judge(const struct gauge *gauge, enum what what, double peak,
      struct trend *trend)
{
    static struct trend_sample samples[GAUGE_POINTS]; /* one thread */

    for (size_t i = 0; i < gauge->count; i++) {
        const struct procfs_memory *memory = &gauge->points[i].memory;

        samples[i].time = gauge->points[i].time;
        samples[i].bytes = what == WHAT_OWN    ? gauge_own(memory)
                           : what == WHAT_FILE ? memory->file
                           : what == WHAT_VIRTUAL
                               ? memory->virtual
                               : memory->threads * GAUGE_THREAD;
    }
    trend_judge(samples, gauge->count, peak, trend);
}

void
gauge_judge(struct gauge *gauge)
{
    const struct procfs_memory *first = &gauge->points[0].memory;
    /* The kernel's mark is of all of RSS; what is of files in it now is taken
   * to have been so then. */
    double peak = first->peak - first->file + first->swap;

    if (gauge->count == 0)
        return;
    /* It is marked late, and by some pages wrong. */
    if (peak < gauge_own(first) * 1.02)
        peak = 0;
    judge(gauge, WHAT_OWN, peak, &gauge->own);
    judge(gauge, WHAT_FILE, 0, &gauge->file);
    judge(gauge, WHAT_VIRTUAL, 0, &gauge->virtual);
    judge(gauge, WHAT_THREADS, 0, &gauge->threads);
}

/* --- where --- */

double
gauge_growth(const struct gauge *gauge, enum procfs_kind kind)
{
    return gauge->last.count > 0
               ? gauge->last.rss[kind] - gauge->first.rss[kind]
               : 0;
}

/* Add to the row of that name, if there is room for it. */
static void
count_in(struct gauge_grown *rows, size_t *count, const struct procfs_map *map,
         double growth)
{
    const char *name =
        map->name[0] != '\0' ? map->name : procfs_kind_name(map->kind);
    size_t i = 0;

    while (i < *count && strcmp(rows[i].name, name) != 0)
        i++;
    if (i == NAMES_MAX)
        return;
    if (i == *count) {
        rows[i] = (struct gauge_grown){0};
        snprintf(rows[i].name, sizeof(rows[i].name), "%s", name);
        (*count)++;
    }
    rows[i].growth += growth;
    rows[i].count += growth > 0;
}

static int
compare_growth(const void *a, const void *b)
{
    double x = ((const struct gauge_grown *)a)->growth;
    double y = ((const struct gauge_grown *)b)->growth;

    return (x < y) - (x > y);
}

size_t
gauge_grown(const struct gauge *gauge, struct gauge_grown *grown, size_t max)
{
    static struct gauge_grown rows[NAMES_MAX + 1]; /* one thread */
    size_t count = 0;
    size_t n = 0;
    size_t k = 0;

    /* Both lists are in the order of addresses. */
    for (size_t i = 0; i < gauge->last.count; i++) {
        const struct procfs_map *now = &gauge->last.map[i];
        double growth = now->rss + now->swap;

        while (k < gauge->first.count && gauge->first.map[k].end <= now->start)
            k++;
        for (size_t j = k;
             j < gauge->first.count && gauge->first.map[j].start < now->end;
             j++) {
            if (gauge->first.map[j].kind == now->kind)
                growth -= gauge->first.map[j].rss + gauge->first.map[j].swap;
        }
        if (growth != 0)
            count_in(rows, &count, now, growth);
    }
    qsort(rows, count, sizeof(*rows), compare_growth);
    while (n < max && n < count && rows[n].growth > 0) {
        grown[n] = rows[n];
        n++;
    }
    return n;
}

const char *
gauge_note(const struct gauge *gauge, unsigned i, char *buffer, size_t size)
{
    char text[24];
    bool is_growing = gauge->own.verdict == TREND_GROWING;
    double heap = gauge_growth(gauge, PROCFS_HEAP);
    double anon = gauge_growth(gauge, PROCFS_ANON);
    double shared = gauge_growth(gauge, PROCFS_SHARED);
    const struct procfs_memory *first = &gauge->points[0].memory;
    const struct procfs_memory *now = &gauge->points[gauge->count - 1].memory;
    bool is_told[6] = {
        gauge->file.verdict == TREND_GROWING,
        gauge->threads.verdict == TREND_GROWING &&
            now->threads > first->threads,
        gauge->virtual.verdict == TREND_GROWING && !is_growing,
        is_growing && shared > heap && shared > anon,
        is_growing && anon > heap && anon >= shared,
        is_growing && heap > 0 && heap >= anon && heap >= shared,
    };
    unsigned at = 0;

    while (at < ARRAY_COUNT(is_told) && (!is_told[at] || i-- > 0))
        at++;
    switch (at) {
    case 0:
        snprintf(buffer, size,
                 "pages of files grow by %s/h: the kernel takes them back when "
                 "it needs memory, they are no leak",
                 screen_bytes(text, sizeof(text), gauge->file.slope * 3600));
        break;
    case 1:
        snprintf(buffer, size,
                 "threads grow, from %.0f to %.0f: are they joined or "
                 "detached?",
                 first->threads, now->threads);
        break;
    case 2:
        snprintf(buffer, size,
                 "address space grows by %s/h and memory does not: mappings "
                 "that are not used, or never unmapped",
                 screen_bytes(text, sizeof(text), gauge->virtual.slope * 3600));
        break;
    case 3:
        snprintf(buffer, size,
                 "it is shared memory that grows (shm, memfd, "
                 "tmpfs), not the heap");
        break;
    case 4:
        snprintf(buffer, size,
                 "it grows outside of libc's heap, by mmap: large blocks, "
                 "another allocator, or the program's own mappings");
        break;
    case 5:
        snprintf(buffer, size,
                 "it is the heap that grows: blocks that are not freed, or "
                 "gaps between them (fragmentation); \"dbgmalloc run\" tells "
                 "which, by the live bytes");
        break;
    default:
        return NULL;
    }
    return buffer;
}
