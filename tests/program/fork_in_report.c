/*
 * A signal handler forks while what it interrupted may hold a lock of the
 * library's, which another thread that makes reports waits for, holding those
 * that the fork wants: nobody waits for ever, and the child allocates.
 *
 * args: 60
 * long: 3000
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "prove.h"

static volatile sig_atomic_t wanted;
static volatile sig_atomic_t forks;
static volatile sig_atomic_t wrong;
static atomic_bool is_over;

/* Where it takes longer than the timer's time, the next signal comes before the
 * interrupted code goes on: so there is an end to it. */
static void
on_alarm(int signal)
{
    (void)signal;
    if (forks >= wanted)
        return;
    if (!prove_child(fork(), true))
        wrong = 1;
    forks = forks + 1;
}

static void *
make_reports(void *unused)
{
    void (*log_stats)(void) = NULL;
    sigset_t all;

    (void)unused;
    sigfillset(&all);
    PROVE(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    *(void **)&log_stats = dlsym(RTLD_DEFAULT, "dbgmalloc_log_stats");
    while (log_stats != NULL && !atomic_load(&is_over)) {
        log_stats();
        usleep(200);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 3000}, {0, 3000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    static void *slots[20000];
    uint64_t seed = 99;
    pthread_t thread;

    wanted = argc > 1 ? atoi(argv[1]) : 60;
    if (!prove_library())
        return 0; /* libc's malloc need not bear it */
    PROVE(pthread_create(&thread, NULL, make_reports, NULL) == 0);
    PROVE(sigaction(SIGALRM, &action, NULL) == 0);
    PROVE(setitimer(ITIMER_REAL, &every, NULL) == 0);
    while (forks < wanted && !wrong) {
        uint32_t r = prove_random(&seed);

        free(slots[r % 20000]);
        slots[r % 20000] = keep(malloc(r % 500));
    }
    PROVE(setitimer(ITIMER_REAL, &never, NULL) == 0);
    atomic_store(&is_over, true);
    PROVE(pthread_join(thread, NULL) == 0);
    for (int i = 0; i < 20000; i++)
        free(slots[i]);
    PROVE(!wrong);
    return 0;
}
