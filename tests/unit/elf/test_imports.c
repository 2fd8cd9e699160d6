/*
 * test_imports.c - import slots of the modules that this program has loaded.
 *
 * The test links the library's halves, so its own module is "ours" and left
 * alone: what is redirected are the calls of libcmocka.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "os/page.h"
#include "os/process.h"
#include "os/thread.h"

static unsigned calls;

/* libcmocka compares texts by strcmp: a hook that counts. */
static int
count_strcmp(const char *a, const char *b)
{
    calls++;
    return strcmp(a, b);
}

static const void *
address_of(int (*function)(const char *, const char *))
{
    return (const void *)function;
}

static struct imports_hook hooks[2];
static struct imports imports;

/* Have libcmocka call strcmp. */
static void
make_it_compare(void)
{
    _assert_string_equal("same", "same", __FILE__, __LINE__);
}

static int
start(void **state)
{
    (void)state;
    hooks[0] = (struct imports_hook){
        .name = "strcmp",
        .hook = address_of(count_strcmp),
        .original = dlsym(RTLD_DEFAULT, "strcmp"),
    };
    return modules_refresh();
}

static int
begin(void **state)
{
    (void)state;
    calls = 0;
    imports_init(&imports, hooks, 1);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    return imports_undo(&imports);
}

static void
test_imports_apply_calls_come_to_the_hook(void **state)
{
    (void)state;
    assert_int_equal(imports_apply(&imports), 0);
    assert_true(imports.redirected > 0);
    assert_int_equal(imports.refused, 0);
    make_it_compare();
    assert_true(calls > 0);
}

static void
test_imports_apply_twice_changes_nothing_more(void **state)
{
    uint32_t once;

    (void)state;
    assert_int_equal(imports_apply(&imports), 0);
    once = imports.redirected;
    assert_int_equal(imports_apply(&imports), 0);
    assert_int_equal(imports.redirected, once);
}

static void
test_imports_undo_calls_go_as_before(void **state)
{
    (void)state;
    assert_int_equal(imports_apply(&imports), 0);
    assert_int_equal(imports_undo(&imports), 0);
    make_it_compare();
    assert_int_equal(calls, 0);
    assert_int_equal(imports.refused, 0);
}

static void
test_imports_apply_own_module_is_left_alone(void **state)
{
    volatile int order;

    (void)state;
    assert_int_equal(imports_apply(&imports), 0);
    calls = 0;
    order = strcmp(imports.hooks[0].name, "strcmp");
    assert_int_equal(order, 0);
    assert_int_equal(calls, 0);
}

static void
test_imports_apply_other_version_is_left_alone(void **state)
{
    (void)state;
    hooks[1] = hooks[0];
    hooks[1].version = "GLIBC_0.0";
    imports_init(&imports, &hooks[1], 1);
    assert_int_equal(imports_apply(&imports), 0);
    assert_int_equal(imports.redirected, 0);
}

static void
test_imports_apply_other_original_is_left_alone(void **state)
{
    (void)state;
    hooks[1] = hooks[0];
    hooks[1].original = (const void *)test_imports_apply_calls_come_to_the_hook;
    imports_init(&imports, &hooks[1], 1);
    assert_int_equal(imports_apply(&imports), 0);
    assert_int_equal(imports.redirected, 0);
}

static bool
visit_relro(const struct module *module, void *context)
{
    uintptr_t start, relro_end;
    unsigned *writable = context;

    if (modules_is_loaded(module) &&
        modules_relro(module, &start, &relro_end) && module->path[0] == '/' &&
        page_is_writable(modules_dynamic(module)))
        (*writable)++;
    return true;
}

static void
test_imports_apply_read_only_pages_stay_so(void **state)
{
    unsigned before = 0;
    unsigned after = 0;

    (void)state;
    modules_each(visit_relro, &before);
    assert_int_equal(imports_apply(&imports), 0);
    modules_each(visit_relro, &after);
    assert_int_equal(after, before);
}

struct range {
    uintptr_t start, end;
};

static bool
find_cmocka(const struct module *module, void *context)
{
    struct range *range = context;

    return strstr(module->path, "libcmocka") == NULL ||
           !modules_relro(module, &range->start, &range->end);
}

/* Somebody made pages writable that the loader had made read-only: for a moment
 * that looks like a module that the loader is not done with. */
static void
test_imports_apply_takes_a_module_of_writable_pages(void **state)
{
    struct range relro = {0, 0};
    int error = -EAGAIN;

    (void)state;
    modules_each(find_cmocka, &relro);
    if (relro.start == relro.end)
        skip(); /* linked statically, or without RELRO */
    assert_int_equal(
        page_unprotect((void *)relro.start, relro.end - relro.start), 0);
    for (unsigned i = 0; i < 400 && error == -EAGAIN; i++) {
        error = imports_apply(&imports);
        if (i == 4) {
            make_it_compare();
            assert_true(calls > 0); /* it is taken long before it is done */
        }
        thread_sleep(10000000);
    }
    assert_int_equal(error, 0);
    assert_int_equal(imports.refused, 0);
    assert_int_equal(imports_undo(&imports), 0);
    calls = 0;
    make_it_compare();
    assert_int_equal(calls, 0);
    assert_int_equal(
        page_make_readonly((void *)relro.start, relro.end - relro.start), 0);
}

static void
test_imports_is_due_after_dlopen(void **state)
{
    void *handle;

    (void)state;
    assert_int_equal(imports_apply(&imports), 0);
    assert_false(imports_is_due(&imports));
    handle = dlopen("libutil.so.1", RTLD_NOW);
    if (handle == NULL)
        skip();
    assert_true(imports_is_due(&imports));
    assert_int_equal(imports_apply(&imports), 0);
    assert_false(imports_is_due(&imports));
    dlclose(handle);
    assert_int_equal(imports_apply(&imports), 0);
}

static void
test_imports_apply_while_a_module_is_closed_is_refused(void **state)
{
    (void)state;
    imports_close_begin();
    assert_int_equal(imports_apply(&imports), -EAGAIN);
    imports_close_end();
    assert_int_equal(imports_apply(&imports), 0);
}

static void
test_imports_resolve_finds_what_libc_defines(void **state)
{
    struct imports_hook names[] = {{.name = "getenv"},
                                   {.name = "no_function_has_this_name"},
                                   {.name = "setenv", .version = "ONE"},
                                   {.name = "setenv"}};

    (void)state;
    imports_resolve(names, 4);
    assert_ptr_equal(names[0].original, dlsym(RTLD_DEFAULT, "getenv"));
    assert_null(names[1].original);
    assert_ptr_equal(names[2].original, dlsym(RTLD_DEFAULT, "setenv"));
    assert_ptr_equal(names[3].original, names[2].original);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_imports_apply_calls_come_to_the_hook, begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_twice_changes_nothing_more, begin, end),
        cmocka_unit_test_setup_teardown(test_imports_undo_calls_go_as_before,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_own_module_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_other_version_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_other_original_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_read_only_pages_stay_so, begin, end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_takes_a_module_of_writable_pages, begin, end),
        cmocka_unit_test_setup_teardown(test_imports_is_due_after_dlopen, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_imports_apply_while_a_module_is_closed_is_refused, begin, end),
        cmocka_unit_test(test_imports_resolve_finds_what_libc_defines),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
