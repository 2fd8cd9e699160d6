/*
 * fuzz_codec - any bytes as a snapshot file, checksums not verified.
 *
 * Wanted: every call comes back and reads nothing outside; what is decoded can
 * be encoded again, and that file is a good one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot snapshot;
    struct snapshot again;
    struct buffer out = BUFFER_INIT;

    codec_set_sums(false);
    if (codec_decode(data, size, &snapshot) == NULL) {
        if (codec_encode(&snapshot, &out) == 0) {
            codec_set_sums(true);
            if (codec_decode(out.bytes, out.count, &again) != NULL)
                abort();
            snapshot_fini(&again);
        }
        buffer_fini(&out);
    }
    snapshot_fini(&snapshot);
    return 0;
}
