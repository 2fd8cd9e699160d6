/*
 * test_rust.c - v0 names, some of them from the book of the Rust compiler.
 */
#include "symbol/rust.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void
check(const char *name, const char *wanted)
{
    char buffer[512];

    assert_true(rust_demangle(name, buffer, sizeof buffer));
    assert_string_equal(buffer, wanted);
}

static void
test_rust_demangle_paths(void **state)
{
    (void)state;
    check("NvNtNtCs1234_7mycrate3foo3bar3baz", "mycrate::foo::bar::baz");
    check("NvC6_123foo3bar", "123foo::bar");
    check("NCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_",
          "cc::spawn::{closure#0}::{closure#0}");
    check("NvXs5_NtC4core3fmtNtB5_9ArgumentsNtB5_5Debug3fmt",
          "<core::fmt::Arguments as core::fmt::Debug>::fmt");
    check("C3foo.llvm.9D1C9369", "foo");
}

static void
test_rust_demangle_unicode(void **state)
{
    (void)state;
    check("NqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
          "utf8_idents::\xe1\x83\xa1\xe1\x83\x90\xe1\x83\xad\xe1\x83\x9b\xe1"
          "\x83\x94\xe1\x83\x9a\xe1\x83\x90\xe1\x83\x93_\xe1\x83\x92\xe1\x83"
          "\x94\xe1\x83\x9b\xe1\x83\xa0\xe1\x83\x98\xe1\x83\x94\xe1\x83\x9a"
          "\xe1\x83\x98_\xe1\x83\xa1\xe1\x83\x90\xe1\x83\x93\xe1\x83\x98\xe1"
          "\x83\x9a\xe1\x83\x98");
}

static void
test_rust_demangle_generics_and_types(void **state)
{
    (void)state;
    check("INbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6"
          "OutputuEL_ECs1iopQbuBiw2_3std",
          "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>");
    check("INvC1a1fReQhAlj3_SmTlxETcEPvOaE",
          "a::f::<&str, &mut u8, [i32; 3], [u32], (i32, i64), (char,), *const "
          "..., *mut i8>");
    check("INvC1a1fFUKCEuE", "a::f::<unsafe extern \"C\" fn()>");
    check("INvC1a1fKj7b_Kln1_Kb1_Kc76_E", "a::f::<123, -1, true, 'v'>");
}

static void
test_rust_demangle_malformed_leaves_the_buffer(void **state)
{
    static const char *const bad[] = {
        "",          "Nv",        "NvC",       "NvC9abc",       "NvC3foo",
        "NvB_3foo",  "NvBz_3foo", "C3foo!",    "IC3foo",        "3abc",
        "NvC99999999999999999999999foo",        "INvC1a1fRL0_eE"};
    char buffer[8] = "before";

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(rust_demangle(bad[i], buffer, sizeof buffer));
        assert_string_equal(buffer, "before");
    }
}

static void
test_rust_demangle_too_deep_ends(void **state)
{
    char name[4096];
    char buffer[64];

    (void)state;
    memset(name, 'R', sizeof name);
    memcpy(name, "INvC1a1f", 8);
    name[sizeof name - 1] = 0;
    assert_false(rust_demangle(name, buffer, sizeof buffer));
}

static void
test_rust_demangle_long_name_is_cut(void **state)
{
    char buffer[12];

    (void)state;
    assert_true(rust_demangle("NvNtC7mycrate3foo3bar", buffer, sizeof buffer));
    assert_string_equal(buffer, "mycrate:...");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rust_demangle_paths),
        cmocka_unit_test(test_rust_demangle_unicode),
        cmocka_unit_test(test_rust_demangle_generics_and_types),
        cmocka_unit_test(test_rust_demangle_malformed_leaves_the_buffer),
        cmocka_unit_test(test_rust_demangle_too_deep_ends),
        cmocka_unit_test(test_rust_demangle_long_name_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
