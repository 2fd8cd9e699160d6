/*
 * When the process has as many mappings as the kernel allows, malloc gives a
 * block or NULL with ENOMEM, large and small; free never fails; after the
 * mappings are gone all is as before.
 */
#include <sys/mman.h>

#include "prove.h"

enum { PAGES = 140000 };

int
main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *before[64];
    void *during[64];
    for (size_t i = 0; i < 64; i++)
        before[i] = keep(malloc(i * 20000 + 1));
    char *area =
        (char *)mmap(NULL, PAGES * page, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    PROVE(area != MAP_FAILED);
    size_t split = 0;
    while (split < PAGES && mprotect(area + split * page, page, PROT_READ) == 0)
        split += 2;
    if (split >= PAGES)
        PROVE_SKIP("vm.max_map_count is too high for this test");
    for (size_t i = 0; i < 64; i++) {
        errno = 0;
        during[i] = keep(malloc(i * 20000 + 1));
        PROVE(during[i] != NULL || errno == ENOMEM);
        if (during[i] != NULL)
            memset(during[i], 1, i * 20000 + 1);
        free(before[i]);
    }
    PROVE(munmap(area, PAGES * page) == 0);
    for (size_t i = 0; i < 64; i++) {
        free(during[i]);
        before[i] = keep(malloc(i * 20000 + 1));
        PROVE(before[i] != NULL);
        free(before[i]);
    }
    return 0;
}
