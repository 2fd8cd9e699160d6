/*
 * modes: default medium off production
 * A handler that allocates interrupts code that allocates, thousands of
 * times: no deadlock, no damage (with libc's malloc the handler does not).
 */
#include <signal.h>
#include <sys/time.h>

#include "prove.h"

static bool library;
static volatile sig_atomic_t signals;
static void *kept[8];

static void
on_alarm(int signal)
{
    (void)signal;
    int before = errno;
    size_t i = (size_t)signals % 8;
    if (library) {
        free(kept[i]);
        kept[i] = keep(malloc(i * 300 + 1));
        if (kept[i] != NULL)
            memset(kept[i], 3, i * 300 + 1);
        free(keep(calloc(3, 100)));
        free(keep(realloc(keep(malloc(10)), 70000)));
    }
    signals = signals + 1;
    errno = before;
}

int
main(void)
{
    library = prove_library();
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 200}, {0, 200}};
    struct itimerval never = {{0, 0}, {0, 0}};
    PROVE(sigaction(SIGALRM, &action, NULL) == 0);
    PROVE(setitimer(ITIMER_REAL, &every, NULL) == 0);
    uint64_t seed = 4;
    unsigned char *slots[64] = {NULL};
    size_t sizes[64] = {0};
    while (signals < 2000) {
        uint32_t r = prove_random(&seed);
        size_t i = r % 64;
        PROVE(prove_filled(slots[i], (unsigned char)i, sizes[i]));
        free(slots[i]);
        sizes[i] = r / 64 % 4000 + 1;
        slots[i] = (unsigned char *)keep(malloc(sizes[i]));
        PROVE(slots[i] != NULL);
        memset(slots[i], (int)i, sizes[i]);
    }
    PROVE(setitimer(ITIMER_REAL, &never, NULL) == 0);
    for (int i = 0; i < 64; i++)
        free(slots[i]);
    for (int i = 0; i < 8; i++)
        free(kept[i]);
    return 0;
}
