/*
 * os/file.c - files, without stdio.
 *
 * Every call that a signal can interrupt is asked again. Writing is the only
 * involved part: see file_write.
 */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "os/call.h"
#include "os/signal.h"

/* How long a writer waits for a full pipe that does not block, seconds. */
#define WRITE_PATIENCE 5

/* More than any termios of the kernel. */
#define TERMIOS_SIZE 256

#define MASK_SIZE sizeof(uint64_t)
#define MASK_PIPE (UINT64_C(1) << (SIGPIPE - 1))

/* The kernel gives no more than this in one read or write. */
#define TRANSFER_MAX ((size_t)0x7ffff000)

static size_t
one_transfer(size_t n)
{
    return n < TRANSFER_MAX ? n : TRANSFER_MAX;
}

/*
 * move_up - a copy of `fd` not under `least_fd`; `fd` is closed. Where the
 * process may not have descriptors so high, as high as it may: a report in an
 * unlucky place is better than none.
 */
static int
move_up(int fd, int least_fd)
{
    long moved = -EINVAL;

    while (least_fd > fd && moved == -EINVAL) {
        moved = CALL_3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least_fd);
        least_fd /= 2;
    }
    if (moved == -EINVAL)
        return fd;
    file_close(fd);
    return (int)moved;
}

static int
open_flags(const char *path, int flags)
{
    long fd;

    do {
        fd = CALL_4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY,
                    0666);
    } while (fd == -EINTR);
    return (int)fd;
}

int
file_open(const char *path, enum file_mode mode, int least_fd)
{
    int flags = O_RDONLY;
    int fd;

    if (mode == FILE_WRITE)
        flags = O_WRONLY | O_CREAT;
    else if (mode == FILE_APPEND)
        flags = O_WRONLY | O_CREAT | O_APPEND;
    else if (mode == FILE_NEW)
        flags = O_WRONLY | O_CREAT | O_EXCL;
    fd = open_flags(path, flags);
    if (fd < 0 || fd >= least_fd)
        return fd;
    return move_up(fd, least_fd);
}

void
file_close(int fd)
{
    /* Linux closes it even where it says EINTR; other errors are of data that
     * the writer was told about, or of a descriptor that is not there. */
    (void)CALL_1(SYS_close, fd);
}

/* wait_until_writable - after EAGAIN. Returns 0, or -EAGAIN where nobody reads
 * for a long while: a debugging aid must not hang its program for ever. */
static int
wait_until_writable(int fd)
{
    struct pollfd poll = {.fd = fd, .events = POLLOUT, .revents = 0};
    struct timespec limit = {.tv_sec = WRITE_PATIENCE, .tv_nsec = 0};
    long result;

    /* The kernel takes what is left of the limit from it, EINTR or not. */
    do {
        result = CALL_5(SYS_ppoll, &poll, 1, &limit, NULL, MASK_SIZE);
    } while (result == -EINTR);
    return result > 0 ? 0 : result == 0 ? -EAGAIN : (int)result;
}

static int
write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        long result = CALL_3(SYS_write, fd, bytes, one_transfer(n));

        if (result > 0) {
            bytes += result;
            n -= (size_t)result;
        } else if (result == -EAGAIN) {
            int error = wait_until_writable(fd);

            if (error != 0)
                return error;
        } else if (result != -EINTR) {
            return result == 0 ? -EIO : (int)result;
        }
    }
    return 0;
}

/* is_regular - true if writing to `fd` cannot raise SIGPIPE. */
static bool
is_regular(int fd)
{
    struct stat status = {0};

    return CALL_2(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode);
}

/*
 * A broken pipe raises SIGPIPE in the writing thread before write returns. So
 * it is blocked meanwhile, and if it came by our write it is taken away before
 * the mask is as it was; one that was pending before stays.
 */
int
file_write(int fd, const void *bytes, size_t n)
{
    struct timespec no_wait = {.tv_sec = 0, .tv_nsec = 0};
    uint64_t pipe_only = MASK_PIPE;
    uint64_t pending = 0;
    uint64_t mask;
    int error;

    if (is_regular(fd))
        return write_all(fd, bytes, n);
    mask = signal_block_mask(MASK_PIPE);
    (void)CALL_2(SYS_rt_sigpending, &pending, MASK_SIZE); /* cannot fail */
    error = write_all(fd, bytes, n);
    if (error == -EPIPE && (pending & MASK_PIPE) == 0) {
        /* EAGAIN says that there was none: SIGPIPE is ignored. */
        while (CALL_4(SYS_rt_sigtimedwait, &pipe_only, NULL, &no_wait,
                      MASK_SIZE) == -EINTR)
            continue;
    }
    signal_restore(mask);
    return error;
}

long
file_read(int fd, void *buffer, size_t n)
{
    long result;

    do {
        result = CALL_3(SYS_read, fd, buffer, one_transfer(n));
    } while (result == -EINTR);
    return result;
}

