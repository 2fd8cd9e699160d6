/*
 * tool/view.c - a watch, for people and for programs.
 */
#include "tool/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "tool/screen.h"
#include "tool/tool.h"

/* Mappings named in a verdict. */
#define GROWN_MAX 5
/* Columns of the sparkline. */
#define SPARK_WIDTH 24

static const struct procfs_memory *
newest(const struct gauge *gauge)
{
    return &gauge->points[gauge->count - 1].memory;
}

const char *
view_spark(const struct gauge *gauge, unsigned width, char *buffer, size_t size)
{
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583",
                                         "\u2584", "\u2585", "\u2586",
                                         "\u2587", "\u2588"};
    static const char *const letters[] = {"_", ".", "-", "=",
                                          "+", "*", "%", "#"};
    const char *const *marks = screen_is_utf8() ? blocks : letters;
    double low = INFINITY;
    double high = 0;
    size_t n = gauge->count < width ? gauge->count : width;
    size_t used = 0;

    for (size_t i = 0; i < gauge->count; i++) {
        low = fmin(low, gauge_own(&gauge->points[i].memory));
        high = fmax(high, gauge_own(&gauge->points[i].memory));
    }
    buffer[0] = '\0';
    for (size_t k = 0; k < n && used + 4 < size; k++) {
        size_t i = (k + 1) * gauge->count / n - 1;
        double share =
            high - low > 65536
                ? (gauge_own(&gauge->points[i].memory) - low) / (high - low)
                : 0;

        used += (size_t)snprintf(buffer + used, size - used, "%s",
                                 marks[(int)fmin(share * 8, 7)]);
    }
    return buffer;
}

/* "growing at 12.3 MiB/h", "not growing", "not known yet". */
static const char *
verdict_text(const struct gauge *gauge, char *buffer, size_t size)
{
    char rate[24];

    if (gauge->own.verdict == TREND_GROWING)
        snprintf(buffer, size, "growing at %s/h",
                 screen_bytes(rate, sizeof(rate), gauge->own.slope * 3600));
    else
        snprintf(buffer, size, "%s",
                 gauge->own.verdict == TREND_STEADY ? "not growing"
                                                    : "not known yet");
    return buffer;
}

static enum screen_style
verdict_style(const struct gauge *gauge)
{
    return gauge->own.verdict == TREND_GROWING  ? SCREEN_BAD
           : gauge->own.verdict == TREND_STEADY ? SCREEN_GOOD
                                                : SCREEN_WARN;
}

/* --- the table --- */

static int
compare_gauges(const void *a, const void *b)
{
    const struct gauge *x = *(const struct gauge *const *)a;
    const struct gauge *y = *(const struct gauge *const *)b;
    bool x_grows = x->own.verdict == TREND_GROWING;
    bool y_grows = y->own.verdict == TREND_GROWING;

    if (x_grows != y_grows)
        return x_grows ? -1 : 1;
    if (x_grows && x->own.slope != y->own.slope)
        return x->own.slope < y->own.slope ? 1 : -1;
    return (newest(x)->rss < newest(y)->rss) -
           (newest(x)->rss > newest(y)->rss);
}

/* PSS, or RSS where it could not be read. */
static double
pss_of(const struct gauge *gauge)
{
    return gauge->last.count > 0    ? gauge->last.share.pss
           : gauge->first.count > 0 ? gauge->first.share.pss
                                    : 0;
}

static void
put_row(FILE *out, const struct gauge *gauge, unsigned columns)
{
    const struct procfs_memory *memory = newest(gauge);
    char own[24];
    char rss[24];
    char pss[24];
    char swap[24];
    char size[24];
    char spark[SPARK_WIDTH * 3 + 4];
    char verdict[64];

    fprintf(out, "%7d %-15.15s %10s %10s %10s %9s %10s %4.0f ", (int)gauge->pid,
            gauge->name, screen_bytes(own, sizeof(own), gauge_own(memory)),
            screen_bytes(rss, sizeof(rss), memory->rss),
            gauge->first.count > 0
                ? screen_bytes(pss, sizeof(pss), pss_of(gauge))
                : "?",
            screen_bytes(swap, sizeof(swap), memory->swap),
            screen_bytes(size, sizeof(size), memory->virtual), memory->threads);
    if (columns >= 130)
        fprintf(out, "%s ",
                view_spark(gauge, SPARK_WIDTH, spark, sizeof(spark)));
    screen_put(out, verdict_style(gauge),
               gauge->has_ended
                   ? "ended"
                   : verdict_text(gauge, verdict, sizeof(verdict)));
    fputs("\033[K\n", out);
}

