/*
 * test_capture.c - from the place of a call to its stack id, by way of a
 * thread's cache.
 */
#include "stack/stack.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "os/page.h"

static struct stack_cache cache;

/* The id of a call that returns to `pc`. */
static stack_id
capture(uintptr_t pc, const char *file, unsigned line)
{
    struct arch_frame frame = {.pc = pc};

    return stack_capture(&cache, &frame, file, line);
}

static int
setup(void **state)
{
    (void)state;
    memset(&cache, 0, sizeof(cache));
    return 0;
}

static void
test_stack_capture_same_call_gives_the_same_id(void **state)
{
    stack_id id = capture(0x401000, NULL, 0);

    (void)state;
    assert_int_not_equal(id, STACK_ID_NONE);
    assert_int_equal(capture(0x401000, NULL, 0), id);
    memset(&cache, 0, sizeof(cache));
    assert_int_equal(capture(0x401000, NULL, 0), id);
    assert_int_equal(depot_find(id)->pc[0], 0x401000);
    assert_int_equal(depot_find(id)->count, 1);
}

static void
test_stack_capture_file_and_line_make_another(void **state)
{
    stack_id plain = capture(0x402000, NULL, 0);
    stack_id marked = capture(0x402000, "a.c", 7);

    (void)state;
    assert_int_not_equal(plain, marked);
    assert_int_not_equal(marked, capture(0x402000, "a.c", 8));
    assert_int_equal(capture(0x402000, NULL, 0), plain);
    assert_string_equal(depot_find(marked)->file, "a.c");
    assert_int_equal(depot_find(marked)->line, 7);
}

/* More sites than the cache has places: each still gets its own id. */
static void
test_stack_capture_more_sites_than_places_are_told_apart(void **state)
{
    static stack_id ids[STACK_CACHE_COUNT * 4];

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            stack_id id = capture((0x500000 + i * 5), NULL, 0);

            assert_int_equal(depot_find(id)->pc[0], 0x500000 + i * 5);
            if (round == 1)
                assert_int_equal(id, ids[i]);
            ids[i] = id;
        }
    }
}

/* A refusal is not remembered. */
static void
test_stack_capture_without_memory_is_tried_again(void **state)
{
    uintptr_t pc = 0x900000;
    stack_id id;

    (void)state;
    page_fail_at(1, true);
    do {
        pc += 3;
        id = capture(pc, NULL, 0);
    } while (id != STACK_ID_NONE && depot_find(id) != NULL);
    page_fail_at(0, false);
    if (id == STACK_ID_NONE)
        assert_int_not_equal(capture(pc, NULL, 0), STACK_ID_NONE);
    else
        assert_int_equal(capture(pc, NULL, 0), id);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_stack_capture_same_call_gives_the_same_id),
        CASE(test_stack_capture_file_and_line_make_another),
        CASE(test_stack_capture_more_sites_than_places_are_told_apart),
        CASE(test_stack_capture_without_memory_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
