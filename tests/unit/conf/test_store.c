/*
 * The store of texts: kept, shared, bounded, rewound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "conf/store.h"

static int
setup(void **state)
{
    (void)state;
    store_rewind(0);
    return 0;
}

static void
test_store_text_keeps_a_copy(void **state)
{
    char text[] = "hello, world";
    const char *kept = store_text(text, 5);

    (void)state;
    text[0] = 'J';
    assert_string_equal(kept, "hello");
}

static void
test_store_text_equal_is_shared(void **state)
{
    const char *first = store_text("one", 3);
    const char *second = store_text("two", 3);
    size_t mark = store_mark();

    (void)state;
    assert_ptr_equal(store_text("one", 3), first);
    assert_ptr_equal(store_text("two", 3), second);
    assert_ptr_not_equal(store_text("tw", 2), second);
    assert_int_equal(store_mark(), mark + 3);
}

static void
test_store_text_empty_is_a_text(void **state)
{
    (void)state;
    assert_string_equal(store_text("x", 0), "");
    assert_ptr_equal(store_text("y", 0), store_text("z", 0));
}

static void
test_store_text_fills_to_the_last_byte(void **state)
{
    static char text[STORE_SIZE];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_null(store_text(text, STORE_SIZE));
    assert_non_null(store_text(text, STORE_SIZE - 3));
    assert_null(store_text("bc", 2));
    assert_non_null(store_text("b", 1));
    assert_int_equal(store_mark(), STORE_SIZE);
    assert_null(store_text("", 0));
    assert_string_equal(store_text("b", 1), "b");
}

static void
test_store_rewind_forgets_what_came_later(void **state)
{
    const char *first = store_text("one", 3);
    size_t mark = store_mark();
    const char *second = store_text("two", 3);

    (void)state;
    store_rewind(mark);
    assert_int_equal(store_mark(), mark);
    assert_string_equal(first, "one");
    assert_ptr_equal(store_text("six", 3), second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_store_text_keeps_a_copy, setup),
        cmocka_unit_test_setup(test_store_text_equal_is_shared, setup),
        cmocka_unit_test_setup(test_store_text_empty_is_a_text, setup),
        cmocka_unit_test_setup(test_store_text_fills_to_the_last_byte, setup),
        cmocka_unit_test_setup(test_store_rewind_forgets_what_came_later,
                               setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
