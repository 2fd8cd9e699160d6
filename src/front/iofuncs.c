/*
 * front/iofuncs.c - check-funcs: printing into memory, reading and writing.
 *
 * sprintf and its like are told no room, or too much of it: where the text goes
 * to a block that is smaller, it is made once without writing it, to know its
 * length. Reading is judged by the length that the call is given.
 */
#include "front/funcs.h"

#include <errno.h>

static ALWAYS_INLINE size_t
product(size_t a, size_t b)
{
    size_t result;

    return __builtin_mul_overflow(a, b, &result) ? SIZE_MAX : result;
}

/* A negative number of bytes or characters is none. */
static ALWAYS_INLINE size_t
count(int n)
{
    return n > 0 ? (size_t)n : 0;
}

/* ---- printing ---- */

/* The text is about to be written to `target`, `n` bytes of it at most. libc
 * may allocate meanwhile (wide characters, large widths). */
static void
check_print(const char *target, size_t n, const char *format, va_list values,
            const char *during, const void *caller)
{
    size_t room = track_room(target);
    int saved_errno = errno;
    va_list again;
    int length;

    funcs_refresh();
    if (LIKELY(n <= room))
        return;
    va_copy(again, values);
    track_internal_begin();
    length = vsnprintf(NULL, 0, format, again);
    track_internal_end();
    va_end(again);
    errno = saved_errno;
    if (length >= 0)
        funcs_writes(target, (size_t)length < n ? (size_t)length + 1 : n,
                     during, caller);
}

int
funcs_vsprintf(char *target, const char *format, va_list values)
{
    check_print(target, SIZE_MAX, format, values, "vsprintf", FRONT_CALLER);
    return vsprintf(target, format, values);
}

int
funcs_sprintf(char *target, const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    check_print(target, SIZE_MAX, format, values, "sprintf", FRONT_CALLER);
    length = vsprintf(target, format, values);
    va_end(values);
    return length;
}

int
funcs_vsnprintf(char *target, size_t n, const char *format, va_list values)
{
    check_print(target, n, format, values, "vsnprintf", FRONT_CALLER);
    return vsnprintf(target, n, format, values);
}

int
funcs_snprintf(char *target, size_t n, const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    check_print(target, n, format, values, "snprintf", FRONT_CALLER);
    length = vsnprintf(target, n, format, values);
    va_end(values);
    return length;
}

int
funcs___vsprintf_chk(char *target, int flag, size_t room, const char *format,
                     va_list values)
{
    check_print(target, SIZE_MAX, format, values, "vsprintf", FRONT_CALLER);
    return __vsprintf_chk(target, flag, room, format, values);
}

int
funcs___sprintf_chk(char *target, int flag, size_t room, const char *format,
                    ...)
{
    va_list values;
    int length;

    va_start(values, format);
    check_print(target, SIZE_MAX, format, values, "sprintf", FRONT_CALLER);
    length = __vsprintf_chk(target, flag, room, format, values);
    va_end(values);
    return length;
}

int
funcs___vsnprintf_chk(char *target, size_t n, int flag, size_t room,
                      const char *format, va_list values)
{
    check_print(target, n, format, values, "vsnprintf", FRONT_CALLER);
    return __vsnprintf_chk(target, n, flag, room, format, values);
}

int
funcs___snprintf_chk(char *target, size_t n, int flag, size_t room,
                     const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    check_print(target, n, format, values, "snprintf", FRONT_CALLER);
    length = __vsnprintf_chk(target, n, flag, room, format, values);
    va_end(values);
    return length;
}

/* Of a wide text the length cannot be had beforehand: the room is judged. */
int
funcs_vswprintf(wchar_t *target, size_t n, const wchar_t *format,
                va_list values)
{
    funcs_writes(target, product(n, sizeof(wchar_t)), "vswprintf",
                 FRONT_CALLER);
    return vswprintf(target, n, format, values);
}

int
funcs_swprintf(wchar_t *target, size_t n, const wchar_t *format, ...)
{
    va_list values;
    int length;

    funcs_writes(target, product(n, sizeof(wchar_t)), "swprintf", FRONT_CALLER);
    va_start(values, format);
    length = vswprintf(target, n, format, values);
    va_end(values);
    return length;
}

/* ---- reading and writing by descriptor ---- */

/* The checks of a call that reads into memory, or writes from it. */
static ALWAYS_INLINE void
check_input(const void *target, size_t n, const char *during,
            const void *caller)
{
    funcs_refresh();
    funcs_writes(target, n, during, caller);
}

static ALWAYS_INLINE void
check_output(const void *source, size_t n, const char *during,
             const void *caller)
{
    funcs_refresh();
    funcs_reads(source, n, during, caller);
}

ssize_t
funcs_read(int fd, void *target, size_t n)
{
    check_input(target, n, "read", FRONT_CALLER);
    return read(fd, target, n);
}

ssize_t
funcs___read_chk(int fd, void *target, size_t n, size_t room)
{
    check_input(target, n, "read", FRONT_CALLER);
    return __read_chk(fd, target, n, room);
}

ssize_t
funcs_pread(int fd, void *target, size_t n, off_t at)
{
    check_input(target, n, "pread", FRONT_CALLER);
    return pread(fd, target, n, at);
}

ssize_t
funcs___pread_chk(int fd, void *target, size_t n, off_t at, size_t room)
{
    check_input(target, n, "pread", FRONT_CALLER);
    return __pread_chk(fd, target, n, at, room);
}

