/*
 * test_page.c - address space and OS pages.
 */
#include "os/page.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/process.h"

static size_t page;

static int
setup(void **state)
{
    (void)state;
    page = page_size();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    return 0;
}

static bool
is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

static void
test_page_size_agrees_with_libc(void **state)
{
    (void)state;
    assert_int_equal(page_size(), sysconf(_SC_PAGESIZE));
}

static void
test_page_map_is_zeroed_and_writable(void **state)
{
    char *p = page_map(3 * page);

    (void)state;
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % page, 0);
    assert_true(is_zero(p, 3 * page));
    memset(p, 1, 3 * page);
    page_unmap(p, 3 * page);
    assert_false(page_is_readable(p, 1));
}

static void
test_page_map_impossible_size_gives_null(void **state)
{
    (void)state;
    errno = 77;
    assert_null(page_map((size_t)1 << 60));
    assert_int_equal(errno, 77);
}

static void
test_page_map_aligned_every_align_is_met(void **state)
{
    (void)state;
    for (size_t align = page; align <= (size_t)64 << 20; align *= 2) {
        char *p = page_map_aligned(2 * page, align, true);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p & (align - 1), 0);
        memset(p, 1, 2 * page);
        page_unmap(p, 2 * page);
    }
}

static bool
add_size(const struct process_mapping *mapping, void *context)
{
    *(size_t *)context += mapping->end - mapping->start;
    return true;
}

static size_t
mapped_size(void)
{
    size_t size = 0;

    assert_true(process_each_mapping(add_size, &size) > 0);
    return size;
}

/* What was mapped to find an aligned place is given back. */
static void
test_page_map_aligned_leaves_nothing_over(void **state)
{
    size_t before = mapped_size();
    size_t align = (size_t)16 << 20;
    char *p[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        p[i] = page_map_aligned(page, align, false);
        assert_non_null(p[i]);
    }
    assert_int_equal(mapped_size() - before, 4 * page);
    for (int i = 0; i < 4; i++)
        page_unmap(p[i], page);
    assert_int_equal(mapped_size(), before);
}

static void
test_page_map_aligned_wrapping_gives_null(void **state)
{
    (void)state;
    assert_null(page_map_aligned((size_t)1 << 60, (size_t)1 << 40, false));
    assert_null(page_map_aligned(page, (size_t)1 << 62, false));
}

static void
test_page_reserve_is_not_accessible_until_commit(void **state)
{
    size_t size = (size_t)64 << 30;
    char *p = page_reserve(size);

    (void)state;
    assert_non_null(p);
    assert_false(page_is_readable(p, 1));
    assert_int_equal(page_commit(p + page, page), 0);
    assert_true(is_zero(p + page, page));
    p[page] = 1;
    assert_false(page_is_readable(p, 1));
    assert_false(page_is_readable(p + 2 * page, 1));
    page_unmap(p, size);
}

static void
test_page_protect_keeps_what_it_holds(void **state)
{
    char *p = page_map(page);

    (void)state;
    strcpy(p, "kept");
    assert_int_equal(page_protect(p, page), 0);
    assert_false(page_is_readable(p, 1));
    assert_int_equal(page_unprotect(p, page), 0);
    assert_string_equal(p, "kept");
    p[0] = 'K';
    page_unmap(p, page);
}

static void
test_page_commit_of_nothing_fails(void **state)
{
    char *p = page_map(page);

    (void)state;
    page_unmap(p, page);
    assert_int_equal(page_commit(p, page), -ENOMEM);
    assert_int_equal(page_protect(p, page), -ENOMEM);
    assert_int_equal(page_protect(p + 1, page), -EINVAL);
}

static void
test_page_discard_reads_as_zero(void **state)
{
    char *p = page_map(2 * page);

    (void)state;
    memset(p, 1, 2 * page);
    assert_int_equal(page_discard(p, page), 0);
    assert_true(is_zero(p, page));
    assert_int_equal(p[page], 1);
    page_unmap(p, 2 * page);
}

static void
test_page_remap_growing_keeps_bytes(void **state)
{
    char *p = page_map(page);

    (void)state;
    strcpy(p, "kept");
    p = page_remap(p, page, 100 * page, true);
    assert_non_null(p);
    assert_string_equal(p, "kept");
    assert_true(is_zero(p + page, 99 * page));
    page_unmap(p, 100 * page);
}

static void
test_page_remap_in_the_way_stays_or_fails(void **state)
{
    char *p = page_map(2 * page);

    (void)state;
    strcpy(p, "kept");
    /* The second page is in the way of the first. */
    assert_null(page_remap(p, page, 2 * page, false));
    assert_string_equal(p, "kept");
    assert_ptr_equal(page_remap(p, 2 * page, page, false), p);
    assert_false(page_is_readable(p + page, 1));
    page_unmap(p, page);
}

static void
test_page_remap_to_replaces_the_target(void **state)
{
    char *from = page_map(2 * page);
    char *to = page_map(4 * page);

    (void)state;
    strcpy(from, "moved");
    from[page] = 'x';
    memset(to, 1, 4 * page);
    assert_int_equal(page_remap_to(from, 2 * page, 2 * page, to + page), 0);
    assert_int_equal(to[0], 1);
    assert_string_equal(to + page, "moved");
    assert_int_equal(to[2 * page], 'x');
    assert_int_equal(to[3 * page], 1);
    assert_false(page_is_readable(from, 1));
    page_unmap(to, 4 * page);
}

