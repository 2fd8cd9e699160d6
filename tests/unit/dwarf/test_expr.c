/*
 * test_expr.c - DWARF expressions.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

/* Memory is a function of the address; 0 cannot be read. */
static bool
read_memory(void *data, uint64_t addr, unsigned size, uint64_t *out_value)
{
    (void)data;
    if (addr == 0)
        return false;
    *out_value = addr * 2 + size;
    return true;
}

static bool
read_register(void *data, uint32_t reg, uint64_t *out_value)
{
    (void)data;
    if (reg > 16)
        return false;
    *out_value = 1000 + reg;
    return true;
}

static int
run(const unsigned char *bytes, size_t n, uint64_t *out_value)
{
    struct expr_context context = {.read_memory = read_memory,
                                   .read_register = read_register,
                                   .has_cfa = true,
                                   .cfa = 500};

    return expr_evaluate((struct cursor_bytes){.bytes = bytes, .size = n},
                         &context, out_value);
}

#define RUN(value, ...)                                                        \
    run((const unsigned char[]){__VA_ARGS__},                                  \
        sizeof((const unsigned char[]){__VA_ARGS__}), (value))

static void
test_expr_evaluate_plt_entry_gives_cfa(void **state)
{
    uint64_t value;

    (void)state;
    /* What linkers write for a PLT: breg7 8; breg16 0; lit15; and; lit11; ge;
     * lit3; shl; plus. Register 16 & 15 is 1016 & 15 = 8: not >= 11. */
    assert_int_equal(RUN(&value, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a,
                         0x33, 0x24, 0x22),
                     0);
    assert_int_equal(value, 1007 + 8);
}

static void
test_expr_evaluate_cfa_is_pushed_first(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(RUN(&value, 0x23, 0x90, 0x01), 0); /* plus_uconst 144 */
    assert_int_equal(value, 644);
}

static void
test_expr_evaluate_memory_is_read(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(RUN(&value, 0x06), 0);
    assert_int_equal(value, 1008);
    assert_int_equal(RUN(&value, 0x94, 4), 0);
    assert_int_equal(value, 1004);
    assert_int_equal(RUN(&value, 0x30, 0x06), -EFAULT);
}

static void
test_expr_evaluate_signed_operations(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(RUN(&value, 0x09, 0xf8, 0x32, 0x1b), 0); /* -8 / 2 */
    assert_true((int64_t)value == -4);
    assert_int_equal(RUN(&value, 0x09, 0xf8, 0x32, 0x26), 0); /* -8 >> 2 */
    assert_true((int64_t)value == -2);
    assert_int_equal(RUN(&value, 0x09, 0xf8, 0x19), 0); /* abs */
    assert_int_equal(value, 8);
    assert_int_equal(RUN(&value, 0x09, 0xff, 0x31, 0x2d), 0); /* -1 < 1 */
    assert_int_equal(value, 1);
    assert_int_equal(RUN(&value, 0x35, 0x30, 0x1b), -EINVAL); /* 5 / 0 */
}

static void
test_expr_evaluate_stack_operations(void **state)
{
    uint64_t value;

    (void)state;
    /* lit1 lit2 lit3 rot: the top goes under two; 3 1 2, then minus. */
    assert_int_equal(RUN(&value, 0x31, 0x32, 0x33, 0x17), 0);
    assert_int_equal(value, 2);
    assert_int_equal(RUN(&value, 0x31, 0x32, 0x16), 0);
    assert_int_equal(value, 1);
    assert_int_equal(RUN(&value, 0x31, 0x32, 0x14), 0);
    assert_int_equal(value, 1);
    assert_int_equal(RUN(&value, 0x13, 0x13), -EINVAL);
    assert_int_equal(RUN(&value, 0x15, 1), -EINVAL);
}

static void
test_expr_evaluate_branches_go_both_ways(void **state)
{
    uint64_t value;

    (void)state;
    /* lit1 bra +1 (over lit5) lit7 */
    assert_int_equal(RUN(&value, 0x31, 0x28, 1, 0, 0x35, 0x37), 0);
    assert_int_equal(value, 7);
    assert_int_equal(RUN(&value, 0x30, 0x28, 1, 0, 0x35), 0);
    assert_int_equal(value, 5);
    assert_int_equal(RUN(&value, 0x2f, 0x00, 0x7f), -EINVAL);
}

static void
test_expr_evaluate_endless_loop_ends(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(RUN(&value, 0x2f, 0xfd, 0xff), -ELOOP);
}

static void
test_expr_evaluate_bad_input_refused(void **state)
{
    uint64_t value = 77;
    struct expr_context context = {.read_memory = read_memory,
                                   .read_register = read_register};

    (void)state;
    assert_int_equal(RUN(&value, 0x0c, 1, 2), -EINVAL); /* cut */
    assert_int_equal(RUN(&value, 0xff), -ENOTSUP);
    assert_int_equal(RUN(&value, 0x92, 40, 0), -EFAULT); /* no register 40 */
    assert_int_equal(expr_evaluate((struct cursor_bytes){.bytes = NULL},
                                   &context, &value),
                     -EINVAL);
    assert_int_equal(value, 77);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expr_evaluate_plt_entry_gives_cfa),
        cmocka_unit_test(test_expr_evaluate_cfa_is_pushed_first),
        cmocka_unit_test(test_expr_evaluate_memory_is_read),
        cmocka_unit_test(test_expr_evaluate_signed_operations),
        cmocka_unit_test(test_expr_evaluate_stack_operations),
        cmocka_unit_test(test_expr_evaluate_branches_go_both_ways),
        cmocka_unit_test(test_expr_evaluate_endless_loop_ends),
        cmocka_unit_test(test_expr_evaluate_bad_input_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
