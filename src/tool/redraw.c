/*
 * tool/redraw.c - a table that is drawn again and again on a terminal.
 */
#include "tool/redraw.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "tool/screen.h"

/* The rest of the line is emptied: the picture before may have been longer. */
#define LINE_END "\033[K\n"

static const struct {
    const char *word;
    enum screen_style style;
} verdicts[] = {
    {"lost", SCREEN_BAD},     {"growing", SCREEN_WARN},
    {"plateau", SCREEN_GOOD}, {"one-off", SCREEN_GOOD},
    {"VERDICT", SCREEN_BOLD},
};

void
redraw_begin(FILE *out)
{
    fputs("\033[H", out);
}

void
redraw_end(FILE *out)
{
    fputs("\033[J", out);
    (void)fflush(out); /* a closed terminal shows as SIGHUP */
}

/* The bytes of the first `columns` characters of the `n` at `text`. */
static size_t
fitting(const char *text, size_t n, unsigned columns)
{
    size_t at = 0;

    for (unsigned used = 0; at < n; at++) {
        /* What continues a character of UTF-8 takes no column. */
        if (((unsigned char)text[at] & 0xc0) != 0x80 && used++ == columns)
            break;
    }
    return at;
}

/* A line, cut; its first `styled` bytes are in `style`. */
static void
put_cut(FILE *out, const char *text, size_t n, enum screen_style style,
        size_t styled)
{
    size_t fit = fitting(text, n, screen_columns(out));

    if (styled > fit)
        styled = fit;
    screen_on(out, style);
    fwrite(text, 1, styled, out);
    if (style != SCREEN_PLAIN)
        screen_off(out);
    fwrite(text + styled, 1, fit - styled, out);
    fputs(LINE_END, out);
}

/* The heading is bold as a whole; of a line that begins with a verdict that is
 * coloured. */
static void
put_line(FILE *out, const char *line, size_t n)
{
    enum screen_style style = SCREEN_PLAIN;
    size_t styled = 0;

    for (size_t i = 0; i < ARRAY_COUNT(verdicts); i++) {
        size_t length = strlen(verdicts[i].word);

        if (n > length && strncmp(line, verdicts[i].word, length) == 0 &&
            line[length] == ' ') {
            style = verdicts[i].style;
            styled = style == SCREEN_BOLD ? n : length;
        }
    }
    put_cut(out, line, n, style, styled);
}

void
redraw_table(FILE *out, const char *text, unsigned rows)
{
    for (unsigned row = 0; *text != '\0' && row < rows; row++) {
        size_t n = strcspn(text, "\n");

        put_line(out, text, n);
        text += n;
        if (*text == '\n')
            text++;
    }
}

void
redraw_note(FILE *out, const char *text)
{
    put_cut(out, text, strlen(text), SCREEN_DIM, strlen(text));
}
