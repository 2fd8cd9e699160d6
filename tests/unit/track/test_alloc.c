/*
 * test_alloc.c - blocks from their making to their free: records, notes,
 * marks, counts and findings; by one thread, by many, and from a signal
 * handler that interrupts the allocator.
 */
#include "track/alloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf.h"
#include "track/self.h"
#include "track/track.h"

/* Frames of entry points, as front has them. */
#define HERE_PC ((uintptr_t)0x401234)
#define THERE_PC ((uintptr_t)0x405678)
static const struct arch_frame here = {.pc = HERE_PC};
static const struct arch_frame there = {.pc = THERE_PC};
#define HERE ((const void *)&here)
#define THERE ((const void *)&there)

/* The last finding, and how many there were. Written by the hook alone. */
static struct finding last;
static _Atomic unsigned findings;

static void
remember(const struct finding *finding)
{
    last = *finding;
    atomic_fetch_add(&findings, 1);
}

static int
start(void **state)
{
    (void)state;
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    if (conf_apply("log=none,no-print") != 0)
        return -1;
    track_start();
    track_set_finding_hook(remember);
    return 0;
}

static int
setup(void **state)
{
    (void)state;
    memset(&last, 0, sizeof(last));
    atomic_store(&findings, 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    assert_int_equal(track_check_all("the test", NULL), 0);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

static char *
make(size_t size)
{
    return track_alloc(size, 0, false, ORIGIN_MALLOC, HERE);
}

static void
end(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, THERE);
}

static uint64_t
counter(unsigned which)
{
    uint64_t counters[COUNTER__COUNT];

    track_counters(counters);
    return counters[which];
}

static const size_t sizes[] = {0,     1,     15,     16,      100,    1000,
                               32752, 32768, 100000, 1048576, 5000000};

/* ---- records ---- */

static void
test_track_alloc_records_the_block(void **state)
{
    struct block block;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        char *p = track_alloc(sizes[i], 64, false, ORIGIN_MEMALIGN, HERE);

        assert_non_null(p);
        assert_true(track_examine((uintptr_t)p, &block));
        assert_int_equal(block.addr, (uintptr_t)p);
        assert_int_equal(block.size, sizes[i]);
        assert_int_equal(block.state, BLOCK_LIVE);
        assert_int_equal(block.origin, ORIGIN_MEMALIGN);
        assert_int_equal(block.align, 64);
        assert_int_equal(block.thread, track_thread_number());
        assert_int_equal(block.alloc->pc[0], HERE_PC);
        assert_null(block.freed);
        end(p);
    }
    assert_int_equal(findings, 0);
}

static void
test_track_free_records_who_freed(void **state)
{
    char *p = make(100);
    struct block block;

    (void)state;
    end(p);
    assert_true(track_examine((uintptr_t)p, &block));
    assert_int_equal(block.state, BLOCK_FREED);
    assert_int_equal(block.size, 100);
    assert_int_equal(block.alloc->pc[0], HERE_PC);
    assert_int_equal(block.freed->pc[0], THERE_PC);
}

static void
test_track_examine_interior_leads_to_the_block(void **state)
{
    struct block block;

    (void)state;
    for (size_t i = 1; i < ARRAY_COUNT(sizes); i++) {
        char *p = make(sizes[i]);

        assert_true(track_examine((uintptr_t)p + sizes[i] - 1, &block));
        assert_int_equal(block.addr, (uintptr_t)p);
        assert_true(track_examine((uintptr_t)p + sizes[i], &block));
        assert_int_equal(block.addr, (uintptr_t)p);
        end(p);
    }
    assert_false(track_examine((uintptr_t)&block, &block));
    assert_false(track_examine(0, &block));
}

static void
test_track_resize_every_step_keeps_bytes_and_size(void **state)
{
    struct block block;

    (void)state;
    for (size_t i = 1; i < ARRAY_COUNT(sizes); i++) {
        for (size_t j = 1; j < ARRAY_COUNT(sizes); j++) {
            size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
            char *p = make(sizes[i]);

            memset(p, 0x6b, sizes[i]);
            p = track_resize(p, sizes[j], true, ORIGIN_RECALLOC, THERE);
            assert_non_null(p);
            assert_int_equal(track_usable_size(p, HERE), sizes[j]);
            for (size_t k = 0; k < sizes[j]; k += k < 64 ? 1 : 97)
                assert_int_equal(p[k], k < kept ? 0x6b : 0);
            assert_true(track_examine((uintptr_t)p, &block));
            assert_int_equal(block.alloc->pc[0], THERE_PC);
            end(p);
        }
    }
    assert_int_equal(findings, 0);
}

