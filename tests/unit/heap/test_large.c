/*
 * test_large.c - large blocks: the guard page, reuse, growing and moving.
 */
#include "heap/large.h"

#include "layouts.h"

#include "heap/pagemap.h"
#include "os/page.h"

#define MIB ((size_t)1 << 20)

static struct arena *arena;
static struct tcache *cache;

static int
setup(void **state)
{
    (void)state;
    arena = &arena_all[0];
    cache = layouts_cache(0);
    return arena_enter(arena, false) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    (void)arena_purge(arena);
    arena_leave(arena);
    free(cache);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

static struct span *
open_block(size_t offset, size_t bytes, size_t align)
{
    bool is_zero;
    struct span *span =
        large_open(arena, offset, bytes, align, cache, &is_zero);

    assert_non_null(span);
    assert_int_equal(span->kind, SPAN_LARGE);
    return span;
}

static bool
is_filled(const void *p, size_t size, unsigned char byte)
{
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)p)[i] != byte)
            return false;
    }
    return true;
}

static void
write_byte(void *p)
{
    *(volatile char *)p = 1;
}

/* ---- opening ---- */

static void
test_large_open_is_zero_and_writable_to_its_end(void **state)
{
    bool is_zero = false;
    struct span *span =
        large_open(arena, 16, 3 * MIB + 5, 16, cache, &is_zero);

    (void)state;
    assert_non_null(span);
    assert_true(is_zero);
    assert_true(span->accessible >= 16 + 3 * MIB + 5);
    assert_true(span->accessible < 16 + 3 * MIB + 5 + page_size());
    assert_true(is_filled((void *)span->start, span->accessible, 0));
    memset((void *)span->start, 1, span->accessible);
    assert_ptr_equal(pagemap_find(span->start), span);
    assert_ptr_equal(pagemap_find(span->start + span->bytes - 1), span);
    large_close(arena, span);
}

/* One byte past what can be touched ends the process. */
static void
test_large_open_page_after_the_block_faults(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2 * SIZECLASS_UNIT;
         extra += page_size()) {
        struct span *span = open_block(0, MIB + extra, 16);
        char *end = (char *)span->start + span->accessible;

        assert_int_equal(layouts_dies(write_byte, end - 1), 0);
        assert_false(page_is_readable(end, 1));
        large_close(arena, span);
        (void)arena_purge(arena);
    }
    {
        struct span *span = open_block(0, MIB + 1, 16);
        char *end = (char *)span->start + span->accessible;

        assert_int_equal(layouts_dies(write_byte, end), SIGSEGV);
        large_close(arena, span);
    }
}

static void
test_large_open_every_alignment_is_met(void **state)
{
    (void)state;
    for (size_t align = 16; align <= (size_t)1 << 30; align *= 2) {
        size_t offsets[] = {0, align > SIZECLASS_UNIT ? SIZECLASS_UNIT
                                                      : align};

        for (size_t i = 0; i < ARRAY_COUNT(offsets); i++) {
            struct span *span = open_block(offsets[i], MIB, align);
            char *p = (char *)span->start + offsets[i];

            assert_int_equal((uintptr_t)p & (align - 1), 0);
            assert_int_equal(span->start % SIZECLASS_UNIT, 0);
            p[0] = p[MIB - 1] = 1;
            large_close(arena, span);
        }
    }
}

static void
test_large_open_impossible_size_gives_null(void **state)
{
    bool is_zero;
    static volatile const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4096,
                                            SIZE_MAX / 2, SIZE_MAX / 4,
                                            (size_t)1 << 60};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        assert_null(large_open(arena, 16, sizes[i], 16, cache, &is_zero));
        assert_null(large_open(arena, SIZECLASS_UNIT, sizes[i],
                               (size_t)1 << 30, cache, &is_zero));
    }
}

static void
test_large_open_refused_leaves_nothing(void **state)
{
    uint64_t reserved = arena->reserved, committed = arena->committed;
    size_t live = arena->spans.live;
    bool is_zero;

    (void)state;
    for (unsigned long n = 1; n < 50; n++) {
        unsigned long calls = page_calls();
        struct span *span;

        page_fail_at(n, true);
        span = large_open(arena, SIZECLASS_UNIT, 2 * MIB, (size_t)1 << 20,
                          cache, &is_zero);
        page_fail_at(0, false);
        if (span != NULL && page_calls() - calls < n) {
            large_close(arena, span);
            return;
        }
        if (span != NULL) {
            large_close(arena, span);
            (void)arena_purge(arena);
        }
        assert_int_equal(arena->reserved, reserved);
        assert_int_equal(arena->committed, committed);
        assert_int_equal(arena->spans.live, live);
    }
    fail();
}

