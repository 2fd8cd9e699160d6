/*
 * front/malloc.c - malloc and its family, with glibc's exact semantics.
 *
 * Where glibc's versions differ, as in aligned_alloc, the running one is
 * followed. malloc, calloc, realloc and free are the hot ones: a test that is
 * always true after the first call, one call into track, one test of its
 * result.
 */
#include "front/front.h"

#include "base/bits.h"
#include "os/page.h"
#include "conf/conf.h"
#include "front/start.h"
#include "track/track.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

/* C23's, and one that glibc has dropped, are in no header of glibc 2.36. */
EXPORT void free_sized(void *p, size_t size);
EXPORT void free_aligned_sized(void *p, size_t align, size_t size);
EXPORT void cfree(void *p);

bool
front_is_null_right(size_t size)
{
    return size == 0 && conf_now()->zero_size == CONF_ZERO_SIZE_NULL;
}

void *COLD
front_fail(size_t size)
{
    if (!front_is_null_right(size))
        errno = ENOMEM;
    return NULL;
}

/* ---- malloc, calloc, realloc ---- */

EXPORT HOT void *
malloc(size_t size)
{
    return front_alloc(size, 0, false, ORIGIN_MALLOC, FRONT_CALLER);
}

EXPORT HOT void *
calloc(size_t count, size_t size)
{
    size_t total;

    /* No block can have SIZE_MAX bytes: this fails as any size that cannot be
     * had, with its option (oom) and its count. */
    if (UNLIKELY(!bits_try_mul(count, size, &total)))
        total = SIZE_MAX;
    return front_alloc(total, 0, true, ORIGIN_CALLOC, FRONT_CALLER);
}

void *
front_realloc(void *p, size_t size, bool zero_tail, enum origin origin,
              const void *caller)
{
    void *moved;

    if (UNLIKELY(!start_is_ready()))
        return front_fail(SIZE_MAX);
    if (p == NULL)
        return front_alloc(size, 0, zero_tail, origin, caller);
    if (size == 0 && !track_is_observing()) {
        /* glibc: the block is freed and there is none instead. */
        track_zero_size(origin, caller);
        track_free(p, origin, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, caller);
        return NULL;
    }
    moved = track_resize(p, size, zero_tail, origin, caller);
    /* Another allocator may answer NULL to 0 bytes without having failed. */
    return LIKELY(moved != NULL || size == 0) ? moved : front_fail(size);
}

EXPORT HOT void *
realloc(void *p, size_t size)
{
    return front_realloc(p, size, false, ORIGIN_REALLOC, FRONT_CALLER);
}

EXPORT void *
reallocarray(void *p, size_t count, size_t size)
{
    size_t total;

    if (UNLIKELY(!bits_try_mul(count, size, &total)))
        total = SIZE_MAX;
    return front_realloc(p, total, false, ORIGIN_REALLOCARRAY, FRONT_CALLER);
}

/* ---- free ---- */

/* free of any kind. It keeps errno: nothing below front touches it, and the
 * start and the program's hooks save it. Before the start there is no block. */
static ALWAYS_INLINE void
free_block(void *p, enum origin call, size_t size, size_t align,
           const void *caller)
{
    if (UNLIKELY(!start_is_ready()))
        return;
    track_free(p, call, size, align, caller);
}

EXPORT HOT void
free(void *p)
{
    free_block(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, FRONT_CALLER);
}

EXPORT void
cfree(void *p)
{
    free_block(p, ORIGIN_CFREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, FRONT_CALLER);
}

EXPORT void
free_sized(void *p, size_t size)
{
    free_block(p, ORIGIN_FREE_SIZED, size, TRACK_NOT_GIVEN, FRONT_CALLER);
}

EXPORT void
free_aligned_sized(void *p, size_t align, size_t size)
{
    free_block(p, ORIGIN_FREE_ALIGNED_SIZED, size, align, FRONT_CALLER);
}

/* ---- alignment ---- */

/* memalign's rule: an alignment that is no power of two is rounded up to the
 * next; one that has no next gives EINVAL. 0 becomes 1. No finding: programs
 * live with it. */
static bool
round_align(size_t *align)
{
    if (*align == 0)
        *align = 1;
    if (LIKELY(bits_is_power(*align)))
        return true;
    if (*align > SIZE_MAX / 2 + 1)
        return false;
    *align = (size_t)1 << bits_log2_ceil(*align);
    return true;
}

static void *
align_loosely(size_t align, size_t size, enum origin origin, const void *caller)
{
    if (UNLIKELY(!round_align(&align))) {
        errno = EINVAL;
        return NULL;
    }
    return front_alloc(size, align, false, origin, caller);
}

/* True if the running glibc's aligned_alloc takes powers of two only (2.38 and
 * later); before, it was memalign by another name. */
static bool
is_strict_glibc(void)
{
    static _Atomic int known; /* 0: not asked yet, 1: no, 2: yes; atomic */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);

    if (answer == 0) {
        const char *version = gnu_get_libc_version();
        unsigned major = 0;
        unsigned minor = 0;

        while (*version >= '0' && *version <= '9')
            major = major * 10 + (unsigned)(*version++ - '0');
        if (*version == '.')
            version++;
        while (*version >= '0' && *version <= '9')
            minor = minor * 10 + (unsigned)(*version++ - '0');
        answer = major > 2 || (major == 2 && minor >= 38) ? 2 : 1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

EXPORT void *
aligned_alloc(size_t align, size_t size)
{
    if (UNLIKELY(!bits_is_power(align)) && is_strict_glibc()) {
        errno = EINVAL;
        return NULL;
    }
    return align_loosely(align, size, ORIGIN_ALIGNED_ALLOC, FRONT_CALLER);
}

EXPORT void *
memalign(size_t align, size_t size)
{
    return align_loosely(align, size, ORIGIN_MEMALIGN, FRONT_CALLER);
}

EXPORT int
posix_memalign(void **out_p, size_t align, size_t size)
{
    void *p;

    if (align % sizeof(void *) != 0 || !bits_is_power(align))
        return EINVAL;
    if (UNLIKELY(!start_is_ready()))
        return ENOMEM;
    p = track_alloc(size, align, false, ORIGIN_POSIX_MEMALIGN, FRONT_CALLER);
    if (UNLIKELY(p == NULL) && !front_is_null_right(size))
        return ENOMEM;
    *out_p = p;
    return 0;
}

EXPORT void *
valloc(size_t size)
{
    return front_alloc(size, page_size(), false, ORIGIN_VALLOC, FRONT_CALLER);
}

EXPORT void *
pvalloc(size_t size)
{
    size_t rounded;

    if (UNLIKELY(!bits_try_align_up(size, page_size(), &rounded)))
        rounded = SIZE_MAX;
    return front_alloc(rounded, page_size(), false, ORIGIN_PVALLOC,
                       FRONT_CALLER);
}

EXPORT size_t
malloc_usable_size(void *p)
{
    if (p == NULL || UNLIKELY(!start_is_ready()))
        return 0;
    return track_usable_size(p, FRONT_CALLER);
}

/* ---- by names that are always bound to these (front/own.h) ---- */

#define OWN_MALLOC(name) extern __typeof__(name) own_##name ALIAS_OF(name);
#include "front/own.def"
