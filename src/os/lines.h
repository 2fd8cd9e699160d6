/*
 * os/lines.h - read a file of /proc line by line, in little memory.
 *
 * For os/ itself.   Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef OS_LINES_H
#define OS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Bytes of a line that are kept; the rest of a longer one is dropped. The
 * struct is meant for the stack, also that of a signal handler. */
#define LINES_MAX 2048

struct lines {
    int fd;
    int error;       /* -errno that ended the reading, or 0 */
    size_t begin;    /* bytes[begin, end) are read and not given out */
    size_t end;
    bool is_skipping; /* the rest of a line that was cut */
    bool is_at_end;
    char bytes[LINES_MAX + 1];
};

/* lines_open - begin to read `path`. Returns 0 or -errno. */
int MUST_CHECK lines_open(struct lines *lines, const char *path);

/* lines_next - the next line, terminated, without its newline, valid until the
 * next call; NULL at the end, or where `error` is set. */
char *lines_next(struct lines *lines);

void lines_close(struct lines *lines);

/* lines_field - the decimal number after `label` at the start of a line of
 * `path`. Returns 0, -ENOENT if there is no such line, or another -errno. */
int MUST_CHECK lines_field(const char *path, const char *label,
                           uint64_t *out_value);

/* lines_number - the decimal number at the start of `text`, blanks before it
 * skipped; false if there is none. */
bool lines_number(const char *text, uint64_t *out_value);

#endif
