/*
 * test_close.c - pages of freed blocks that nobody may touch.
 */
#include "heap/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

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

static char *
make(size_t size, struct slot *slot)
{
    uintptr_t user;

    assert_true(heap_alloc(cache, size, 16, slot, &user));
    memset((void *)user, 1, size);
    return (char *)user;
}

static void
test_heap_shield_closes_and_opens(void **state)
{
    static const size_t sizes[] = {40000, 500000, 3000000};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct heap_stats before, closed;
        struct slot slot;
        char *p = make(sizes[i], &slot);

        heap_stats(&before);
        assert_false(heap_is_closed(&slot));
        assert_true(heap_shield(cache, &slot));
        assert_true(heap_is_closed(&slot));
        assert_false(page_is_readable(p, 1));
        assert_false(page_is_readable(p + sizes[i] - 1, 1));
        heap_stats(&closed);
        assert_true(closed.committed + sizes[i] <= before.committed);
        assert_true(heap_unshield(&slot));
        assert_false(heap_is_closed(&slot));
        assert_int_equal(p[sizes[i] - 1], 0); /* its memory was given back */
        memset(p, 2, sizes[i]);
        heap_stats(&closed);
        assert_int_equal(closed.committed, before.committed);
        heap_free(cache, &slot);
    }
}

static void
test_heap_spend_closes_after_the_last(void **state)
{
    struct slot first, slot;
    char *p = make(8000, &first);
    unsigned spent = 1;

    (void)state;
    assert_false(heap_spend(&first));
    for (;;) {
        (void)make(8000, &slot);
        if (slot.span != first.span)
            break;
        spent++;
        if (heap_spend(&slot))
            break;
    }
    assert_int_equal(spent, first.span->capacity);
    heap_close_spent(cache, first.span);
    assert_true(heap_is_closed(&first));
    assert_false(page_is_readable(p, 1));
    assert_int_equal(heap_audit(), 0);
}

/* Where the kernel has no marks, pages are protected, up to a bound. */
static void
test_shield_close_without_marks_protects(void **state)
{
    char *p = page_map(4 * page_size());

    (void)state;
    assert_non_null(p);
    memset(p, 1, 4 * page_size());
    shield_use_marks(false);
    assert_int_equal(shield_close((uintptr_t)p + page_size(), 2 * page_size()),
                     SHIELD_PROTECTED);
    assert_int_equal(shield_protected(), 1);
    assert_true(page_is_readable(p, 1));
    assert_false(page_is_readable(p + page_size(), 1));
    assert_true(shield_open((uintptr_t)p + page_size(), 2 * page_size(),
                            SHIELD_PROTECTED));
    assert_int_equal(shield_protected(), 0);
    assert_int_equal(p[page_size()], 0);
    shield_use_marks(true);
    page_unmap(p, 4 * page_size());
}

static void
test_shield_close_without_marks_is_bounded(void **state)
{
    size_t page = page_size(), closed = 0;
    char *p = page_map(100000 * page);

    (void)state;
    assert_non_null(p);
    shield_use_marks(false);
    for (size_t i = 0; i < 50000; i++) {
        if (shield_close((uintptr_t)p + 2 * i * page, page) == SHIELD_OPEN)
            break;
        closed++;
    }
    assert_in_range(closed, 100, 49999);
    assert_int_equal(closed, shield_protected());
    /* The program still finds room. */
    assert_int_equal(page_protect(p + 99999 * page, page), 0);
    for (size_t i = 0; i < closed; i++)
        assert_true(
            shield_open((uintptr_t)p + 2 * i * page, page, SHIELD_PROTECTED));
    shield_use_marks(true);
    page_unmap(p, 100000 * page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap_shield_closes_and_opens),
        cmocka_unit_test(test_heap_spend_closes_after_the_last),
        cmocka_unit_test(test_shield_close_without_marks_protects),
        cmocka_unit_test(test_shield_close_without_marks_is_bounded),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
