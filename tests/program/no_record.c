/*
 * opts: no-record,sample=512k
 * modes: default production
 * no-report:
 * A heap without records hands out and takes back blocks whatever else the
 * options ask for: there is nothing to sample in it.
 */
#include "prove.h"

enum { SLOTS = 500 };

int
main(void)
{
    static unsigned char *slots[SLOTS];
    uint64_t seed = 3;
    for (int n = 0; n < 100000; n++) {
        size_t i = prove_random(&seed) % SLOTS;
        PROVE(slots[i] == NULL ||
              prove_filled(slots[i], (unsigned char)i, i + 1));
        free(slots[i]);
        slots[i] = (unsigned char *)keep(malloc(i + 1));
        PROVE(slots[i] != NULL);
        memset(slots[i], (int)i, i + 1);
    }
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
