/*
 * fuzz_cfi - any bytes as an unwind table, its rules and their expressions.
 *
 * The bytes are read as .eh_frame_hdr with .eh_frame behind it, then as
 * .eh_frame alone; each entry found is run to several places in it, and each
 * expression in its rows evaluated.
 *
 * Wanted: every call comes back, and reads nothing outside.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf/dwarf.h"

/* Where the table is said to lie. */
#define TABLE_ADDR UINT64_C(0x10000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
read_memory(void *data, uint64_t addr, unsigned size, uint64_t *out_value)
{
    (void)data;
    *out_value = addr ^ size;
    return addr % 7 != 0;
}

static bool
read_register(void *data, uint32_t reg, uint64_t *out_value)
{
    (void)data;
    *out_value = reg * UINT64_C(0x1234567);
    return reg < 40;
}

static void
evaluate(struct cursor_bytes bytes, bool has_cfa)
{
    struct expr_context context = {.read_memory = read_memory,
                                   .read_register = read_register,
                                   .has_cfa = has_cfa,
                                   .cfa = 0x7fff0000};
    uint64_t value;

    (void)expr_evaluate(bytes, &context, &value);
}

static void
try_entry(const struct frame_entry *entry)
{
    uint64_t length = entry->end - entry->start;

    for (unsigned part = 0; part < 4; part++) {
        uint64_t pc = entry->start + length / 4 * part;
        struct cfi_row row;

        if (cfi_row_at(entry, pc, &row) != 0)
            continue;
        if (row.start > pc)
            abort();
        if (row.cfa_is_expression)
            evaluate(row.cfa_bytes, false);
        for (unsigned r = 0; r < CFI_REGISTERS_MAX; r++) {
            const struct cfi_rule *rule = &row.rules[r];

            if (rule->kind == CFI_EXPRESSION ||
                rule->kind == CFI_VAL_EXPRESSION)
                evaluate((struct cursor_bytes){.bytes = rule->u.bytes,
                                               .size = rule->size},
                         true);
        }
    }
}

static void
try_table(const struct frame_table *table, const uint8_t *data, size_t size)
{
    struct frame_entry entry;
    uint64_t pc = 0;

    for (unsigned i = 0; i < 8; i++) {
        if (frame_find(table, pc, &entry) == 0)
            try_entry(&entry);
        pc = TABLE_ADDR + i * 64;
        if (i > 3 && size >= sizeof pc)
            memcpy(&pc, data + (size - sizeof pc) / i, sizeof pc);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_table table;

    if (frame_open(data, size, TABLE_ADDR, TABLE_ADDR, &table) == 0)
        try_table(&table, data, size);
    if (frame_open_raw(data, size, TABLE_ADDR, TABLE_ADDR, &table) == 0)
        try_table(&table, data, size);
    evaluate((struct cursor_bytes){.bytes = data, .size = size}, true);
    return 0;
}