/* Of a single process: its kinds of memory, and a wide sparkline. */
static void
put_detail(FILE *out, const struct gauge *gauge, unsigned columns)
{
    const struct procfs_maps *maps =
        gauge->last.count > 0 ? &gauge->last : &gauge->first;
    char a[24];
    char b[24];
    char spark[600];
    char note[300];

    fprintf(out, "\033[K\n%s\033[K\n\033[K\n",
            view_spark(gauge, columns < 160 ? columns - 1 : 160, spark,
                       sizeof(spark)));
    for (int k = 0; maps->count > 0 && k < PROCFS__KIND_COUNT; k++)
        fprintf(out, "  %-10s %10s  %s%s since the first look\033[K\n",
                procfs_kind_name(k), screen_bytes(a, sizeof(a), maps->rss[k]),
                gauge_growth(gauge, k) >= 0 ? "+" : "",
                screen_bytes(b, sizeof(b), gauge_growth(gauge, k)));
    fprintf(out, "\033[K\n  %s", trend_reason(gauge->own.shape));
    if (gauge->own.verdict == TREND_UNKNOWN)
        fprintf(out, "; wait about %s",
                screen_time(a, sizeof(a), ceil(gauge->own.wait)));
    fputs("\033[K\n", out);
    for (unsigned i = 0; gauge_note(gauge, i, note, sizeof(note)) != NULL; i++)
        fprintf(out, "  %s\033[K\n", note);
}

void
view_table(FILE *out, const struct view *view, unsigned columns, unsigned rows)
{
    size_t n = view->count < rows - 4 ? view->count : rows - 4;
    char time[24];
    char every[24];

    qsort(view->gauges, view->count, sizeof(view->gauges[0]), compare_gauges);
    fprintf(out,
            "\033[Hdbgmalloc watch: %s, every %s; ctrl-C ends and sums "
            "up\033[K\n\033[K\n",
            screen_time(time, sizeof(time), floor(view->now - view->start)),
            screen_time(every, sizeof(every), view->interval));
    screen_on(out, SCREEN_BOLD);
    fprintf(out, "%7s %-15s %10s %10s %10s %9s %10s %4s %s", "PID", "NAME",
            "OWN", "RSS", "PSS", "SWAP", "VSZ", "THR",
            columns >= 130 ? "OVER TIME                VERDICT" : "VERDICT");
    screen_off(out);
    fputs("\033[K\n", out);
    for (size_t i = 0; i < n; i++)
        put_row(out, view->gauges[i], columns);
    if (view->count == 1)
        put_detail(out, view->gauges[0], columns);
    fputs("\033[J", out);
    fflush(out);
}

/* --- in words --- */

static void
put_where(FILE *out, const struct gauge *gauge)
{
    struct gauge_grown grown[GROWN_MAX];
    size_t n = gauge_grown(gauge, grown, GROWN_MAX);
    const char *comma = "";
    char text[24];

    if (gauge->maps_error != 0) {
        fprintf(out,
                "  where: cannot be read (%s): run as root, or as the "
                "process's user\n",
                strerror(-gauge->maps_error));
        return;
    }
    if (gauge->last.count == 0)
        return;
    fputs("  where:", out);
    for (int k = 0; k < PROCFS__KIND_COUNT; k++) {
        double growth = gauge_growth(gauge, k);

        if (fabs(growth) < 4096)
            continue;
        fprintf(out, "%s %s %s%s", comma, procfs_kind_name(k),
                growth > 0 ? "+" : "",
                screen_bytes(text, sizeof(text), growth));
        comma = ",";
    }
    fprintf(out, "%s\n", *comma == '\0' ? " no mapping grew" : "");
    for (size_t i = 0; i < n; i++) {
        if (grown[i].growth < 16384)
            break;
        fprintf(out, "    +%s in %s",
                screen_bytes(text, sizeof(text), grown[i].growth),
                grown[i].name);
        if (grown[i].count > 1)
            fprintf(out, " (%zu mappings)", grown[i].count);
        fputc('\n', out);
    }
}

