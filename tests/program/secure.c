/*
 * link: static
 * In a set-user-id program (AT_SECURE) the environment is not obeyed: no log
 * is made at a path from it, and the program works.
 */
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "prove.h"

static void
copy_self(const char *to)
{
    char bytes[65536];
    ssize_t n;
    int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    PROVE(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        PROVE(write(out, bytes, (size_t)n) == n);
    PROVE(fchown(out, 65534, 65534) == 0);
    PROVE(fchmod(out, 06755) == 0);
    PROVE(close(in) == 0 && close(out) == 0);
}

int
main(int argc, char **argv)
{
    char directory[] = "/tmp/secure.XXXXXX";
    char program[64], log[64], options[128];
    char child[] = "child";
    int status;
    (void)argv;
    if (argc > 1) {
        PROVE(keep(malloc(1000)) != NULL);
        return getauxval(AT_SECURE) != 0 ? 6 : 77;
    }
    if (geteuid() != 0)
        PROVE_SKIP("a set-user-id copy needs root");
    PROVE(mkdtemp(directory) != NULL && chmod(directory, 0777) == 0);
    PROVE(snprintf(program, sizeof program, "%s/program", directory) > 0);
    PROVE(snprintf(log, sizeof log, "%s/log", directory) > 0);
    PROVE(snprintf(options, sizeof options, "log=%s,log-stats", log) > 0);
    copy_self(program);
    PROVE(setenv("DBGMALLOC_OPTS", options, 1) == 0);
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        char *const arguments[] = {program, child, NULL};
        PROVE(execv(program, arguments) == 0);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    bool logged = access(log, F_OK) == 0;
    (void)unlink(log); /* It should not be there. */
    PROVE(unlink(program) == 0 && rmdir(directory) == 0);
    PROVE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        PROVE_SKIP("set-user-id has no effect in /tmp here");
    PROVE(WEXITSTATUS(status) == 6);
    PROVE(!logged);
    return 0;
}
