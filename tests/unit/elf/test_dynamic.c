/*
 * test_dynamic.c - dynamic tables: those of libc, and some that are nonsense.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/arch/arch.h"

/* A module's image, made up: every table in one writable segment. */
struct image_of_tables {
    Elf64_Dyn dynamic[16];
    Elf64_Sym symbols[4];
    uint32_t hash[8];
    uint16_t versions[4];
    Elf64_Rela relocs[4];
    uintptr_t slots[4];
    char strings[32];
};

static struct image_of_tables image;
static struct modules_segment segment;

static int
start(void **state)
{
    (void)state;
    return modules_refresh();
}

static int
make_image(void **state)
{
    uint32_t n = 0;

    (void)state;
    memset(&image, 0, sizeof image);
    memcpy(image.strings, "\0read\0write", 12);
    image.symbols[1].st_name = 1;
    image.symbols[2].st_name = 6;
    image.symbols[2].st_shndx = 1;
    image.symbols[2].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    image.hash[1] = 3;
    image.relocs[0].r_offset = (uintptr_t)&image.slots[1];
    image.relocs[0].r_info = ELF64_R_INFO(UINT64_C(1), ARCH_RELOC_JUMP_SLOT);
#define TAG(tag, value)                                                        \
    image.dynamic[n++] =                                                       \
        (Elf64_Dyn){.d_tag = (tag), .d_un.d_val = (uintptr_t)(value)}
    TAG(DT_SYMTAB, image.symbols);
    TAG(DT_STRTAB, image.strings);
    TAG(DT_STRSZ, sizeof image.strings);
    TAG(DT_HASH, image.hash);
    TAG(DT_JMPREL, image.relocs);
    TAG(DT_PLTRELSZ, sizeof(Elf64_Rela));
    TAG(DT_PLTREL, DT_RELA);
#undef TAG
    segment = (struct modules_segment){.start = (uintptr_t)&image,
                                       .end = (uintptr_t)(&image + 1),
                                       .flags = PF_R | PF_W};
    return 0;
}

struct seen {
    unsigned count;
    uintptr_t slot;
    char name[16];
};

static bool
see(const struct dynamic_import *import, void *context)
{
    struct seen *seen = context;

    seen->count++;
    seen->slot = import->slot;
    strncpy(seen->name, import->name, sizeof seen->name - 1);
    return true;
}

static int
open_image(struct dynamic *out)
{
    return dynamic_open(0, (uintptr_t)image.dynamic, &segment, 1, out);
}

static void
test_dynamic_each_import_finds_the_slot(void **state)
{
    struct seen seen = {.count = 0};
    struct dynamic dynamic;

    (void)state;
    assert_int_equal(open_image(&dynamic), 0);
    dynamic_each_import(&dynamic, see, &seen);
    dynamic_close(&dynamic);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.slot, (uintptr_t)&image.slots[1]);
    assert_string_equal(seen.name, "read");
}

/* Of a module that defines nothing, the linker writes a GNU hash table whose
 * first symbol is 1. */
static void
test_dynamic_each_import_without_definitions_finds_the_slot(void **state)
{
    static const uint32_t nothing[7] = {1, 1, 1}; /* a bucket, with none */
    struct seen seen = {.count = 0};
    struct dynamic dynamic;

    (void)state;
    memcpy(image.hash, nothing, sizeof nothing);
    image.dynamic[3].d_tag = DT_GNU_HASH;
    assert_int_equal(open_image(&dynamic), 0);
    dynamic_each_import(&dynamic, see, &seen);
    dynamic_close(&dynamic);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.name, "read");
}

static void
test_dynamic_each_import_slot_outside_is_skipped(void **state)
{
    struct seen seen = {.count = 0};
    struct dynamic dynamic;

    (void)state;
    image.relocs[0].r_offset = (uintptr_t)(&image + 1);
    assert_int_equal(open_image(&dynamic), 0);
    dynamic_each_import(&dynamic, see, &seen);
    image.relocs[0].r_offset = (uintptr_t)&image.slots[1] + 1;
    dynamic_each_import(&dynamic, see, &seen);
    dynamic_close(&dynamic);
    assert_int_equal(seen.count, 0);
}

static void
test_dynamic_each_import_name_outside_is_skipped(void **state)
{
    struct seen seen = {.count = 0};
    struct dynamic dynamic;

    (void)state;
    image.symbols[1].st_name = 100000;
    assert_int_equal(open_image(&dynamic), 0);
    dynamic_each_import(&dynamic, see, &seen);
    dynamic_close(&dynamic);
    assert_int_equal(seen.count, 0);
}

static void
test_dynamic_each_import_with_addend_is_no_import(void **state)
{
    struct seen seen = {.count = 0};
    struct dynamic dynamic;

    (void)state;
    image.relocs[0].r_addend = 8;
    assert_int_equal(open_image(&dynamic), 0);
    dynamic_each_import(&dynamic, see, &seen);
    dynamic_close(&dynamic);
    assert_int_equal(seen.count, 0);
}

static void
test_dynamic_open_without_end_is_refused(void **state)
{
    struct dynamic dynamic;

    (void)state;
    assert_int_equal(dynamic_open(0, 16, &segment, 1, &dynamic), -EINVAL);
    for (size_t i = 0; i < 16; i++)
        image.dynamic[i].d_tag = DT_RELACOUNT;
    /* What follows in memory has a null entry somewhere, but no symbols. */
    assert_int_not_equal(open_image(&dynamic), 0);
}

static bool
ignore_definition(const char *name, const Elf64_Sym *symbol, void *context)
{
    (void)symbol;
    *(size_t *)context += strlen(name);
    return true;
}

static void
test_dynamic_random_tables_do_no_harm(void **state)
{
    unsigned char *bytes = (unsigned char *)&image;
    size_t total = 0;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        struct seen seen = {.count = 0};
        struct dynamic dynamic;
        char version[16];

        (void)make_image(NULL);
        for (unsigned i = 0; i < 1 + round % 16; i++)
            bytes[(size_t)random() % sizeof image] = (unsigned char)random();
        if (open_image(&dynamic) != 0)
            continue;
        dynamic_each_import(&dynamic, see, &seen);
        dynamic_each_definition(&dynamic, ignore_definition, &total);
        dynamic_version(&dynamic, 1, version, sizeof version);
        dynamic_close(&dynamic);
    }
    assert_true(total > 0);
}

static void
test_dynamic_each_definition_of_libc(void **state)
{
    const struct module *module =
        modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "strtoul"), MODULES_NOW);
    struct dynamic dynamic;
    size_t total = 0;

    (void)state;
    assert_non_null(module);
    assert_int_equal(dynamic_open_module(module, &dynamic), 0);
    dynamic_each_definition(&dynamic, ignore_definition, &total);
    dynamic_close(&dynamic);
    assert_true(total > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_dynamic_each_import_finds_the_slot,
                               make_image),
        cmocka_unit_test_setup(
            test_dynamic_each_import_without_definitions_finds_the_slot,
            make_image),
        cmocka_unit_test_setup(test_dynamic_each_import_slot_outside_is_skipped,
                               make_image),
        cmocka_unit_test_setup(test_dynamic_each_import_name_outside_is_skipped,
                               make_image),
        cmocka_unit_test_setup(
            test_dynamic_each_import_with_addend_is_no_import, make_image),
        cmocka_unit_test_setup(test_dynamic_open_without_end_is_refused,
                               make_image),
        cmocka_unit_test_setup(test_dynamic_random_tables_do_no_harm,
                               make_image),
        cmocka_unit_test(test_dynamic_each_definition_of_libc),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
