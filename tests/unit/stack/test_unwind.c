/*
 * test_unwind.c - rules of places in this program, and steps out of it.
 */
#include "stack/unwind.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "base/attr.h"
#include "os/page.h"

static struct bounds bounds;

static void
test_unwind_resolve_in_this_program_gives_a_rule(void **state)
{
    uintptr_t place = (uintptr_t)__builtin_return_address(0) - 1;
    uint32_t rule;

    (void)state;
    rowcache_clear();
    rule = unwind_resolve(place);
    assert_in_range(rowcache_kind(rule), ROWCACHE_SP, ROWCACHE_FP_MEMORY);
    assert_int_equal(rowcache_find(place), rule);
    assert_int_equal(unwind_rule(place), rule);
}

static void
test_unwind_resolve_where_there_is_no_code_gives_none(void **state)
{
    uintptr_t place = (uintptr_t)page_map(page_size());

    (void)state;
    assert_int_equal(rowcache_kind(unwind_resolve(place + 16)), ROWCACHE_NONE);
    assert_int_equal(rowcache_find(place + 16), 0);
    assert_int_equal(rowcache_kind(unwind_resolve(16)), ROWCACHE_NONE);
    assert_int_equal(rowcache_kind(unwind_resolve(UINTPTR_MAX - 100)),
                     ROWCACHE_NONE);
}

/* A trampoline without unwind information is known by its code. */
static void
test_unwind_resolve_at_a_trampoline_gives_signal(void **state)
{
    uintptr_t place = (uintptr_t)arch_restorer;

    (void)state;
    assert_int_equal(rowcache_kind(unwind_resolve(place - 1)), ROWCACHE_SIGNAL);
}

static NOINLINE unsigned
count_steps(void)
{
    struct arch_registers registers = {0};
    bool is_exact = false;
    unsigned steps = 0;

    arch_registers_here(&registers);
    while (steps < 1000) {
        uintptr_t sp = registers.value[ARCH_REGISTER_SP];

        if (!unwind_step(&registers, &is_exact, &bounds) || registers.pc == 0)
            break;
        assert_true(registers.value[ARCH_REGISTER_SP] > sp);
        steps++;
    }
    return steps;
}

static volatile unsigned sink;

static NOINLINE unsigned
count_below(unsigned n)
{
    unsigned steps = n == 0 ? count_steps() : count_below(n - 1);

    sink++;
    return steps;
}

static void
test_unwind_step_ends_at_the_outermost_frame(void **state)
{
    unsigned steps = count_below(0);

    (void)state;
    assert_in_range(steps, 3, 100);
    assert_int_equal(count_below(40), steps + 40);
}

static void
test_unwind_step_of_nonsense_changes_nothing(void **state)
{
    struct arch_registers registers;
    struct arch_registers before;
    bool is_exact = false;

    (void)state;
    memset(&registers, 0x55, sizeof(registers));
    before = registers;
    assert_false(unwind_step(&registers, &is_exact, &bounds));
    assert_memory_equal(&registers, &before, sizeof(before));
    assert_false(is_exact);
}

static void
test_unwind_signal_of_an_unreadable_frame_fails(void **state)
{
    char *p = page_map(2 * page_size());
    struct arch_registers registers;

    (void)state;
    assert_int_equal(page_protect(p + page_size(), page_size()), 0);
    assert_false(
        unwind_signal((uintptr_t)p + page_size() - 64, &bounds, &registers));
    assert_false(unwind_signal(0, &bounds, &registers));
    assert_true(unwind_signal((uintptr_t)p, &bounds, &registers));
    assert_int_equal(registers.pc, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unwind_resolve_in_this_program_gives_a_rule),
        cmocka_unit_test(test_unwind_resolve_where_there_is_no_code_gives_none),
        cmocka_unit_test(test_unwind_resolve_at_a_trampoline_gives_signal),
        cmocka_unit_test(test_unwind_step_ends_at_the_outermost_frame),
        cmocka_unit_test(test_unwind_step_of_nonsense_changes_nothing),
        cmocka_unit_test(test_unwind_signal_of_an_unreadable_frame_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
