/*
 * tool/snapfile.h - a snapshot's file is read, and of it what is asked for.
 */
#ifndef TOOL_SNAPFILE_H
#define TOOL_SNAPFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/snapshot.h"
#include "os/file.h"

/* A file's bytes; a mapping, or memory where it cannot be mapped (a pipe). */
struct snapfile {
    struct file_map map;
    char *bytes; /* to be freed, or NULL */
    size_t size;
};

/* snapfile_open - the bytes of a file, "-" being standard input. Returns 0 or
 * -errno. To be closed in any case. */
int MUST_CHECK snapfile_open(const char *path, struct snapfile *out_file);
void snapfile_close(struct snapfile *file);

/* snapfile_bytes - where they are. */
const void *snapfile_bytes(const struct snapfile *file);

/* snapfile_decode - fill the snapshot, which the caller gives to snapshot_fini,
 * from the bytes of the file at `path`. Returns 0, or TOOL_FAILED once it is
 * said what is wrong. */
int MUST_CHECK snapfile_decode(const char *path, const struct snapfile *file,
                               struct snapshot *out_snapshot);

/* snapfile_load - open, decode, close. `out_snapshot` was initialised. */
int MUST_CHECK snapfile_load(const char *path, struct snapshot *out_snapshot);

/* snapfile_filter - leave in it only stacks of which a frame, in words, matches
 * the regular expression. Returns 0, or TOOL_FAILED once it is said why. */
int MUST_CHECK snapfile_filter(struct snapshot *snapshot, const char *pattern);

#endif