ssize_t
funcs_pread64(int fd, void *target, size_t n, off64_t at)
{
    check_input(target, n, "pread64", FRONT_CALLER);
    return pread64(fd, target, n, at);
}

ssize_t
funcs___pread64_chk(int fd, void *target, size_t n, off64_t at, size_t room)
{
    check_input(target, n, "pread64", FRONT_CALLER);
    return __pread64_chk(fd, target, n, at, room);
}

ssize_t
funcs_recv(int fd, void *target, size_t n, int flags)
{
    check_input(target, n, "recv", FRONT_CALLER);
    return recv(fd, target, n, flags);
}

ssize_t
funcs___recv_chk(int fd, void *target, size_t n, size_t room, int flags)
{
    check_input(target, n, "recv", FRONT_CALLER);
    return __recv_chk(fd, target, n, room, flags);
}

ssize_t
funcs_recvfrom(int fd, void *target, size_t n, int flags, __SOCKADDR_ARG from,
               socklen_t *from_size)
{
    check_input(target, n, "recvfrom", FRONT_CALLER);
    return recvfrom(fd, target, n, flags, from, from_size);
}

ssize_t
funcs___recvfrom_chk(int fd, void *target, size_t n, size_t room, int flags,
                     __SOCKADDR_ARG from, socklen_t *from_size)
{
    check_input(target, n, "recvfrom", FRONT_CALLER);
    return __recvfrom_chk(fd, target, n, room, flags, from, from_size);
}

ssize_t
funcs_write(int fd, const void *source, size_t n)
{
    check_output(source, n, "write", FRONT_CALLER);
    return write(fd, source, n);
}

ssize_t
funcs_pwrite(int fd, const void *source, size_t n, off_t at)
{
    check_output(source, n, "pwrite", FRONT_CALLER);
    return pwrite(fd, source, n, at);
}

ssize_t
funcs_pwrite64(int fd, const void *source, size_t n, off64_t at)
{
    check_output(source, n, "pwrite64", FRONT_CALLER);
    return pwrite64(fd, source, n, at);
}

ssize_t
funcs_send(int fd, const void *source, size_t n, int flags)
{
    check_output(source, n, "send", FRONT_CALLER);
    return send(fd, source, n, flags);
}

ssize_t
funcs_sendto(int fd, const void *source, size_t n, int flags,
             __CONST_SOCKADDR_ARG to, socklen_t to_size)
{
    check_output(source, n, "sendto", FRONT_CALLER);
    return sendto(fd, source, n, flags, to, to_size);
}

/* ---- streams ---- */

size_t
funcs_fread(void *target, size_t size, size_t n, FILE *stream)
{
    check_input(target, product(size, n), "fread", FRONT_CALLER);
    return fread(target, size, n, stream);
}

size_t
funcs___fread_chk(void *target, size_t room, size_t size, size_t n,
                  FILE *stream)
{
    check_input(target, product(size, n), "fread", FRONT_CALLER);
    return __fread_chk(target, room, size, n, stream);
}

size_t
funcs_fread_unlocked(void *target, size_t size, size_t n, FILE *stream)
{
    check_input(target, product(size, n), "fread_unlocked", FRONT_CALLER);
    return fread_unlocked(target, size, n, stream);
}

size_t
funcs___fread_unlocked_chk(void *target, size_t room, size_t size, size_t n,
                           FILE *stream)
{
    check_input(target, product(size, n), "fread_unlocked", FRONT_CALLER);
    return __fread_unlocked_chk(target, room, size, n, stream);
}

size_t
funcs_fwrite(const void *source, size_t size, size_t n, FILE *stream)
{
    check_output(source, product(size, n), "fwrite", FRONT_CALLER);
    return fwrite(source, size, n, stream);
}

size_t
funcs_fwrite_unlocked(const void *source, size_t size, size_t n, FILE *stream)
{
    check_output(source, product(size, n), "fwrite_unlocked", FRONT_CALLER);
    return fwrite_unlocked(source, size, n, stream);
}

char *
funcs_fgets(char *target, int n, FILE *stream)
{
    check_input(target, count(n), "fgets", FRONT_CALLER);
    return fgets(target, n, stream);
}

char *
funcs___fgets_chk(char *target, size_t room, int n, FILE *stream)
{
    check_input(target, count(n), "fgets", FRONT_CALLER);
    return __fgets_chk(target, room, n, stream);
}

char *
funcs_fgets_unlocked(char *target, int n, FILE *stream)
{
    check_input(target, count(n), "fgets_unlocked", FRONT_CALLER);
    return fgets_unlocked(target, n, stream);
}

char *
funcs___fgets_unlocked_chk(char *target, size_t room, int n, FILE *stream)
{
    check_input(target, count(n), "fgets_unlocked", FRONT_CALLER);
    return __fgets_unlocked_chk(target, room, n, stream);
}

wchar_t *
funcs_fgetws(wchar_t *target, int n, FILE *stream)
{
    check_input(target, product(count(n), sizeof(wchar_t)), "fgetws",
                FRONT_CALLER);
    return fgetws(target, n, stream);
}

wchar_t *
funcs___fgetws_chk(wchar_t *target, size_t room, int n, FILE *stream)
{
    check_input(target, product(count(n), sizeof(wchar_t)), "fgetws",
                FRONT_CALLER);
    return __fgetws_chk(target, room, n, stream);
}