static void
test_track_alloc_zero_reads_as_zero(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
            char *p = track_alloc(sizes[i], 0, true, ORIGIN_CALLOC, HERE);

            assert_non_null(p);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xff, sizes[i]);
            end(p);
        }
    }
}

static void
test_track_alloc_impossible_size_is_counted_as_failure(void **state)
{
    uint64_t before = counter(COUNTER_FAILURES);
    static volatile const size_t too_large[] = {SIZE_MAX, PTRDIFF_MAX,
                                           (size_t)1 << 60};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(too_large); i++)
        assert_null(make(too_large[i]));
    assert_int_equal(counter(COUNTER_FAILURES) - before, 3);
}

/* ---- findings ---- */

static void
test_track_free_twice_is_a_double_free(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        char *p;

        if (sizes[i] > 2000000)
            continue;
        p = make(sizes[i]);
        end(p);
        end(p);
        assert_int_equal(findings, i + 1);
        assert_int_equal(last.kind, FINDING_DOUBLE_FREE);
    }
}

/* Its address space went back to the kernel with it, so that it was a block
 * may be forgotten: but it is a finding, once, and harms nothing. */
static void
test_track_free_twice_very_large_is_one_finding(void **state)
{
    uint64_t live = counter(COUNTER_BYTES_LIVE);
    char *p = make(100000000);

    (void)state;
    end(p);
    end(p);
    assert_int_equal(findings, 1);
    assert_int_equal(last.call, ORIGIN_FREE);
    assert_int_equal(last.addr, (uintptr_t)p);
    assert_int_equal(counter(COUNTER_BYTES_LIVE), live);
}

static pthread_barrier_t barrier;

static void *
free_at_once(void *context)
{
    void **blocks = context;

    for (int i = 0; i < 2000; i++) {
        if (i % 100 == 0)
            (void)pthread_barrier_wait(&barrier);
        end(blocks[i]);
    }
    return NULL;
}

/* Each block is freed by two threads: one succeeds, the other is told. */
static void
test_track_free_by_two_threads_counts_once(void **state)
{
    static void *blocks[2000];
    uint64_t freed = counter(COUNTER_BLOCKS_FREED);
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2000; i++)
        blocks[i] = make(40);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, free_at_once, blocks), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&barrier);
    assert_int_equal(counter(COUNTER_BLOCKS_FREED) - freed, 2000);
    assert_int_equal(findings, 2000);
}