/* ---- reuse ---- */

static void
test_large_open_after_close_uses_the_mapping_again(void **state)
{
    struct span *span = open_block(0, 4 * MIB, 16);
    uintptr_t start = span->start;
    bool is_zero = true;

    (void)state;
    memset((void *)start, 9, 4 * MIB);
    large_close(arena, span);
    span = large_open(arena, 0, 3 * MIB, 16, cache, &is_zero);
    assert_non_null(span);
    assert_int_equal(span->start, start);
    assert_false(is_zero);
    assert_int_equal(span->accessible, 3 * MIB);
    assert_false(page_is_readable((char *)start + 3 * MIB, 1));
    large_close(arena, span);
    /* And large again, within the same space. */
    span = open_block(0, 4 * MIB, 16);
    assert_int_equal(span->start, start);
    memset((void *)start, 1, 4 * MIB);
    assert_false(page_is_readable((char *)start + 4 * MIB, 1));
    large_close(arena, span);
}

static void
test_large_open_much_smaller_leaves_the_kept_mapping(void **state)
{
    struct span *span = open_block(0, 16 * MIB, 16);
    uintptr_t start = span->start;

    (void)state;
    large_close(arena, span);
    span = open_block(0, 2 * MIB, 16);
    assert_int_not_equal(span->start, start);
    large_close(arena, span);
}

static void
test_large_close_keeps_a_bounded_amount(void **state)
{
    struct span *spans[40];
    uint64_t before = arena->reserved;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(spans); i++)
        spans[i] = open_block(0, 8 * MIB, 16);
    assert_true(arena->reserved - before >= 40 * 8 * MIB);
    for (size_t i = 0; i < ARRAY_COUNT(spans); i++)
        large_close(arena, spans[i]);
    /* 64 MiB are kept at most, and one guard for each. */
    assert_true(arena->reserved - before <= 65 * MIB);
    (void)arena_purge(arena);
    assert_int_equal(arena->reserved, before);
}

static void
test_large_close_very_large_goes_back_at_once(void **state)
{
    uint64_t before = arena->reserved;
    struct span *span = open_block(0, 100 * MIB, 16);
    uintptr_t start = span->start;

    (void)state;
    large_close(arena, span);
    assert_int_equal(arena->reserved, before);
    assert_null(pagemap_find(start));
    assert_false(page_is_readable((void *)start, 1));
}

/* ---- resizing ---- */

static void
test_large_resize_within_the_mapping_stays(void **state)
{
    struct span *span = open_block(16, 4 * MIB, 16);
    uintptr_t start = span->start;

    (void)state;
    memset((void *)start, 3, span->accessible);
    assert_true(large_resize(arena, span, 16, 2 * MIB));
    assert_int_equal(span->start, start);
    assert_true(span->accessible >= 2 * MIB + 16);
    assert_false(page_is_readable((char *)start + span->accessible, 1));
    assert_true(large_resize(arena, span, 16, 4 * MIB));
    assert_int_equal(span->start, start);
    assert_true(is_filled((void *)start, 2 * MIB, 3));
    memset((void *)start, 4, span->accessible);
    assert_false(page_is_readable((char *)start + span->accessible, 1));
    large_close(arena, span);
}

/* What is given up by shrinking a lot is memory, too. */
static void
test_large_resize_much_smaller_gives_memory_back(void **state)
{
    struct span *span = open_block(0, 16 * MIB, 16);
    char *start = (char *)span->start;

    (void)state;
    memset(start, 3, 16 * MIB);
    assert_true(large_resize(arena, span, 0, MIB));
    assert_true(large_resize(arena, span, 0, 16 * MIB));
    assert_true(is_filled(start, MIB, 3));
    assert_true(is_filled(start + MIB, 15 * MIB, 0));
    large_close(arena, span);
}

