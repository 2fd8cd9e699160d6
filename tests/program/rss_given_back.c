/*
 * Of 100 MiB in small blocks and 100 MiB in large ones, freed again, most is
 * given back to the kernel, at once or at the latest by malloc_trim.
 */
#include <malloc.h>

#include "prove.h"

enum { SMALL = 200000, SMALL_SIZE = 500, LARGE = 25, LARGE_SIZE = 4 << 20 };

static void
fill_and_free(size_t count, size_t size)
{
    void **blocks = (void **)malloc(count * sizeof *blocks);
    PROVE(blocks != NULL);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = keep(malloc(size));
        PROVE(blocks[i] != NULL);
        memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    free(blocks);
}

int
main(void)
{
    long start = prove_status_kb("VmRSS:");
    fill_and_free(SMALL, SMALL_SIZE);
    PROVE(prove_status_kb("VmHWM:") > start + 95000);
    (void)malloc_trim(0); /* Its result says only if there was something. */
    long small = prove_status_kb("VmRSS:");
    fill_and_free(LARGE, LARGE_SIZE);
    (void)malloc_trim(0); /* As above. */
    long large = prove_status_kb("VmRSS:");
    dprintf(2, "resident: %ld KiB, after small %ld, after large %ld\n", start,
            small, large);
    PROVE(small < start + 50000);
    PROVE(large < start + 60000);
    return 0;
}