/* Both neighbours, each side: the right block, offset and kind. */
static void
test_track_check_all_finds_planted_damage(void **state)
{
    char *p[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        p[i] = make(100);
    p[1][100] ^= 1;
    assert_int_equal(track_check_all("test", HERE), 1);
    assert_int_equal(last.kind, FINDING_OVERRUN);
    assert_int_equal(last.block.addr, (uintptr_t)p[1]);
    assert_int_equal(last.offset, 100);
    assert_int_equal(last.length, 1);
    assert_int_equal(track_check_all("test", HERE), 0);

    p[1][-1] ^= 1;
    assert_int_equal(track_check_all("test", HERE), 1);
    assert_int_equal(last.kind, FINDING_UNDERRUN);
    assert_int_equal(last.block.addr, (uintptr_t)p[1]);
    assert_int_equal(last.offset, -1);
    assert_int_equal(track_check_all("test", HERE), 0);
    for (int i = 0; i < 3; i++)
        end(p[i]);
}

/* ---- notes and marks ---- */

static void
test_track_note_of_this_call_names_its_line(void **state)
{
    struct block block;
    char *p;

    (void)state;
    track_note("prog.c", 12, 100, &(struct arch_frame){.pc = HERE_PC - 20});
    p = make(100);
    assert_true(track_examine((uintptr_t)p, &block));
    assert_string_equal(block.alloc->file, "prog.c");
    assert_int_equal(block.alloc->line, 12);
    end(p);
    p = make(100);
    assert_true(track_examine((uintptr_t)p, &block));
    assert_null(block.alloc->file);
    end(p);
}

static void
test_track_note_of_another_call_is_not_believed(void **state)
{
    struct block block;
    char *p;

    (void)state;
    track_note("prog.c", 12, 99, &(struct arch_frame){.pc = HERE_PC - 20});
    p = make(100);
    assert_true(track_examine((uintptr_t)p, &block));
    assert_null(block.alloc->file);
    end(p);
    track_note("prog.c", 12, 100, &(struct arch_frame){.pc = HERE_PC - 5000});
    p = make(100);
    assert_true(track_examine((uintptr_t)p, &block));
    assert_null(block.alloc->file);
    end(p);
}

static void
test_track_mark_divides_the_blocks(void **state)
{
    char *before = make(10), *after;
    uint32_t mark = track_mark();
    struct block block;

    (void)state;
    after = make(10);
    assert_true(track_examine((uintptr_t)before, &block));
    assert_int_equal(track_block_mark(&block), mark - 1);
    assert_true(track_examine((uintptr_t)after, &block));
    assert_int_equal(track_block_mark(&block), mark);
    end(before);
    end(after);
}

/* ---- counts ---- */

static void
test_track_counters_peak_by_one_thread_is_exact(void **state)
{
    uint64_t live = counter(COUNTER_BYTES_LIVE), peak;
    char *p = make(3000000), *q = make(700001);

    (void)state;
    end(p);
    end(q);
    peak = counter(COUNTER_BYTES_PEAK);
    p = make(peak - live + 12345);
    assert_int_equal(counter(COUNTER_BYTES_PEAK), peak + 12345);
    end(p);
    assert_int_equal(counter(COUNTER_BYTES_PEAK), peak + 12345);
    assert_int_equal(counter(COUNTER_BYTES_LIVE), live);
}

#define THREADS 4
#define EACH 5000

static void *handed[THREADS][EACH];

static void *
make_many(void *context)
{
    void **mine = context;

    for (int i = 0; i < EACH; i++)
        mine[i] = make((size_t)i % 200);
    track_thread_end();
    return NULL;
}

/* Made by threads that end, freed by this one. */
static void
test_track_counters_after_threads_are_exact(void **state)
{
    uint64_t made = counter(COUNTER_BLOCKS_ALLOCATED);
    uint64_t bytes = counter(COUNTER_BYTES_ALLOCATED);
    uint64_t live = counter(COUNTER_BLOCKS_LIVE);
    uint64_t live_bytes = counter(COUNTER_BYTES_LIVE);
    pthread_t threads[THREADS];
    uint64_t each = 0;

    (void)state;
    for (int i = 0; i < EACH; i++)
        each += (uint64_t)i % 200;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, make_many, handed[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counter(COUNTER_BLOCKS_ALLOCATED) - made, THREADS * EACH);
    assert_int_equal(counter(COUNTER_BYTES_ALLOCATED) - bytes, THREADS * each);
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < EACH; j++)
            end(handed[i][j]);
    }
    assert_int_equal(counter(COUNTER_BLOCKS_LIVE), live);
    assert_int_equal(counter(COUNTER_BYTES_LIVE), live_bytes);
    assert_int_equal(findings, 0);
}

/* ---- inside itself, and after the end ---- */

/* As a handler finds it that interrupted malloc, a heap lock held. */
static void
test_track_alloc_while_busy_works_on_another_self(void **state)
{
    struct self *self;

    (void)state;
    end(make(1));
    self = self_current;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        char *p, *q;
        struct block block;

        self->busy = true;
        heap_freeze();
        p = make(sizes[i]);
        heap_thaw();
        assert_non_null(p);
        memset(p, 1, sizes[i]);
        assert_true(track_examine((uintptr_t)p, &block));
        assert_int_equal(block.size, sizes[i]);
        assert_int_equal(block.thread, self->number);
        q = make(sizes[i]);
        heap_freeze();
        end(q);
        heap_thaw();
        assert_true(self->busy);
        assert_ptr_equal(self_current, self);
        self->busy = false;
        end(p);
    }
    assert_int_equal(findings, 0);
}

static _Atomic unsigned handled;

