/*
 * test_maps.c - the process's mappings and memory as the kernel lists them.
 */
#include "os/process.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/file.h"
#include "os/page.h"

/* One address to look for, and its mapping when it was found. */
struct search {
    uintptr_t addr;
    bool is_found;
    struct process_mapping mapping;
    uintptr_t last_end;
    bool is_ordered;
};

static bool
look(const struct process_mapping *mapping, void *context)
{
    struct search *search = context;

    search->is_ordered = search->is_ordered && mapping->start < mapping->end &&
                         mapping->start >= search->last_end;
    search->last_end = mapping->end;
    if (mapping->start <= search->addr && search->addr < mapping->end) {
        search->mapping = *mapping;
        search->is_found = true;
    }
    return true;
}

static struct search
search_for(const void *p)
{
    struct search search = {.addr = (uintptr_t)p, .is_ordered = true};

    assert_true(process_each_mapping(look, &search) > 0);
    assert_true(search.is_ordered);
    return search;
}

static void
test_process_each_mapping_own_pages_are_found(void **state)
{
    size_t page = page_size();
    char *p = page_map(3 * page);
    struct search search;

    (void)state;
    assert_int_equal(page_protect(p + page, page), 0);
    search = search_for(p + page);
    assert_true(search.is_found);
    assert_int_equal(search.mapping.start, (uintptr_t)p + page);
    assert_int_equal(search.mapping.end, (uintptr_t)p + 2 * page);
    assert_false(search.mapping.readable);
    assert_false(search.mapping.writable);
    assert_false(search.mapping.shared);
    assert_string_equal(search.mapping.path, "");
    search = search_for(p);
    assert_true(search.mapping.readable);
    assert_true(search.mapping.writable);
    assert_false(search.mapping.executable);
    page_unmap(p, 3 * page);
    search = search_for(p + page);
    assert_false(search.is_found);
}

static void
test_process_each_mapping_file_has_path_and_offset(void **state)
{
    struct file_identity identity;
    struct search search;
    size_t page = page_size();
    char path[] = "/tmp/test maps XXXXXX";
    int fd = mkstemp(path);
    char *p;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(3 * page)), 0);
    p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, (off_t)(2 * page));
    assert_true(p != MAP_FAILED);
    assert_int_equal(file_identify(fd, &identity), 0);
    search = search_for(p);
    assert_true(search.is_found);
    assert_string_equal(search.mapping.path, path);
    assert_true(search.mapping.offset == 2 * page);
    assert_true(search.mapping.inode == identity.inode);
    assert_true(search.mapping.shared);
    (void)munmap(p, page);
    (void)close(fd);
    (void)unlink(path);
}

static void
test_process_each_mapping_code_is_executable(void **state)
{
    struct search search =
        search_for((void *)test_process_each_mapping_code_is_executable);
    char path[256];

    (void)state;
    assert_true(search.is_found);
    assert_true(search.mapping.executable);
    assert_string_equal(search.mapping.path, process_path(path, sizeof(path)));
}

static bool
stop_at_third(const struct process_mapping *mapping, void *context)
{
    (void)mapping;
    return ++*(int *)context < 3;
}

static void
test_process_each_mapping_false_stops(void **state)
{
    int count = 0;

    (void)state;
    assert_int_equal(process_each_mapping(stop_at_third, &count), 3);
    assert_int_equal(count, 3);
}

/* Far more text than one read gives. */
static void
test_process_each_mapping_many_are_all_seen(void **state)
{
    size_t page = page_size();
    char *p = page_map(2000 * page);
    long before = process_each_mapping(look, &(struct search){.addr = 0});

    (void)state;
    for (size_t i = 0; i < 2000; i += 2)
        assert_int_equal(page_protect(p + i * page, page), 0);
    /* One mapping became 2000 (its neighbours may have been joined to it). */
    assert_in_range(process_each_mapping(look, &(struct search){.addr = 0}),
                    before + 1998, before + 2001);
    for (size_t i = 0; i < 2000; i += 371)
        assert_int_equal(search_for(p + i * page).mapping.start,
                         (uintptr_t)p + i * page);
    page_unmap(p, 2000 * page);
}

static void
test_process_memory_follows_a_mapping(void **state)
{
    size_t size = (size_t)64 << 20;
    struct process_memory before;
    struct process_memory after;
    char *p;

    (void)state;
    assert_int_equal(process_memory(&before), 0);
    assert_true(before.resident > 0);
    assert_true(before.virtual_size > before.resident);
    p = page_map(size);
    memset(p, 1, size);
    assert_int_equal(process_memory(&after), 0);
    assert_true(after.virtual_size >= before.virtual_size + size);
    assert_true(after.resident >= before.resident + size / 2);
    assert_true(after.resident_peak >= after.resident);
    page_unmap(p, size);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_each_mapping_own_pages_are_found),
        cmocka_unit_test(test_process_each_mapping_file_has_path_and_offset),
        cmocka_unit_test(test_process_each_mapping_code_is_executable),
        cmocka_unit_test(test_process_each_mapping_false_stops),
        cmocka_unit_test(test_process_each_mapping_many_are_all_seen),
        cmocka_unit_test(test_process_memory_follows_a_mapping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
