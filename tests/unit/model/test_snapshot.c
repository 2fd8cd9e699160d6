/*
 * test_snapshot.c - a snapshot is filled, grouped and thrown away.
 */
#include "model/snapshot.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "os/page.h"

static const struct trace one = {.id = 1, .count = 2, .pc = {0x1000, 0x2000}},
                          same_caller = {.id = 2,
                                         .count = 2,
                                         .pc = {0x1000, 0x3000}},
                          other = {.id = 3, .count = 2, .pc = {0x1008, 0x2000}};
static const char file_a[] = "prog.c";
static const char file_b[] = "prog.c";
static const struct trace line_a = {.id = 4, .file = file_a, .line = 12};
static const struct trace line_b = {.id = 5, .file = file_b, .line = 12};
static const struct trace line_c = {.id = 6, .file = file_b, .line = 13};

static int
make(void **state)
{
    static struct snapshot snapshot;

    snapshot_init(&snapshot);
    *state = &snapshot;
    return 0;
}

static int
drop(void **state)
{
    snapshot_fini(*state);
    return 0;
}

static struct snapshot_block *
add(struct snapshot *snapshot, const struct trace *trace, uint64_t size)
{
    struct snapshot_block *block = vector_add(&snapshot->blocks);

    assert_non_null(block);
    block->addr = 0x100000 * snapshot->blocks.count;
    block->size = size;
    block->trace = trace;
    block->age_ns = 10;
    block->thread = 1;
    return block;
}

static struct snapshot_entry *
entry(struct snapshot *snapshot, size_t i)
{
    assert_true(i < snapshot->entries.count);
    return &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);
}

static void
test_snapshot_bucket_is_the_highest_bit_and_one(void **state)
{
    (void)state;
    assert_int_equal(snapshot_bucket(0), 0);
    assert_int_equal(snapshot_bucket(1), 1);
    assert_int_equal(snapshot_bucket(2), 2);
    assert_int_equal(snapshot_bucket(3), 2);
    assert_int_equal(snapshot_bucket(4), 3);
    assert_int_equal(snapshot_bucket(UINT64_C(1) << 47), 48);
    assert_int_equal(snapshot_bucket(UINT64_MAX), SNAPSHOT_BUCKETS - 1);
}

static void
test_snapshot_text_keeps_a_copy(void **state)
{
    struct snapshot *snapshot = *state;
    char text[] = "abc";
    const char *copy = snapshot_text(snapshot, text);

    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(snapshot_text(snapshot, NULL), "");
}

static void
test_snapshot_text_without_memory_is_empty(void **state)
{
    page_fail_at(1, true);
    assert_string_equal(snapshot_text(*state, "abc"), "");
    page_fail_at(0, false);
}

static void
test_snapshot_group_nothing_gives_nothing(void **state)
{
    struct snapshot *snapshot = *state;

    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 0);
    assert_int_equal(snapshot->selected.blocks, 0);
}

static void
test_snapshot_group_by_stack_sums_up(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &one, 8)->age_ns = 5;
    add(snapshot, &same_caller, 100);
    add(snapshot, &one, 24)->age_ns = 50;
    add(snapshot, NULL, 1);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 3);
    assert_ptr_equal(entry(snapshot, 0)->trace, &same_caller);
    assert_ptr_equal(entry(snapshot, 1)->trace, &one);
    assert_int_equal(entry(snapshot, 1)->blocks, 2);
    assert_int_equal(entry(snapshot, 1)->bytes, 32);
    assert_int_equal(entry(snapshot, 1)->size_min, 8);
    assert_int_equal(entry(snapshot, 1)->size_max, 24);
    assert_int_equal(entry(snapshot, 1)->age_min_ns, 5);
    assert_int_equal(entry(snapshot, 1)->age_max_ns, 50);
    assert_null(entry(snapshot, 2)->trace);
    assert_int_equal(snapshot->selected.blocks, 4);
    assert_int_equal(snapshot->selected.bytes, 133);
    assert_int_equal(snapshot->kinds[LEAK_OUTSTANDING].bytes, 133);
}

static void
test_snapshot_group_by_stack_keeps_kinds_apart(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &one, 8)->kind = LEAK_POSSIBLE;
    add(snapshot, &one, 7)->kind = LEAK_DEFINITE;
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 2);
    assert_int_equal(entry(snapshot, 0)->kind, LEAK_DEFINITE);
    assert_int_equal(entry(snapshot, 1)->kind, LEAK_POSSIBLE);
    assert_int_equal(snapshot->kinds[LEAK_POSSIBLE].blocks, 1);
}

