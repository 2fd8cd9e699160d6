/*
 * measure [-n COUNT] COMMAND... - run a command (COUNT times, one after the
 * other) and print on fd 3: CPU microseconds (user and system, its children
 * included), wall microseconds, and the peak of its resident KiB.
 *
 * It ends with the command's status. The environment's MEASURE_PRELOAD becomes
 * LD_PRELOAD in the command only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        abort();
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int
run(char **command, struct rusage *out_usage)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        const char *preload = getenv("MEASURE_PRELOAD");
        if (preload != NULL && preload[0] != '\0')
            (void)setenv("LD_PRELOAD", preload, 1); /* exec says if not. */
        (void)close(3);                             /* It may not be open. */
        (void)execvp(command[0], command); /* It returns only to fail. */
        perror(command[0]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, out_usage) != pid)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
    long count = 1;
    long long cpu = 0;
    long peak = 0;
    int status = 0;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        count = strtol(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (argc < 2)
        return 2;
    long long start = now_us();
    for (long i = 0; i < count && status == 0; i++) {
        struct rusage usage;
        memset(&usage, 0, sizeof usage);
        status = run(argv + 1, &usage);
        cpu += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
               usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
        if (usage.ru_maxrss > peak)
            peak = usage.ru_maxrss;
    }
    dprintf(3, "%lld %lld %ld\n", cpu, now_us() - start, peak);
    return status;
}
