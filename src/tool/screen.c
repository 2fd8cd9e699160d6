/*
 * tool/screen.c - colour, width and words for a person.
 */
#include "tool/screen.h"

#include <langinfo.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"

bool
screen_is_terminal(FILE *out)
{
    const char *term = getenv("TERM");

    return isatty(fileno(out)) != 0 &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

bool
screen_has_colour(FILE *out)
{
    const char *refused = getenv("NO_COLOR");

    return (refused == NULL || *refused == '\0') && screen_is_terminal(out);
}

void
screen_on(FILE *out, enum screen_style style)
{
    static const char *const codes[] = {
        [SCREEN_PLAIN] = "",        [SCREEN_BOLD] = "\033[1m",
        [SCREEN_DIM] = "\033[2m",   [SCREEN_GOOD] = "\033[32m",
        [SCREEN_WARN] = "\033[33m", [SCREEN_BAD] = "\033[1;31m",
    };

    if (style != SCREEN_PLAIN && screen_has_colour(out))
        fputs(codes[style], out);
}

void
screen_off(FILE *out)
{
    if (screen_has_colour(out))
        fputs("\033[0m", out);
}

void
screen_put(FILE *out, enum screen_style style, const char *text)
{
    screen_on(out, style);
    fputs(text, out);
    if (style != SCREEN_PLAIN)
        screen_off(out);
}

/* The number in an environment variable, from 20 to 1000, or 0. */
static unsigned
env_number(const char *name)
{
    const char *text = getenv(name);
    long n = text != NULL ? strtol(text, NULL, 10) : 0;

    return n >= 20 && n <= 1000 ? (unsigned)n : 0;
}

unsigned
screen_columns(FILE *out)
{
    struct winsize size;
    unsigned n = env_number("COLUMNS");

    if (n == 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        n = size.ws_col;
    return n >= 20 ? n : 80;
}

unsigned
screen_rows(FILE *out)
{
    struct winsize size;
    unsigned n = env_number("LINES");

    if (n == 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        n = size.ws_row;
    return n >= 5 ? n : 24;
}

void
screen_wrap(FILE *out, unsigned width, unsigned indent, unsigned column,
            const char *text)
{
    while (*text != '\0') {
        unsigned n = (unsigned)strcspn(text, " \n");
        bool is_first = column <= indent;

        if (!is_first && column + 1 + n > width) {
            fputc('\n', out);
            column = 0;
            is_first = true;
        }
        for (; column < indent; column++)
            fputc(' ', out);
        column += is_first ? n : n + 1;
        fprintf(out, "%s%.*s", is_first ? "" : " ", (int)n, text);
        text += n;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
            text++;
        }
        text += strspn(text, " ");
    }
    if (column > 0)
        fputc('\n', out);
}

bool
screen_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *
screen_clean(char *buffer, size_t size, const char *text)
{
    (void)text_copy(buffer, size, text); /* cut if need be */
    for (char *at = buffer; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    }
    return buffer;
}

const char *
screen_bytes(char *buffer, size_t size, double bytes)
{
    char text[24];

    format_size(text, sizeof(text), (uint64_t)fmin(fabs(bytes), 1e18));
    snprintf(buffer, size, "%s%s", bytes <= -0.5 ? "-" : "", text);
    return buffer;
}

const char *
screen_time(char *buffer, size_t size, double seconds)
{
    /* Fractions of a second are noise once there is a minute. */
    seconds = fmin(fmax(seconds, 0), 1e9);
    return format_time(
        buffer, size,
        (uint64_t)(seconds < 60 ? seconds * 1e9 : floor(seconds) * 1e9));
}

/* How many bytes the UTF-8 character at `s` has, 0 if it is none. */
static size_t
character_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Not the shortest form, a half of a surrogate pair, past the last. */
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

void
screen_json(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('"', out);
    while (*s != '\0') {
        size_t n = character_length(s);

        if (n == 0) {
            fputs("\\ufffd", out);
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            fprintf(out, "\\%c", *s);
        } else if (*s < ' ' || *s == 127) {
            fprintf(out, "\\u%04x", *s);
        } else {
            fwrite(s, 1, n, out);
        }
        s += n;
    }
    fputc('"', out);
}
