/*
 * os/peek.c - look at memory that may not be there, and write to what may be
 * protected (page_read and its neighbours of os/page.h).
 *
 * The kernel copies for us and says "bad address" where we would fault. The
 * fast way is process_vm_readv on ourselves. Sandboxes refuse it more often
 * than any other call here, so behind it are two ways that no program can live
 * without: writing to a pipe, which copies the bytes, and rt_sigprocmask with
 * an operation that does not exist, which reads eight bytes before it says so.
 * Source of the latter: the idea is Abseil's AddressIsReadable; this is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "base/bits.h"
#include "os/call.h"
#include "os/page.h"
#include "os/process.h"
#include "os/thread.h"

/* Pages asked about in one call: to see, and to copy. */
#define PROBE_PAGES 16
#define COPY_PAGES 64

/* The bytes that rt_sigprocmask reads. */
#define PROBE_SIZE sizeof(uint64_t)

/* An operation of rt_sigprocmask that the kernel does not have. */
#define NO_OPERATION 0x7fffffff

/* Set once process_vm_readv was refused. Atomic. */
static _Atomic bool vm_read_refused;

/* vm_read - the bytes copied, or -errno; remembers a refusal. */
static long
vm_read(const struct iovec *local, const struct iovec *remote, size_t count)
{
    long result;

    if (atomic_load_explicit(&vm_read_refused, memory_order_relaxed))
        return -ENOSYS;
    result = CALL_6(SYS_process_vm_readv, thread_process_id(), local, 1, remote,
                    count, 0);
    /* EFAULT is an answer, and ENOMEM passes; anything else is a refusal. */
    if (result < 0 && result != -EFAULT && result != -ENOMEM)
        atomic_store_explicit(&vm_read_refused, true, memory_order_relaxed);
    return result;
}

/*
 * split_pages - describe [addr, end) by at most `max` pieces, cut at the ends
 * of pages: a piece is copied whole or not at all.
 *
 * probe: each piece is the first byte only.
 * Returns the number of pieces; *out_next is where they end.
 */
static size_t
split_pages(uintptr_t addr, uintptr_t end, struct iovec *pieces, size_t max,
            bool probe, uintptr_t *out_next)
{
    size_t count = 0;

    while (addr < end && count < max) {
        uintptr_t next = bits_align_down(addr, page_size()) + page_size();

        /* Wraps to 0 on the last page of the address space. */
        if (next > end || next == 0)
            next = end;
        pieces[count].iov_base = (void *)addr;
        pieces[count].iov_len = probe ? 1 : next - addr;
        count++;
        addr = next;
    }
    *out_next = addr;
    return count;
}

/* is_word_readable - ask about the word that holds `addr`, without a file
 * descriptor. */
static bool
is_word_readable(uintptr_t addr)
{
    addr = bits_align_down(addr, PROBE_SIZE);
    /* A set at 0 is no set to the kernel: ask about the same page's next. */
    if (addr == 0)
        addr = PROBE_SIZE;
    return CALL_4(SYS_rt_sigprocmask, NO_OPERATION, addr, 0, PROBE_SIZE) !=
           -EFAULT;
}

/* are_pages_readable - the pages of the pieces, one by one. */
static bool
are_pages_readable(const struct iovec *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_word_readable((uintptr_t)pieces[i].iov_base))
            return false;
    }
    return true;
}

bool
page_is_readable(const void *p, size_t n)
{
    uintptr_t addr = (uintptr_t)p;
    uintptr_t end;

    if (n == 0)
        return true;
    if (!bits_try_add(addr, n, &end))
        return false;
    while (addr < end) {
        struct iovec pieces[PROBE_PAGES];
        unsigned char bytes[PROBE_PAGES];
        size_t count = split_pages(addr, end, pieces, PROBE_PAGES, true, &addr);
        struct iovec local = {.iov_base = bytes, .iov_len = count};
        long result = vm_read(&local, pieces, count);

        if (result == (long)count)
            continue;
        if (result >= 0 || result == -EFAULT)
            return false;
        if (!are_pages_readable(pieces, count))
            return false;
    }
    return true;
}

