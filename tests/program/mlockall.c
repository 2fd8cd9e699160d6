/*
 * Under mlockall(MCL_FUTURE) with a limit of 64 MiB on locked memory the heap
 * works: reservations that would be locked in whole must not fail it.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "prove.h"

int
main(void)
{
    struct rlimit limit = {64 << 20, 64 << 20};
    void *blocks[1000];
    PROVE(setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || errno == EPERM);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        PROVE_SKIP("mlockall is not allowed here");
    for (size_t i = 0; i < 1000; i++) {
        blocks[i] = keep(malloc(i * 20));
        PROVE(blocks[i] != NULL);
        memset(blocks[i], 1, i * 20);
    }
    void *large = keep(malloc(8 << 20));
    PROVE(large != NULL);
    free(large);
    for (size_t i = 0; i < 1000; i++)
        free(blocks[i]);
    dprintf(2, "resident: %ld KiB\n", prove_status_kb("VmRSS:"));
    PROVE(prove_status_kb("VmRSS:") < 64 << 10);
    return 0;
}