long
file_read_at(int fd, void *buffer, size_t n, uint64_t offset)
{
    long result;

    do {
        result = CALL_4(SYS_pread64, fd, buffer, one_transfer(n), offset);
    } while (result == -EINTR);
    return result;
}

/* read_to_end - the whole of `fd`, or -EFBIG. One byte of `size` is kept for
 * the NUL, which also tells "full" from "too long". */
static long
read_to_end(int fd, char *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        long result = file_read(fd, buffer + done, size - done);

        if (result < 0)
            return result;
        if (result == 0) {
            buffer[done] = '\0';
            return (long)done;
        }
        done += (size_t)result;
    }
    return -EFBIG;
}

long
file_read_whole(const char *path, char *buffer, size_t size)
{
    int fd = file_open(path, FILE_READ, 0);
    long result;

    if (fd < 0)
        return fd;
    result = read_to_end(fd, buffer, size);
    file_close(fd);
    return result;
}

int
file_truncate(int fd, uint64_t size)
{
    long result;

    do {
        result = CALL_2(SYS_ftruncate, fd, size);
    } while (result == -EINTR);
    return (int)result;
}

int
file_rename(const char *from, const char *to)
{
    return (int)CALL_5(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
file_remove(const char *path)
{
    return (int)CALL_3(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
file_try_lock(int fd)
{
    return (int)CALL_2(SYS_flock, fd, LOCK_EX | LOCK_NB);
}

static void
fill_identity(struct file_identity *identity, const struct stat *status)
{
    identity->device = status->st_dev;
    identity->inode = status->st_ino;
    identity->size = (uint64_t)status->st_size;
    identity->mtime_ns =
        (uint64_t)status->st_mtim.tv_sec * UINT64_C(1000000000) +
        (uint64_t)status->st_mtim.tv_nsec;
    identity->mode = status->st_mode;
}

int
file_identify(int fd, struct file_identity *out_identity)
{
    struct stat status = {0};
    int error = (int)CALL_2(SYS_fstat, fd, &status);

    if (error == 0)
        fill_identity(out_identity, &status);
    return error;
}

int
file_identify_path(const char *path, struct file_identity *out_identity)
{
    struct stat status = {0};
    int error = (int)CALL_4(SYS_newfstatat, AT_FDCWD, path, &status, 0);

    if (error == 0)
        fill_identity(out_identity, &status);
    return error;
}

bool
file_is_same(const struct file_identity *a, const struct file_identity *b)
{
    return a->device == b->device && a->inode == b->inode;
}

bool
file_is_terminal(int fd)
{
    char termios[TERMIOS_SIZE];

    return CALL_3(SYS_ioctl, fd, TCGETS, termios) == 0;
}

/* map_open - map the file that `fd` is. */
static int
map_open(int fd, struct file_map *out_map)
{
    struct file_identity identity;
    int error = file_identify(fd, &identity);
    long result;

    if (error != 0)
        return error;
    if (!S_ISREG(identity.mode))
        return -EINVAL;
    if (identity.size == 0)
        return -ENODATA;
    result = CALL_6(SYS_mmap, 0, identity.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (result < 0 && result > -4096)
        return (int)result;
    out_map->bytes = (const unsigned char *)result;
    out_map->size = (size_t)identity.size;
    return 0;
}

int
file_map(const char *path, struct file_map *out_map)
{
    /* Without O_NONBLOCK, opening a pipe would wait for its writer. */
    int fd = open_flags(path, O_RDONLY | O_NONBLOCK);
    int error;

    if (fd < 0)
        return fd;
    error = map_open(fd, out_map);
    file_close(fd);
    return error;
}

void
file_unmap(struct file_map *map)
{
    /* The range is one that file_map made, which munmap takes. */
    if (map->bytes != NULL)
        (void)CALL_2(SYS_munmap, map->bytes, map->size);
    map->bytes = NULL;
    map->size = 0;
}

/* ---- files in memory ---- */

#define MEMORY_FD_LEAST 200

int
file_make_memory(const char *name, size_t size, void **out_p)
{
    long fd = CALL_2(SYS_memfd_create, name, MFD_CLOEXEC);
    long p = 0;
    int error = 0;

    if (fd < 0)
        return (int)fd;
    fd = move_up((int)fd, MEMORY_FD_LEAST);
    if (size != 0) {
        error = file_truncate((int)fd, size);
        if (error == 0)
            p = CALL_6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                       fd, 0);
        if (error == 0 && p < 0 && p > -4096)
            error = (int)p;
    }
    if (error != 0) {
        file_close((int)fd);
        return error;
    }
    if (size != 0)
        *out_p = (void *)p;
    return (int)fd;
}

void
file_unmap_memory(void *p, size_t size)
{
    (void)CALL_2(SYS_munmap, p, size); /* nothing can be done if it fails */
}
