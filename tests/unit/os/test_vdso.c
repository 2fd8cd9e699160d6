/*
 * test_vdso.c - functions that the kernel maps into every process.
 */
#include "os/vdso.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/auxv.h>
#include <time.h>

#include "os/arch/arch.h"

static void
test_vdso_find_clock_reads_the_time(void **state)
{
    long (*read)(long, struct timespec *);
    struct timespec before;
    struct timespec now;

    (void)state;
    if (getauxval(AT_SYSINFO_EHDR) == 0)
        skip();
    read = (long (*)(long, struct timespec *))vdso_find(ARCH_VDSO_CLOCK);
    assert_non_null(read);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    assert_int_equal(read(CLOCK_MONOTONIC, &now), 0);
    assert_in_range(now.tv_sec, before.tv_sec, before.tv_sec + 60);
}

static void
test_vdso_find_unknown_name_gives_null(void **state)
{
    (void)state;
    assert_null(vdso_find("__vdso_nothing"));
    assert_null(vdso_find(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vdso_find_clock_reads_the_time),
        cmocka_unit_test(test_vdso_find_unknown_name_gives_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
