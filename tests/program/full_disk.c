/*
 * A log that cannot be written (a full disk, a closed pipe) never changes
 * what the program does or how it ends.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "prove.h"

static void
run_with(const char *log)
{
    char options[200];
    char name[] = "full_disk";
    char child[] = "child";
    char *const arguments[] = {name, child, NULL};
    int status;
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        int fds[2];
        int quiet = open("/dev/null", O_WRONLY);
        /* The library may say once that it cannot write. */
        PROVE(quiet >= 0 && dup2(quiet, 2) == 2);
        /* Writing into fd 50 would raise SIGPIPE. */
        PROVE(pipe(fds) == 0 && dup2(fds[1], 50) == 50);
        PROVE(close(fds[0]) == 0 && close(fds[1]) == 0);
        PROVE(snprintf(options, sizeof options, "log=%s,log-stats", log) > 0);
        PROVE(setenv("DBGMALLOC_OPTS", options, 1) == 0);
        PROVE(execv("/proc/self/exe", arguments) == 0);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 8);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        PROVE(keep(malloc(1000)) != NULL);
        return 8;
    }
    run_with("/dev/full");
    run_with("fd:50");
    run_with("fd:777");
    run_with("/nowhere/at/all.txt");
    run_with("/");
    return 0;
}
