/*
 * test_resolve.c - this very program, named.
 */
#include "symbol/symbol.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "elf/elf.h"

static uintptr_t inlined_return;
static unsigned inlined_line;

static __attribute__((noinline)) void
note_return(void)
{
    inlined_return = (uintptr_t)__builtin_return_address(0);
}

static inline __attribute__((always_inline)) void
inner_function(void)
{
    note_return(), inlined_line = __LINE__;
    __asm__ volatile("");
}

__attribute__((noinline)) void outer_function(void);
__attribute__((noinline)) void
outer_function(void)
{
    inner_function();
    __asm__ volatile("");
}

static int
start(void **state)
{
    (void)state;
    return modules_refresh();
}

static void
test_symbol_resolve_exact_names_a_function(void **state)
{
    struct symbol_frame frames[4];
    size_t count =
        symbol_resolve_exact((uintptr_t)outer_function, MODULES_NOW, frames, 4);

    (void)state;
    assert_true(count >= 1);
    assert_string_equal(frames[count - 1].function, "outer_function");
    assert_int_equal(frames[count - 1].function_offset, 0);
    assert_true(frames[count - 1].module->is_main);
    assert_int_equal(frames[count - 1].module_offset +
                         frames[count - 1].module->base,
                     (uintptr_t)outer_function);
}

static void
test_symbol_resolve_inlined_call_has_its_chain(void **state)
{
    struct symbol_frame frames[4];
    size_t count;

    (void)state;
    outer_function();
    count = symbol_resolve(inlined_return, MODULES_NOW, frames, 4);
    assert_string_equal(frames[count - 1].function, "outer_function");
    assert_false(frames[count - 1].is_inlined);
    assert_int_equal(frames[count - 1].module_offset +
                         frames[count - 1].module->base,
                     inlined_return);
    if (frames[0].file == NULL)
        skip(); /* Compiled without -g. */
    assert_int_equal(count, 2);
    assert_string_equal(frames[0].function, "inner_function");
    assert_true(frames[0].is_inlined);
    assert_non_null(strstr(frames[0].file, "test_resolve.c"));
    assert_int_equal(frames[0].line, inlined_line);
    assert_true(frames[1].line > inlined_line);
}

static void
test_symbol_resolve_room_for_one_gives_the_innermost(void **state)
{
    struct symbol_frame all[4];
    struct symbol_frame one;

    (void)state;
    outer_function();
    (void)symbol_resolve(inlined_return, MODULES_NOW, all, 4);
    assert_int_equal(symbol_resolve(inlined_return, MODULES_NOW, &one, 1), 1);
    assert_string_equal(one.function, all[0].function);
}

static void
test_symbol_resolve_again_gives_the_same_texts(void **state)
{
    struct symbol_frame first[4];
    struct symbol_frame second[4];
    size_t count;

    (void)state;
    outer_function();
    count = symbol_resolve(inlined_return, MODULES_NOW, first, 4);
    assert_int_equal(symbol_resolve(inlined_return, MODULES_NOW, second, 4),
                     count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(first[i].function, second[i].function);
        assert_ptr_equal(first[i].file, second[i].file);
    }
}

static void
test_symbol_resolve_library_function(void **state)
{
    struct symbol_frame frames[4];
    size_t count =
        symbol_resolve_exact((uintptr_t)strtoul, MODULES_NOW, frames, 4);

    (void)state;
    assert_non_null(frames[count - 1].function);
    assert_non_null(strstr(frames[count - 1].function, "strtoul"));
}

static void
test_symbol_resolve_vdso_without_a_file(void **state)
{
    uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
    const struct module *module;
    struct symbol_frame frame;
    struct symtab_entry entry;
    struct symtab table;
    struct image image;

    (void)state;
    module = modules_find(vdso, MODULES_NOW);
    if (module == NULL ||
        image_open((const void *)vdso,
                   (module->end - module->start + 4095) & ~(size_t)4095,
                   &image) != 0 ||
        symtab_open(&image, &table) != 0 ||
        (symtab_find_name(&table, "__vdso_clock_gettime", &entry) != 0 &&
         symtab_find_name(&table, "__kernel_clock_gettime", &entry) != 0))
        skip();
    assert_int_equal(
        symbol_resolve_exact(vdso + entry.addr, MODULES_NOW, &frame, 1), 1);
    assert_non_null(frame.function);
    assert_non_null(strstr(frame.function, "clock_gettime"));
    assert_string_equal(frame.module->path, "[vdso]");
}

static void
test_symbol_resolve_no_module_gives_the_address(void **state)
{
    struct symbol_frame frame;
    int on_stack;

    (void)state;
    assert_int_equal(
        symbol_resolve((uintptr_t)&on_stack, MODULES_NOW, &frame, 1), 1);
    assert_null(frame.function);
    assert_null(frame.module);
    assert_int_equal(frame.module_offset, (uintptr_t)&on_stack);
    assert_int_equal(symbol_resolve(0, MODULES_NOW, &frame, 1), 1);
    assert_null(frame.module);
}

static void
test_symbol_resolve_in_wrong_build_is_not_used(void **state)
{
    const struct module *self = modules_find((uintptr_t)start, MODULES_NOW);
    struct module other = *self;
    struct symbol_frame frame;

    (void)state;
    other.build_id_size = 20;
    memset(other.build_id, 0x5a, 20);
    assert_int_equal(symbol_resolve_in(&other, 0x1234, &frame, 1), 1);
    assert_null(frame.function);
    assert_string_equal(symbol_lack(&other), "file was replaced");
    other.path = "/no/such/file";
    assert_int_equal(symbol_resolve_in(&other, 0x1235, &frame, 1), 1);
    symbol_release();
}

static void
test_symbol_release_then_resolves_anew(void **state)
{
    struct symbol_frame frames[4];
    size_t count;

    (void)state;
    symbol_release();
    symbol_set_lines(SYMBOL_LINES_NONE);
    count =
        symbol_resolve_exact((uintptr_t)outer_function, MODULES_NOW, frames, 4);
    assert_int_equal(count, 1);
    assert_string_equal(frames[0].function, "outer_function");
    assert_null(frames[0].file);
    symbol_set_lines(SYMBOL_LINES_ALL);
    symbol_release();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbol_resolve_exact_names_a_function),
        cmocka_unit_test(test_symbol_resolve_inlined_call_has_its_chain),
        cmocka_unit_test(test_symbol_resolve_room_for_one_gives_the_innermost),
        cmocka_unit_test(test_symbol_resolve_again_gives_the_same_texts),
        cmocka_unit_test(test_symbol_resolve_library_function),
        cmocka_unit_test(test_symbol_resolve_vdso_without_a_file),
        cmocka_unit_test(test_symbol_resolve_no_module_gives_the_address),
        cmocka_unit_test(test_symbol_resolve_in_wrong_build_is_not_used),
        cmocka_unit_test(test_symbol_release_then_resolves_anew),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
