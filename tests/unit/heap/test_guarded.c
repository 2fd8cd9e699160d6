/*
 * test_guarded.c - blocks between closed pages: where they lie, what can be
 * touched, and what becomes of their spans.
 */
#include "heap/guarded.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"
#include "heap/shield.h"
#include "os/page.h"

static struct tcache *cache;

static int
start(void **state)
{
    struct heap_layout layout = {.records = true, .lead = 16, .tail = 16};

    (void)state;
    heap_start(&layout);
    if (posix_memalign((void **)&cache, 64, sizeof(*cache)) != 0)
        return -1;
    memset(cache, 0, sizeof(*cache));
    tcache_init(cache, 0);
    return 0;
}

static const size_t sizes[] = {1,    13,    16,    100,     4095,   4096,
                               4097, 20000, 57344, 1 << 20, 9000000};

static bool
can_read(const char *p)
{
    return page_is_readable(p, 1);
}

static char *
make(size_t size, size_t align, bool below, struct slot *slot)
{
    uintptr_t user;

    assert_true(heap_alloc_guarded(cache, size, align, below, slot, &user));
    assert_int_equal(user % align, 0);
    assert_int_equal(heap_block_size(slot), size);
    assert_int_equal(slot->start, user);
    memset((void *)user, 1, size);
    return (char *)user;
}

static void
test_heap_alloc_guarded_above_ends_at_the_edge(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct slot slot, found;
        char *p = make(sizes[i], 1, false, &slot);

        assert_true(can_read(p + sizes[i] - 1));
        assert_false(can_read(p + sizes[i]));
        assert_false(can_read((char *)heap_front(slot.span) - 1));
        assert_true(heap_find((uintptr_t)p + sizes[i], &found));
        assert_ptr_equal(found.span, slot.span);
        heap_free(cache, &slot);
        assert_false(can_read(p));
        assert_true(heap_find((uintptr_t)p, &found));
        assert_int_equal(found.start, (uintptr_t)p);
    }
}

static void
test_heap_alloc_guarded_below_begins_at_the_edge(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct slot slot;
        char *p = make(sizes[i], 16, true, &slot);

        assert_false(can_read(p - 1));
        assert_int_equal(heap_front(slot.span), (uintptr_t)p);
        heap_free(cache, &slot);
        assert_false(can_read(p));
    }
}

static void
test_heap_alloc_guarded_aligned(void **state)
{
    (void)state;
    for (size_t align = 1; align <= SIZECLASS_UNIT; align *= 2) {
        struct slot slot;
        char *p = make(1000, align, false, &slot);

        assert_true(slot.end - ((uintptr_t)p + 1000) <
                    (align > 4096 ? 4096 : align));
        assert_false(can_read((char *)slot.end));
        heap_free(cache, &slot);
    }
}

/* The one that has waited longest is used first. */
static void
test_heap_alloc_guarded_reuses_late(void **state)
{
    struct slot slot;
    char *first = make(10, 16, false, &slot);
    unsigned others = 0;

    (void)state;
    heap_free(cache, &slot);
    while (make(10, 16, false, &slot) != first) {
        heap_free(cache, &slot);
        assert_true(++others < 1000);
    }
    heap_free(cache, &slot);
    assert_true(others >= 15);
}

static void
test_heap_alloc_guarded_memory_is_accounted(void **state)
{
    struct heap_stats before, after;
    struct slot slot;

    (void)state;
    heap_trim();
    heap_stats(&before);
    (void)make(10000, 16, false, &slot);
    heap_stats(&after);
    assert_int_equal(after.committed - before.committed, 3 * 4096);
    heap_free(cache, &slot);
    heap_stats(&after);
    assert_int_equal(after.committed, before.committed);
    heap_trim();
    heap_stats(&after);
    assert_int_equal(after.committed, before.committed);
    assert_int_equal(heap_audit(), 0);
}

/* What was guarded serves others after a trim, all of it accessible. */
static void
test_heap_trim_opens_what_waits(void **state)
{
    struct slot slot;
    uintptr_t user;

    (void)state;
    (void)make(10, 16, false, &slot);
    heap_free(cache, &slot);
    assert_true(heap_trim());
    for (int i = 0; i < 40; i++) {
        assert_true(heap_alloc(cache, 60000, 16, &slot, &user));
        memset((void *)user, 1, 60000);
    }
}

/* Large ones stay closed when they end, but not all of them for ever. */
static void
test_heap_alloc_guarded_large_ones_end(void **state)
{
    struct heap_stats before, after;
    struct slot slot;
    uintptr_t first = 0;

    (void)state;
    heap_trim();
    heap_stats(&before);
    for (int i = 0; i < 40; i++) {
        uintptr_t user;

        assert_true(heap_alloc_guarded(cache, (size_t)200 << 20, 16, false,
                                       &slot, &user));
        *(char *)user = 1;
        heap_free(cache, &slot);
        assert_false(can_read((char *)user));
        first = first == 0 ? user : first;
    }
    heap_stats(&after);
    assert_true(after.reserved - before.reserved < (size_t)3 << 30);
    assert_int_equal(after.committed, before.committed);
    heap_trim();
    assert_false(heap_find(first, &slot));
}

static void
test_heap_alloc_guarded_without_marks(void **state)
{
    static struct slot slots[100];

    (void)state;
    heap_trim();
    shield_use_marks(false);
    for (int i = 0; i < 100; i++) {
        char *p = make(50, 1, false, &slots[i]);

        assert_false(can_read(p + 50));
    }
    for (int i = 0; i < 100; i++)
        heap_free(cache, &slots[i]);
    assert_false(can_read((char *)slots[0].start));
    heap_trim();
    assert_int_equal(shield_protected(), 0);
    shield_use_marks(true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap_alloc_guarded_above_ends_at_the_edge),
        cmocka_unit_test(test_heap_alloc_guarded_below_begins_at_the_edge),
        cmocka_unit_test(test_heap_alloc_guarded_aligned),
        cmocka_unit_test(test_heap_alloc_guarded_reuses_late),
        cmocka_unit_test(test_heap_alloc_guarded_memory_is_accounted),
        cmocka_unit_test(test_heap_trim_opens_what_waits),
        cmocka_unit_test(test_heap_alloc_guarded_large_ones_end),
        cmocka_unit_test(test_heap_alloc_guarded_without_marks),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
