/*
 * front/memfuncs.c - check-funcs: memcpy and its relatives.
 */
#include "front/funcs.h"

/* Bytes of `n` wide characters; a product that wraps is too much for any
 * block. */
static ALWAYS_INLINE size_t
wide(size_t n)
{
    return n > SIZE_MAX / sizeof(wchar_t) ? SIZE_MAX : n * sizeof(wchar_t);
}

/* What copying functions have in common. */
static ALWAYS_INLINE void
check_copy(const void *target, const void *source, size_t n, bool may_overlap,
           const char *during, const void *caller)
{
    funcs_reads(source, n, during, caller);
    funcs_writes(target, n, during, caller);
    if (!may_overlap)
        funcs_apart(target, source, n, during, caller);
}

/*
 * The four that programs call most. Where all is in order, as it is nearly
 * always, nothing is kept for what comes then but the arguments; the way with
 * all checks and findings makes the call itself.
 */

static NOINLINE void *
copy_slowly(void *target, const void *source, size_t n, const void *caller)
{
    check_copy(target, source, n, false, "memcpy", caller);
    return memcpy(target, source, n);
}

void *
funcs_memcpy(void *target, const void *source, size_t n)
{
    if (LIKELY(room_is_enough(source, n) && room_is_enough(target, n) &&
               funcs_distance(target, source) >= n))
        return memcpy(target, source, n);
    return copy_slowly(target, source, n, FRONT_CALLER);
}

static NOINLINE void *
move_slowly(void *target, const void *source, size_t n, const void *caller)
{
    check_copy(target, source, n, true, "memmove", caller);
    return memmove(target, source, n);
}

void *
funcs_memmove(void *target, const void *source, size_t n)
{
    if (LIKELY(room_is_enough(source, n) && room_is_enough(target, n)))
        return memmove(target, source, n);
    return move_slowly(target, source, n, FRONT_CALLER);
}

static NOINLINE void *
set_slowly(void *target, int byte, size_t n, const void *caller)
{
    funcs_writes(target, n, "memset", caller);
    return memset(target, byte, n);
}

void *
funcs_memset(void *target, int byte, size_t n)
{
    if (LIKELY(room_is_enough(target, n)))
        return memset(target, byte, n);
    return set_slowly(target, byte, n, FRONT_CALLER);
}

static NOINLINE int
compare_slowly(const void *a, const void *b, size_t n, const void *caller)
{
    funcs_reads(a, n, "memcmp", caller);
    funcs_reads(b, n, "memcmp", caller);
    return memcmp(a, b, n);
}

int
funcs_memcmp(const void *a, const void *b, size_t n)
{
    if (LIKELY(room_is_enough(a, n) && room_is_enough(b, n)))
        return memcmp(a, b, n);
    return compare_slowly(a, b, n, FRONT_CALLER);
}

/* ---- the others ---- */

void *
funcs___memcpy_chk(void *target, const void *source, size_t n, size_t room)
{
    check_copy(target, source, n, false, "memcpy", FRONT_CALLER);
    return __memcpy_chk(target, source, n, room);
}

void *
funcs___memmove_chk(void *target, const void *source, size_t n, size_t room)
{
    check_copy(target, source, n, true, "memmove", FRONT_CALLER);
    return __memmove_chk(target, source, n, room);
}

void *
funcs_mempcpy(void *target, const void *source, size_t n)
{
    check_copy(target, source, n, false, "mempcpy", FRONT_CALLER);
    return mempcpy(target, source, n);
}

void *
funcs___mempcpy_chk(void *target, const void *source, size_t n, size_t room)
{
    check_copy(target, source, n, false, "mempcpy", FRONT_CALLER);
    return __mempcpy_chk(target, source, n, room);
}

void *
funcs___memset_chk(void *target, int byte, size_t n, size_t room)
{
    funcs_writes(target, n, "memset", FRONT_CALLER);
    return __memset_chk(target, byte, n, room);
}

int
funcs_bcmp(const void *a, const void *b, size_t n)
{
    funcs_reads(a, n, "bcmp", FRONT_CALLER);
    funcs_reads(b, n, "bcmp", FRONT_CALLER);
    return bcmp(a, b, n);
}

void
funcs_bcopy(const void *source, void *target, size_t n)
{
    check_copy(target, source, n, true, "bcopy", FRONT_CALLER);
    bcopy(source, target, n);
}

void
funcs_bzero(void *target, size_t n)
{
    funcs_writes(target, n, "bzero", FRONT_CALLER);
    bzero(target, n);
}

/* ---- wide ---- */

wchar_t *
funcs_wmemcpy(wchar_t *target, const wchar_t *source, size_t n)
{
    check_copy(target, source, wide(n), false, "wmemcpy", FRONT_CALLER);
    return wmemcpy(target, source, n);
}

wchar_t *
funcs___wmemcpy_chk(wchar_t *target, const wchar_t *source, size_t n,
                    size_t room)
{
    check_copy(target, source, wide(n), false, "wmemcpy", FRONT_CALLER);
    return __wmemcpy_chk(target, source, n, room);
}

wchar_t *
funcs_wmemmove(wchar_t *target, const wchar_t *source, size_t n)
{
    check_copy(target, source, wide(n), true, "wmemmove", FRONT_CALLER);
    return wmemmove(target, source, n);
}

wchar_t *
funcs___wmemmove_chk(wchar_t *target, const wchar_t *source, size_t n,
                     size_t room)
{
    check_copy(target, source, wide(n), true, "wmemmove", FRONT_CALLER);
    return __wmemmove_chk(target, source, n, room);
}

wchar_t *
funcs_wmempcpy(wchar_t *target, const wchar_t *source, size_t n)
{
    check_copy(target, source, wide(n), false, "wmempcpy", FRONT_CALLER);
    return wmempcpy(target, source, n);
}

wchar_t *
funcs___wmempcpy_chk(wchar_t *target, const wchar_t *source, size_t n,
                     size_t room)
{
    check_copy(target, source, wide(n), false, "wmempcpy", FRONT_CALLER);
    return __wmempcpy_chk(target, source, n, room);
}

wchar_t *
funcs_wmemset(wchar_t *target, wchar_t value, size_t n)
{
    funcs_writes(target, wide(n), "wmemset", FRONT_CALLER);
    return wmemset(target, value, n);
}

wchar_t *
funcs___wmemset_chk(wchar_t *target, wchar_t value, size_t n, size_t room)
{
    funcs_writes(target, wide(n), "wmemset", FRONT_CALLER);
    return __wmemset_chk(target, value, n, room);
}

int
funcs_wmemcmp(const wchar_t *a, const wchar_t *b, size_t n)
{
    funcs_reads(a, wide(n), "wmemcmp", FRONT_CALLER);
    funcs_reads(b, wide(n), "wmemcmp", FRONT_CALLER);
    return wmemcmp(a, b, n);
}
