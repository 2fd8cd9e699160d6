/*
 * test_list.c - the doubly linked list.
 */
#include "base/list.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

struct item {
    int number;
    struct list_node node;
};

static struct list_node head;
static struct item items[3];

static int
setup(void **state)
{
    (void)state;
    list_init(&head);
    for (int i = 0; i < 3; i++) {
        items[i].number = i;
        list_init(&items[i].node);
    }
    return 0;
}

/* spell - the numbers in the list, in order, as decimal digits after a 1. */
static int
spell(void)
{
    int spelled = 1;

    LIST_EACH (node, &head) {
        spelled = spelled * 10 + LIST_ITEM(node, struct item, node)->number;
    }
    return spelled;
}

static void
test_list_init_new_is_empty(void **state)
{
    (void)state;
    assert_true(list_is_empty(&head));
    assert_null(list_first(&head));
    assert_null(list_last(&head));
    assert_int_equal(spell(), 1);
}

static void
test_list_insert_last_three_keeps_order(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        list_insert_last(&head, &items[i].node);
    assert_int_equal(spell(), 1012);
    assert_ptr_equal(list_first(&head), &items[0].node);
    assert_ptr_equal(list_last(&head), &items[2].node);
}

static void
test_list_insert_first_three_reverses(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        list_insert_first(&head, &items[i].node);
    assert_int_equal(spell(), 1210);
}

static void
test_list_remove_middle_joins_the_rest(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        list_insert_last(&head, &items[i].node);
    list_remove(&items[1].node);
    assert_int_equal(spell(), 102);
    assert_true(list_is_empty(&items[1].node));
}

static void
test_list_remove_only_leaves_empty(void **state)
{
    (void)state;
    list_insert_last(&head, &items[0].node);
    list_remove(&items[0].node);
    assert_true(list_is_empty(&head));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_list_init_new_is_empty, setup),
        cmocka_unit_test_setup(test_list_insert_last_three_keeps_order, setup),
        cmocka_unit_test_setup(test_list_insert_first_three_reverses, setup),
        cmocka_unit_test_setup(test_list_remove_middle_joins_the_rest, setup),
        cmocka_unit_test_setup(test_list_remove_only_leaves_empty, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
