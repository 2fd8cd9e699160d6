/*
 * test_walk.c - visiting every slot, at once and in pieces.
 */
#include "heap/heap.h"

#include "layouts.h"

#include <pthread.h>

#include "heap/arena.h"

static struct tcache *caches[ARENA_COUNT];

static int
setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARENA_COUNT; i++)
        caches[i] = layouts_cache(i);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        tcache_trim(caches[i]);
        tcache_release(caches[i]);
    }
    assert_int_equal(heap_audit(), 0);
    return 0;
}

#define BLOCKS 6000

/* The blocks that are there, and how often a walk met each. */
static struct {
    struct slot slot;
    bool is_live;
    unsigned visits;
} blocks[BLOCKS];

static void
make(size_t i, size_t size, struct tcache *cache)
{
    uintptr_t user;

    assert_true(heap_alloc(cache, size + heap_layout.tail, 16,
                           &blocks[i].slot, &user));
    *(size_t *)blocks[i].slot.start = i;
    atomic_store(&blocks[i].slot.record->state, BLOCK_LIVE);
    blocks[i].is_live = true;
    blocks[i].visits = 0;
}

static void
end(size_t i)
{
    atomic_store(&blocks[i].slot.record->state, BLOCK_FREED);
    heap_free(caches[0], &blocks[i].slot);
    blocks[i].is_live = false;
}

/* Slots of every class, runs and large blocks, in every arena; a third is
 * freed again. */
static void
populate(void)
{
    uint64_t seed = 521288629;

    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = layouts_random(&seed) % 3000 + 8;

        if (i % 100 == 0)
            size = layouts_random(&seed) % 300000 + 8;
        if (i % 1000 == 0)
            size = layouts_random(&seed) % 4000000 + 2000000;
        make(i, size, caches[i % ARENA_COUNT]);
    }
    for (size_t i = 0; i < BLOCKS; i += 3)
        end(i);
}

static void
depopulate(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].is_live)
            end(i);
    }
}

static bool
count_visit(const struct slot *slot, void *context)
{
    (void)context;
    if (slot->record->state == BLOCK_LIVE) {
        size_t i = *(size_t *)slot->start;

        if (i < BLOCKS && blocks[i].slot.start == slot->start &&
            blocks[i].slot.span == slot->span)
            blocks[i].visits++;
    }
    return true;
}

static void
check_visits(unsigned want)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].is_live)
            assert_int_equal(blocks[i].visits, want);
        blocks[i].visits = 0;
    }
}

static void
test_heap_walk_visits_every_live_slot_once(void **state)
{
    (void)state;
    populate();
    heap_walk(count_visit, NULL);
    check_visits(1);
    depopulate();
}

static void
test_heap_walk_visits_emergency_spans(void **state)
{
    (void)state;
    memset(blocks, 0, sizeof(blocks));
    caches[1]->is_nested = true;
    heap_freeze();
    make(7, 100, caches[1]);
    heap_thaw();
    caches[1]->is_nested = false;
    assert_true(blocks[7].slot.span->is_emergency);
    heap_walk(count_visit, NULL);
    check_visits(1);
    end(7);
}

static bool
stop_at_tenth(const struct slot *slot, void *context)
{
    (void)slot;
    return ++*(int *)context < 10;
}

static void
test_heap_walk_stops_when_told(void **state)
{
    int count = 0;

    (void)state;
    populate();
    heap_walk(stop_at_tenth, &count);
    assert_int_equal(count, 10);
    depopulate();
}

static void
test_heap_walk_some_covers_every_live_slot(void **state)
{
    static const uint32_t steps[] = {1, 7, 256, 100000};

    (void)state;
    populate();
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct heap_cursor cursor = {0, 0, 0, 0};
        int pieces = 0;

        while (heap_walk_some(&cursor, steps[i], count_visit, NULL))
            pieces++;
        check_visits(1);
        assert_true(pieces >= (int)(BLOCKS / 2 / steps[i]));
        assert_int_equal(cursor.arena, 0);
        assert_int_equal(cursor.unit, 0);
    }
    depopulate();
}

static bool
count_any(const struct slot *slot, void *context)
{
    (void)slot;
    ++*(uint32_t *)context;
    return true;
}

/* Large blocks are the "few more". */
static void
test_heap_walk_some_visits_few_at_a_time(void **state)
{
    struct heap_cursor cursor = {0, 0, 0, 0};
    uint32_t count = 0;

    (void)state;
    populate();
    while (heap_walk_some(&cursor, 50, count_any, &count)) {
        assert_true(count <= 50 + 20);
        count = 0;
    }
    depopulate();
}

/* Spans open and close between the pieces: no crash, nothing twice in a piece,
 * and what stays is met. */
