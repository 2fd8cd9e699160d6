/*
 * tests/unit/os/smoke.c - the layers under the heap do what they say, on any
 * CPU.
 *
 * A program without a test framework, so that a cross compiler and an emulator
 * are enough to run it: it prints TAP, and ends with status 1 if a case
 * failed. The unit tests proper try much more; this one tries what differs by
 * CPU (system calls, the thread pointer, signal frames, atomics, the address
 * range) and that what stands on it works at all.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "meta/buffer.h"
#include "meta/pool.h"
#include "meta/region.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "os/arch/arch.h"
#include "os/call.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/page.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/thread.h"

static int count;
static int failures;

static void
check(bool is_good, const char *what)
{
    count++;
    if (!is_good)
        failures++;
    printf("%s %d - %s\n", is_good ? "ok" : "not ok", count, what);
}

/* The sixth argument of a call arrives: an offset into this program's file. */
static void
smoke_six_arguments(void)
{
    char path[512];
    char bytes[64];
    int fd = file_open(process_path(path, sizeof(path)), FILE_READ, 3);
    size_t size = page_size();
    long at = CALL_6(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE, fd, size);

    check(fd >= 3 && at > 0, "a call of six arguments succeeds");
    if (fd < 3 || at <= 0)
        return;
    check(file_read_at(fd, bytes, sizeof(bytes), size) == sizeof(bytes) &&
              memcmp(bytes, (const void *)at, sizeof(bytes)) == 0,
          "and heeded the last");
    page_unmap((void *)at, size);
    file_close(fd);
}

static void
smoke_arch(void)
{
    int on_stack = 0;
    uintptr_t addr = (uintptr_t)&on_stack;

    check(CALL_1(SYS_close, -1) == -9, "a refused call gives -EBADF");
    check(CALL_0(SYS_getpid) == thread_process_id(), "a call gives a result");
    check(arch_thread_pointer() != 0 &&
              arch_thread_pointer() == arch_thread_pointer(),
          "the thread pointer is steady");
    check(addr >> ARCH_ADDR_BITS == 0, "a stack address is in range");
    check(arch_strip_tag(addr) == addr, "an address without tag is unchanged");
    check(arch_ticks() != 0, "the ticks run");
    arch_pause();
    arch_prefetch_write(NULL);
    check(ARCH_ELF_MACHINE != 0 && ARCH_NAME[0] != 0, "the CPU has a name");
}

static struct arch_context seen;
static enum arch_access seen_access;
static volatile int handled;

static void
on_signal(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)info;
    arch_context_read(ucontext, &seen);
    seen_access = arch_fault_access(ucontext);
    handled++;
}

static void
smoke_signal(void)
{
    struct signal_action action;
    struct signal_action old;
    uintptr_t here = (uintptr_t)&action;
    uint64_t mask;

    memset(&action, 0, sizeof(action));
    memcpy(&action.handler, &(void (*)(int, siginfo_t *, void *)){on_signal},
           sizeof(action.handler));
    action.flags = SA_SIGINFO;
    check(signal_set(SIGUSR1, &action, &old) == 0, "a handler is installed");
    mask = signal_block_all();
    (void)signal_send(thread_id(), SIGUSR1);
    check(handled == 0, "a blocked signal waits");
    signal_restore(mask);
    check(handled == 1, "the handler ran once and came back");
    check(seen.pc != 0 && seen.sp != 0, "its context has a pc and a sp");
    check((seen.sp > here ? seen.sp - here : here - seen.sp) < 1u << 20,
          "the sp is near this function's frame");
    check(signal_get(SIGUSR1, &action) == 0 &&
              memcmp(&action.handler,
                     &(void (*)(int, siginfo_t *, void *)){on_signal},
                     sizeof(action.handler)) == 0,
          "the kernel has the handler");
    check(signal_set(SIGUSR1, &old, NULL) == 0, "the old one comes back");
}