static void
test_snapshot_group_by_site_joins_stacks_of_one_caller(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &one, 8);
    add(snapshot, &same_caller, 8);
    add(snapshot, &other, 8);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_SITE), 0);
    assert_int_equal(snapshot->entries.count, 2);
    assert_int_equal(entry(snapshot, 0)->blocks, 2);
}

static void
test_snapshot_group_by_site_joins_equal_file_and_line(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &line_a, 8);
    add(snapshot, &line_b, 8);
    add(snapshot, &line_c, 8);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_SITE), 0);
    assert_int_equal(snapshot->entries.count, 2);
    assert_int_equal(entry(snapshot, 0)->blocks, 2);
    assert_int_equal(entry(snapshot, 1)->trace->line, 13);
}

static void
test_snapshot_group_by_block_joins_nothing(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &one, 8);
    add(snapshot, &one, 8);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_BLOCK), 0);
    assert_int_equal(snapshot->entries.count, 2);
    assert_int_equal(entry(snapshot, 0)->samples[0], 0x100000);
    assert_int_equal(entry(snapshot, 1)->samples[0], 0x200000);
}

static void
test_snapshot_group_counts_different_threads(void **state)
{
    struct snapshot *snapshot = *state;
    static const uint32_t threads[] = {3, 3, 1, 2, 1, 3};

    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        add(snapshot, &one, 8)->thread = threads[i];
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(entry(snapshot, 0)->threads, 3);
    assert_int_equal(entry(snapshot, 0)->first_thread, 3);
}

static void
test_snapshot_group_keeps_some_samples(void **state)
{
    struct snapshot *snapshot = *state;

    for (unsigned i = 0; i < 6; i++)
        add(snapshot, &one, i);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(entry(snapshot, 0)->sample_count, SNAPSHOT_SAMPLES);
    assert_int_equal(entry(snapshot, 0)->samples[3], 0x400000);
    assert_int_equal(entry(snapshot, 0)->sample_sizes[3], 3);
}

static void
test_snapshot_group_again_starts_anew(void **state)
{
    struct snapshot *snapshot = *state;

    add(snapshot, &one, 8);
    add(snapshot, &same_caller, 8);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_SITE), 0);
    assert_int_equal(snapshot->entries.count, 1);
    assert_int_equal(snapshot->selected.blocks, 2);
}

static void
test_snapshot_group_many_adds_up(void **state)
{
    struct snapshot *snapshot = *state;
    static struct trace traces[1000];
    uint64_t bytes = 0;
    uint64_t sum = 0;

    for (unsigned i = 0; i < 100000; i++) {
        traces[i % 1000].id = i % 1000 + 1;
        add(snapshot, &traces[i % 1000], i % 777);
        bytes += i % 777;
    }
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        sum += entry(snapshot, i)->bytes;
        if (i > 0)
            assert_true(entry(snapshot, i - 1)->bytes >=
                        entry(snapshot, i)->bytes);
    }
    assert_int_equal(sum, bytes);
    assert_int_equal(snapshot->selected.bytes, bytes);
}

static void
test_snapshot_group_without_memory_is_partial_and_adds_up(void **state)
{
    struct snapshot *snapshot = *state;
    uint64_t sum = 0;

    add(snapshot, &one, 8);
    page_fail_at(1, true);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), -ENOMEM);
    page_fail_at(0, false);
    assert_true(snapshot->is_partial);
    for (size_t i = 0; i < snapshot->entries.count; i++)
        sum += entry(snapshot, i)->bytes;
    assert_int_equal(snapshot->selected.bytes, sum);
}

/* ---- sampled blocks ---- */

