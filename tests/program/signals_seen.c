/*
 * What a program asks and sets of SIGSEGV and SIGBUS is what it gets: the
 * default at first, its own handler with the right address, the default again.
 *
 * allow: memory fault
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "prove.h"

static sigjmp_buf back;
static void *volatile touched;

static void
catch(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    touched = info->si_addr;
    siglongjmp(back, 1);
}

static void
plain(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

static void *
touch(void *p)
{
    touched = NULL;
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)keep(p) = 1;
    return touched;
}

static int
status_of(void (*end)(void))
{
    int status;
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        end();
        _exit(0);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    return status;
}

static void
fault(void)
{
    *(volatile char *)keep(NULL) = 1;
}

static void
exit_7(int number)
{
    (void)number;
    _exit(7);
}

static void
fault_handled(void)
{
    PROVE(signal(SIGSEGV, exit_7) == SIG_DFL);
    fault();
}

static void
fault_ignored_by_reset(void)
{
    PROVE(signal(SIGSEGV, exit_7) == SIG_DFL);
    PROVE(signal(SIGSEGV, SIG_DFL) == exit_7);
    PROVE(signal(SIGSEGV, SIG_DFL) == SIG_DFL);
    fault();
}

static void
fault_once(void)
{
    struct sigaction action = {.sa_handler = exit_7, .sa_flags = SA_RESETHAND};
    PROVE(sigaction(SIGSEGV, &action, NULL) == 0);
    (void)raise(SIGSEGV);
}

int
main(void)
{
    struct sigaction old, action = {.sa_sigaction = catch,
                                    .sa_flags = SA_SIGINFO};
    void *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
    int status;

    PROVE(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    PROVE(sigaction(SIGBUS, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    PROVE(sigaction(SIGSEGV, &action, &old) == 0);
    PROVE(old.sa_handler == SIG_DFL && old.sa_flags == 0);
    PROVE(touch(closed) == closed && touch(NULL) == NULL);
    PROVE(signal(SIGSEGV, plain) == (void (*)(int))catch);
    (void)touch(closed);
    PROVE(signal(SIGSEGV, SIG_DFL) == plain);
    PROVE(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    PROVE(signal(SIGSEGV, SIG_IGN) == SIG_DFL);
    PROVE(signal(SIGSEGV, SIG_DFL) == SIG_IGN);

    status = status_of(fault);
    PROVE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = status_of(fault_handled);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = status_of(fault_ignored_by_reset);
    PROVE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = status_of(fault_once);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return 0;
}
