/*
 * os/page.c - address space and OS pages: mapping, protection, refusals.
 *
 * Each function is one system call, but for page_map_aligned, which may need
 * up to five. What only looks at memory is in os/peek.c.
 */
#include "os/page.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "os/call.h"
#include "os/process.h"

/* Younger than some headers that we build with. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define ACCESSIBLE (PROT_READ | PROT_WRITE)

/* The kernel's results in this range are errors, not addresses. */
#define LAST_ERRNO 4095

/* Refusals asked for by page_fail_at. `fail_number` counts as `call_count`
 * does; 0 is none. All three are atomic. */
static _Atomic unsigned long call_count;
static _Atomic unsigned long fail_number;
static _Atomic bool fail_after;

/* is_refused - count one call that asks for memory; true if it must fail. */
static bool
is_refused(void)
{
    unsigned long number = atomic_fetch_add(&call_count, 1) + 1;
    unsigned long fail = atomic_load(&fail_number);

    if (LIKELY(fail == 0))
        return false;
    return number == fail || (number > fail && atomic_load(&fail_after));
}

/* as_pointer - the address that a system call gave, or NULL. */
static void *
as_pointer(long result)
{
    if ((unsigned long)result >= (unsigned long)-LAST_ERRNO)
        return NULL;
    return (void *)result; /* an address of the kernel's */
}

static void *
map_anonymous(size_t size, bool accessible)
{
    int protection = accessible ? ACCESSIBLE : PROT_NONE;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (accessible ? 0 : MAP_NORESERVE);

    return as_pointer(CALL_6(SYS_mmap, 0, size, protection, flags, -1, 0));
}

/* remap_accessible - fresh pages in place of those at `p`. */
static int
remap_accessible(void *p, size_t size)
{
    long result = CALL_6(SYS_mmap, p, size, ACCESSIBLE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    return result == (long)p ? 0 : (int)result;
}

size_t
page_size(void)
{
    /* Atomic; 0 until the first call, then always the same. */
    static _Atomic size_t known;
    size_t size = atomic_load_explicit(&known, memory_order_relaxed);

    if (UNLIKELY(size == 0)) {
        size = process_aux(AT_PAGESZ);
        BUG_IF(!bits_is_power(size));
        atomic_store_explicit(&known, size, memory_order_relaxed);
    }
    return size;
}

void *
page_map(size_t size)
{
    if (is_refused())
        return NULL;
    return map_anonymous(size, true);
}

/*
 * The kernel places mappings one below the other, so after one aligned mapping
 * whose size is a multiple of `align`, the next is aligned by itself: try
 * that first. Else map enough to hold an aligned part, and give back the rest.
 */
void *
page_map_aligned(size_t size, size_t align, bool accessible)
{
    size_t wide;
    uintptr_t start;
    uintptr_t aligned;
    void *p;

    BUG_IF(!bits_is_power(align));
    if (is_refused())
        return NULL;
    p = map_anonymous(size, accessible);
    if (p == NULL || ((uintptr_t)p & (align - 1)) == 0)
        return p;
    page_unmap(p, size);
    if (!bits_try_add(size, align - page_size(), &wide))
        return NULL;
    p = map_anonymous(wide, accessible);
    if (p == NULL)
        return NULL;
    start = (uintptr_t)p;
    aligned = bits_align_up(start, align);
    if (aligned > start)
        page_unmap(p, aligned - start);
    if (start + wide > aligned + size)
        page_unmap((void *)(aligned + size), start + wide - (aligned + size));
    return (void *)aligned;
}

void *
page_reserve(size_t size)
{
    if (is_refused())
        return NULL;
    return map_anonymous(size, false);
}

int
page_commit(void *p, size_t size)
{
    int result;

    if (is_refused())
        return -ENOMEM;
    result = (int)CALL_3(SYS_mprotect, p, size, ACCESSIBLE);
    /* A sandbox may refuse mprotect: reserved pages hold nothing, so fresh ones
     * in their place are as good. */
    if (UNLIKELY(result != 0 && result != -ENOMEM))
        result = remap_accessible(p, size);
    return result;
}

int
page_protect(void *p, size_t size)
{
    return (int)CALL_3(SYS_mprotect, p, size, PROT_NONE);
}

int
page_unprotect(void *p, size_t size)
{
    if (is_refused())
        return -ENOMEM;
    return (int)CALL_3(SYS_mprotect, p, size, ACCESSIBLE);
}

int
page_close(void *p, size_t size)
{
    return (int)CALL_3(SYS_madvise, p, size, MADV_GUARD_INSTALL);
}

int
page_open(void *p, size_t size)
{
    return (int)CALL_3(SYS_madvise, p, size, MADV_GUARD_REMOVE);
}

int
page_make_readonly(void *p, size_t size)
{
    return (int)CALL_3(SYS_mprotect, p, size, PROT_READ);
}

int
page_discard(void *p, size_t size)
{
    int error = (int)CALL_3(SYS_madvise, p, size, MADV_DONTNEED);

    /* A program that called mlockall has locked our pages too. */
    if (error == -EINVAL)
        error = (int)CALL_3(SYS_madvise, p, size, MADV_DONTNEED_LOCKED);
    return error;
}

void
page_unmap(void *p, size_t size)
{
    /* Cutting a mapping in two may meet the limit on their number: then at
     * least the memory goes back. Nothing can be done if that fails too. */
    if (CALL_2(SYS_munmap, p, size) != 0)
        (void)page_discard(p, size);
}

void *
page_remap(void *p, size_t old_size, size_t new_size, bool may_move)
{
    if (new_size > old_size && is_refused())
        return NULL;
    return as_pointer(CALL_4(SYS_mremap, p, old_size, new_size,
                             may_move ? MREMAP_MAYMOVE : 0));
}

int
page_remap_to(void *p, size_t old_size, size_t new_size, void *target)
{
    long result;

    if (new_size > old_size && is_refused())
        return -ENOMEM;
    result = CALL_5(SYS_mremap, p, old_size, new_size,
                    MREMAP_MAYMOVE | MREMAP_FIXED, target);
    return as_pointer(result) == NULL ? (int)result : 0;
}

int
page_wipe_on_fork(void *p, size_t size)
{
    return (int)CALL_3(SYS_madvise, p, size, MADV_WIPEONFORK);
}

void
page_exclude_from_dump(void *p, size_t size)
{
    /* Only a wish: where the kernel refuses, dumps are larger. */
    (void)CALL_3(SYS_madvise, p, size, MADV_DONTDUMP);
}

/* Only a wish, too. */
static void
prefer(void *p, size_t size, int advice)
{
    uintptr_t start = bits_align_up((uintptr_t)p, page_size());
    uintptr_t end = bits_align_down((uintptr_t)p + size, page_size());

    if (start < end)
        (void)CALL_3(SYS_madvise, start, end - start, advice);
}

void
page_prefer_huge(void *p, size_t size)
{
    prefer(p, size, MADV_HUGEPAGE);
}

void
page_populate(void *p, size_t size)
{
    prefer(p, size, MADV_POPULATE_WRITE);
}

void
page_prefer_small(void *p, size_t size)
{
    prefer(p, size, MADV_NOHUGEPAGE);
}

void
page_fail_at(unsigned long n, bool and_after)
{
    atomic_store(&fail_number, 0);
    atomic_store(&fail_after, and_after);
    if (n != 0)
        atomic_store(&fail_number, atomic_load(&call_count) + n);
}

unsigned long
page_calls(void)
{
    return atomic_load(&call_count);
}
