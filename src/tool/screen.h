/*
 * tool/screen.h - what a terminal can do that a file cannot.
 *
 * Colour is used where the stream is a terminal, NO_COLOR is not set (or
 * empty) and TERM is not "dumb". Source: https://no-color.org.
 */
#ifndef TOOL_SCREEN_H
#define TOOL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum screen_style {
    SCREEN_PLAIN,
    SCREEN_BOLD,
    SCREEN_DIM,
    SCREEN_GOOD, /* green */
    SCREEN_WARN, /* yellow */
    SCREEN_BAD   /* red */
};

/* screen_is_terminal - true if the stream is a terminal that understands
 * control sequences. */
bool screen_is_terminal(FILE *out);

/* screen_has_colour - true if the stream is to be coloured. */
bool screen_has_colour(FILE *out);

/* screen_on, screen_off - begin and end a style; nothing where there is no
 * colour. */
void screen_on(FILE *out, enum screen_style style);
void screen_off(FILE *out);

/* screen_put - `text` in a style. */
void screen_put(FILE *out, enum screen_style style, const char *text);

/* screen_columns - the width of the stream's terminal, 80 where it is none or
 * unknown; screen_rows - its height, 24. COLUMNS and LINES have the say. */
unsigned screen_columns(FILE *out);
unsigned screen_rows(FILE *out);

/* screen_wrap - `text` in lines that fit in `width` columns, each after
 * `indent` blanks; the first line begins at column `column` already. */
void screen_wrap(FILE *out, unsigned width, unsigned indent, unsigned column,
                 const char *text);

/* screen_is_utf8 - true if the locale's characters are UTF-8, so that blocks
 * and lines may be drawn. */
bool screen_is_utf8(void);

/* screen_clean - `text` without bytes that a terminal could take for
 * commands: control bytes become '?'. Copies to `buffer`, returns it. */
const char *screen_clean(char *buffer, size_t size, const char *text);

/* screen_bytes - a size in words, "3.4 MiB", with a sign where `signed`.
 * Returns `buffer`, of 24 bytes at least. */
const char *screen_bytes(char *buffer, size_t size, double bytes);

/* screen_time - a duration in words, "2 m 05 s". Returns `buffer`, of 24. */
const char *screen_time(char *buffer, size_t size, double seconds);

/* screen_json - `text` as a JSON string, quotes and all; bytes that are no
 * UTF-8 become U+FFFD. */
void screen_json(FILE *out, const char *text);

#endif
