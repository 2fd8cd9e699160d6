/*
 * test_hidden.c - which frames and blocks a report leaves out.
 *
 * The resolver of the test knows addresses by their highest digit: 1 the
 * program, 2 libc, 3 the loader, 4 ourselves; 0x1fff is _start, 0x2f00 stdio's.
 */
#include "report/hidden.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "conf/conf.h"
#include "report/names.h"
#include "report/report.h"

static unsigned
resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    (void)generation;
    scratch->frames[0].function = pc == 0x1fff   ? "_start"
                                  : pc == 0x2f00 ? "_IO_file_doallocate"
                                                 : "f";
    return 1;
}

static bool
module_of(uintptr_t pc, uint32_t generation, struct names_module *out_module)
{
    static const char *const paths[] = {"", "/bin/prog", "/lib/libc.so.6",
                                        "/lib/ld-linux-x86-64.so.2",
                                        "/lib/libdbgmalloc.so"};

    (void)generation;
    if (pc >> 12 == 0 || pc >> 12 > 4)
        return false;
    out_module->path = paths[pc >> 12];
    out_module->is_ours = pc >> 12 == 4;
    return true;
}

static const struct names_resolver resolver = {.resolve = resolve,
                                               .module = module_of};

/* The entries that are shown, a bit each. */
static unsigned
shown(const struct trace *trace)
{
    struct hidden hidden;
    unsigned bits = 0;

    hidden_frames(trace, &hidden);
    for (uint32_t i = 0; i < trace->count; i++)
        bits |= hidden_is(&hidden, i) ? 0 : 1u << i;
    return bits;
}

#define LITERAL static const struct trace

static void
test_hidden_frames_before_main_are_left_out(void **state)
{
    LITERAL at = {.count = 5, .pc = {0x1001, 0x1002, 0x2001, 0x2002, 0x1fff}};

    (void)state;
    assert_int_equal(shown(&at), 0x3);
}

static void
test_hidden_frames_of_a_thread_s_first_function_are_left_out(void **state)
{
    LITERAL at = {.count = 3, .pc = {0x1001, 0x2001, 0x2002}};

    (void)state;
    assert_int_equal(shown(&at), 0x1);
}

static void
test_hidden_frames_inside_the_runtime_only_the_called_is_shown(void **state)
{
    LITERAL at = {.count = 5, .pc = {0x2001, 0x2002, 0x2003, 0x1001, 0x1002}};

    (void)state;
    assert_int_equal(shown(&at), 0x1c);
}

static void
test_hidden_frames_callback_keeps_who_called_it(void **state)
{
    LITERAL at = {.count = 4, .pc = {0x1001, 0x2001, 0x2002, 0x1002}};

    (void)state;
    assert_int_equal(shown(&at), 0xd);
}

static void
test_hidden_frames_of_the_runtime_alone_are_shown(void **state)
{
    LITERAL at = {.count = 3, .pc = {0x2001, 0x3001, 0x3002}};

    (void)state;
    assert_int_equal(shown(&at), 0x7);
}

static void
test_hidden_frames_of_ours_are_left_out(void **state)
{
    LITERAL at = {.count = 3, .pc = {0x4001, 0x1001, 0x1002}};
    LITERAL only = {.count = 2, .pc = {0x4001, 0x4002}};

    (void)state;
    assert_int_equal(shown(&at), 0x6);
    assert_int_equal(shown(&only), 0x3); /* Something must be said. */
}

static void
test_hidden_frames_of_unknown_modules_are_shown(void **state)
{
    LITERAL at = {.count = 3, .pc = {0x9001, 0x1001, 0x9002}};

    (void)state;
    assert_int_equal(shown(&at), 0x7);
}

static void
test_hidden_is_kept_stream_buffer_but_not_what_strdup_gives(void **state)
{
    LITERAL buffer = {.count = 3, .pc = {0x2f00, 0x2001, 0x1001}};
    LITERAL alone = {.count = 1, .pc = {0x2f00}};
    LITERAL copy = {.count = 2, .pc = {0x2001, 0x1001}};
    LITERAL copy_alone = {.count = 1, .pc = {0x2001}};

    (void)state;
    assert_true(hidden_is_kept(&buffer));
    assert_true(hidden_is_kept(&alone));
    assert_false(hidden_is_kept(&copy));
    assert_false(hidden_is_kept(&copy_alone));
    assert_false(hidden_is_kept(NULL));
}

static void
test_hidden_is_kept_the_loader_and_the_runtime_among_itself(void **state)
{
    LITERAL loader = {.count = 2, .pc = {0x3001, 0x1001}};
    LITERAL start = {.count = 3, .pc = {0x2001, 0x2002, 0x3001}};
    LITERAL through = {.count = 3, .pc = {0x2001, 0x9001, 0x3001}};

    (void)state;
    assert_true(hidden_is_kept(&loader));
    assert_true(hidden_is_kept(&start));
    assert_false(hidden_is_kept(&through));
}

static int
use_ours(void **state)
{
    (void)state;
    names_use(&resolver);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, use_ours)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hidden_frames_before_main_are_left_out),
        TEST(test_hidden_frames_of_a_thread_s_first_function_are_left_out),
        TEST(test_hidden_frames_inside_the_runtime_only_the_called_is_shown),
        TEST(test_hidden_frames_callback_keeps_who_called_it),
        TEST(test_hidden_frames_of_the_runtime_alone_are_shown),
        TEST(test_hidden_frames_of_ours_are_left_out),
        TEST(test_hidden_frames_of_unknown_modules_are_shown),
        TEST(test_hidden_is_kept_stream_buffer_but_not_what_strdup_gives),
        TEST(test_hidden_is_kept_the_loader_and_the_runtime_among_itself),
    };

    conf_set_formats("text|json");
    conf_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