void
view_verdict(FILE *out, const struct view *view, const struct gauge *gauge)
{
    const struct procfs_memory *first = &gauge->points[0].memory;
    const struct procfs_memory *now = newest(gauge);
    double grown = gauge_own(now) - gauge_own(first);
    char a[24];
    char b[24];
    char c[24];
    char d[24];
    char verdict[64];
    char note[300];

    fprintf(out, "%s (pid %d): ", gauge->name, (int)gauge->pid);
    screen_put(out, verdict_style(gauge),
               verdict_text(gauge, verdict, sizeof(verdict)));
    if (gauge->own.verdict == TREND_GROWING)
        fprintf(out, " (95 %%: %s to %s; confidence %.1f %%)",
                screen_bytes(a, sizeof(a), gauge->own.slope_low * 3600),
                screen_bytes(b, sizeof(b), gauge->own.slope_high * 3600),
                gauge->own.confidence * 100);
    else if (gauge->own.verdict == TREND_UNKNOWN)
        fprintf(out, "; wait about %s more",
                screen_time(a, sizeof(a), ceil(gauge->own.wait)));
    fprintf(out, "\n  %s; %lu samples in %s%s\n",
            trend_reason(gauge->own.shape), gauge->samples,
            screen_time(a, sizeof(a),
                        gauge->points[gauge->count - 1].time - view->start),
            gauge->has_ended ? ", then it ended" : "");
    fprintf(out, "  memory: %s of its own (%s%s), RSS %s",
            screen_bytes(a, sizeof(a), gauge_own(now)), grown >= 0 ? "+" : "",
            screen_bytes(b, sizeof(b), grown),
            screen_bytes(c, sizeof(c), now->rss));
    if (gauge->first.count > 0)
        fprintf(out, ", PSS %s", screen_bytes(d, sizeof(d), pss_of(gauge)));
    fprintf(out, ", swap %s", screen_bytes(a, sizeof(a), now->swap));
    fprintf(out, ", address space %s\n",
            screen_bytes(a, sizeof(a), now->virtual));
    put_where(out, gauge);
    for (unsigned i = 0; gauge_note(gauge, i, note, sizeof(note)) != NULL; i++)
        fprintf(out, "  note: %s\n", note);
}

/* --- for programs --- */

void
view_csv_head(FILE *out)
{
    fputs("time_s,pid,name,own,rss,anon,file,shmem,swap,virtual,threads,"
          "pss,verdict,slope_per_hour\n",
          out);
}

/* A name with a quote, comma or line break in it is quoted. */
static void
put_csv_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void
view_csv(FILE *out, const struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct gauge *gauge = view->gauges[i];
        const struct procfs_memory *m = newest(gauge);

        if (gauge->has_ended)
            continue;
        fprintf(out, "%.3f,%d,", view->now - view->start, (int)gauge->pid);
        put_csv_text(out, gauge->name);
        fprintf(out, ",%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,", gauge_own(m),
                m->rss, m->anon, m->file, m->shmem, m->swap, m->virtual,
                m->threads);
        if (gauge->first.count > 0)
            fprintf(out, "%.0f", pss_of(gauge));
        fprintf(out, ",%s,%.0f\n", trend_verdict_key(gauge->own.verdict),
                gauge->own.slope * 3600);
    }
    fflush(out);
}

