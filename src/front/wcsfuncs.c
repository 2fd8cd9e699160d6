/*
 * front/wcsfuncs.c - check-funcs: wcscpy and its relatives, as strfuncs.c.
 */
#include "front/funcs.h"

#define WIDE sizeof(wchar_t)

/* As funcs_text, in wide characters. */
static size_t
check_text(const wchar_t *text, size_t most, const char *during,
           const void *caller)
{
    size_t room = track_room(text);
    size_t length;

    if (room == SIZE_MAX || room / WIDE >= most)
        return wcsnlen(text, most);
    room /= WIDE;
    length = wcsnlen(text, room);
    if (LIKELY(length < room))
        return length;
    track_wrong_access(text, (room + 1) * WIDE, FINDING_ACCESS_READ, true,
                       during, caller);
    return wcsnlen(text, most);
}

static ALWAYS_INLINE bool
is_known(const void *target, const void *source)
{
    return track_room(target) != SIZE_MAX || track_room(source) != SIZE_MAX;
}

static void
check_copy(const wchar_t *target, const wchar_t *source, const char *during,
           const void *caller)
{
    size_t n;

    if (!is_known(target, source))
        return;
    n = (check_text(source, SIZE_MAX, during, caller) + 1) * WIDE;
    funcs_writes(target, n, during, caller);
    funcs_apart(target, source, n, during, caller);
}

static void
check_copy_n(const wchar_t *target, const wchar_t *source, size_t n,
             const char *during, const void *caller)
{
    size_t length;

    if (!is_known(target, source))
        return;
    length = check_text(source, n, during, caller);
    funcs_writes(target, n > SIZE_MAX / WIDE ? SIZE_MAX : n * WIDE, during,
                 caller);
    funcs_apart(target, source, (length < n ? length + 1 : length) * WIDE,
                during, caller);
}

static void
check_append(const wchar_t *target, const wchar_t *source, size_t most,
             const char *during, const void *caller)
{
    size_t before, n;

    if (!is_known(target, source))
        return;
    n = check_text(source, most, during, caller) + 1;
    before = check_text(target, SIZE_MAX, during, caller);
    if (before < track_room(target) / WIDE)
        funcs_writes(target, (before + n) * WIDE, during, caller);
    funcs_apart(target + before, source, n * WIDE, during, caller);
}

size_t
funcs_wcslen(const wchar_t *text)
{
    return check_text(text, SIZE_MAX, "wcslen", FRONT_CALLER);
}

size_t
funcs_wcsnlen(const wchar_t *text, size_t n)
{
    return check_text(text, n, "wcsnlen", FRONT_CALLER);
}

wchar_t *
funcs_wcscpy(wchar_t *target, const wchar_t *source)
{
    check_copy(target, source, "wcscpy", FRONT_CALLER);
    return wcscpy(target, source);
}

wchar_t *
funcs___wcscpy_chk(wchar_t *target, const wchar_t *source, size_t room)
{
    check_copy(target, source, "wcscpy", FRONT_CALLER);
    return __wcscpy_chk(target, source, room);
}

wchar_t *
funcs_wcpcpy(wchar_t *target, const wchar_t *source)
{
    check_copy(target, source, "wcpcpy", FRONT_CALLER);
    return wcpcpy(target, source);
}

wchar_t *
funcs___wcpcpy_chk(wchar_t *target, const wchar_t *source, size_t room)
{
    check_copy(target, source, "wcpcpy", FRONT_CALLER);
    return __wcpcpy_chk(target, source, room);
}

wchar_t *
funcs_wcsncpy(wchar_t *target, const wchar_t *source, size_t n)
{
    check_copy_n(target, source, n, "wcsncpy", FRONT_CALLER);
    return wcsncpy(target, source, n);
}

wchar_t *
funcs___wcsncpy_chk(wchar_t *target, const wchar_t *source, size_t n,
                    size_t room)
{
    check_copy_n(target, source, n, "wcsncpy", FRONT_CALLER);
    return __wcsncpy_chk(target, source, n, room);
}

wchar_t *
funcs_wcpncpy(wchar_t *target, const wchar_t *source, size_t n)
{
    check_copy_n(target, source, n, "wcpncpy", FRONT_CALLER);
    return wcpncpy(target, source, n);
}

wchar_t *
funcs___wcpncpy_chk(wchar_t *target, const wchar_t *source, size_t n,
                    size_t room)
{
    check_copy_n(target, source, n, "wcpncpy", FRONT_CALLER);
    return __wcpncpy_chk(target, source, n, room);
}

wchar_t *
funcs_wcscat(wchar_t *target, const wchar_t *source)
{
    check_append(target, source, SIZE_MAX, "wcscat", FRONT_CALLER);
    return wcscat(target, source);
}

wchar_t *
funcs___wcscat_chk(wchar_t *target, const wchar_t *source, size_t room)
{
    check_append(target, source, SIZE_MAX, "wcscat", FRONT_CALLER);
    return __wcscat_chk(target, source, room);
}

wchar_t *
funcs_wcsncat(wchar_t *target, const wchar_t *source, size_t n)
{
    check_append(target, source, n, "wcsncat", FRONT_CALLER);
    return wcsncat(target, source, n);
}

wchar_t *
funcs___wcsncat_chk(wchar_t *target, const wchar_t *source, size_t n,
                    size_t room)
{
    check_append(target, source, n, "wcsncat", FRONT_CALLER);
    return __wcsncat_chk(target, source, n, room);
}

wchar_t *
funcs_wcsdup(const wchar_t *text)
{
    if (track_room(text) != SIZE_MAX)
        (void)check_text(text, SIZE_MAX, "wcsdup", FRONT_CALLER);
    return wcsdup(text);
}