static void
test_page_remap_to_growing_adds_zeroes(void **state)
{
    char *from = page_map(page);
    char *to = page_reserve(3 * page);

    (void)state;
    strcpy(from, "moved");
    assert_int_equal(page_remap_to(from, page, 3 * page, to), 0);
    assert_string_equal(to, "moved");
    assert_true(is_zero(to + page, 2 * page));
    page_unmap(to, 3 * page);
}

static void
test_page_remap_to_overlapping_fails(void **state)
{
    char *p = page_map(2 * page);

    (void)state;
    strcpy(p, "kept");
    assert_int_equal(page_remap_to(p, 2 * page, 2 * page, p + page), -EINVAL);
    assert_string_equal(p, "kept");
    page_unmap(p, 2 * page);
}

static void
test_page_exclude_from_dump_marks_the_mapping(void **state)
{
    char line[256];
    char start[32];
    bool is_inside = false;
    bool is_marked = false;
    char *p = page_map_aligned(page, (size_t)1 << 21, true);
    FILE *smaps = fopen("/proc/self/smaps", "r");

    (void)state;
    assert_non_null(smaps);
    page_exclude_from_dump(p, page);
    (void)snprintf(start, sizeof(start), "%lx-", (unsigned long)p);
    while (fgets(line, sizeof(line), smaps) != NULL) {
        if (strncmp(line, start, strlen(start)) == 0)
            is_inside = true;
        if (is_inside && strncmp(line, "VmFlags:", 8) == 0) {
            is_marked = strstr(line, " dd") != NULL;
            break;
        }
    }
    (void)fclose(smaps);
    assert_true(is_inside);
    assert_true(is_marked);
    page_unmap(p, page);
}

static void
test_page_fail_at_n_refuses_only_that_call(void **state)
{
    char *a;
    char *b;

    (void)state;
    page_fail_at(2, false);
    a = page_map(page);
    assert_non_null(a);
    assert_null(page_map(page));
    b = page_reserve(page);
    assert_non_null(b);
    page_unmap(a, page);
    page_unmap(b, page);
}

static void
test_page_fail_at_and_after_refuses_every_kind(void **state)
{
    char *p = page_map(2 * page);
    char *q = page_reserve(2 * page);

    (void)state;
    strcpy(p, "kept");
    page_fail_at(1, true);
    assert_null(page_map(page));
    assert_null(page_map_aligned(page, page, true));
    assert_null(page_reserve(page));
    assert_int_equal(page_commit(q, page), -ENOMEM);
    assert_int_equal(page_unprotect(p, page), -ENOMEM);
    assert_null(page_remap(p, 2 * page, 4 * page, true));
    assert_int_equal(page_remap_to(p, page, 2 * page, q), -ENOMEM);
    assert_string_equal(p, "kept");
    /* What gives back is never refused. */
    assert_ptr_equal(page_remap(p, 2 * page, page, false), p);
    assert_int_equal(page_protect(p, page), 0);
    assert_int_equal(page_discard(q, page), 0);
    page_fail_at(0, false);
    page_unmap(p, page);
    page_unmap(q, 2 * page);
}

static void
test_page_calls_counts_requests(void **state)
{
    unsigned long calls = page_calls();
    char *p = page_map(page);

    (void)state;
    assert_int_equal(page_calls(), calls + 1);
    page_unmap(p, page);
    assert_int_equal(page_calls(), calls + 1);
    p = page_map_aligned(page, (size_t)1 << 24, true);
    assert_int_equal(page_calls(), calls + 2);
    page_unmap(p, page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_size_agrees_with_libc),
        cmocka_unit_test(test_page_map_is_zeroed_and_writable),
        cmocka_unit_test(test_page_map_impossible_size_gives_null),
        cmocka_unit_test(test_page_map_aligned_every_align_is_met),
        cmocka_unit_test(test_page_map_aligned_leaves_nothing_over),
        cmocka_unit_test(test_page_map_aligned_wrapping_gives_null),
        cmocka_unit_test(test_page_reserve_is_not_accessible_until_commit),
        cmocka_unit_test(test_page_protect_keeps_what_it_holds),
        cmocka_unit_test(test_page_commit_of_nothing_fails),
        cmocka_unit_test(test_page_discard_reads_as_zero),
        cmocka_unit_test(test_page_remap_growing_keeps_bytes),
        cmocka_unit_test(test_page_remap_in_the_way_stays_or_fails),
        cmocka_unit_test(test_page_remap_to_replaces_the_target),
        cmocka_unit_test(test_page_remap_to_growing_adds_zeroes),
        cmocka_unit_test(test_page_remap_to_overlapping_fails),
        cmocka_unit_test(test_page_exclude_from_dump_marks_the_mapping),
        cmocka_unit_test_teardown(test_page_fail_at_n_refuses_only_that_call,
                                  teardown),
        cmocka_unit_test_teardown(
            test_page_fail_at_and_after_refuses_every_kind, teardown),
        cmocka_unit_test(test_page_calls_counts_requests),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
