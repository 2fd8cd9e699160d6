/*
 * However a process ends, its wait status, with the bit that says that a core
 * was written, is the one that it has without the library.
 *
 * allow: memory fault
 * no-report:
 */
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "prove.h"

static int
recurse(int n)
{
    volatile char room[10000];
    room[0] = (char)n;
    return n == -1 ? 0 : recurse(n + 1) + room[0];
}

static void
small_stack(int number)
{
    (void)number;
    *(volatile int *)keep(NULL) = 1; /* A fault in a handler. */
}

static void
end_by(const char *how)
{
    static char little[8192];
    stack_t stack = {.ss_sp = little, .ss_size = sizeof little};
    void *page;

    if (strcmp(how, "null") == 0) {
        *(volatile int *)keep(NULL) = 1;
    } else if (strcmp(how, "wild") == 0) {
        *(volatile int *)keep((void *)0x5a5a5a5a5a5a5a58) = 1;
    } else if (strcmp(how, "stack") == 0) {
        _exit(recurse(0));
    } else if (strcmp(how, "little") == 0) {
        PROVE(sigaltstack(&stack, NULL) == 0);
        *(volatile int *)keep(NULL) = 1;
    } else if (strcmp(how, "handler") == 0) {
        PROVE(sigaltstack(&stack, NULL) == 0);
        struct sigaction action = {.sa_handler = small_stack,
                                   .sa_flags = SA_ONSTACK};
        PROVE(sigaction(SIGUSR1, &action, NULL) == 0);
        (void)raise(SIGUSR1);
    } else if (strcmp(how, "raise") == 0) {
        (void)raise(SIGSEGV);
    } else if (strcmp(how, "blocked") == 0) {
        sigset_t all;
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, NULL);
        *(volatile int *)keep(NULL) = 1;
    } else if (strcmp(how, "bus") == 0) {
        FILE *file = tmpfile();
        PROVE(file != NULL && ftruncate(fileno(file), 4096) == 0);
        page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
        PROVE(page != MAP_FAILED && ftruncate(fileno(file), 0) == 0);
        _exit(*(volatile char *)page);
    } else if (strcmp(how, "abort") == 0) {
        abort();
    } else if (strcmp(how, "trap") == 0) {
        __builtin_trap();
    } else if (strcmp(how, "ignored") == 0) {
        (void)signal(SIGSEGV, SIG_IGN);
        *(volatile int *)keep(NULL) = 1; /* The kernel does not ignore it. */
    }
    _exit(42);
}

static int
run(const char *self, const char *how, bool with_library)
{
    extern char **environ;
    char *arguments[] = {(char *)self, (char *)how, NULL};
    char *without[64];
    size_t n = 0;
    pid_t pid;
    int status;

    for (char **e = environ; *e != NULL && n < 63; e++)
        if (with_library || strncmp(*e, "LD_PRELOAD=", 11) != 0)
            without[n++] = *e;
    without[n] = NULL;
    PROVE(posix_spawn(&pid, self, NULL, NULL, arguments, without) == 0);
    PROVE(waitpid(pid, &status, 0) == pid);
    return status;
}

int
main(int argc, char **argv)
{
    static const char *const ways[] = {
        "null",  "wild", "stack", "little", "handler", "raise",  "blocked",
        "bus",   "abort", "trap",  "ignored", "exit"};
    struct rlimit limit;

    if (argc > 1)
        end_by(argv[1]);
    /* Cores go to a directory that is removed; most machines pipe them. */
    PROVE(chdir(getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp") == 0);
    PROVE(getrlimit(RLIMIT_CORE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_CORE, &limit); /* The status is the same anyhow. */
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        int with = run(argv[0], ways[i], true);
        int without = run(argv[0], ways[i], false);
        if (with != without)
            dprintf(2, "%s: %#x and not %#x\n", ways[i], (unsigned)with,
                    (unsigned)without);
        PROVE(with == without);
    }
    return 0;
}
