/*
 * A signal handler forks while the interrupted code may be inside malloc;
 * the child allocates under the library (with libc's malloc it only ends).
 */
#include <signal.h>
#include <sys/time.h>

#include "prove.h"

static bool library;
static volatile sig_atomic_t forks;
static volatile sig_atomic_t wrong;

static void
on_alarm(int signal)
{
    (void)signal;
    if (!prove_child(library ? fork() : _Fork(), library))
        wrong = 1;
    forks = forks + 1;
}

int
main(void)
{
    library = prove_library();
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 3000}, {0, 3000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    PROVE(sigaction(SIGALRM, &action, NULL) == 0);
    PROVE(setitimer(ITIMER_REAL, &every, NULL) == 0);
    uint64_t seed = 99;
    void *slots[100] = {NULL};
    while (forks < 100 && !wrong) {
        uint32_t r = prove_random(&seed);
        free(slots[r % 100]);
        slots[r % 100] = keep(malloc(r % 5000));
    }
    PROVE(setitimer(ITIMER_REAL, &never, NULL) == 0);
    for (int i = 0; i < 100; i++)
        free(slots[i]);
    PROVE(!wrong);
    return 0;
}
