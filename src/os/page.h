/*
 * os/page.h - address space and OS pages.
 *
 * Addresses and sizes are multiples of page_size() unless said otherwise.
 * Functions that give memory return its address, or NULL where the kernel
 * refuses; others return 0 or a negative errno.
 *
 * Thread: any.   Signal: yes.   Locks: none.   errno: untouched.
 */
#ifndef OS_PAGE_H
#define OS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* page_size - bytes in an OS page; a power of two, the same for the life of
 * the process. */
size_t page_size(void);

/* page_map - `size` bytes of zeroed memory, readable and writable. */
void *page_map(size_t size);

/*
 * page_map_aligned - `size` bytes of zeroed memory on a multiple of `align`.
 *
 * align: a power of two, >= page_size().
 * accessible: readable and writable; else reserved address space only
 * (PROT_NONE, no commit charge) until page_commit.
 */
void *page_map_aligned(size_t size, size_t align, bool accessible);

/* page_reserve - `size` bytes of address space, not accessible, not charged. */
void *page_reserve(size_t size);

/* page_commit - make reserved pages readable and writable. */
int MUST_CHECK page_commit(void *p, size_t size);

/* page_protect - make pages inaccessible; they keep what they hold. */
int MUST_CHECK page_protect(void *p, size_t size);

/* page_unprotect - make pages readable and writable again. */
int MUST_CHECK page_unprotect(void *p, size_t size);

/*
 * page_close - make pages inaccessible and give their memory back, without
 * cutting the mapping that they lie in: the kernel marks them in the page
 * table.
 *
 * Returns 0, or a negative errno where the kernel cannot (before Linux 6.13;
 * locked memory): nothing is changed then.
 * Source: madvise(2), MADV_GUARD_INSTALL.
 */
int MUST_CHECK page_close(void *p, size_t size);

/* page_open - undo page_close: the pages read as zero. What is not closed in
 * the range stays as it is. */
int MUST_CHECK page_open(void *p, size_t size);

/* page_make_readonly - make pages readable only. */
int MUST_CHECK page_make_readonly(void *p, size_t size);

/* page_discard - give the pages' memory back to the kernel; they stay mapped
 * and read as zero. */
int page_discard(void *p, size_t size);

/* page_unmap - give back address space and memory. */
void page_unmap(void *p, size_t size);

/*
 * page_remap - move or resize a mapping without copying.
 *
 * may_move: the new address may differ.
 * Returns the new address, or NULL where it cannot be done (the old mapping
 * is then untouched).
 */
void *page_remap(void *p, size_t old_size, size_t new_size, bool may_move);

/* page_remap_to - move `old_size` bytes of pages, one mapping, onto `target`,
 * where they become `new_size` (>= old_size) bytes: what was mapped there is
 * replaced, and the old range is unmapped. Returns 0 or -errno. */
int MUST_CHECK page_remap_to(void *p, size_t old_size, size_t new_size,
                             void *target);

/* page_prefer_huge - let these pages be large ones where the kernel has some:
 * for what is large itself and met at random. `p` and `size` need not be
 * multiples of anything. */
void page_prefer_huge(void *p, size_t size);

/* page_populate - all of these pages are about to be written: have them at
 * once, not one by one as each is touched. As page_prefer_huge, a wish. */
void page_populate(void *p, size_t size);

/* page_prefer_small - take that back. What is large already stays so. */
void page_prefer_small(void *p, size_t size);

/* The size of a large page where the kernel has them; elsewhere, a number. */
#define PAGE_HUGE ((size_t)1 << 21)

/* page_exclude_from_dump - leave the pages out of core dumps. */
void page_exclude_from_dump(void *p, size_t size);

/* page_wipe_on_fork - let the pages read as zero in a child that gets a copy
 * of this process, however it is made. Returns 0 or -errno (before Linux
 * 4.14).   Source: madvise(2), MADV_WIPEONFORK. */
int MUST_CHECK page_wipe_on_fork(void *p, size_t size);

/* page_is_readable - true if all of [p, p + n) can be read now. Needs no
 * alignment; asks the kernel, so it costs a system call per 16 pages. */
bool page_is_readable(const void *p, size_t n);

/*
 * page_read - copy `n` bytes from `p`, which may be unmapped or protected.
 *
 * Returns the number of bytes that could be read, 0..n. Never faults. Where
 * process_vm_readv is refused it needs two file descriptors for a moment.
 */
size_t page_read(void *target, const void *p, size_t n);

/*
 * page_is_writable - true if the byte at `p` can be written now.
 *
 * The kernel is asked to write what is there: only for bytes that nobody
 * changes meanwhile. Never faults.
 */
bool page_is_writable(const void *p);

/*
 * page_write_through - write `n` bytes to `p`, whatever its protection, as a
 * debugger does. Never faults; not atomic.
 *
 * Returns 0 or -errno: there is no /proc, or the kernel does not allow it.
 */
int MUST_CHECK page_write_through(void *p, const void *bytes, size_t n);

/*
 * page_fail_at - refuse the `n`th call from now on that asks the kernel for
 * memory or address space (1 is the next), and each after it if `and_after`;
 * 0 refuses none. For tests of the roads that lead out of a refusal.
 */
void page_fail_at(unsigned long n, bool and_after);

/* page_calls - how many such calls were made so far. */
unsigned long page_calls(void);

#endif
