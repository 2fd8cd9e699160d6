/*
 * test_calltree.c - stacks become a tree.
 */
#include "report/calltree.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stack whose frames, innermost first, are the characters of `text`, each a
 * function, with the line of its number in the text where lines count. */
static void
add(struct calltree *tree, const char *text, uint64_t live)
{
    struct vector lines = VECTOR_INIT(struct book_line);
    uint64_t values[WEIGH__COUNT] = {[WEIGH_LIVE] = live};

    for (size_t i = 0; i < strlen(text); i++) {
        struct book_line *line = vector_add(&lines);

        assert_non_null(line);
        *line = (struct book_line){(uint32_t)text[i], (uint32_t)i};
    }
    calltree_add(tree, &lines, values);
    vector_fini(&lines);
}

static const struct calltree_node *
node_at(const struct calltree *tree, uint32_t i)
{
    return &VECTOR_AT(&tree->nodes, struct calltree_node, i);
}

/* "a10(b3c7)": each node, what passes through it, and its children. */
static void
write_node(const struct calltree *tree, const struct vector *sums, uint32_t i,
           char *out)
{
    uint32_t child = calltree_child(tree, i);

    if (i != 0)
        *out = (char)node_at(tree, i)->function;
    out[i != 0] = '\0';
    (void)snprintf(out + strlen(out), 24, "%llu",
                   (unsigned long long)VECTOR_AT(sums, uint64_t, i));
    if (child == 0)
        return;
    strcat(out, "(");
    for (; child != 0; child = node_at(tree, child)->next) {
        assert_int_equal(node_at(tree, child)->parent, i);
        write_node(tree, sums, child, out + strlen(out));
    }
    strcat(out, ")");
}

static void
expect(struct calltree *tree, const char *wanted)
{
    struct vector sums = VECTOR_INIT(uint64_t);
    char text[1024];

    assert_int_equal(calltree_build(tree), 0);
    assert_int_equal(calltree_sum(tree, WEIGH_LIVE, &sums), 0);
    write_node(tree, &sums, 0, text);
    assert_string_equal(text, wanted);
    vector_fini(&sums);
    calltree_fini(tree);
}

static void
test_build_of_nothing_is_a_root(void **state)
{
    struct calltree tree;

    (void)state;
    calltree_init(&tree, CALLTREE_OUTER, false);
    expect(&tree, "0");
}

static void
test_build_merges_from_the_outermost(void **state)
{
    struct calltree tree;

    (void)state;
    calltree_init(&tree, CALLTREE_OUTER, false);
    add(&tree, "cbm", 3);
    add(&tree, "zm", 100);
    add(&tree, "dbm", 4);
    add(&tree, "bm", 10);
    add(&tree, "cbm", 5);
    expect(&tree, "122(m122(b22(c8d4)z100))");
}

static void
test_build_merges_from_the_innermost(void **state)
{
    struct calltree tree;

    (void)state;
    calltree_init(&tree, CALLTREE_INNER, false);
    add(&tree, "mab", 1);
    add(&tree, "mac", 2);
    add(&tree, "nac", 4);
    expect(&tree, "7(m3(a3(b1c2))n4(a4(c4)))");
}

static void
test_build_by_line_keeps_lines_apart(void **state)
{
    struct calltree tree;

    (void)state;
    calltree_init(&tree, CALLTREE_OUTER, true);
    add(&tree, "am", 1);
    add(&tree, "bxm", 2); /* m at another line */
    add(&tree, "cm", 4);
    expect(&tree, "7(m5(a1c4)m2(x2(b2)))");
}

static void
test_add_leaves_out_what_weighs_nothing(void **state)
{
    struct calltree tree;

    (void)state;
    calltree_init(&tree, CALLTREE_OUTER, false);
    add(&tree, "ab", 0);
    add(&tree, "", 5); /* a stack that was not recorded */
    add(&tree, "c", 6);
    expect(&tree, "11(c6)");
}

/* A recursion, and the same one a frame less deep: no call nests as deep. */
static void
test_build_takes_very_deep_stacks(void **state)
{
    enum { DEPTH = 200000 };
    struct calltree tree;
    struct vector sums = VECTOR_INIT(uint64_t);
    char *text = malloc(DEPTH + 1);

    (void)state;
    assert_non_null(text);
    memset(text, 'r', DEPTH);
    text[DEPTH] = '\0';
    calltree_init(&tree, CALLTREE_OUTER, false);
    add(&tree, text, 1);
    add(&tree, text + 1, 2);
    add(&tree, text, 4);
    free(text);
    assert_int_equal(calltree_build(&tree), 0);
    assert_int_equal(tree.nodes.count, DEPTH + 1);
    assert_int_equal(calltree_sum(&tree, WEIGH_LIVE, &sums), 0);
    assert_int_equal(VECTOR_AT(&sums, uint64_t, 0), 7);
    assert_int_equal(VECTOR_AT(&sums, uint64_t, DEPTH), 5);
    assert_int_equal(calltree_ends(&tree, DEPTH - 1)[WEIGH_LIVE], 2);
    assert_null(calltree_ends(&tree, 1));
    vector_fini(&sums);
    calltree_fini(&tree);
}

/* Random stacks of few functions against sums that are counted one by one. */
static void
test_build_of_many_adds_up(void **state)
{
    uint64_t seed = 7;
    uint64_t wanted['e' + 1] = {0};
    struct calltree tree;
    struct vector sums = VECTOR_INIT(uint64_t);

    (void)state;
    calltree_init(&tree, CALLTREE_OUTER, false);
    for (unsigned i = 0; i < 20000; i++) {
        char text[12] = "";
        size_t n;

        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        n = 1 + (seed >> 33) % 10;
        for (size_t k = 0; k < n; k++)
            text[k] = (char)('a' + (seed >> (40 + 2 * k)) % 5);
        add(&tree, text, i);
        wanted[(unsigned char)text[n - 1]] += i;
    }
    assert_int_equal(calltree_build(&tree), 0);
    assert_int_equal(calltree_sum(&tree, WEIGH_LIVE, &sums), 0);
    for (uint32_t i = calltree_child(&tree, 0); i != 0;
         i = node_at(&tree, i)->next) {
        uint64_t *left = &wanted[node_at(&tree, i)->function];

        assert_int_equal(VECTOR_AT(&sums, uint64_t, i), *left);
        *left = 0;
    }
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_int_equal(wanted[i], 0);
    for (uint32_t i = 1; i < tree.nodes.count; i++)
        assert_true(node_at(&tree, i)->parent < i);
    vector_fini(&sums);
    calltree_fini(&tree);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_of_nothing_is_a_root),
        cmocka_unit_test(test_build_merges_from_the_outermost),
        cmocka_unit_test(test_build_merges_from_the_innermost),
        cmocka_unit_test(test_build_by_line_keeps_lines_apart),
        cmocka_unit_test(test_add_leaves_out_what_weighs_nothing),
        cmocka_unit_test(test_build_takes_very_deep_stacks),
        cmocka_unit_test(test_build_of_many_adds_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
