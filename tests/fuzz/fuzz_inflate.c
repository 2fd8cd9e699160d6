/*
 * fuzz_inflate - any bytes as a zlib stream, expanded at once and in steps.
 *
 * The first two bytes say how long the target is, the third how long a step.
 *
 * Wanted: every call comes back, and reads and writes nothing outside; steps
 * give the same bytes as all at once, and fail where that does.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inflate stream;
    size_t target_size;
    size_t step;
    unsigned char *whole;
    unsigned char *parts;
    int error;
    int result;

    if (size < 3)
        return 0;
    target_size = (size_t)data[0] << 4 | (data[1] & 15);
    step = data[2] + 1u;
    data += 3;
    size -= 3;
    whole = calloc(1, target_size + 1);
    parts = calloc(1, target_size + 1);
    if (whole == NULL || parts == NULL)
        abort();
    /* Exactly so long, that a write outside is seen. */
    whole = realloc(whole, target_size > 0 ? target_size : 1);
    parts = realloc(parts, target_size > 0 ? target_size : 1);
    error = inflate_bytes(data, size, whole, target_size);
    result = inflate_begin(&stream, data, size, parts, target_size);
    for (size_t upto = 0; result == 0 && !stream.is_whole; upto += step) {
        size_t before = stream.done;

        result = inflate_upto(&stream, upto);
        if (stream.done < before || stream.done > target_size ||
            (result == 0 && upto <= target_size && stream.done < upto))
            abort();
    }
    if (error != result ||
        (error == 0 && memcmp(whole, parts, target_size) != 0))
        abort();
    free(whole);
    free(parts);
    return 0;
}
