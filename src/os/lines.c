/*
 * os/lines.c - read a file of /proc line by line, in little memory.
 *
 * The bytes not given out yet are moved to the front whenever more are read,
 * so a line always lies in one piece.
 */
#include "os/lines.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "os/file.h"

int
lines_open(struct lines *lines, const char *path)
{
    int fd = file_open(path, FILE_READ, 0);

    if (fd < 0)
        return fd;
    lines->fd = fd;
    lines->error = 0;
    lines->begin = 0;
    lines->end = 0;
    lines->is_skipping = false;
    lines->is_at_end = false;
    return 0;
}

/* read_more - fill the buffer after what is there; false if nothing came. */
static bool
read_more(struct lines *lines)
{
    size_t kept = lines->end - lines->begin;
    long result;

    memmove(lines->bytes, lines->bytes + lines->begin, kept);
    lines->begin = 0;
    lines->end = kept;
    if (lines->is_at_end)
        return false;
    result = file_read(lines->fd, lines->bytes + kept, LINES_MAX - kept);
    if (result <= 0) {
        lines->is_at_end = true;
        lines->error = (int)result;
        return false;
    }
    lines->end += (size_t)result;
    return true;
}

/* cut_line - give out `n` bytes as a line; `with_newline` takes one more. */
static char *
cut_line(struct lines *lines, size_t n, bool with_newline)
{
    char *line = lines->bytes + lines->begin;

    line[n] = '\0';
    lines->begin += n + with_newline;
    return line;
}

char *
lines_next(struct lines *lines)
{
    for (;;) {
        char *start = lines->bytes + lines->begin;
        size_t n = lines->end - lines->begin;
        char *newline = memchr(start, '\n', n);

        if (newline != NULL) {
            char *line = cut_line(lines, (size_t)(newline - start), true);

            if (!lines->is_skipping)
                return line;
            lines->is_skipping = false;
            continue;
        }
        if (n == LINES_MAX) {
            /* The line is longer than we keep: give what we have. */
            bool is_rest = lines->is_skipping;
            char *line = cut_line(lines, n, false);

            lines->is_skipping = true;
            if (!is_rest)
                return line;
            continue;
        }
        if (!read_more(lines)) {
            if (lines->error != 0 || n == 0 || lines->is_skipping)
                return NULL;
            return cut_line(lines, n, false);
        }
    }
}

void
lines_close(struct lines *lines)
{
    file_close(lines->fd);
    lines->fd = -1;
}

bool
lines_number(const char *text, uint64_t *out_value)
{
    uint64_t value = 0;

    while (*text == ' ' || *text == '\t')
        text++;
    if (*text < '0' || *text > '9')
        return false;
    while (*text >= '0' && *text <= '9') {
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
        text++;
    }
    *out_value = value;
    return true;
}

int
lines_field(const char *path, const char *label, uint64_t *out_value)
{
    struct lines lines;
    char *line;
    int error = lines_open(&lines, path);

    if (error != 0)
        return error;
    while ((line = lines_next(&lines)) != NULL) {
        if (text_has_prefix(line, label) &&
            lines_number(line + strlen(label), out_value))
            break;
    }
    error = line != NULL ? 0 : lines.error != 0 ? lines.error : -ENOENT;
    lines_close(&lines);
    return error;
}