static void
test_snapshot_group_of_a_sample_estimates(void **state)
{
    struct snapshot *snapshot = *state;
    const struct snapshot_entry *first;

    /* 1 - e^-1 of such blocks are sampled, of the small ones nearly 1/4096. */
    snapshot->sample = 4096;
    add(snapshot, &one, 4096);
    add(snapshot, &one, 4096);
    add(snapshot, &other, 1);
    add(snapshot, NULL, 4096);
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 2);
    first = entry(snapshot, 0);
    assert_ptr_equal(first->trace, &one);
    assert_int_equal(first->sampled, 2);
    assert_int_equal(first->blocks, 3);    /* 2 / 0.632 = 3.16 */
    assert_int_equal(first->bytes, 12960); /* 8192 / 0.63212 */
    /* sqrt(2 * 0.368) / 0.632 = 1.357 blocks of 4096 bytes */
    assert_int_equal(first->blocks_error, 1);
    assert_int_equal(first->bytes_error, 5558);
    assert_int_equal(entry(snapshot, 1)->blocks, 4097);
    assert_int_equal(snapshot->selected.blocks, 4100);
    assert_int_equal(snapshot->selected.bytes, 12960 + 4097);
    assert_int_equal(snapshot->kinds[LEAK_OUTSTANDING].blocks, 4100);
    assert_int_equal(snapshot_error(snapshot).bytes, 6904);
    /* Once more, from the blocks again. */
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->selected.blocks, 4100);
}

/* The whole tree under a sampled block is known, sampled or not, and it stands
 * for as many trees as its block does for blocks. */
static void
test_snapshot_group_of_a_sample_knows_trees(void **state)
{
    struct snapshot *snapshot = *state;
    uintptr_t root;

    snapshot->sample = 4096;
    add(snapshot, &one, 4096)->kind = LEAK_DEFINITE;
    root = VECTOR_AT(&snapshot->blocks, struct snapshot_block, 0).addr;
    for (unsigned i = 0; i < 10; i++) {
        struct snapshot_block *block = add(snapshot, NULL, 100);

        block->kind = LEAK_INDIRECT;
        block->leader = root;
    }
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
    assert_int_equal(snapshot->entries.count, 1);
    assert_int_equal(entry(snapshot, 0)->below_blocks, 16); /* 10 / 0.632 */
    assert_int_equal(entry(snapshot, 0)->below_bytes, 1582);
}

static void
test_snapshot_leaks_of_which_none_was_sampled_are_counted(void **state)
{
    struct snapshot *snapshot = *state;
    struct snapshot_rule *rule;

    snapshot->sample = 4096;
    snapshot->scan.is_done = true;
    snapshot->counted[LEAK_DEFINITE] = (struct snapshot_total){3, 30};
    snapshot->counted[LEAK_REACHABLE] = (struct snapshot_total){5, 50};
    assert_int_equal(snapshot_leaks(snapshot).blocks, 3);
    assert_int_equal(snapshot_kind(snapshot, LEAK_REACHABLE).bytes, 50);
    assert_int_equal(snapshot_counted(snapshot).bytes, 30);
    snapshot->kinds[LEAK_DEFINITE] = (struct snapshot_total){4, 44};
    assert_int_equal(snapshot_leaks(snapshot).bytes, 44);
    assert_int_equal(snapshot_counted(snapshot).bytes, 30);
    /* A rule of the user's may be for them. */
    snapshot->kinds[LEAK_DEFINITE] = (struct snapshot_total){0, 0};
    rule = vector_add(&snapshot->rules);
    assert_non_null(rule);
    rule->file = "known.supp";
    assert_int_equal(snapshot_leaks(snapshot).blocks, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_snapshot_bucket_is_the_highest_bit_and_one, make, drop),
        cmocka_unit_test_setup_teardown(test_snapshot_text_keeps_a_copy, make,
                                        drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_text_without_memory_is_empty, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_nothing_gives_nothing, make, drop),
        cmocka_unit_test_setup_teardown(test_snapshot_group_by_stack_sums_up,
                                        make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_by_stack_keeps_kinds_apart, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_by_site_joins_stacks_of_one_caller, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_by_site_joins_equal_file_and_line, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_by_block_joins_nothing, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_counts_different_threads, make, drop),
        cmocka_unit_test_setup_teardown(test_snapshot_group_keeps_some_samples,
                                        make, drop),
        cmocka_unit_test_setup_teardown(test_snapshot_group_again_starts_anew,
                                        make, drop),
        cmocka_unit_test_setup_teardown(test_snapshot_group_many_adds_up, make,
                                        drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_without_memory_is_partial_and_adds_up, make,
            drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_of_a_sample_estimates, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_group_of_a_sample_knows_trees, make, drop),
        cmocka_unit_test_setup_teardown(
            test_snapshot_leaks_of_which_none_was_sampled_are_counted, make,
            drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
