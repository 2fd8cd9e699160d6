/*
 * args: 100000
 * long: 300000
 * N small blocks (the argument) live at once, each with its own contents;
 * half are freed and made anew, in a scattered order.
 */
#include "prove.h"

int
main(int argc, char **argv)
{
    size_t count = (size_t)prove_argument(argc, argv, 1000000);
    uint32_t **blocks = (uint32_t **)malloc(count * sizeof *blocks);
    uint64_t seed = 17;
    PROVE(blocks != NULL);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = (uint32_t *)keep(malloc(4 + i % 60));
        PROVE(blocks[i] != NULL);
        *blocks[i] = (uint32_t)i;
    }
    for (size_t n = 0; n < count / 2; n++) {
        size_t i = prove_random(&seed) % count;
        PROVE(*blocks[i] == (uint32_t)i);
        free(blocks[i]);
        blocks[i] = (uint32_t *)keep(malloc(4 + n % 90));
        PROVE(blocks[i] != NULL);
        *blocks[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < count; i++) {
        PROVE(*blocks[i] == (uint32_t)i);
        free(blocks[i]);
    }
    free(blocks);
    return 0;
}
