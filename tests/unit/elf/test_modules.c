/*
 * test_modules.c - the modules of this very program, as libraries come and go.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <string.h>
#include <sys/auxv.h>

/* A library that is on every system with glibc, and not loaded here. */
#define LIBRARY "libutil.so.1"

static int
start(void **state)
{
    (void)state;
    return modules_refresh();
}

static void
test_modules_find_main_program(void **state)
{
    const struct module *module =
        modules_find((uintptr_t)start, MODULES_NOW);
    const struct modules_segment *segments;
    size_t count;

    (void)state;
    assert_non_null(module);
    assert_true(module->is_main);
    assert_int_equal(module->loaded, 1);
    assert_int_equal(module->path[0], '/');
    assert_true(modules_is_loaded(module));
    count = modules_segments(module, &segments);
    assert_true(count >= 2);
    assert_int_equal(segments[0].start, module->start);
}

static void
test_modules_find_library_by_its_code(void **state)
{
    void *code = dlsym(RTLD_DEFAULT, "strtoul");
    const struct module *module;
    const unsigned char *table;
    size_t size;

    (void)state;
    module = modules_find((uintptr_t)code, MODULES_NOW);
    assert_non_null(module);
    assert_non_null(strstr(module->path, "libc"));
    assert_false(module->is_main);
    assert_true(modules_unwind_table(module, &table, &size));
    assert_int_equal(table[0], 1);
}

static void
test_modules_find_vdso(void **state)
{
    uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
    const struct module *module;

    (void)state;
    if (vdso == 0)
        skip();
    module = modules_find(vdso + 64, MODULES_NOW);
    assert_non_null(module);
    assert_string_equal(module->path, "[vdso]");
}

static void
test_modules_find_no_code_gives_none(void **state)
{
    int on_stack;

    (void)state;
    assert_null(modules_find((uintptr_t)&on_stack, MODULES_NOW));
    assert_null(modules_find(0, MODULES_NOW));
    assert_null(modules_find(UINTPTR_MAX, MODULES_NOW));
}

static void
test_modules_find_closed_library_by_generation(void **state)
{
    uint32_t before = modules_generation();
    void *handle = dlopen(LIBRARY, RTLD_NOW);
    const struct module *module;
    uint32_t during;
    uintptr_t code;
    Dl_info info;

    (void)state;
    if (handle == NULL)
        skip();
    code = (uintptr_t)dlsym(handle, "_init");
    if (code == 0) {
        struct link_map *map = handle;

        code = *(uintptr_t *)map + 64; /* l_addr is its first member */
    }
    during = modules_generation();
    assert_true(during > before);
    module = modules_find(code, during);
    assert_non_null(module);
    assert_non_null(strstr(module->path, "libutil"));
    assert_int_equal(dlclose(handle), 0);
    if (dladdr((void *)code, &info) != 0)
        skip(); /* It stays: libc loads it itself. */
    assert_true(modules_generation() > during);
    assert_ptr_equal(modules_find(code, during), module);
    assert_null(modules_find(code, MODULES_NOW));
    assert_null(modules_find(code, modules_generation()));
    assert_int_equal(modules_epoch(), modules_generation());
}

static bool
count_module(const struct module *module, void *context)
{
    unsigned *count = context;

    (void)module;
    (*count)++;
    return true;
}

static void
test_modules_each_reopened_library_is_not_listed_again(void **state)
{
    unsigned before = 0;
    unsigned after = 0;
    void *handle;

    (void)state;
    for (int i = 0; i < 200; i++) {
        handle = dlopen(LIBRARY, RTLD_NOW);
        if (handle == NULL)
            skip();
        (void)modules_generation();
        dlclose(handle);
        (void)modules_generation();
        if (i == 10)
            modules_each(count_module, &before);
    }
    modules_each(count_module, &after);
    assert_true(after <= before + 2);
}

static void
test_modules_refresh_twice_changes_nothing(void **state)
{
    unsigned before = 0;
    unsigned after = 0;

    (void)state;
    assert_int_equal(modules_refresh(), 0);
    modules_each(count_module, &before);
    assert_int_equal(modules_refresh(), 0);
    modules_each(count_module, &after);
    assert_int_equal(before, after);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modules_find_main_program),
        cmocka_unit_test(test_modules_find_library_by_its_code),
        cmocka_unit_test(test_modules_find_vdso),
        cmocka_unit_test(test_modules_find_no_code_gives_none),
        cmocka_unit_test(test_modules_find_closed_library_by_generation),
        cmocka_unit_test(
            test_modules_each_reopened_library_is_not_listed_again),
        cmocka_unit_test(test_modules_refresh_twice_changes_nothing),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
