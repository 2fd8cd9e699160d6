/*
 * Found by the checks of a slice of the heap at a time, in a block that is
 * never touched again, among very many.
 * alone: all its pointers would be roots of every program's leaks
 * opts: check-heap, interval=auto, no-check-shutdown
 * expect: kind=overrun size=70 offset=70 length=1 alloc=make
 */
#include "misuse.h"

#include <dlfcn.h>
#include <time.h>

enum { BLOCKS = 100000 };

int
main(void)
{
    static void *volatile held[BLOCKS];
    size_t (*findings)(void);
    void *symbol = dlsym(RTLD_DEFAULT, "dbgmalloc_error_count");
    time_t end = time(NULL) + 50;

    memcpy(&findings, &symbol, sizeof findings);
    for (int i = 0; i < BLOCKS; i++)
        held[i] = make(70);
    damage(held[BLOCKS / 2], 70);
    while (findings() == 0 && time(NULL) < end) {
        for (int i = 0; i < 1000; i++)
            free(keep(malloc(2000)));
    }
    return 0;
}
