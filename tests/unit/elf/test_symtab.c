/*
 * test_symtab.c - functions by address, in tables made here and in this very
 * program.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#define SYMBOLS 12

static Elf64_Sym symbols[SYMBOLS];
static uint32_t symbol_count;
static char strings[512];
static size_t strings_size;

static void
start_table(void)
{
    memset(symbols, 0, sizeof symbols);
    symbol_count = 1;
    strings_size = 1;
}

static void
add(const char *name, uint64_t value, uint64_t size, unsigned bind,
    unsigned type)
{
    Elf64_Sym *symbol = &symbols[symbol_count++];

    symbol->st_name = (uint32_t)strings_size;
    symbol->st_value = value;
    symbol->st_size = size;
    symbol->st_info = (unsigned char)ELF64_ST_INFO(bind, type);
    symbol->st_shndx = 1;
    strcpy(strings + strings_size, name);
    strings_size += strlen(name) + 1;
}

static struct symtab
table_of_all(void)
{
    return (struct symtab){.symbols = (const unsigned char *)symbols,
                           .count = symbol_count,
                           .strings = strings,
                           .strings_size = strings_size};
}

static const char *
name_at(struct symtab *table, uint64_t addr)
{
    struct symtab_entry entry;

    return symtab_find(table, addr, &entry) == 0 ? entry.name : NULL;
}

static void
test_symtab_find_sizes_are_exact(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    add("b", 0x2000, 0x10, STB_GLOBAL, STT_FUNC);
    add("a", 0x1000, 0x20, STB_GLOBAL, STT_FUNC);
    add("data", 0x1800, 0x20, STB_GLOBAL, STT_OBJECT);
    table = table_of_all();
    assert_string_equal(name_at(&table, 0x1000), "a");
    assert_string_equal(name_at(&table, 0x101f), "a");
    assert_null(name_at(&table, 0x1020));
    assert_null(name_at(&table, 0xfff));
    assert_null(name_at(&table, 0x1800));
    assert_string_equal(name_at(&table, 0x2000), "b");
    assert_null(name_at(&table, 0x2010));
    assert_null(name_at(&table, UINT64_MAX));
    symtab_close(&table);
}

static void
test_symtab_find_variable_is_where_its_size_says(void **state)
{
    struct symtab_entry entry;
    struct symtab table;

    (void)state;
    start_table();
    add("code", 0x1000, 0x100, STB_GLOBAL, STT_FUNC);
    add("alias", 0x2000, 0x40, STB_WEAK, STT_OBJECT);
    add("list", 0x2000, 0x40, STB_GLOBAL, STT_OBJECT);
    add("no_size", 0x3000, 0, STB_GLOBAL, STT_OBJECT);
    table = table_of_all();
    assert_int_equal(symtab_find_variable(&table, 0x203f, &entry), 0);
    assert_string_equal(entry.name, "list");
    assert_int_equal(entry.addr, 0x2000);
    assert_int_equal(symtab_find_variable(&table, 0x2040, &entry), -ENOENT);
    assert_int_equal(symtab_find_variable(&table, 0x1fff, &entry), -ENOENT);
    assert_int_equal(symtab_find_variable(&table, 0x1000, &entry), -ENOENT);
    assert_int_equal(symtab_find_variable(&table, 0x3000, &entry), -ENOENT);
    symtab_close(&table);
}

static void
test_symtab_find_no_size_reaches_to_the_next(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    add("asm_code", 0x1000, 0, STB_GLOBAL, STT_FUNC);
    add("next", 0x1100, 8, STB_GLOBAL, STT_FUNC);
    table = table_of_all();
    assert_string_equal(name_at(&table, 0x10ff), "asm_code");
    assert_string_equal(name_at(&table, 0x1100), "next");
    assert_null(name_at(&table, 0x1108));
    symtab_close(&table);
}

static void
test_symtab_find_best_of_several_names(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    add("weak", 0x1000, 8, STB_WEAK, STT_FUNC);
    add("local", 0x1000, 8, STB_LOCAL, STT_FUNC);
    add("__global", 0x1000, 8, STB_GLOBAL, STT_FUNC);
    add("global@VERSION_1", 0x1000, 8, STB_GLOBAL, STT_FUNC);
    add("_global", 0x1000, 8, STB_GLOBAL, STT_FUNC);
    add("plain", 0x1000, 0, STB_GLOBAL, STT_NOTYPE);
    add("local_only", 0x2000, 8, STB_LOCAL, STT_FUNC);
    add("weak_only", 0x2000, 8, STB_WEAK, STT_FUNC);
    table = table_of_all();
    assert_string_equal(name_at(&table, 0x1004), "_global");
    assert_string_equal(name_at(&table, 0x2004), "local_only");
    symtab_close(&table);
}

static void
test_symtab_find_inner_symbol_that_ended_gives_the_outer(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    add("outer", 0x1000, 0x100, STB_GLOBAL, STT_FUNC);
    add("inner", 0x1040, 0x10, STB_LOCAL, STT_FUNC);
    table = table_of_all();
    assert_string_equal(name_at(&table, 0x1048), "inner");
    assert_string_equal(name_at(&table, 0x1080), "outer");
    symtab_close(&table);
}

static void
test_symtab_find_clustered_symbols_all_found(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    for (unsigned i = 0; i < 8; i++) {
        char name[] = {'f', (char)('0' + i), 0};

        add(name, 0x1000 + i * 2, 2, STB_GLOBAL, STT_FUNC);
    }
    add("far", UINT64_C(0x7fff00000000), 4, STB_GLOBAL, STT_FUNC);
    table = table_of_all();
    for (unsigned i = 0; i < 8; i++) {
        const char *name = name_at(&table, 0x1001 + i * 2);

        assert_non_null(name);
        assert_int_equal(name[1], '0' + (int)i);
    }
    assert_string_equal(name_at(&table, UINT64_C(0x7fff00000003)), "far");
    assert_null(name_at(&table, 0x40000000));
    symtab_close(&table);
}

static void
test_symtab_find_bad_names_are_skipped(void **state)
{
    struct symtab table;

    (void)state;
    start_table();
    add("good", 0x1000, 8, STB_GLOBAL, STT_FUNC);
    symbols[1].st_name = 10000;
    table = table_of_all();
    assert_null(name_at(&table, 0x1000));
    symtab_close(&table);
}

static void
test_symtab_find_empty_table_finds_nothing(void **state)
{
    struct symtab table = {.count = 0};
    struct symtab_entry entry;

    (void)state;
    assert_int_equal(symtab_find(&table, 0x1000, &entry), -ENOENT);
    assert_int_equal(symtab_find_name(&table, "x", &entry), -ENOENT);
    symtab_close(&table);
}

static void
test_symtab_open_own_file_names_this_function(void **state)
{
    struct symtab_entry by_name;
    struct symtab_entry entry;
    struct file_map map;
    struct image image;
    struct symtab table;

    (void)state;
    assert_int_equal(file_map("/proc/self/exe", &map), 0);
    assert_int_equal(image_open(map.bytes, map.size, &image), 0);
    assert_int_equal(symtab_open(&image, &table), 0);
    assert_int_equal(symtab_find_name(&table, "main", &by_name), 0);
    assert_int_equal(symtab_find(&table, by_name.addr + 1, &entry), 0);
    assert_string_equal(entry.name, "main");
    assert_int_equal(entry.addr, by_name.addr);
    symtab_close(&table);
    file_unmap(&map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symtab_find_sizes_are_exact),
        cmocka_unit_test(test_symtab_find_no_size_reaches_to_the_next),
        cmocka_unit_test(test_symtab_find_best_of_several_names),
        cmocka_unit_test(
            test_symtab_find_inner_symbol_that_ended_gives_the_outer),
        cmocka_unit_test(test_symtab_find_clustered_symbols_all_found),
        cmocka_unit_test(test_symtab_find_bad_names_are_skipped),
        cmocka_unit_test(test_symtab_find_variable_is_where_its_size_says),
        cmocka_unit_test(test_symtab_find_empty_table_finds_nothing),
        cmocka_unit_test(test_symtab_open_own_file_names_this_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
