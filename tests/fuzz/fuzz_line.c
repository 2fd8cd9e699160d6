/*
 * fuzz_line - any bytes as .debug_line and the sections of texts.
 *
 * Wanted: every call comes back and reads nothing outside; rows are no more
 * than the bytes can make.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
count_row(const struct line_row *row, void *context)
{
    size_t *rows = context;

    (void)row;
    (*rows)++;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form_sections sections = {
        .line = {.bytes = data, .size = size},
        .line_str = {.bytes = data, .size = size},
        .str = {.bytes = data, .size = size},
        .str_offsets = {.bytes = data, .size = size}};
    struct form_unit unit = {
        .sections = &sections, .version = 4, .address_size = 8};
    struct line_program program;
    struct line_file file;
    size_t length = 0;
    size_t rows = 0;

    if (line_open(&unit, 0, &program) != 0)
        return 0;
    if (line_each(&program, count_row, &rows) == 0 && rows > size)
        abort();
    for (uint64_t i = 0; i < 6; i++) {
        if (line_find_file(&program, i, &file) == 0)
            length += strlen(file.name) +
                      (file.directory != NULL ? strlen(file.directory) : 0);
    }
    return length > 16 * size ? abort(), 0 : 0;
}
