/*
 * report/excerpt.h - lines of a source file around a place, where it is here.
 *
 * Names of files come from the program that is looked at, which need not be a
 * friend: only regular files whose name ends as those of sources do, and that
 * hold text, are read, so that a page handed on cannot be made to hold others.
 */
#ifndef REPORT_EXCERPT_H
#define REPORT_EXCERPT_H

#include <stdbool.h>
#include <stdint.h>

#include "os/file.h"

#define SOURCE_AROUND 3u

/* A file that is open, to be used for several places in it. */
struct excerpt {
    const char *path; /* as given; NULL: none */
    struct file_map map;
};

/* excerpt_open - make `path` the open file, if it is not. False where it cannot
 * or must not be read. Thread: owner.   Signal: no. */
bool excerpt_open(struct excerpt *source, const char *path);

/* excerpt_line - line `number` (from 1) of the open file, without its end;
 * false
 * past the last. */
bool excerpt_line(const struct excerpt *source, uint32_t number,
                 const char **out_text, size_t *out_n);

void excerpt_close(struct excerpt *source);

#endif
