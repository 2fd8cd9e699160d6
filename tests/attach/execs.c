/*
 * execs.c N COMMAND ARGUMENT... - attach to a process that is becoming another
 * program: `COMMAND ARGUMENT... PID` is run while it calls exec, N times. No
 * call of that program may fail, whether the command comes to it or gives up.
 *
 * Prints what failed, and what the command said where it gave up, but for the
 * reasons that there are: the process has ended, or runs another program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_MS 150
#define SPREAD_NS 12000000 /* of the moment of exec */

static void *volatile sink;

static double
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* What the process becomes: each of its calls is to succeed. */
static int
live(void)
{
    double start = now_ms();
    int events = epoll_create1(0);
    struct epoll_event event;

    if (events < 0)
        return 2;
    do {
        sink = malloc(100);
        free(sink);
        if (epoll_wait(events, &event, 1, 1) < 0)
            return 3;
    } while (now_ms() - start < LIFE_MS);
    return 0;
}

static void
become(const char *self, int round)
{
    /* All moments alike, by the golden ratio. */
    struct timespec moment = {0, (long)(round * 618033989L % 1000000000L /
                                        (1000000000L / SPREAD_NS))};

    nanosleep(&moment, NULL);
    execl(self, self, (char *)NULL);
    _exit(9);
}

/* Run the command; its messages are to be taken back from `said`. */
static void
visit(char **command, int count, pid_t pid, FILE *said)
{
    char *arguments[32] = {NULL};
    char number[16];

    snprintf(number, sizeof(number), "%d", (int)pid);
    memcpy(arguments, command, (size_t)count * sizeof(char *));
    arguments[count] = number;
    dup2(fileno(said), 2);
    if (freopen("/dev/null", "w", stdout) != NULL)
        execv(arguments[0], arguments);
    _exit(9);
}

static int
count_surprises(FILE *said, int round)
{
    char line[512];
    int surprises = 0;

    rewind(said);
    while (fgets(line, sizeof(line), said) != NULL) {
        if (strstr(line, " has ended") != NULL ||
            strstr(line, " runs another program by now") != NULL)
            continue;
        printf("round %d: %s", round, line);
        surprises++;
    }
    return surprises;
}

int
main(int argc, char **argv)
{
    int rounds, wrong = 0, reached = 0;

    if (argc == 1)
        return live();
    rounds = atoi(argv[1]);
    if (argc > 30)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < rounds; i++) {
        FILE *said = tmpfile();
        pid_t child, visitor;
        int status = -1, visit_status = -1;

        if (said == NULL)
            return 2;
        child = fork();
        if (child == 0)
            become(argv[0], i);
        visitor = fork();
        if (visitor == 0)
            visit(argv + 2, argc - 2, child, said);
        while (waitpid(visitor, &visit_status, 0) < 0 && errno == EINTR)
            ;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (status != 0) {
            printf("round %d: the program's status is 0x%x\n", i, status);
            wrong++;
        }
        wrong += count_surprises(said, i);
        reached += visit_status == 0;
        fclose(said);
    }
    printf("%d wrong, %s\n", wrong,
           reached > rounds / 2 ? "most were attached to"
                                : "few were attached to");
    return wrong != 0 || reached <= rounds / 2;
}