/* pipe_copy - copy one piece, at most a page, through the pipe. */
static bool
pipe_copy(const int pipe[2], char *target, const struct iovec *piece)
{
    size_t done = 0;
    long result;

    do {
        result = CALL_3(SYS_write, pipe[1], piece->iov_base, piece->iov_len);
    } while (result == -EINTR);
    if (result != (long)piece->iov_len)
        return false;
    while (done < piece->iov_len) {
        result =
            CALL_3(SYS_read, pipe[0], target + done, piece->iov_len - done);
        if (result > 0)
            done += (size_t)result;
        else if (result != -EINTR)
            return false;
    }
    return true;
}

/* read_by_pipe - page_read where process_vm_readv is refused. An empty pipe
 * holds at least 4 KiB, so pieces of that size never wait. */
static size_t
read_by_pipe(char *target, uintptr_t addr, uintptr_t end)
{
    size_t done = 0;
    int pipe[2] = {-1, -1};

    if (CALL_2(SYS_pipe2, pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return 0;
    while (addr < end) {
        struct iovec piece;
        uintptr_t next = bits_align_down(addr, 4096) + 4096;

        if (next > end || next == 0)
            next = end;
        piece.iov_base = (void *)addr;
        piece.iov_len = next - addr;
        if (!pipe_copy(pipe, target + done, &piece))
            break;
        done += piece.iov_len;
        addr = next;
    }
    (void)CALL_1(SYS_close, pipe[0]);
    (void)CALL_1(SYS_close, pipe[1]);
    return done;
}

size_t
page_read(void *target, const void *p, size_t n)
{
    char *bytes = target;
    uintptr_t addr = (uintptr_t)p;
    uintptr_t end;
    size_t done = 0;

    /* Memory at the very end of the address space is never ours. */
    if (!bits_try_add(addr, n, &end))
        end = UINTPTR_MAX;
    while (addr < end) {
        struct iovec pieces[COPY_PAGES];
        uintptr_t next;
        size_t count = split_pages(addr, end, pieces, COPY_PAGES, false, &next);
        struct iovec local = {.iov_base = bytes + done, .iov_len = next - addr};
        long result = vm_read(&local, pieces, count);

        if (result == -EFAULT)
            break;
        if (result < 0)
            return done + read_by_pipe(bytes + done, addr, end);
        done += (size_t)result;
        if ((size_t)result < next - addr)
            break;
        addr = next;
    }
    return done;
}

/* Asks the list of mappings, where process_vm_writev is refused. */
static bool
visit_writable(const struct process_mapping *mapping, void *context)
{
    struct process_mapping *wanted = context;

    if (wanted->start < mapping->start || wanted->start >= mapping->end)
        return true;
    wanted->writable = mapping->writable;
    return false;
}

bool
page_is_writable(const void *p)
{
    struct process_mapping wanted = {.start = (uintptr_t)p};
    unsigned char byte;
    struct iovec local = {.iov_base = &byte, .iov_len = 1};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)p, .iov_len = 1};
    long result;

    if (page_read(&byte, p, 1) != 1)
        return false;
    result = CALL_6(SYS_process_vm_writev, thread_process_id(), &local, 1,
                    &remote, 1, 0);
    if (result == 1 || result == -EFAULT)
        return result == 1;
    (void)process_each_mapping(visit_writable, &wanted); /* else: no */
    return wanted.writable;
}

int
page_write_through(void *p, const void *bytes, size_t n)
{
    long file = CALL_4(SYS_openat, AT_FDCWD, "/proc/self/mem",
                       O_RDWR | O_CLOEXEC, 0);
    long result;

    if (file < 0)
        return (int)file;
    result = CALL_4(SYS_pwrite64, file, bytes, n, p);
    (void)CALL_1(SYS_close, file);
    if (result < 0)
        return (int)result;
    return result == (long)n ? 0 : -EIO;
}
