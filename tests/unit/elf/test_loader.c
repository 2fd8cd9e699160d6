/*
 * test_loader.c - the loader's list, without its lock.
 */
#include "elf/loader.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <link.h>

struct counts {
    unsigned objects;
    unsigned mains;
    uintptr_t wanted;  /* base to look for */
    bool is_found;
};

static int
count(const struct loader_object *object, void *context)
{
    struct counts *counts = context;

    counts->objects++;
    counts->mains += object->is_main;
    if (object->base == counts->wanted)
        counts->is_found = true;
    return 0;
}

static int
count_phdr(struct dl_phdr_info *info, size_t size, void *context)
{
    unsigned *objects = context;

    (void)info;
    (void)size;
    (*objects)++;
    return 0;
}

static void
test_loader_each_lists_what_libc_lists(void **state)
{
    struct counts counts = {.objects = 0};
    unsigned objects = 0;

    (void)state;
    (void)dl_iterate_phdr(count_phdr, &objects);
    assert_int_equal(loader_each(count, &counts), 0);
    assert_int_equal(counts.objects, objects);
    assert_int_equal(counts.mains, 1);
}

static void
test_loader_each_new_library_is_there(void **state)
{
    void *handle = dlopen("libutil.so.1", RTLD_NOW);
    struct counts counts = {.objects = 0};

    (void)state;
    if (handle == NULL)
        skip();
    counts.wanted = ((struct link_map *)handle)->l_addr;
    assert_int_equal(loader_each(count, &counts), 0);
    assert_true(counts.is_found);
    dlclose(handle);
}

static int
stop_at_once(const struct loader_object *object, void *context)
{
    (void)object;
    (void)context;
    return -7;
}

static void
test_loader_each_visitor_ends_it(void **state)
{
    (void)state;
    assert_int_equal(loader_each(stop_at_once, NULL), -7);
}

static void
test_loader_signature_changes_with_what_is_loaded(void **state)
{
    struct loader_counts counts;
    uint32_t before;
    uint32_t during;
    void *handle;

    (void)state;
    loader_calibrate(&counts);
    if (loader_signature() == 0)
        skip(); /* Another libc: there is nothing to read. */
    before = loader_signature();
    assert_int_equal(loader_signature(), before);
    handle = dlopen("libutil.so.1", RTLD_NOW);
    if (handle == NULL)
        skip();
    during = loader_signature();
    assert_int_not_equal(during, before);
    dlclose(handle);
    assert_int_not_equal(loader_signature(), during);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loader_each_lists_what_libc_lists),
        cmocka_unit_test(test_loader_each_new_library_is_there),
        cmocka_unit_test(test_loader_each_visitor_ends_it),
        cmocka_unit_test(test_loader_signature_changes_with_what_is_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
