/*
 * Children that share our memory (vfork, posix_spawn, system, popen) change
 * nothing: no report from them, and the parent's blocks are as they were.
 */
#include <spawn.h>
#include <sys/wait.h>

#include "prove.h"

extern char **environ;

static void
try_vfork(void)
{
    for (int i = 0; i < 50; i++) {
        int status;
        pid_t pid = vfork();
        PROVE(pid >= 0);
        if (pid == 0)
            _exit(4);
        PROVE(waitpid(pid, &status, 0) == pid);
        PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    }
}

static void
try_spawn(void)
{
    char name[] = "true";
    char *const argv[] = {name, NULL};
    for (int i = 0; i < 10; i++) {
        posix_spawn_file_actions_t actions;
        int status;
        pid_t pid;
        PROVE(posix_spawn_file_actions_init(&actions) == 0);
        PROVE(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0,
                                               0) == 0);
        PROVE(posix_spawnp(&pid, "true", &actions, NULL, argv, environ) == 0);
        PROVE(posix_spawn_file_actions_destroy(&actions) == 0);
        PROVE(waitpid(pid, &status, 0) == pid && status == 0);
    }
    PROVE(posix_spawnp(&(pid_t){0}, "no such program", NULL, NULL, argv,
                       environ) == ENOENT);
}

static void
try_shell(void)
{
    char line[100];
    int status = system("exit 5");
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    FILE *f = popen("echo from the child", "r");
    PROVE(f != NULL);
    PROVE(fgets(line, sizeof line, f) != NULL);
    PROVE(strcmp(line, "from the child\n") == 0);
    PROVE(pclose(f) == 0);
}

int
main(void)
{
    char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = (char *)keep(malloc(i + 1));
        memset(blocks[i], (int)i, i + 1);
    }
    try_vfork();
    try_spawn();
    try_shell();
    for (size_t i = 0; i < 200; i++) {
        PROVE(prove_filled(blocks[i], (unsigned char)i, i + 1));
        free(blocks[i]);
    }
    return 0;
}
