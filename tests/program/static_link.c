/*
 * link: static
 * Linked statically with the library there is one malloc in the program, ours,
 * in main, in libc, in threads and in a child.
 */
#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static void *
churn(void *argument)
{
    for (size_t i = 0; i < 5000; i++)
        free(keep(malloc(i)));
    return argument;
}

int
main(void)
{
    pthread_t thread;
    int status;
    char *copy = strdup("from libc");
    PROVE(strcmp(keep(copy), "from libc") == 0);
    /* Ours gives the requested size or, without records, a slot's of 16 bytes;
     * the libc's has 24. */
    PROVE(malloc_usable_size(copy) == (prove_is_off() ? 16 : 10));
    free(copy);
    PROVE(pthread_create(&thread, NULL, churn, NULL) == 0);
    PROVE(pthread_join(thread, NULL) == 0);
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        churn(NULL);
        exit(2);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    return 0;
}