static void
allocate_in_handler(int number)
{
    char *p[4];

    (void)number;
    for (size_t i = 0; i < ARRAY_COUNT(p); i++) {
        p[i] = make(50 << (i * 4));
        if (p[i] == NULL)
            abort();
        p[i][0] = 1;
    }
    for (size_t i = 0; i < ARRAY_COUNT(p); i++)
        end(p[i]);
    atomic_fetch_add(&handled, 1);
}

static void
test_track_alloc_in_a_handler_loses_nothing(void **state)
{
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = allocate_in_handler}, old;
    uint64_t live = counter(COUNTER_BLOCKS_LIVE);
    uint64_t live_bytes = counter(COUNTER_BYTES_LIVE);
    char *p[64] = {NULL};

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (size_t i = 0; handled < 300 || i < 100000; i++) {
        size_t at = i * 7 % ARRAY_COUNT(p);

        end(p[at]);
        p[at] = make(i * 37 % (i % 50 == 0 ? 2000000 : 9000));
        assert_non_null(p[at]);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    for (size_t i = 0; i < ARRAY_COUNT(p); i++)
        end(p[i]);
    assert_int_equal(counter(COUNTER_BLOCKS_LIVE), live);
    assert_int_equal(counter(COUNTER_BYTES_LIVE), live_bytes);
    assert_int_equal(findings, 0);
}

static void *
call_after_end(void *context)
{
    char *p = make(100), *q;

    (void)context;
    track_thread_end();
    q = make(3000);
    if (p == NULL || q == NULL || self_current != &self_ended)
        return p;
    end(p);
    q = track_resize(q, 9000, false, ORIGIN_REALLOC, HERE);
    end(q);
    return NULL;
}

static void
test_track_thread_end_later_calls_work(void **state)
{
    uint64_t live = counter(COUNTER_BLOCKS_LIVE);
    pthread_t thread;
    void *bad;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, call_after_end, NULL), 0);
    assert_int_equal(pthread_join(thread, &bad), 0);
    assert_null(bad);
    assert_int_equal(counter(COUNTER_BLOCKS_LIVE), live);
    assert_int_equal(findings, 0);
}

/* ---- fork ---- */

static _Atomic bool stop;

static void *
churn(void *context)
{
    (void)context;
    while (!atomic_load(&stop)) {
        char *p[30];

        for (size_t i = 0; i < ARRAY_COUNT(p); i++)
            p[i] = make(i * 9000);
        for (size_t i = 0; i < ARRAY_COUNT(p); i++)
            end(p[i]);
    }
    track_thread_end();
    return NULL;
}

static void
test_track_child_after_fork_with_threads_works(void **state)
{
    pthread_t threads[2];

    (void)state;
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    for (int i = 0; i < 30; i++) {
        int status;
        pid_t child;

        track_freeze();
        child = fork();
        if (child == 0) {
            track_child();
            for (size_t size = 1; size < 4000000; size += size / 2 + 1)
                end(memset(make(size), 1, size));
            _exit(findings == 0 ? 0 : 1);
        }
        track_thaw();
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, while there is one thread. */
        CASE(test_track_counters_peak_by_one_thread_is_exact),
        CASE(test_track_alloc_records_the_block),
        CASE(test_track_free_records_who_freed),
        CASE(test_track_examine_interior_leads_to_the_block),
        CASE(test_track_resize_every_step_keeps_bytes_and_size),
        CASE(test_track_alloc_zero_reads_as_zero),
        CASE(test_track_alloc_impossible_size_is_counted_as_failure),
        CASE(test_track_free_twice_is_a_double_free),
        CASE(test_track_free_twice_very_large_is_one_finding),
        CASE(test_track_free_by_two_threads_counts_once),
        CASE(test_track_check_all_finds_planted_damage),
        CASE(test_track_note_of_this_call_names_its_line),
        CASE(test_track_note_of_another_call_is_not_believed),
        CASE(test_track_mark_divides_the_blocks),
        CASE(test_track_counters_after_threads_are_exact),
        CASE(test_track_alloc_while_busy_works_on_another_self),
        CASE(test_track_alloc_in_a_handler_loses_nothing),
        CASE(test_track_thread_end_later_calls_work),
        CASE(test_track_child_after_fork_with_threads_works),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