static void
put_json_memory(FILE *out, const struct gauge *gauge)
{
    const struct procfs_memory *m = newest(gauge);
    const struct procfs_memory *f = &gauge->points[0].memory;

    fprintf(out,
            "     \"memory\": {\"own\": %.0f, \"rss\": %.0f, \"anon\": %.0f, "
            "\"file\": %.0f, \"shmem\": %.0f, \"swap\": %.0f, \"virtual\": "
            "%.0f, \"threads\": %.0f",
            gauge_own(m), m->rss, m->anon, m->file, m->shmem, m->swap,
            m->virtual, m->threads);
    if (gauge->first.count > 0)
        fprintf(out, ", \"pss\": %.0f", pss_of(gauge));
    fprintf(out,
            "},\n     \"growth\": {\"own\": %.0f, \"rss\": %.0f, \"file\": "
            "%.0f, \"swap\": %.0f, \"virtual\": %.0f, \"threads\": %.0f},\n",
            gauge_own(m) - gauge_own(f), m->rss - f->rss, m->file - f->file,
            m->swap - f->swap, m->virtual - f->virtual,
            m->threads - f->threads);
}

static void
put_json_where(FILE *out, const struct gauge *gauge)
{
    const struct procfs_maps *maps =
        gauge->last.count > 0 ? &gauge->last : &gauge->first;
    struct gauge_grown grown[GROWN_MAX];
    size_t n = gauge->last.count > 0 ? gauge_grown(gauge, grown, GROWN_MAX) : 0;
    char note[300];

    fputs("     \"kinds\": {", out);
    for (int k = 0; maps->count > 0 && k < PROCFS__KIND_COUNT; k++)
        fprintf(out, "%s\"%s\": {\"rss\": %.0f, \"growth\": %.0f}",
                k > 0 ? ", " : "", procfs_kind_name(k), maps->rss[k],
                gauge_growth(gauge, k));
    fputs("},\n     \"grown\": [", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s{\"name\": ", i > 0 ? ", " : "");
        screen_json(out, grown[i].name);
        fprintf(out, ", \"growth\": %.0f, \"mappings\": %zu}", grown[i].growth,
                grown[i].count);
    }
    fputs("],\n     \"notes\": [", out);
    for (unsigned i = 0; gauge_note(gauge, i, note, sizeof(note)) != NULL;
         i++) {
        fputs(i > 0 ? ", " : "", out);
        screen_json(out, note);
    }
    fprintf(out, "], \"mappings_read\": %s}",
            gauge->first.count > 0 ? "true" : "false");
}

void
view_json(FILE *out, const struct view *view)
{
    double length = fmax(view->now - view->start, 1e-9);
    unsigned maps_reads = 0;

    for (size_t i = 0; i < view->count; i++)
        maps_reads += view->gauges[i]->maps_reads;
    fprintf(out,
            "{\"dbgmalloc\": \"%s\",\n \"watched_s\": %.3f, \"interval_s\": "
            "%.3f,\n \"cost\": {\"cpu_s\": %.6f, \"share\": %.6f, "
            "\"smaps_reads\": %u},\n \"processes\": [",
            tool_version(), length, view->interval, view->cpu,
            view->cpu / length, maps_reads);
    for (size_t i = 0; i < view->count; i++) {
        const struct gauge *gauge = view->gauges[i];
        const struct trend *own = &gauge->own;
        char command[1024];

        fprintf(out, "%s\n    {\"pid\": %d, \"name\": ", i > 0 ? "," : "",
                (int)gauge->pid);
        screen_json(out, gauge->name);
        fputs(", \"command\": ", out);
        screen_json(out, procfs_command(gauge->pid, command, sizeof(command)));
        fprintf(out,
                ", \"ended\": %s,\n     \"verdict\": \"%s\", \"reason\": "
                "\"%s\",\n     \"slope_per_hour\": %.0f, \"slope_low\": %.0f, "
                "\"slope_high\": %.0f, \"confidence\": %.4f, \"wait_s\": "
                "%.0f, \"samples\": %lu,\n",
                gauge->has_ended ? "true" : "false",
                trend_verdict_key(own->verdict), trend_reason(own->shape),
                own->slope * 3600, own->slope_low * 3600,
                own->slope_high * 3600, own->confidence, ceil(own->wait),
                gauge->samples);
        put_json_memory(out, gauge);
        put_json_where(out, gauge);
    }
    fputs("\n ]}\n", out);
}
