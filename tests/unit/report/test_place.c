/*
 * test_place.c - what lies at an address that is in no block.
 */
#include "report/report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int initialised = 1;
static int zeroed[4096];

static struct finding
place_of(const void *p)
{
    struct finding finding;

    memset(&finding, 0, sizeof(finding));
    finding.addr = (uintptr_t)p;
    report_place(&finding);
    return finding;
}

static void
test_report_place_null_and_near_it(void **state)
{
    (void)state;
    assert_int_equal(place_of(NULL).place, FINDING_PLACE_NULL);
    assert_int_equal(place_of((void *)(uintptr_t)24).place, FINDING_PLACE_NULL);
}

static void
test_report_place_local_is_on_the_stack(void **state)
{
    int local = 0;

    (void)state;
    assert_int_equal(place_of(&local).place, FINDING_PLACE_STACK);
}

static void
test_report_place_global_names_the_module(void **state)
{
    struct finding finding = place_of(&initialised);

    (void)state;
    assert_int_equal(finding.place, FINDING_PLACE_GLOBAL);
    assert_non_null(strstr(finding.module, "test_place"));
    assert_int_equal(place_of("a constant").place, FINDING_PLACE_GLOBAL);
}

static void
test_report_place_zeroed_global_names_the_module(void **state)
{
    struct finding finding = place_of(&zeroed[4000]);

    (void)state;
    assert_int_equal(finding.place, FINDING_PLACE_GLOBAL);
    assert_non_null(strstr(finding.module, "test_place"));
}

static void
test_report_place_code_of_libc_names_libc(void **state)
{
    struct finding finding = place_of((void *)(uintptr_t)&strtol);

    (void)state;
    assert_int_equal(finding.place, FINDING_PLACE_GLOBAL);
    assert_string_not_equal(finding.module, "");
}

static void
test_report_place_break_is_libc_s(void **state)
{
    char *p = sbrk(8192);

    (void)state;
    assert_ptr_not_equal(p, (void *)-1);
    assert_int_equal(place_of(p + 100).place, FINDING_PLACE_LIBC);
}

static void
test_report_place_mapping_and_hole(void **state)
{
    char *p = mmap(NULL, 3 * 65536, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_ptr_not_equal(p, MAP_FAILED);
    assert_int_equal(place_of(p + 10).place, FINDING_PLACE_MAPPED);
    assert_int_equal(munmap(p + 65536, 65536), 0);
    assert_int_equal(place_of(p + 65536 + 10).place, FINDING_PLACE_UNMAPPED);
    assert_int_equal(munmap(p, 3 * 65536), 0);
}

static void
test_report_place_mapped_data_is_no_module(void **state)
{
    int fd = open("/etc/passwd", O_RDONLY);
    char *p;
    struct finding finding;

    (void)state;
    assert_true(fd >= 0);
    p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    finding = place_of(p + 10);
    assert_int_equal(finding.place, FINDING_PLACE_MAPPED);
    assert_string_equal(finding.module, "/etc/passwd");
    assert_int_equal(munmap(p, 4096), 0);
    assert_int_equal(close(fd), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_place_null_and_near_it),
        cmocka_unit_test(test_report_place_local_is_on_the_stack),
        cmocka_unit_test(test_report_place_global_names_the_module),
        cmocka_unit_test(test_report_place_zeroed_global_names_the_module),
        cmocka_unit_test(test_report_place_code_of_libc_names_libc),
        cmocka_unit_test(test_report_place_break_is_libc_s),
        cmocka_unit_test(test_report_place_mapping_and_hole),
        cmocka_unit_test(test_report_place_mapped_data_is_no_module),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
