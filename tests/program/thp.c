/*
 * With transparent huge pages always on for the process's memory the heap
 * works and does not keep several times what is asked for.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include "prove.h"

int
main(void)
{
    enum { COUNT = 20000 };
    static char *blocks[COUNT];
    uint64_t seed = 8;
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        size_t n = prove_random(&seed) % 3000 + 1;
        blocks[i] = (char *)keep(malloc(n));
        PROVE(blocks[i] != NULL);
        memset(blocks[i], 'h', n);
        total += n;
        if (i % 1000 == 0) {
            /* The program may advise its own pages of a block. */
            size_t page = (size_t)sysconf(_SC_PAGESIZE);
            char *large = (char *)keep(aligned_alloc(2 << 20, 4 << 20));
            PROVE(large != NULL);
            (void)madvise(large, 4 << 20, MADV_HUGEPAGE); /* A hint. */
            memset(large, 1, 4 << 20);
            PROVE(madvise(large, page, MADV_DONTNEED) == 0);
            PROVE(large[0] == 0 && large[page] == 1);
            free(large);
        }
    }
    long resident = prove_status_kb("VmRSS:");
    dprintf(2, "resident: %ld KiB for %zu KiB\n", resident, total / 1024);
    PROVE(resident < (long)(total / 1024) * 2 + 32768);
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[i]);
    return 0;
}
