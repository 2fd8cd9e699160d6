/*
 * turns.c ROUNDS - threads that all come in by dbgmalloc_attach_ at once, as
 * those do that commands which were killed have borrowed: one of them attaches,
 * the others are told so, and there is one page.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/control.h"

#define THREADS 8
#define PAUSE_US 2000
#define TRIES 5000

static int (*attach)(const char *);
static pthread_barrier_t barrier;
static int answers[THREADS];
static unsigned rounds;

static void *
come_in(void *answer)
{
    for (unsigned i = 0; i < rounds; i++) {
        pthread_barrier_wait(&barrier);
        *(int *)answer = attach("log-admin=off");
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static unsigned
count_pages(void)
{
    DIR *fds = opendir("/proc/self/fd");
    struct dirent *entry;
    unsigned count = 0;

    while (fds != NULL && (entry = readdir(fds)) != NULL) {
        char link[64] = "";

        if (readlinkat(dirfd(fds), entry->d_name, link, sizeof(link) - 1) > 0 &&
            strncmp(link, "/memfd:dbgmalloc.control", 24) == 0)
            count++;
    }
    if (fds != NULL)
        (void)closedir(fds); /* it was only read */
    return count;
}

/* As the command does; nothing is left after it. */
static int
detach(int fd)
{
    struct control *control =
        mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned tries = 0;

    if (control == MAP_FAILED)
        return -1;
    atomic_store(&control->asked, 1);
    atomic_store(&control->request, CONTROL_DETACH);
    while (atomic_load(&control->state) != CONTROL_DETACHED && tries++ < TRIES)
        (void)usleep(PAUSE_US); /* shorter does no harm */
    while (count_pages() != 0 && tries++ < TRIES)
        (void)usleep(PAUSE_US); /* as above */
    (void)munmap(control, CONTROL_BYTES);
    return tries < TRIES ? 0 : -1;
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    unsigned wrong = 0;

    rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    attach = (int (*)(const char *))(uintptr_t)dlsym(RTLD_DEFAULT,
                                                     "dbgmalloc_attach_");
    if (attach == NULL)
        return puts("the library is not there"), 2;
    (void)pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, come_in, &answers[i]) != 0)
            return puts("no threads"), 2;
    for (unsigned round = 0; round < rounds; round++) {
        int fd = -1, attached = 0, refused = 0;
        unsigned pages;

        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < THREADS; i++) {
            if (answers[i] >= 0) {
                attached++;
                fd = answers[i];
            } else if (answers[i] == -EBUSY) {
                refused++;
            }
        }
        pages = count_pages();
        if (attached != 1 || refused != THREADS - 1 || pages != 1) {
            wrong++;
            printf("round %u: %d attached, %d refused, %u pages\n", round,
                   attached, refused, pages);
        }
        if (fd < 0 || detach(fd) != 0) {
            printf("round %u: no end of it\n", round);
            return 1;
        }
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL); /* they were started */
    printf("%u rounds, %u wrong\n", rounds, wrong);
    return wrong != 0;
}