static void
smoke_page(void)
{
    size_t size = page_size();
    size_t align = (size_t)4 << 20;
    unsigned char *p = page_map(4 * size);
    unsigned char *aligned = page_map_aligned(align, align, false);

    check(bits_is_power(size) && size >= 4096, "the page size is a power of 2");
    check(p != NULL && p[0] == 0 && p[4 * size - 1] == 0, "pages are zeroed");
    check(aligned != NULL && ((uintptr_t)aligned & (align - 1)) == 0,
          "a reservation is aligned");
    if (p == NULL || aligned == NULL)
        return;
    check(!page_is_readable(aligned, size), "a reservation is not readable");
    check(page_commit(aligned, size) == 0, "it is committed");
    aligned[0] = 1;
    check(page_is_readable(aligned, size), "and then readable");
    p[size] = 7;
    check(page_protect(p + size, size) == 0 && !page_is_readable(p, 2 * size),
          "a protected page is not readable");
    check(page_unprotect(p + size, size) == 0 && p[size] == 7,
          "it kept what it held");
    check(page_discard(p, 4 * size) == 0 && p[size] == 0,
          "a discarded page reads as zero");
    page_unmap(p, 4 * size);
    page_unmap(aligned, align);
}

static _Atomic uint32_t turn;
static struct lock lock = LOCK_INIT(LOCK_RANK_META);
static uint64_t total; /* under lock */

enum { THREADS = 3, ROUNDS = 2000 };

static void
add_rounds(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&lock);
        total += *(const uint64_t *)argument;
        lock_give(&lock);
    }
    atomic_fetch_add(&turn, 1);
    lock_wake(&turn, 1);
}

static void
smoke_threads(void)
{
    static const uint64_t one = 1;
    bool is_started = true;
    uint32_t done;

    for (int i = 0; i < THREADS; i++)
        is_started = thread_start(add_rounds, (void *)(uintptr_t)&one) == 0 &&
                     is_started;
    check(is_started, "threads start");
    while (is_started && (done = atomic_load(&turn)) < THREADS)
        (void)lock_wait(&turn, done, UINT64_C(1000000000));
    lock_take(&lock);
    check(total == (uint64_t)THREADS * ROUNDS, "the lock kept their count");
    check(lock_is_mine(&lock), "the holder is known");
    lock_give(&lock);
    check(lock_try(&lock), "a free lock is taken at once");
    lock_give(&lock);
}

static void
smoke_clock_and_process(void)
{
    uint64_t before = clock_now();
    struct file_map map;
    char path[512];
    int machine = 0;

    check(clock_now() >= before, "the clock does not go back");
    check(clock_unix() > UINT64_C(1700000000) * 1000000000, "it is after 2023");
    check(process_aux(6) == page_size(), "the auxiliary vector is found");
    process_path(path, sizeof(path));
    check(path[0] == '/', "the program knows its path");
    if (file_map(path, &map) == 0 && map.size > 20) {
        machine = map.bytes[18] | map.bytes[19] << 8;
        file_unmap(&map);
    }
    check(machine == ARCH_ELF_MACHINE, "its file is of this CPU");
}

static bool
is_hash_pair(uint64_t key, uint64_t value, void *context)
{
    if (value == hash_u64(key))
        ++*(unsigned *)context;
    return true;
}

static int
compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void
smoke_meta(void)
{
    struct table table = TABLE_INIT;
    struct vector vector = VECTOR_INIT(uint64_t);
    struct buffer buffer = BUFFER_INIT;
    struct pool pool = POOL_INIT(struct table);
    unsigned good = 0;
    bool is_sorted = true;
    void *item = pool_take(&pool);

    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t *word = vector_add(&vector);

        if (word == NULL || table_insert(&table, i, hash_u64(i)) != 0)
            break;
        *word = hash_u64(i);
    }
    table_each(&table, is_hash_pair, &good);
    check(good == 1000, "a table holds a thousand keys");
    vector_sort(&vector, compare_words);
    for (size_t i = 1; i < vector.count; i++)
        is_sorted = is_sorted && VECTOR_AT(&vector, uint64_t, i - 1) <
                                     VECTOR_AT(&vector, uint64_t, i);
    check(vector.count == 1000 && is_sorted, "a vector is sorted");
    buffer_print(&buffer, "%d %s %u", -5, "x", 255u);
    check(!buffer.failed && text_is_equal(buffer.bytes, "-5 x 255"),
          "a buffer is printed to");
    check(item != NULL, "a pool gives an item");
    pool_give(&pool, item);
    check(pool.live == 0, "and takes it back");
    table_fini(&table);
    vector_fini(&vector);
    buffer_fini(&buffer);
    region_fini(&pool.region);
}

int
main(void)
{
    smoke_arch();
    smoke_six_arguments();
    smoke_signal();
    smoke_page();
    smoke_threads();
    smoke_clock_and_process();
    smoke_meta();
    printf("1..%d\n", count);
    return failures != 0;
}
