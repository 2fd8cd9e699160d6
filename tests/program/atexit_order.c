/*
 * Blocks freed in atexit handlers and destructors, and text still buffered in
 * stdout, are dealt with before the report is made; the status is kept.
 */
#include <sys/wait.h>

#include "prove.h"

static void *by_handler;
static void *by_destructor;

static void
handler(void)
{
    free(by_handler);
    free(keep(malloc(3000)));
}

__attribute__((destructor)) static void
destructor(void)
{
    free(by_destructor);
    free(keep(malloc(4000)));
}

static void
child(void)
{
    by_handler = keep(malloc(1111));
    by_destructor = keep(malloc(2222));
    PROVE(atexit(handler) == 0);
    for (int i = 0; i < 1000; i++)
        PROVE(printf("line %d\n", i) > 0);
    exit(9);
}

int
main(void)
{
    int fds[2];
    char line[64];
    int lines = 0;
    int status;
    PROVE(pipe(fds) == 0);
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        PROVE(dup2(fds[1], 1) == 1);
        PROVE(close(fds[0]) == 0 && close(fds[1]) == 0);
        child();
    }
    PROVE(close(fds[1]) == 0);
    FILE *f = fdopen(fds[0], "r");
    PROVE(f != NULL);
    while (fgets(line, sizeof line, f) != NULL)
        PROVE(strtol(line + 5, NULL, 10) == lines++);
    PROVE(fclose(f) == 0);
    PROVE(lines == 1000);
    PROVE(waitpid(pid, &status, 0) == pid);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    return 0;
}
