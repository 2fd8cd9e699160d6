/*
 * args: 30000
 * long: 100000
 * modes: default medium off production
 * A random mix of every entry point over 2,000 slots, checked byte for byte
 * before each block is resized or freed.
 */
#include <malloc.h>

#include "prove.h"

enum { SLOTS = 2000 };

static struct {
    unsigned char *p;
    size_t size;
} slots[SLOTS];

static size_t
random_size(uint64_t *seed)
{
    uint32_t r = prove_random(seed);
    unsigned bits = r % 18;
    return (r >> 8) % ((size_t)1 << bits) + (r % 997 == 0 ? 1000000 : 0);
}

static void *
make(uint32_t way, size_t n)
{
    void *p = NULL;
    switch (way % 6) {
    case 0:
        return calloc(1, n);
    case 1:
        return memalign((size_t)16 << (way / 8 % 9), n);
    case 2:
        PROVE(posix_memalign(&p, (size_t)8 << (way / 8 % 6), n) == 0);
        return p;
    case 3:
        return realloc(NULL, n);
    default:
        return malloc(n);
    }
}

int
main(int argc, char **argv)
{
    long count = prove_argument(argc, argv, 300000);
    uint64_t seed = 2024;
    for (long n = 0; n < count; n++) {
        uint32_t r = prove_random(&seed);
        size_t i = r % SLOTS;
        unsigned char mark = (unsigned char)i;
        size_t size = random_size(&seed);
        PROVE(prove_filled(slots[i].p, mark, slots[i].size));
        if (slots[i].p != NULL && r % 7 == 0 && size > 0) {
            slots[i].p = (unsigned char *)realloc(slots[i].p, size);
            PROVE(slots[i].p != NULL);
            PROVE(prove_filled(slots[i].p, mark,
                               size < slots[i].size ? size : slots[i].size));
        } else {
            free(slots[i].p);
            slots[i].p = (unsigned char *)keep(make(r / 7, size));
            PROVE(slots[i].p != NULL);
        }
        memset(slots[i].p, mark, size);
        slots[i].size = size;
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i].p);
    return 0;
}
