/*
 * Many blocks with guard pages are live at once, more than the kernel would
 * allow mappings; the last one has them too.
 * modes: guard
 * args: 36000
 */
#include "prove.h"

#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;

static void
on_fault(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

int
main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_fault};
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 36000;
    char **blocks = malloc(count * sizeof *blocks);
    volatile int faulted = 0;

    PROVE(blocks != NULL);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(48);
        PROVE(blocks[i] != NULL);
        blocks[i][47] = (char)i;
    }
    sigaction(SIGSEGV, &action, NULL);
    if (prove_library()) {
        if (sigsetjmp(back, 1) == 0)
            (void)*(volatile char *)keep(blocks[count - 1] + 48);
        else
            faulted = 1;
        /* Without marks in the page table (before Linux 6.13) fences are all
         * that is left by then. */
        if (!faulted)
            PROVE_SKIP("the kernel has no room for so many guard pages");
    }
    for (size_t i = 0; i < count; i++) {
        PROVE(blocks[i][47] == (char)i);
        free(blocks[i]);
    }
    free(blocks);
    return 0;
}
