/*
 * A process ends by quick_exit, _exit, abort, a signal or a failed assertion
 * while it holds blocks: its wait status is what it would be without us.
 *
 * allow: memory fault
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "prove.h"

static void *held[100];

static void
freed_quickly(void)
{
    for (int i = 0; i < 100; i++)
        free(held[i]);
}

static int
end_of(int way)
{
    int status;
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none); /* Only saves a core file. */
        for (size_t i = 0; i < 100; i++)
            held[i] = keep(malloc(i * 10));
        PROVE(at_quick_exit(freed_quickly) == 0);
        if (way == 0)
            quick_exit(11);
        if (way == 1)
            _exit(12);
        if (way == 2)
            abort();
        if (way == 3)
            (void)raise(SIGTERM);
        if (way == 4)
            *(volatile int *)keep(NULL) = 1;
        exit(13);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    return status;
}

int
main(void)
{
    int status = end_of(0);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 11);
    status = end_of(1);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 12);
    status = end_of(2);
    PROVE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = end_of(3);
    PROVE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    status = end_of(4);
    PROVE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = end_of(5);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 13);
    return 0;
}
