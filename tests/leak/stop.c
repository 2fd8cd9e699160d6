/*
 * stop.c - stop the world again and again while threads start, end, dlopen,
 * fork, take signals and sleep; every block has one pointer to it, on some
 * thread's stack, and none may be called lost.
 *
 *   stop ROUNDS THREADS
 *
 * Prints what went wrong, or "R rounds, longest pause known to the caller N
 * us"; exit status 0 if no round found a leak, and no sleeper was disturbed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dbgmalloc.h"
#undef malloc
#undef free

static atomic_int stopping;
static atomic_int disturbed; /* sleeps that ended with EINTR */
static atomic_long work_done;

static void
on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&work_done, 1);
}

static void
fail_if(int condition, const char *what)
{
    if (!condition)
        return;
    fprintf(stderr, "stop: %s: %s\n", what, strerror(errno));
    _exit(3);
}

static void *
short_life(void *block)
{
    void *volatile held = block;
    void *volatile more = malloc(40);

    free(more);
    free((void *)held);
    return NULL;
}

static void
make_threads(void)
{
    pthread_t thread;
    void *volatile block = malloc(100);

    /* The block's address is on its way from here to the thread. */
    if (pthread_create(&thread, NULL, short_life, (void *)block) == 0)
        pthread_join(thread, NULL);
    else
        free((void *)block);
}

static void
load(void)
{
    void *volatile held = malloc(64);
    void *handle = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

    if (handle != NULL)
        dlclose(handle);
    free((void *)held);
}

static void
make_child(void)
{
    void *volatile held = malloc(48);
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    free((void *)held);
}

/* Calls that signal(7) says are not made again after a handler. */
static int
sleep_in(unsigned how, int epoll, int socket)
{
    struct timespec time = {0, 20000000};
    struct timeval value = {0, 20000};
    struct epoll_event event;
    char byte;
    sigset_t set;
    sem_t semaphore;
    int result;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1); /* as live() has it: blocked */
    switch (how % 10) {
    case 0:
        return poll(NULL, 0, 20);
    case 1:
        return nanosleep(&time, NULL);
    case 2:
        return epoll_wait(epoll, &event, 1, 20);
    case 3:
        errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
        return errno == 0 ? 0 : -1;
    case 4:
        return select(0, NULL, NULL, NULL, &value);
    case 5:
        return ppoll(NULL, 0, &time, NULL);
    case 6:
        return recv(socket, &byte, 1, 0) < 0 ? -1 : 0;
    case 7:
        sigdelset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
        return sigtimedwait(&set, NULL, &time);
    case 8:
        return epoll_pwait(epoll, &event, 1, 20, &set);
    default:
        sem_init(&semaphore, 0, 0);
        clock_gettime(CLOCK_REALTIME, &time);
        time.tv_nsec += 20000000;
        if (time.tv_nsec >= 1000000000) {
            time.tv_nsec -= 1000000000;
            time.tv_sec++;
        }
        result = sem_timedwait(&semaphore, &time);
        sem_destroy(&semaphore);
        return result;
    }
}

static void
sleep_somehow(unsigned how, int epoll, int socket)
{
    static atomic_int told;

    errno = 0;
    if (sleep_in(how, epoll, socket) >= 0 || errno != EINTR)
        return;
    atomic_fetch_add(&disturbed, 1);
    if (atomic_fetch_add(&told, 1) < 20)
        fprintf(stderr, "sleep %u was disturbed\n", how % 10);
}

/* A socket on which a receiver waits in vain, for 20 ms. */
static int
make_socket(int *out_other)
{
    struct timeval value = {0, 20000};
    int ends[2];

    fail_if(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0,
            "socketpair");
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value));
    *out_other = ends[1];
    return ends[0];
}

static void *
live(void *argument)
{
    unsigned kind = (unsigned)(uintptr_t)argument;
    void *volatile held = malloc(200 + kind);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int other;
    int socket = make_socket(&other);
    unsigned turn = kind / 8;
    sigset_t set;

    /* Sleepers take no signals of the program's, so nothing may wake them. */
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (kind % 8 < 3)
        pthread_sigmask(SIG_BLOCK, &set, NULL);
    while (!atomic_load(&stopping)) {
        switch (kind % 8) {
        case 0:
        case 1:
        case 2:
            sleep_somehow(turn++, epoll, socket);
            break;
        case 3:
            make_threads();
            break;
        case 4:
            load();
            break;
        case 5:
            if (kind == 5)
                make_child();
            else
                make_threads();
            break;
        case 6:
            kill(getpid(), SIGUSR1);
            usleep(1000);
            break;
        default:
            for (int i = 0; i < 100; i++)
                free(malloc((size_t)(i * 7 % 500)));
            usleep(100);
        }
    }
    close(epoll);
    close(socket);
    close(other);
    free((void *)held);
    return NULL;
}

static uint64_t
now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

int
main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20;
    int count = argc > 2 ? atoi(argv[2]) : 64;
    pthread_t *threads = calloc((size_t)count, sizeof(*threads));
    uint64_t longest = 0;
    size_t lost = 0;

    signal(SIGUSR1, on_signal);
    for (int i = 0; i < count; i++)
        fail_if(pthread_create(&threads[i], NULL, live, (void *)(uintptr_t)i),
                "pthread_create");
    for (int i = 0; i < rounds; i++) {
        uint64_t start = now_us();
        size_t found = dbgmalloc_log_leaks(0);
        uint64_t took = now_us() - start;

        longest = took > longest ? took : longest;
        if (found > 0) {
            lost += found;
            fprintf(stderr, "round %d: %zu blocks called lost\n", i, found);
        }
        usleep(2000);
    }
    atomic_store(&stopping, 1);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    printf("%d rounds, longest check %lu us, %d sleeps disturbed\n", rounds,
           (unsigned long)longest, atomic_load(&disturbed));
    return lost > 0 || atomic_load(&disturbed) > 0;
}
