/*
 * link: export
 * A program that defines mmap, munmap, madvise, write, openat, getenv ...
 * itself, and allocates in them, as another preloaded library may: the
 * allocator must not call them.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "prove.h"

#define EXPORT __attribute__((visibility("default"), used))

static int calls;

static void
note(void)
{
    calls++;
    free(keep(malloc(10)));
}

EXPORT void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    note();
    return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

EXPORT int
munmap(void *at, size_t n)
{
    note();
    return (int)syscall(SYS_munmap, at, n);
}

EXPORT int
madvise(void *at, size_t n, int advice)
{
    note();
    return (int)syscall(SYS_madvise, at, n, advice);
}

EXPORT int
mprotect(void *at, size_t n, int protection)
{
    note();
    return (int)syscall(SYS_mprotect, at, n, protection);
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t n)
{
    note();
    return syscall(SYS_write, fd, bytes, n);
}

EXPORT int
openat(int directory, const char *path, int flags, ...)
{
    va_list values;
    va_start(values, flags);
    int mode = va_arg(values, int);
    va_end(values);
    note();
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

EXPORT void *
sbrk(intptr_t step)
{
    (void)step;
    note();
    errno = ENOMEM;
    return (void *)-1;
}

int
main(void)
{
    void *blocks[64];
    calls = 0;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < 64; i++) {
            blocks[i] = keep(malloc(((size_t)1 << (i % 22)) + i));
            PROVE(blocks[i] != NULL);
        }
        for (size_t i = 0; i < 64; i++)
            free(blocks[i]);
    }
    PROVE(calls == 0);
    return 0;
}
