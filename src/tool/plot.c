/*
 * tool/plot.c - SVG, drawn by hand: two axes and three lines.
 */
#include "tool/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "tool/screen.h"

/* The picture and the field of the curves in it. */
#define WIDTH 840
#define HEIGHT 420
#define LEFT 80
#define RIGHT 20
#define TOP 60
#define BOTTOM 50

enum line { LINE_RSS, LINE_OWN, LINE_FILE, LINE__COUNT };

static const char *const line_names[] = {"RSS", "its own", "files"};

static double
value_of(const struct gauge_point *point, enum line line)
{
    switch (line) {
    case LINE_RSS:
        return point->memory.rss;
    case LINE_OWN:
        return gauge_own(&point->memory);
    default:
        return point->memory.file;
    }
}

/* Text in XML: what could end it or begin a tag is escaped; XML has no way to
 * write most control bytes. */
static void
put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if ((unsigned char)*text < ' ' || (unsigned char)*text > 126)
            fputc('?', out);
        else
            fputc(*text, out);
    }
}

/* The next of 1, 2, 5, 10, 20, ... times `unit`. */
static double
round_step(double least)
{
    double power = pow(10, floor(log10(fmax(least, 1e-9))));

    if (least <= power)
        return power;
    return least <= 2 * power   ? 2 * power
           : least <= 5 * power ? 5 * power
                                : 10 * power;
}

/* A step for bytes: round in its own unit. */
static double
byte_step(double least)
{
    double unit = 1;

    while (least / unit >= 1024)
        unit *= 1024;
    return fmin(round_step(least / unit), 1024) * unit;
}

struct scale {
    double start;
    double length; /* seconds */
    double top;    /* bytes */
};

static double
x_of(const struct scale *scale, double time)
{
    return LEFT +
           (time - scale->start) / scale->length * (WIDTH - LEFT - RIGHT);
}

static double
y_of(const struct scale *scale, double bytes)
{
    return HEIGHT - BOTTOM - bytes / scale->top * (HEIGHT - TOP - BOTTOM);
}

static void
put_axes(FILE *out, const struct scale *scale)
{
    double step = byte_step(scale->top / 5);
    double time_step = round_step(scale->length / 6);
    char text[24];

    if (time_step > 30)
        time_step = 60 * round_step(scale->length / 6 / 60);
    for (double y = 0; y <= scale->top * 1.0001; y += step)
        fprintf(out,
                "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" "
                "y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                LEFT, y_of(scale, y), WIDTH - RIGHT, LEFT - 8,
                y_of(scale, y) + 4, screen_bytes(text, sizeof(text), y));
    for (double t = 0; t <= scale->length * 1.0001; t += time_step)
        fprintf(out,
                "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" "
                "y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                x_of(scale, scale->start + t), TOP, HEIGHT - BOTTOM,
                x_of(scale, scale->start + t), HEIGHT - BOTTOM + 18,
                screen_time(text, sizeof(text), t));
}

static void
put_line(FILE *out, const struct gauge *gauge, const struct scale *scale,
         enum line line)
{
    fprintf(out, "<polyline class=\"l%d\" points=\"", (int)line);
    for (size_t i = 0; i < gauge->count; i++)
        fprintf(out, "%.1f,%.1f ", x_of(scale, gauge->points[i].time),
                y_of(scale, value_of(&gauge->points[i], line)));
    fprintf(out,
            "\"/>\n<path class=\"l%d\" d=\"M%d %dh24\"/><text x=\"%d\" "
            "y=\"%d\">%s</text>\n",
            (int)line, LEFT + (int)line * 110, HEIGHT - 14,
            LEFT + (int)line * 110 + 30, HEIGHT - 10, line_names[line]);
}

void
plot_write(FILE *out, const struct gauge *gauge)
{
    struct scale scale = {.length = 1, .top = 65536};
    char text[24];

    if (gauge->count > 0)
        scale.start = gauge->points[0].time;
    if (gauge->count > 1)
        scale.length = gauge->points[gauge->count - 1].time - scale.start;
    for (size_t i = 0; i < gauge->count; i++) {
        for (int k = 0; k < LINE__COUNT; k++)
            scale.top = fmax(scale.top, value_of(&gauge->points[i], k));
    }
    scale.top *= 1.05;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
            "<style>svg{background:#fff;fill:#222}.grid{stroke:#ddd}"
            "polyline,path{fill:none;stroke-width:1.5}.l0{stroke:#666}"
            ".l1{stroke:#c22}.l2{stroke:#28c}.head{font-size:16px}\n"
            "@media(prefers-color-scheme:dark){svg{background:#181818;"
            "fill:#ddd}.grid{stroke:#333}.l0{stroke:#aaa}.l1{stroke:#f66}"
            ".l2{stroke:#6bf}}</style>\n<title>memory of ",
            WIDTH, HEIGHT);
    put_text(out, gauge->name);
    fprintf(out, "</title>\n<text class=\"head\" x=\"%d\" y=\"24\">", LEFT);
    put_text(out, gauge->name);
    fprintf(out, " (pid %d)</text>\n<text x=\"%d\" y=\"44\">", (int)gauge->pid,
            LEFT);
    if (gauge->own.verdict == TREND_GROWING)
        fprintf(out, "growing at %s/h: ",
                screen_bytes(text, sizeof(text), gauge->own.slope * 3600));
    else
        fprintf(out, "%s: ",
                gauge->own.verdict == TREND_STEADY ? "not growing"
                                                   : "not known yet");
    put_text(out, trend_reason(gauge->own.shape));
    fputs("</text>\n", out);
    put_axes(out, &scale);
    for (int k = 0; k < LINE__COUNT; k++)
        put_line(out, gauge, &scale, k);
    fputs("</svg>\n", out);
}
