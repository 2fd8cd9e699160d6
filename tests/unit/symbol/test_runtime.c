/*
 * test_runtime.c - what belongs to the runtime.
 */
#include "symbol/symbol.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
test_runtime_is_module_by_the_name_of_its_abi(void **state)
{
    (void)state;
    assert_true(runtime_is_module("/lib/x86_64-linux-gnu/libc.so.6"));
    assert_true(runtime_is_module("libstdc++.so.6.0.30"));
    assert_true(runtime_is_module("/lib64/ld-linux-x86-64.so.2"));
    assert_false(runtime_is_module("/usr/lib/libcrypto.so.3"));
    assert_false(runtime_is_module("/opt/libc.so.6/prog"));
    assert_false(runtime_is_module("/usr/bin/ld"));
    assert_false(runtime_is_module(""));
}

static void
test_runtime_is_loader_is_no_other_part(void **state)
{
    (void)state;
    assert_true(runtime_is_loader("/lib/ld-linux-aarch64.so.1"));
    assert_false(runtime_is_loader("/lib/libc.so.6"));
}

static void
test_runtime_is_keeper_but_not_of_what_it_hands_out(void **state)
{
    (void)state;
    assert_true(runtime_is_keeper("_IO_file_doallocate"));
    assert_true(runtime_is_keeper("__gconv_open"));
    assert_true(runtime_is_keeper("(anonymous namespace)::pool::pool()"));
    assert_true(runtime_is_keeper("set_binding_values.part.0"));
    assert_false(runtime_is_keeper("strdup"));
    assert_false(runtime_is_keeper("__strdup"));
    assert_false(runtime_is_keeper("fopen"));
    assert_false(runtime_is_keeper("setlocales"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runtime_is_module_by_the_name_of_its_abi),
        cmocka_unit_test(test_runtime_is_loader_is_no_other_part),
        cmocka_unit_test(test_runtime_is_keeper_but_not_of_what_it_hands_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
