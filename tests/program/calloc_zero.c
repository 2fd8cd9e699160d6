/*
 * modes: default medium off production
 * calloc gives zeroes, also where dirty memory of the same size was freed
 * just before, at every size, and with the fills on.
 */
#include "prove.h"

int
main(void)
{
    for (int round = 0; round < 3; round++)
        for (size_t n = 1; n < 3000000; n = n < 200 ? n + 1 : n * 5 / 4) {
            void *dirty[4];
            for (int i = 0; i < 4; i++) {
                dirty[i] = keep(malloc(n));
                PROVE(dirty[i] != NULL);
                memset(dirty[i], 0xff, n);
            }
            for (int i = 0; i < 4; i++)
                free(dirty[i]);
            for (int i = 0; i < 4; i++) {
                dirty[i] = keep(calloc(n, 1));
                PROVE(dirty[i] != NULL && prove_filled(dirty[i], 0, n));
            }
            for (int i = 0; i < 4; i++)
                free(dirty[i]);
        }
    return 0;
}
