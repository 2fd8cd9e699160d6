/*
 * test_frame.c - the unwind tables of this very program, and damaged ones.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>

/* The main program's mapping and its .eh_frame_hdr. */
struct self {
    uintptr_t start;
    uintptr_t end;
    uintptr_t header;
};

static int
find_self(struct dl_phdr_info *info, size_t size, void *context)
{
    struct self *self = context;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type == PT_GNU_EH_FRAME)
            self->header = info->dlpi_addr + p->p_vaddr;
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;

        if (p->p_type == PT_LOAD && self->header >= start &&
            self->header < start + p->p_memsz) {
            self->start = start;
            self->end = start + p->p_memsz;
        }
    }
    return 1; /* The main program comes first. */
}

static void
open_self(struct frame_table *table)
{
    struct self self = {0};

    (void)dl_iterate_phdr(find_self, &self);
    assert_int_not_equal(self.header, 0);
    assert_int_equal(frame_open((const void *)self.start,
                                self.end - self.start, self.start, self.header,
                                table),
                     0);
}

static __attribute__((noinline)) int
some_function(int n)
{
    volatile int sum = n;

    for (int i = 0; i < n; i++)
        sum += i;
    return sum;
}

static void
test_frame_find_own_function_is_found(void **state)
{
    uintptr_t pc = (uintptr_t)some_function;
    struct frame_table table;
    struct frame_entry entry;
    struct cfi_row row;

    (void)state;
    open_self(&table);
    assert_true(table.search_count > 0);
    assert_int_equal(frame_find(&table, pc, &entry), 0);
    assert_int_equal(entry.start, pc);
    assert_true(entry.end > pc && entry.end - pc < 4096);
    assert_int_equal(cfi_row_at(&entry, pc, &row), 0);
    assert_false(row.cfa_is_expression);
    assert_int_equal(some_function(3), 6);
}

static void
test_frame_find_by_reading_gives_the_same(void **state)
{
    uintptr_t pc = (uintptr_t)some_function + 1;
    struct frame_table table;
    struct frame_entry by_table;
    struct frame_entry by_reading;

    (void)state;
    open_self(&table);
    assert_int_equal(frame_find(&table, pc, &by_table), 0);
    table.search_count = 0;
    assert_int_equal(frame_find(&table, pc, &by_reading), 0);
    assert_int_equal(by_table.start, by_reading.start);
    assert_int_equal(by_table.end, by_reading.end);
    assert_ptr_equal(by_table.instructions.bytes,
                     by_reading.instructions.bytes);
}

static void
test_frame_find_no_code_is_not_found(void **state)
{
    struct frame_table table;
    struct frame_entry entry;

    (void)state;
    open_self(&table);
    assert_int_equal(frame_find(&table, 16, &entry), -ENOENT);
    assert_int_equal(frame_find(&table, UINT64_MAX, &entry), -ENOENT);
}

static void
test_frame_open_malformed_refused(void **state)
{
    unsigned char bytes[32] = {2, 0x1b, 0x03, 0x3b};
    struct frame_table table;

    (void)state;
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x100, &table), -EINVAL);
    bytes[0] = 1;
    bytes[4] = 4; /* .eh_frame at 0x104 + 4 */
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x100, &table), 0);
    bytes[8] = 100; /* more pairs than there is room for */
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x100, &table), -EINVAL);
    bytes[8] = 0;
    bytes[4] = 100; /* .eh_frame outside */
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x100, &table), -EINVAL);
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x120, &table), -EINVAL);
    assert_int_equal(frame_open(bytes, 32, 0x100, 0x80, &table), -EINVAL);
}

static void
test_frame_find_signal_frame_is_told(void **state)
{
    /* A CIE with "zRS", absolute pointers; an FDE of [0x10, 0x20). */
    static const unsigned char bytes[] = {
        20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0,
        0, 0, 0, 0, 0, 0,
        24, 0, 0, 0, 28, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0};
    struct frame_table table;
    struct frame_entry entry;

    (void)state;
    assert_int_equal(
        frame_open_raw(bytes, sizeof bytes, 0x1000, 0x1000, &table), 0);
    assert_int_equal(frame_find(&table, 0x18, &entry), 0);
    assert_true(entry.is_signal);
    assert_int_equal(entry.data_align, -8);
    assert_int_equal(entry.return_register, 16);
    assert_int_equal(frame_find(&table, 0x20, &entry), -ENOENT);
}

static void
test_frame_pointer_encodings(void **state)
{
    static const unsigned char bytes[] = {0xfc, 0xff, 0xff, 0xff};
    struct cursor c = cursor_of(bytes, 4, 0);

    (void)state;
    assert_int_equal(frame_pointer(&c, 0x1b, 0x1000, 0x5000), 0xffc);
    c = cursor_of(bytes, 4, 0);
    assert_int_equal(frame_pointer(&c, 0x3b, 0x1000, 0x5000), 0x4ffc);
    c = cursor_of(bytes, 4, 0);
    assert_int_equal(frame_pointer(&c, 0x03, 0, 0), 0xfffffffc);
    c = cursor_of(bytes, 4, 0);
    assert_int_equal(frame_pointer(&c, 0x50, 0, 0), 0);
    assert_true(c.failed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_find_own_function_is_found),
        cmocka_unit_test(test_frame_find_by_reading_gives_the_same),
        cmocka_unit_test(test_frame_find_no_code_is_not_found),
        cmocka_unit_test(test_frame_open_malformed_refused),
        cmocka_unit_test(test_frame_find_signal_frame_is_told),
        cmocka_unit_test(test_frame_pointer_encodings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
