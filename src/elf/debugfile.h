/*
 * elf/debugfile.h - the separate files that hold a module's debug information.
 *
 * Source: gdb manual, "Separate Debug Files"; dwz(1).
 */
#ifndef ELF_DEBUGFILE_H
#define ELF_DEBUGFILE_H

#include <stddef.h>

#include "base/attr.h"
#include "elf/image.h"
#include "os/file.h"

/* Where distributions put them. */
#define DEBUGFILE_ROOT "/usr/lib/debug"

#define DEBUGFILE_PATH_MAX 4096

/* A file found, mapped and verified. */
struct debugfile {
    struct file_map map;
    struct image image;
    char path[DEBUGFILE_PATH_MAX];
};

/*
 * debugfile_find - the debug file of `image`, which was read from `path`: by
 * its build-id, then by the name and checksum in .gnu_debuglink, beside the
 * file, in its .debug directory, and under DEBUGFILE_ROOT.
 *
 * Returns 0 (close it by debugfile_close); -ENOENT if there is none.
 * Thread: any.   Signal: no.   Locks: none.   Cost: without build-ids it reads
 * the whole file for its checksum.
 */
int MUST_CHECK debugfile_find(const struct image *image, const char *path,
                              struct debugfile *out_file);

/* debugfile_find_alt - the file that `image`, read from `path`, shares with
 * others (.gnu_debugaltlink). Returns 0 or -ENOENT. */
int MUST_CHECK debugfile_find_alt(const struct image *image, const char *path,
                                  struct debugfile *out_file);

/* debugfile_open - the ELF file at `path`, no questions asked. Returns 0 or
 * -errno. */
int MUST_CHECK debugfile_open(const char *path, struct debugfile *out_file);

void debugfile_close(struct debugfile *file);

#endif
