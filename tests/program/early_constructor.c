/*
 * Constructors of the highest priority may allocate, start a thread and
 * fork, whichever of them and the library's own runs first.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static char *blocks[1000];
static int child_status = -1;

static void *
allocate(void *argument)
{
    for (int i = 0; i < 1000; i++)
        blocks[i] = (char *)keep(malloc((size_t)i + 1));
    return argument;
}

__attribute__((constructor(101))) static void
begin(void)
{
    pthread_t thread;
    PROVE(pthread_create(&thread, NULL, allocate, NULL) == 0);
    PROVE(pthread_join(thread, NULL) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        free(keep(malloc(50)));
        _exit(3);
    }
    PROVE(waitpid(pid, &child_status, 0) == pid);
}

int
main(void)
{
    PROVE(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 3);
    for (int i = 0; i < 1000; i++) {
        PROVE(blocks[i] != NULL);
        memset(blocks[i], 1, (size_t)i + 1);
        free(blocks[i]);
    }
    return 0;
}