/* The very pages move: their contents go with them, and nobody copies. */
static void
test_large_resize_beyond_the_mapping_moves_the_pages(void **state)
{
    struct span *span = open_block(16, 4 * MIB, 16);
    uintptr_t start = span->start;
    size_t bytes = span->bytes;
    uint64_t reserved = arena->reserved, committed = arena->committed;
    size_t accessible = span->accessible;

    (void)state;
    memset((void *)(start + 16), 5, 4 * MIB);
    assert_true(large_resize(arena, span, 16, 64 * MIB));
    assert_int_not_equal(span->start, start);
    assert_true(span->accessible >= 64 * MIB + 16);
    assert_true(span->bytes >= span->accessible + page_size());
    assert_int_equal(span->base, span->start + heap_layout.lead);
    assert_true(is_filled((void *)(span->start + 16), 4 * MIB, 5));
    assert_true(is_filled((void *)(span->start + 16 + 4 * MIB), 60 * MIB, 0));
    assert_null(pagemap_find(start));
    assert_null(pagemap_find(start + bytes - 1));
    assert_ptr_equal(pagemap_find(span->start), span);
    assert_ptr_equal(pagemap_find(span->start + span->bytes - 1), span);
    assert_false(page_is_readable((void *)start, 1));
    assert_false(
        page_is_readable((void *)(span->start + span->accessible), 1));
    assert_int_equal(arena->reserved - reserved, span->bytes - bytes);
    assert_int_equal(arena->committed - committed,
                     span->accessible - accessible);
    large_close(arena, span);
}

static void
test_large_resize_step_by_step_keeps_the_bytes(void **state)
{
    struct span *span = open_block(0, MIB, 16);
    size_t size = MIB;

    (void)state;
    memset((void *)span->start, 1, size);
    for (unsigned char byte = 2; byte < 40; byte++) {
        size_t more = size + size / 7;

        if (!large_resize(arena, span, 0, more))
            break; /* the caller copies */
        assert_true(is_filled((void *)span->start, MIB, 1));
        memset((char *)span->start + size, byte, more - size);
        size = more;
        assert_false(
            page_is_readable((void *)(span->start + span->accessible), 1));
    }
    large_close(arena, span);
}

static void
test_large_resize_refused_changes_nothing(void **state)
{
    struct span *span = open_block(0, 4 * MIB, 16);
    const struct span before = *span;

    (void)state;
    memset((void *)span->start, 5, 4 * MIB);
    for (unsigned long n = 1; n < 50; n++) {
        bool done;

        page_fail_at(n, true);
        done = large_resize(arena, span, 0, 64 * MIB);
        page_fail_at(0, false);
        if (done)
            break;
        assert_int_equal(span->start, before.start);
        assert_int_equal(span->bytes, before.bytes);
        assert_int_equal(span->accessible, before.accessible);
        assert_ptr_equal(pagemap_find(before.start), span);
    }
    assert_true(span->accessible >= 64 * MIB);
    assert_true(is_filled((void *)span->start, 4 * MIB, 5));
    large_close(arena, span);
}

static void
test_large_resize_impossible_size_fails(void **state)
{
    struct span *span = open_block(16, 2 * MIB, 16);

    (void)state;
    assert_false(large_resize(arena, span, 16, SIZE_MAX));
    assert_false(large_resize(arena, span, 16, SIZE_MAX / 2));
    assert_false(large_resize(arena, span, 16, (size_t)1 << 60));
    large_close(arena, span);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_large_open_is_zero_and_writable_to_its_end),
        CASE(test_large_open_page_after_the_block_faults),
        CASE(test_large_open_every_alignment_is_met),
        CASE(test_large_open_impossible_size_gives_null),
        CASE(test_large_open_refused_leaves_nothing),
        CASE(test_large_open_after_close_uses_the_mapping_again),
        CASE(test_large_open_much_smaller_leaves_the_kept_mapping),
        CASE(test_large_close_keeps_a_bounded_amount),
        CASE(test_large_close_very_large_goes_back_at_once),
        CASE(test_large_resize_within_the_mapping_stays),
        CASE(test_large_resize_much_smaller_gives_memory_back),
        CASE(test_large_resize_beyond_the_mapping_moves_the_pages),
        CASE(test_large_resize_step_by_step_keeps_the_bytes),
        CASE(test_large_resize_refused_changes_nothing),
        CASE(test_large_resize_impossible_size_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
    return layouts_run(&layouts_plain, run) |
           layouts_run(&layouts_fenced, run);
}
