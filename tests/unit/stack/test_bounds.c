/*
 * test_bounds.c - how far a stack can be read.
 */
#include "stack/bounds.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "os/page.h"

static struct bounds bounds;

static int
setup(void **state)
{
    (void)state;
    memset(&bounds, 0, sizeof(bounds));
    return 0;
}

/* `pages` readable pages with one on each side that cannot be read. */
static uintptr_t
make_stack(size_t pages)
{
    char *p = page_map((pages + 2) * page_size());

    assert_non_null(p);
    assert_int_equal(page_protect(p, page_size()), 0);
    assert_int_equal(page_protect(p + (pages + 1) * page_size(), page_size()),
                     0);
    return (uintptr_t)p + page_size();
}

static void
test_bounds_find_of_this_stack_holds_its_variables(void **state)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)state;
    assert_true(bounds_find(&bounds, here));
    assert_true(bounds.ranges[0].low <= here);
    assert_true(here < bounds.ranges[0].high);
}

static void
test_bounds_extend_stops_at_unreadable_memory(void **state)
{
    size_t size = 40 * page_size();
    uintptr_t stack = make_stack(40);

    (void)state;
    assert_true(bounds_find(&bounds, stack + 8));
    assert_true(bounds_extend(&bounds, stack + size - 8));
    assert_int_equal(bounds.ranges[0].high, stack + size);
    assert_false(bounds_extend(&bounds, stack + size));
    assert_false(bounds_extend(&bounds, stack + size + 4 * page_size()));
}

static void
test_bounds_extend_of_what_is_no_stack_address_fails(void **state)
{
    uintptr_t stack = make_stack(4);

    (void)state;
    assert_true(bounds_find(&bounds, stack + page_size()));
    assert_false(bounds_extend(&bounds, stack + page_size() + 1));
    assert_false(bounds_extend(&bounds, 0));
    assert_false(bounds_extend(&bounds, UINTPTR_MAX - 7));
    assert_false(bounds_extend(&bounds, stack));
}

static void
test_bounds_find_below_a_known_range_grows_it(void **state)
{
    uintptr_t stack = make_stack(8);

    (void)state;
    assert_true(bounds_find(&bounds, stack + 6 * page_size()));
    assert_true(bounds_find(&bounds, stack + 2 * page_size()));
    assert_int_equal(bounds.ranges[0].low, stack + 2 * page_size());
    assert_int_equal(bounds.ranges[0].high, stack + 8 * page_size());
}

static void
test_bounds_find_in_unreadable_memory_fails(void **state)
{
    uintptr_t stack = make_stack(1);

    (void)state;
    assert_false(bounds_find(&bounds, stack - 16));
    assert_false(bounds_find(&bounds, stack + page_size()));
    assert_false(bounds_find(&bounds, 0));
}

/* More stacks than are remembered: each is found, as often as wanted. */
static void
test_bounds_find_of_many_stacks_finds_each(void **state)
{
    uintptr_t stacks[BOUNDS_RANGES * 3];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(stacks); i++)
        stacks[i] = make_stack(2);
    for (size_t i = 0; i < 5 * ARRAY_COUNT(stacks); i++) {
        uintptr_t stack = stacks[i * 7 % ARRAY_COUNT(stacks)];

        assert_true(bounds_find(&bounds, stack + 64));
        assert_int_equal(bounds.ranges[0].low, stack);
        assert_int_equal(bounds.ranges[0].high, stack + 2 * page_size());
    }
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_bounds_find_of_this_stack_holds_its_variables),
        CASE(test_bounds_extend_stops_at_unreadable_memory),
        CASE(test_bounds_extend_of_what_is_no_stack_address_fails),
        CASE(test_bounds_find_below_a_known_range_grows_it),
        CASE(test_bounds_find_in_unreadable_memory_fails),
        CASE(test_bounds_find_of_many_stacks_finds_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
