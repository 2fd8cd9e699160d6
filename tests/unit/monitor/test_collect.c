/*
 * Unit tests of monitor/collect: what a snapshot holds, and what it selects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "monitor/collect.h"
#include "track/track.h"

static void *
make(size_t size, unsigned line)
{
    track_explicit("site.c", line);
    return track_alloc(size, 0, false, ORIGIN_MALLOC, NULL);
}

static void
end(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

/* Each test looks only at what it made: the mark is its own. */
static struct collect_request
request_since_now(void)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    request.mark = track_mark();
    return request;
}

static int
set_up(void **state)
{
    (void)state;
    conf_init(NULL);
    conf_seal();
    track_start();
    return 0;
}

static void
test_collect_request_init_defaults_select_every_size(void **state)
{
    struct collect_request request;

    (void)state;
    collect_request_init(&request, SNAPSHOT_EXIT);

    assert_int_equal(request.reason, SNAPSHOT_EXIT);
    assert_int_equal(request.size_min, 0);
    assert_true(request.size_max == UINT64_MAX);
    assert_int_equal(request.age_ns, 0);
    assert_false(request.with_stats);
}

static void
test_collect_request_init_leak_size_gives_limits(void **state)
{
    struct collect_request request;

    (void)state;
    assert_int_equal(conf_push("leak-size=10-20,leak-age=3s"), 0);
    collect_request_init(&request, SNAPSHOT_EXIT);
    assert_int_equal(conf_pop(), 0);

    assert_int_equal(request.size_min, 10);
    assert_int_equal(request.size_max, 20);
    assert_true(request.age_ns == UINT64_C(3000000000));
}

static void
test_collect_snapshot_live_blocks_add_up(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;
    void *a = make(100, 1);
    void *b = make(200, 1);
    void *c = make(50, 2);

    (void)state;
    collect_snapshot(&request, &snapshot);

    assert_int_equal(snapshot.selected.blocks, 3);
    assert_int_equal(snapshot.selected.bytes, 350);
    assert_int_equal(snapshot.entries.count, 2);
    assert_int_equal(
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0).bytes, 300);
    assert_int_equal(
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, 1).bytes, 50);
    assert_int_equal(snapshot.kinds[LEAK_OUTSTANDING].blocks, 3);
    assert_false(snapshot.is_partial);
    snapshot_fini(&snapshot);
    end(a);
    end(b);
    end(c);
}

static void
test_collect_snapshot_freed_block_is_left_out(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;

    (void)state;
    end(make(100, 3));
    collect_snapshot(&request, &snapshot);

    assert_int_equal(snapshot.selected.blocks, 0);
    assert_int_equal(snapshot.entries.count, 0);
    snapshot_fini(&snapshot);
}

static void
test_collect_snapshot_size_limits_include_both_ends(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;
    void *blocks[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        blocks[i] = make(10 + i, 4);
    request.size_min = 11;
    request.size_max = 12;
    collect_snapshot(&request, &snapshot);

    assert_int_equal(snapshot.selected.blocks, 2);
    assert_int_equal(snapshot.selected.bytes, 23);
    assert_true(snapshot.live.blocks >= 4);
    snapshot_fini(&snapshot);
    for (size_t i = 0; i < 4; i++)
        end(blocks[i]);
}

static void
test_collect_snapshot_age_limit_leaves_out_young(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;
    void *p = make(100, 5);

    (void)state;
    request.age_ns = UINT64_C(3600) * 1000000000;
    collect_snapshot(&request, &snapshot);

    assert_int_equal(snapshot.selected.blocks, 0);
    snapshot_fini(&snapshot);
    end(p);
}

static void
test_collect_snapshot_group_none_gives_entry_per_block(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;
    void *a = make(100, 6);
    void *b = make(100, 6);

    (void)state;
    assert_int_equal(conf_push("leak-group=none"), 0);
    collect_snapshot(&request, &snapshot);
    assert_int_equal(conf_pop(), 0);

    assert_int_equal(snapshot.entries.count, 2);
    snapshot_fini(&snapshot);
    end(a);
    end(b);
}

static void
test_collect_snapshot_identity_is_filled(void **state)
{
    struct collect_request request = request_since_now();
    struct snapshot snapshot;

    (void)state;
    collect_snapshot(&request, &snapshot);

    assert_non_null(strstr(snapshot.program, "test_collect"));
    assert_true(snapshot.pid > 0);
    assert_true(snapshot.counters[COUNTER_RESIDENT] > 0);
    assert_true(snapshot.time_unix_ns >= snapshot.start_unix_ns);
    snapshot_fini(&snapshot);
}

static void
test_collect_count_mark_counts_later_blocks_only(void **state)
{
    void *before = make(1000, 7);
    struct collect_request request = request_since_now();
    struct snapshot_total total;
    void *after = make(30, 7);

    (void)state;
    collect_count(&request, &total);

    assert_int_equal(total.blocks, 1);
    assert_int_equal(total.bytes, 30);
    end(before);
    end(after);
}

static void
test_collect_blocks_live_finds_block(void **state)
{
    struct vector blocks = VECTOR_INIT(struct block);
    void *p = make(77, 8);
    bool found = false;

    (void)state;
    assert_int_equal(collect_blocks(TRACK_WALK_LIVE, &blocks), 0);
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block *block = &VECTOR_AT(&blocks, struct block, i);

        if (block->addr == (uintptr_t)p)
            found = block->size == 77 && block->state == BLOCK_LIVE;
    }

    assert_true(found);
    vector_fini(&blocks);
    end(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collect_request_init_defaults_select_every_size),
        cmocka_unit_test(test_collect_request_init_leak_size_gives_limits),
        cmocka_unit_test(test_collect_snapshot_live_blocks_add_up),
        cmocka_unit_test(test_collect_snapshot_freed_block_is_left_out),
        cmocka_unit_test(test_collect_snapshot_size_limits_include_both_ends),
        cmocka_unit_test(test_collect_snapshot_age_limit_leaves_out_young),
        cmocka_unit_test(
            test_collect_snapshot_group_none_gives_entry_per_block),
        cmocka_unit_test(test_collect_snapshot_identity_is_filled),
        cmocka_unit_test(test_collect_count_mark_counts_later_blocks_only),
        cmocka_unit_test(test_collect_blocks_live_finds_block),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
