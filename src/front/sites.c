/*
 * front/sites.c - file and line: the notes of the header's macros, and the
 * functions that are told them.
 *
 * A note is an argument's value and the place that left it: track believes it
 * only if the next call of the allocator in this thread has that argument and
 * comes from the same function. strdup calls malloc from inside libc, so its
 * note has no place, and the size that strdup will ask for.
 */
#include "front/front.h"

#include "dbgmalloc.h"
#include "os/process.h"
#include "front/start.h"
#include "track/track.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

EXPORT void
dbgmalloc_note_(const char *file, unsigned line, uintptr_t value)
{
    if (start_is_ready())
        track_note(file, line, value, FRONT_CALLER);
}

EXPORT void
dbgmalloc_note_text_(const char *file, unsigned line, const char *text)
{
    if (text != NULL && start_is_ready())
        track_note(file, line, strlen(text) + 1, NULL);
}

EXPORT void *
dbgmalloc_malloc_at(const char *file, unsigned line, size_t size)
{
    if (start_is_ready())
        track_explicit(file, line);
    return front_alloc(size, 0, false, ORIGIN_MALLOC, FRONT_CALLER);
}

EXPORT void *
dbgmalloc_calloc_at(const char *file, unsigned line, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        total = SIZE_MAX;
    if (start_is_ready())
        track_explicit(file, line);
    return front_alloc(total, 0, true, ORIGIN_CALLOC, FRONT_CALLER);
}

EXPORT void *
dbgmalloc_realloc_at(const char *file, unsigned line, void *p, size_t size)
{
    if (start_is_ready())
        track_explicit(file, line);
    return front_realloc(p, size, false, ORIGIN_REALLOC, FRONT_CALLER);
}

EXPORT void *
dbgmalloc_recalloc_at(const char *file, unsigned line, void *p, size_t size)
{
    if (start_is_ready())
        track_explicit(file, line);
    return front_realloc(p, size, true, ORIGIN_RECALLOC, FRONT_CALLER);
}

EXPORT void *
dbgmalloc_aligned_at(const char *file, unsigned line, size_t align, size_t size)
{
    if (align == 0 || (align & (align - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (start_is_ready())
        track_explicit(file, line);
    return front_alloc(size, align, false, ORIGIN_ALIGNED_ALLOC, FRONT_CALLER);
}

EXPORT char *
dbgmalloc_strdup_at(const char *file, unsigned line, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy;

    if (start_is_ready())
        track_explicit(file, line);
    copy = front_alloc(size, 0, false, ORIGIN_MALLOC, FRONT_CALLER);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

EXPORT char *
dbgmalloc_strndup_at(const char *file, unsigned line, const char *text,
                     size_t size)
{
    size_t length = strnlen(text, size);
    char *copy;

    if (start_is_ready())
        track_explicit(file, line);
    copy = front_alloc(length + 1, 0, false, ORIGIN_MALLOC, FRONT_CALLER);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

EXPORT void
dbgmalloc_free_at(const char *file, unsigned line, void *p)
{
    if (!start_is_ready())
        return;
    track_explicit(file, line);
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, FRONT_CALLER);
}

/*
 * In these libc allocates, and how often is its affair. A block that libc gives
 * out may come from a realloc of its own; so the note is left for its first
 * call, and taken back afterwards, in case there was none.
 */
static void
note_libc_call(const char *file, unsigned line)
{
    if (start_is_ready())
        track_explicit(file, line);
}

static void
forget_libc_call(void)
{
    if (start_is_ready())
        track_explicit(NULL, 0);
}

/*
 * The text is measured first and then made in one block of ours, for libc
 * would grow a block step by step.
 */
static int
print(const char *file, unsigned line, char **out_text, const char *format,
      va_list values, const void *caller)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, values);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return length;
    note_libc_call(file, line);
    text = front_alloc((size_t)length + 1, 0, false, ORIGIN_MALLOC, caller);
    if (text == NULL)
        return -1;
    (void)vsnprintf(text, (size_t)length + 1, format, values);
    *out_text = text;
    return length;
}

EXPORT int
dbgmalloc_vasprintf_at(const char *file, unsigned line, char **out_text,
                       const char *format, va_list values)
{
    return print(file, line, out_text, format, values, FRONT_CALLER);
}

EXPORT int
dbgmalloc_asprintf_at(const char *file, unsigned line, char **out_text,
                      const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = print(file, line, out_text, format, values, FRONT_CALLER);
    va_end(values);
    return length;
}

EXPORT ptrdiff_t
dbgmalloc_getline_at(const char *file, unsigned line, char **text, size_t *size,
                     FILE *stream)
{
    ssize_t length;

    note_libc_call(file, line);
    length = (getline)(text, size, stream);
    forget_libc_call();
    return length;
}

EXPORT void
dbgmalloc_give_up_at(const char *file, unsigned line, size_t size)
{
    process_warn("%s:%u: no memory for %zu bytes", file, line, size);
    process_abort();
}