static void
test_heap_walk_some_while_spans_come_and_go_meets_what_stays(void **state)
{
    struct heap_cursor cursor = {0, 0, 0, 0};
    uint64_t seed = 88675123;

    (void)state;
    populate();
    do {
        for (int i = 0; i < 20; i++) {
            size_t at = layouts_random(&seed) % BLOCKS / 3 * 3;

            if (blocks[at].is_live)
                end(at);
            else
                make(at, layouts_random(&seed) % 200000 + 8, caches[0]);
        }
    } while (heap_walk_some(&cursor, 64, count_visit, NULL));
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 3 != 0)
            assert_int_equal(blocks[i].visits, 1);
    }
    depopulate();
}

static void
test_heap_walk_some_lock_held_does_nothing(void **state)
{
    struct heap_cursor cursor = {0, 0, 0, 0};
    uint32_t count = 0;

    (void)state;
    populate();
    heap_freeze();
    assert_true(heap_walk_some(&cursor, 50, count_any, &count));
    heap_thaw();
    assert_int_equal(count, 0);
    assert_int_equal(cursor.unit, 0);
    depopulate();
}

static void
test_heap_trim_gives_idle_memory_back(void **state)
{
    struct heap_stats stats;

    (void)state;
    populate();
    depopulate();
    for (unsigned i = 0; i < ARENA_COUNT; i++)
        tcache_trim(caches[i]);
    assert_true(heap_trim());
    assert_false(heap_trim());
    heap_stats(&stats);
    for (unsigned i = 0; i < ARENA_COUNT; i++)
        assert_int_equal(arena_all[i].dirty_units, 0);
}

static void
test_heap_stats_return_to_what_they_were(void **state)
{
    struct heap_stats before, during, after;

    (void)state;
    for (unsigned i = 0; i < ARENA_COUNT; i++)
        tcache_trim(caches[i]);
    heap_stats(&before);
    populate();
    heap_stats(&during);
    depopulate();
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        tcache_drain(caches[i]);
        tcache_trim(caches[i]);
    }
    heap_stats(&after);
    assert_true(during.committed > before.committed + 1000000);
    assert_true(during.arrays > before.arrays);
    /* What is current stays, one span a class at most. */
    assert_true(after.committed <
                before.committed + (during.committed - before.committed) / 2);
}

static void
test_heap_audit_notices_a_broken_free_list(void **state)
{
    struct slot slot;
    uintptr_t user;
    uint16_t used;

    (void)state;
    assert_true(heap_alloc(caches[0], 100, 16, &slot, &user));
    assert_int_equal(heap_audit(), 0);
    used = slot.span->used;
    slot.span->used = (uint16_t)(used + 1);
    assert_true(heap_audit() > 0);
    slot.span->used = used;
    assert_int_equal(heap_audit(), 0);
    heap_free(caches[0], &slot);
}

/* ---- after a fork ---- */

static _Atomic bool stop;

static void *
churn(void *context)
{
    struct tcache *cache = context;

    while (!atomic_load(&stop)) {
        struct slot slots[40];
        uintptr_t user;

        for (size_t i = 0; i < ARRAY_COUNT(slots); i++) {
            if (!heap_alloc(cache, 30000 * (i + 1), 16, &slots[i], &user))
                abort();
        }
        for (size_t i = 0; i < ARRAY_COUNT(slots); i++)
            heap_free(cache, &slots[i]);
    }
    return NULL;
}

static void
use_in_child(void *context)
{
    struct slot slot;
    uintptr_t user;

    (void)context;
    heap_child();
    for (size_t size = 1; size < 5000000; size += size / 3 + 1) {
        for (unsigned i = 0; i < ARENA_COUNT; i++) {
            if (i == 2)
                continue; /* the other thread's */
            if (!heap_alloc(caches[i], size + 16, 16, &slot, &user))
                abort();
            memset((void *)user, 1, size);
            heap_free(caches[i], &slot);
        }
    }
}

static void
test_heap_freeze_around_a_fork_leaves_the_child_whole(void **state)
{
    pthread_t thread;

    (void)state;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, churn, caches[2]), 0);
    for (int i = 0; i < 20; i++) {
        int killed_by;

        heap_freeze();
        killed_by = layouts_dies(use_in_child, NULL);
        heap_thaw();
        assert_int_equal(killed_by, 0);
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_heap_walk_visits_every_live_slot_once),
        CASE(test_heap_walk_visits_emergency_spans),
        CASE(test_heap_walk_stops_when_told),
        CASE(test_heap_walk_some_covers_every_live_slot),
        CASE(test_heap_walk_some_visits_few_at_a_time),
        CASE(test_heap_walk_some_while_spans_come_and_go_meets_what_stays),
        CASE(test_heap_walk_some_lock_held_does_nothing),
        CASE(test_heap_trim_gives_idle_memory_back),
        CASE(test_heap_stats_return_to_what_they_were),
        CASE(test_heap_audit_notices_a_broken_free_list),
        CASE(test_heap_freeze_around_a_fork_leaves_the_child_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
    return layouts_run(&layouts_recorded, run) |
           layouts_run(&layouts_fenced, run);
}
