/*
 * front/strfuncs.c - check-funcs: strcpy and its relatives.
 *
 * Lengths are measured before the copy only where one of the two texts is in a
 * block of ours: else the call goes straight on.
 */
#include "front/funcs.h"

size_t
funcs_text(const char *text, size_t most, const char *during,
           const void *caller)
{
    size_t room = track_room(text);
    size_t length;

    if (room >= most)
        return strnlen(text, most);
    length = strnlen(text, room);
    if (LIKELY(length < room))
        return length;
    track_wrong_access(text, room + 1, FINDING_ACCESS_READ, true, during,
                       caller);
    return strnlen(text, most);
}

static ALWAYS_INLINE bool
is_known(const void *target, const void *source)
{
    return track_room(target) != SIZE_MAX || track_room(source) != SIZE_MAX;
}

/* strcpy and the like: `source`, at most `most` bytes and its end if that is
 * within, to `target`. */
static void
check_copy(const char *target, const char *source, const char *during,
           const void *caller)
{
    size_t n;

    if (!is_known(target, source))
        return;
    n = funcs_text(source, SIZE_MAX, during, caller) + 1;
    funcs_writes(target, n, during, caller);
    funcs_apart(target, source, n, during, caller);
}

/* strncpy writes all of `n` bytes. */
static void
check_copy_n(const char *target, const char *source, size_t n,
             const char *during, const void *caller)
{
    size_t length;

    if (!is_known(target, source))
        return;
    length = funcs_text(source, n, during, caller);
    funcs_writes(target, n, during, caller);
    funcs_apart(target, source, length < n ? length + 1 : n, during, caller);
}

/* strcat and strncat: at most `most` bytes and an end after the old one. */
static void
check_append(const char *target, const char *source, size_t most,
             const char *during, const void *caller)
{
    size_t before, n;

    if (!is_known(target, source))
        return;
    n = funcs_text(source, most, during, caller) + 1;
    before = funcs_text(target, SIZE_MAX, during, caller);
    if (before < track_room(target))
        funcs_writes(target, before + n, during, caller);
    funcs_apart(target + before, source, n, during, caller);
}

size_t
funcs_strlen(const char *text)
{
    if (track_room(text) == SIZE_MAX)
        return strlen(text);
    return funcs_text(text, SIZE_MAX, "strlen", FRONT_CALLER);
}

size_t
funcs_strnlen(const char *text, size_t n)
{
    return funcs_text(text, n, "strnlen", FRONT_CALLER);
}

char *
funcs_strcpy(char *target, const char *source)
{
    check_copy(target, source, "strcpy", FRONT_CALLER);
    return strcpy(target, source);
}

char *
funcs___strcpy_chk(char *target, const char *source, size_t room)
{
    check_copy(target, source, "strcpy", FRONT_CALLER);
    return __strcpy_chk(target, source, room);
}

char *
funcs_stpcpy(char *target, const char *source)
{
    check_copy(target, source, "stpcpy", FRONT_CALLER);
    return stpcpy(target, source);
}

char *
funcs___stpcpy_chk(char *target, const char *source, size_t room)
{
    check_copy(target, source, "stpcpy", FRONT_CALLER);
    return __stpcpy_chk(target, source, room);
}

char *
funcs_strncpy(char *target, const char *source, size_t n)
{
    check_copy_n(target, source, n, "strncpy", FRONT_CALLER);
    return strncpy(target, source, n);
}

char *
funcs___strncpy_chk(char *target, const char *source, size_t n, size_t room)
{
    check_copy_n(target, source, n, "strncpy", FRONT_CALLER);
    return __strncpy_chk(target, source, n, room);
}

char *
funcs_stpncpy(char *target, const char *source, size_t n)
{
    check_copy_n(target, source, n, "stpncpy", FRONT_CALLER);
    return stpncpy(target, source, n);
}

char *
funcs___stpncpy_chk(char *target, const char *source, size_t n, size_t room)
{
    check_copy_n(target, source, n, "stpncpy", FRONT_CALLER);
    return __stpncpy_chk(target, source, n, room);
}

char *
funcs_strcat(char *target, const char *source)
{
    check_append(target, source, SIZE_MAX, "strcat", FRONT_CALLER);
    return strcat(target, source);
}

char *
funcs___strcat_chk(char *target, const char *source, size_t room)
{
    check_append(target, source, SIZE_MAX, "strcat", FRONT_CALLER);
    return __strcat_chk(target, source, room);
}

char *
funcs_strncat(char *target, const char *source, size_t n)
{
    check_append(target, source, n, "strncat", FRONT_CALLER);
    return strncat(target, source, n);
}

char *
funcs___strncat_chk(char *target, const char *source, size_t n, size_t room)
{
    check_append(target, source, n, "strncat", FRONT_CALLER);
    return __strncat_chk(target, source, n, room);
}

char *
funcs_strdup(const char *text)
{
    if (track_room(text) != SIZE_MAX)
        (void)funcs_text(text, SIZE_MAX, "strdup", FRONT_CALLER);
    return strdup(text);
}

char *
funcs_strndup(const char *text, size_t n)
{
    (void)funcs_text(text, n, "strndup", FRONT_CALLER);
    return strndup(text, n);
}

/* These two read all of the source, whatever they write. */
size_t
funcs_strlcpy(char *target, const char *source, size_t n)
{
    const void *caller = FRONT_CALLER;

    if (is_known(target, source)) {
        size_t need = funcs_text(source, SIZE_MAX, "strlcpy", caller) + 1;

        funcs_writes(target, need < n ? need : n, "strlcpy", caller);
    }
    return strlcpy(target, source, n);
}

size_t
funcs_strlcat(char *target, const char *source, size_t n)
{
    const void *caller = FRONT_CALLER;

    if (is_known(target, source)) {
        size_t before = funcs_text(target, n, "strlcat", caller);
        size_t need =
            before + funcs_text(source, SIZE_MAX, "strlcat", caller) + 1;

        if (before < n)
            funcs_writes(target, need < n ? need : n, "strlcat", caller);
    }
    return strlcat(target, source, n);
}
