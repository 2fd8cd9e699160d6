/*
 * fuzz_cursor - any bytes, read in an order that the bytes say.
 *
 * Wanted: no read outside, a cursor that failed stays failed, and what is left
 * never grows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dwarf/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_one(struct cursor *c, uint8_t what)
{
    bool is_64;

    switch (what % 13) {
    case 0: (void)cursor_u8(c); break;
    case 1: (void)cursor_u16(c); break;
    case 2: (void)cursor_u32(c); break;
    case 3: (void)cursor_u64(c); break;
    case 4: (void)cursor_uleb(c); break;
    case 5: (void)cursor_sleb(c); break;
    case 6: (void)cursor_text(c); break;
    case 7: (void)cursor_length(c, &is_64); break;
    case 8: (void)cursor_unsigned(c, what / 13u); break;
    case 9: (void)cursor_signed(c, what / 13u); break;
    case 10: cursor_skip(c, what / 13u); break;
    case 11: cursor_limit(c, what * 8u); break;
    default: (void)cursor_word(c, what & 1); break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t half = size / 2;
    struct cursor c = cursor_of(data + half, size - half, 0);

    for (size_t i = 0; i < half; i++) {
        size_t left = cursor_left(&c);
        bool failed = c.failed;

        read_one(&c, data[i]);
        if (cursor_left(&c) > left || (failed && !c.failed))
            abort();
    }
    return 0;
}
