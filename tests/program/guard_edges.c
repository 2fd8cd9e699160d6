/*
 * Under guard pages every byte of a block can be used, the first one past its
 * end (or before its start) faults, and so does all of it once it is freed.
 * opts: align=1
 * modes: guard
 */
#include "prove.h"

#include <malloc.h>
#include <setjmp.h>
#include <signal.h>

#ifndef BELOW
#define BELOW 0
#endif

static sigjmp_buf back;

static void
on_fault(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

/* faults - true if a read at `p` does. */
static bool
faults(const void *p)
{
    if (sigsetjmp(back, 1) != 0)
        return true;
    (void)*(const volatile char *)p;
    return false;
}

static const size_t sizes[] = {1,    2,    3,     7,     8,      15,     16,
                               17,   24,   100,   1000,  4095,   4096,   4097,
                               8192, 9000, 32767, 40000, 65536,  100001, 300000,
                               1 << 20, 5000000};

static void
prove_block(char *p, size_t size, bool is_edge)
{
    PROVE(p != NULL && malloc_usable_size(p) == size);
    for (size_t i = 0; i < size; i += i + 4096 < size ? 4096 : 1)
        p[i] = (char)i;
    if (!is_edge)
        return;
    if (BELOW)
        PROVE(faults(p - 1) && faults(p - 4096));
    else
        PROVE(faults(p + size) && faults(p + size + 4000));
    /* On the other side at most a page can be touched. */
    PROVE(faults(BELOW ? p + size + 4096 : p - 4097));
}

static void
prove_end(char *p, size_t size)
{
    PROVE(faults(p) && faults(p + size - 1) && faults(p + size / 2));
}

int
main(void)
{
    struct sigaction action = {.sa_handler = on_fault};

    if (!prove_library())
        PROVE_SKIP("not under the library");
    sigaction(SIGSEGV, &action, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];
        char *p = keep(malloc(size)), *q, *r;

        prove_block(p, size, true);
        q = keep(calloc(1, size));
        for (size_t j = 0; j < size; j++)
            PROVE(q[j] == 0);
        prove_block(q, size, true);
        r = keep(realloc(p, size + 10));
        PROVE(r != NULL && r != p);
        prove_end(p, size);
        prove_block(r, size + 10, true);
        free(q);
        prove_end(q, size);
        free(r);
        prove_end(r, size + 10);
        p = keep(memalign(64, size));
        PROVE((uintptr_t)p % 64 == 0);
        prove_block(p, size, size % 64 == 0);
        free(p);
        prove_end(p, size);
        p = keep(memalign(8192, size));
        PROVE((uintptr_t)p % 8192 == 0);
        prove_block(p, size, false);
        free(p);
        prove_end(p, size);
    }
    for (int i = 0; i < 100; i++) {
        char *p = keep(malloc(keep_size(0)));

        PROVE(p != NULL && (BELOW || faults(p)));
        free(p);
    }
    return 0;
}
