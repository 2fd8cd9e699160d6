/*
 * os/file.h - files, without stdio.
 *
 * All functions return 0, a count or a descriptor, or a negative errno. They
 * retry after EINTR.   Thread: any.   Signal: yes.   errno: untouched.
 */
#ifndef OS_FILE_H
#define OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum file_mode {
    FILE_READ,   /* must exist */
    FILE_WRITE,  /* made, 0666 less the umask; not truncated */
    FILE_APPEND, /* made; each write goes to the end */
    FILE_NEW     /* made for writing; -EEXIST if it is there, a link too */
};

/* file_open - open `path`; the descriptor is close-on-exec and not under
 * `least_fd` (so that it stays clear of the ones programs expect), unless
 * RLIMIT_NOFILE is: then it is as high as may be. */
int MUST_CHECK file_open(const char *path, enum file_mode mode, int least_fd);

void file_close(int fd);

/* file_write - write all `n` bytes; SIGPIPE is kept from the program. -EAGAIN
 * where a full pipe that does not block is not read for seconds. */
int MUST_CHECK file_write(int fd, const void *bytes, size_t n);

/* file_read - read up to `n` bytes; 0 at the end. */
long MUST_CHECK file_read(int fd, void *buffer, size_t n);

/* file_read_at - read up to `n` bytes from `offset`. */
long MUST_CHECK file_read_at(int fd, void *buffer, size_t n, uint64_t offset);

/* file_read_whole - read `path` (a /proc file too) into `buffer`, terminated.
 * Returns the bytes read; -EFBIG if it does not fit. */
long MUST_CHECK file_read_whole(const char *path, char *buffer, size_t size);

/* file_truncate - cut the file to `size` bytes. */
int MUST_CHECK file_truncate(int fd, uint64_t size);

/* file_rename - give the file `from` the name `to`, in the place of what had
 * it, all at once. */
int MUST_CHECK file_rename(const char *from, const char *to);

/* file_remove - take the file's name away. */
int MUST_CHECK file_remove(const char *path);

/* file_try_lock - take an exclusive advisory lock that lasts as long as this
 * open file; -EWOULDBLOCK if another open of it has one. A forked child shares
 * it. */
int MUST_CHECK file_try_lock(int fd);

/* What a descriptor or path is, enough to know it again. */
struct file_identity {
    uint64_t device;
    uint64_t inode;
    uint64_t size;     /* bytes */
    uint64_t mtime_ns; /* since 1970 */
    uint32_t mode;     /* st_mode */
};

int MUST_CHECK file_identify(int fd, struct file_identity *out_identity);
int MUST_CHECK file_identify_path(const char *path,
                                  struct file_identity *out_identity);

/* file_is_same - true if both are the same open file or directory. */
bool file_is_same(const struct file_identity *a, const struct file_identity *b);

/* file_is_terminal - true if `fd` is a terminal. */
bool file_is_terminal(int fd);

/* A file mapped for reading. */
struct file_map {
    const unsigned char *bytes;
    size_t size;
};

/* file_map - map the whole regular file `path` read-only. An empty file gives
 * -ENODATA, anything but a regular file -EINVAL. The mapping may fault if the
 * file is cut by another process. */
int MUST_CHECK file_map(const char *path, struct file_map *out_map);
void file_unmap(struct file_map *map);

/*
 * file_make_memory - a file that lies in no folder (memfd), close-on-exec, for
 * another process to open through /proc.
 *
 * name: what /proc shows.   size: its bytes, all zero; where it is not 0 they
 * are mapped, shared, at *out_p.
 * Returns its descriptor, clear of the ones that programs expect, or -errno.
 */
int MUST_CHECK file_make_memory(const char *name, size_t size, void **out_p);

/* file_unmap_memory - take away such a mapping. */
void file_unmap_memory(void *p, size_t size);

#endif
