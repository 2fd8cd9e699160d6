/*
 * Unit tests of track/foreign: another allocator's blocks, recorded as they are
 * made and freed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "track/foreign.h"
#include "track/track.h"

/* ---- the other allocator: a row of places, used again from the end ---- */

#define PLACES 4096
#define PLACE_BYTES 256

static _Alignas(64) unsigned char places[PLACES][PLACE_BYTES];
static bool in_use[PLACES];
static bool is_out_of_memory;

static void *
take(size_t size)
{
    if (is_out_of_memory || size > PLACE_BYTES)
        return NULL;
    for (unsigned i = 0; i < PLACES; i++) {
        if (!in_use[i]) {
            in_use[i] = true;
            return places[i];
        }
    }
    return NULL;
}

static void
give(void *p)
{
    size_t i;

    if (p == NULL)
        return;
    i = (size_t)((unsigned char(*)[PLACE_BYTES])p - places);

    assert_true(i < PLACES && in_use[i]);
    in_use[i] = false;
}

static void *
take_zero(size_t n, size_t size)
{
    void *p = take(n * size);

    return p == NULL ? NULL : memset(p, 0, n * size);
}

/* It always moves. */
static void *
take_again(void *p, size_t size)
{
    void *q = take(size);

    if (q != NULL) {
        memcpy(q, p, PLACE_BYTES);
        give(p);
    }
    return q;
}

static int
take_aligned(void **out, size_t align, size_t size)
{
    *out = align <= 64 ? take(size) : NULL;
    return *out == NULL ? 12 : 0;
}

static size_t
usable(void *p)
{
    (void)p;
    return PLACE_BYTES;
}

static const struct track_allocator other = {
    take, give, take_zero, take_again, take_aligned, usable};

static int
start(void **state)
{
    (void)state;
    conf_init(NULL);
    conf_seal();
    track_observe(&other);
    track_start();
    return 0;
}

/* ---- what is known ---- */

static struct track_observed
observed(void)
{
    struct track_observed counts;

    track_observed(&counts);
    return counts;
}

static void *
make(size_t size)
{
    return track_alloc(size, 0, false, ORIGIN_MALLOC, NULL);
}

static void
end(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

static void
test_foreign_alloc_is_found_until_it_is_freed(void **state)
{
    uint64_t known = observed().known;
    struct block block;
    void *p = make(100);

    (void)state;
    assert_true(foreign_find((uintptr_t)p, &block));
    assert_int_equal(block.addr, (uintptr_t)p);
    assert_int_equal(block.size, 100);
    assert_int_equal(block.origin, ORIGIN_MALLOC);
    assert_int_equal(observed().known, known + 1);
    assert_false(foreign_find((uintptr_t)p + 16, &block));
    end(p);
    assert_false(foreign_find((uintptr_t)p, &block));
    assert_int_equal(observed().known, known);
}

static void
test_foreign_free_of_what_is_not_known_passes_and_is_counted(void **state)
{
    unsigned class = track_unknown_class(PLACE_BYTES);
    struct track_observed before = observed();
    uint64_t blocks, bytes, blocks_now, bytes_now;
    void *p = take(10);

    (void)state;
    track_unknown(class, &blocks, &bytes);
    end(p); /* the other allocator complains if it does not get there */
    assert_int_equal(observed().unknown_freed, before.unknown_freed + 1);
    track_unknown(class, &blocks_now, &bytes_now);
    assert_int_equal(blocks_now, blocks + 1);
    assert_int_equal(bytes_now, bytes + PLACE_BYTES);
    end(NULL);
    assert_int_equal(observed().unknown_freed, before.unknown_freed + 1);
}

/* Freed by a road that does not lead here, and handed out again. */
static void
test_foreign_alloc_again_at_an_address_counts_the_old_as_freed(void **state)
{
    struct track_observed before = observed();
    struct block block;
    uint64_t unseen;
    void *p;

    (void)state;
    track_explicit("foreign.c", 1);
    p = make(50);
    assert_true(foreign_find((uintptr_t)p, &block));
    unseen = track_unseen(block.alloc->id);
    give(p);
    assert_ptr_equal(make(60), p);
    assert_int_equal(observed().replaced, before.replaced + 1);
    assert_int_equal(track_unseen(block.alloc->id), unseen + 1);
    assert_int_equal(observed().known, before.known + 1);
    assert_true(foreign_find((uintptr_t)p, &block));
    assert_int_equal(block.size, 60);
    end(p);
    assert_int_equal(observed().known, before.known);
}

static void
test_foreign_resize_moves_the_record(void **state)
{
    uint64_t known = observed().known;
    struct block block;
    void *p = make(20);
    void *q = track_resize(p, 200, true, ORIGIN_REALLOC, NULL);

    (void)state;
    assert_ptr_not_equal(p, q);
    assert_false(foreign_find((uintptr_t)p, &block));
    assert_true(foreign_find((uintptr_t)q, &block));
    assert_int_equal(block.size, 200);
    assert_int_equal(observed().known, known + 1);
    for (unsigned i = 20; i < 200; i++)
        assert_int_equal(((unsigned char *)q)[i], 0);
    end(q);
}

static void
test_foreign_resize_that_fails_leaves_the_block(void **state)
{
    struct track_observed before = observed();
    struct block block;
    void *p = make(20);

    (void)state;
    is_out_of_memory = true;
    assert_null(track_resize(p, 200, false, ORIGIN_REALLOC, NULL));
    assert_null(make(10));
    is_out_of_memory = false;
    assert_true(foreign_find((uintptr_t)p, &block));
    assert_int_equal(block.size, 20);
    end(p);
    assert_int_equal(observed().known, before.known);
    assert_int_equal(observed().replaced, before.replaced);
}

/* Enough for the table to grow, in an order that closes holes everywhere. */
static void
test_foreign_table_keeps_many_blocks_apart(void **state)
{
    static void *blocks[PLACES - 8];
    uint64_t known = observed().known;
    uint32_t random = 1;
    size_t count = sizeof(blocks) / sizeof(blocks[0]);

    (void)state;
    for (unsigned round = 0; round < 4; round++) {
        for (size_t i = 0; i < count; i++) {
            if (blocks[i] == NULL)
                blocks[i] = make(1 + i % PLACE_BYTES);
            assert_non_null(blocks[i]);
        }
        assert_int_equal(observed().known, known + count);
        for (size_t i = 0; i < count; i++) {
            struct block block;

            assert_true(foreign_find((uintptr_t)blocks[i], &block));
            assert_int_equal(block.size, 1 + i % PLACE_BYTES);
            random = random * 1664525 + 1013904223;
            if (random >> 31 != 0 || round == 3) {
                end(blocks[i]);
                blocks[i] = NULL;
            }
        }
    }
    assert_int_equal(observed().known, known);
}

static bool
count_block(const struct block *block, void *context)
{
    uint64_t *bytes = context;

    assert_int_equal(block->state, BLOCK_LIVE);
    *bytes += block->size;
    return true;
}

static bool
stop_at_once(const struct block *block, void *context)
{
    (void)block;
    (void)context;
    return false;
}

static void
test_foreign_walk_visits_all_until_told_to_stop(void **state)
{
    void *blocks[100];
    uint64_t bytes = 0;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        blocks[i] = make(i);
    assert_int_equal(foreign_walk(count_block, &bytes), 100);
    assert_int_equal(bytes, 99 * 100 / 2);
    assert_int_equal(foreign_walk(stop_at_once, NULL), 1);
    for (unsigned i = 0; i < 100; i++)
        end(blocks[i]);
    assert_int_equal(foreign_walk(count_block, &bytes), 0);
}

static void
test_foreign_memory_aligned_and_zeroed_is_recorded(void **state)
{
    struct block block;
    unsigned char *p = track_alloc(100, 64, true, ORIGIN_ALIGNED_ALLOC, NULL);
    void *q = track_alloc(8, 4096, false, ORIGIN_ALIGNED_ALLOC, NULL);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p[0] | p[99], 0);
    assert_true(foreign_find((uintptr_t)p, &block));
    assert_int_equal(block.align, 64);
    assert_null(q); /* this allocator cannot */
    end(p);
}

