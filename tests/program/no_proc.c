/*
 * Without /proc, /dev and /tmp, in an empty root directory and with no
 * privileges, the program allocates, starts threads and ends as usual.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "prove.h"

static void *
churn(void *argument)
{
    for (size_t i = 0; i < 20000; i++)
        free(keep(malloc(i % 3000)));
    return argument;
}

int
main(void)
{
    char name[] = "/tmp/no_proc.XXXXXX";
    pthread_t thread;
    int status;
    if (geteuid() != 0)
        PROVE_SKIP("chroot needs root");
    PROVE(mkdtemp(name) != NULL);
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        PROVE(chroot(name) == 0 && chdir("/") == 0);
        PROVE(access("/proc", F_OK) != 0);
        PROVE(setgid(65534) == 0 && setuid(65534) == 0);
        PROVE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        PROVE(pthread_create(&thread, NULL, churn, NULL) == 0);
        churn(NULL);
        PROVE(pthread_join(thread, NULL) == 0);
        exit(4);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    (void)rmdir(name); /* Not empty where a log was written inside. */
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    return 0;
}