/* While nobody looks calls pass through, and what was known is forgotten. */
static void
test_foreign_watch_off_forgets_and_passes(void **state)
{
    struct track_observed before = observed();
    void *p = make(10);
    struct block block;
    void *q;

    (void)state;
    track_watch(false);
    assert_int_equal(observed().known, 0);
    q = make(20);
    assert_false(foreign_find((uintptr_t)q, &block));
    end(p);
    assert_int_equal(observed().unknown_freed, before.unknown_freed);
    track_watch(true);
    end(q);
    assert_int_equal(observed().unknown_freed, before.unknown_freed + 1);
    assert_int_equal(observed().missed, before.missed);
}

static void
test_foreign_classes_are_in_the_order_of_sizes(void **state)
{
    (void)state;
    assert_int_equal(track_unknown_class(0), 0);
    assert_int_equal(track_unknown_class(31), 0);
    assert_int_equal(track_unknown_class(32), 1);
    assert_int_equal(track_unknown_class(1023), 31);
    assert_int_equal(track_unknown_class(1024), 32);
    assert_int_equal(track_unknown_class(1279), 32);
    assert_int_equal(track_unknown_class(1280), 33);
    assert_int_equal(track_unknown_class(2048), 36);
    assert_int_equal(track_unknown_class(UINT64_MAX),
                     TRACK_UNKNOWN_CLASSES - 1);
    for (uint64_t size = 1; size < 1u << 20; size++)
        assert_in_range(
            track_unknown_class(size) - track_unknown_class(size - 1), 0, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_alloc_is_found_until_it_is_freed),
        cmocka_unit_test(
            test_foreign_free_of_what_is_not_known_passes_and_is_counted),
        cmocka_unit_test(
            test_foreign_alloc_again_at_an_address_counts_the_old_as_freed),
        cmocka_unit_test(test_foreign_resize_moves_the_record),
        cmocka_unit_test(test_foreign_resize_that_fails_leaves_the_block),
        cmocka_unit_test(test_foreign_table_keeps_many_blocks_apart),
        cmocka_unit_test(test_foreign_walk_visits_all_until_told_to_stop),
        cmocka_unit_test(test_foreign_memory_aligned_and_zeroed_is_recorded),
        cmocka_unit_test(test_foreign_watch_off_forgets_and_passes),
        cmocka_unit_test(test_foreign_classes_are_in_the_order_of_sizes),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
