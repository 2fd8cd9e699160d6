/*
 * tool/family.c - a process and all that it forked, or forks later.
 */
#include "tool/family.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool/procfs.h"
#include "tool/tool.h"

/* How often new ones are looked for. */
#define LOOK_NS 200000000L

struct member {
    pid_t pid;
    pid_t worker; /* 0: nobody serves it any more */
    int status;   /* of the last worker */
    dev_t device; /* of the program that it ran when it was served last */
    ino_t inode;
};

struct family {
    pid_t root;
    struct member *members;
    size_t count;
    int told; /* how often the workers were told to end */
    int (*serve)(pid_t pid, void *context);
    void *context;
};

/* An unlinked file that is locked by whoever prints, or NULL. */
static FILE *turn;

void
family_begin_turn(void)
{
    while (turn != NULL && lockf(fileno(turn), F_LOCK, 0) != 0 &&
           errno == EINTR)
        ;
}

void
family_end_turn(void)
{
    if (turn != NULL)
        (void)lockf(fileno(turn), F_ULOCK, 0); /* it was locked */
}

/* ---- who belongs to it ---- */

/* True if `pid` is `root` or descends from it, and not by way of us. */
static bool
is_of(pid_t pid, pid_t root)
{
    struct procfs_process process;

    /* Parents may change meanwhile, but never in a circle for long. */
    for (int depth = 0; depth < 1000 && pid > 1 && pid != getpid(); depth++) {
        if (pid == root)
            return true;
        if (procfs_process(pid, &process) != 0)
            return false;
        pid = process.parent;
    }
    return pid == root && pid != getpid();
}

pid_t
family_root(const pid_t *pids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;

        while (n < count && is_of(pids[n], pids[i]))
            n++;
        if (n == count)
            return pids[i];
    }
    return 0;
}

static bool
program_of(pid_t pid, dev_t *out_device, ino_t *out_inode)
{
    char path[64];
    struct stat status;

    (void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    if (stat(path, &status) != 0)
        return false;
    *out_device = status.st_dev;
    *out_inode = status.st_ino;
    return true;
}

static struct member *
find_member(struct family *family, pid_t pid)
{
    for (size_t i = 0; i < family->count; i++) {
        if (family->members[i].pid == pid)
            return &family->members[i];
    }
    return NULL;
}

static struct member *
add_member(struct family *family, pid_t pid)
{
    struct member *member;

    family->members = tool_grow(
        family->members, (family->count + 1) * sizeof(family->members[0]));
    member = &family->members[family->count++];
    *member = (struct member){.pid = pid, .status = TOOL_FAILED};
    return member;
}

/* ---- serving it ---- */

static void
start_worker(struct family *family, struct member *member)
{
    pid_t worker;

    (void)fflush(NULL); /* or it is printed twice */
    worker = fork();
    if (worker == 0) {
        /* A terminal's signals come by way of the parent. */
        (void)setpgid(0, 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        exit(family->serve(member->pid, family->context));
    }
    if (worker < 0)
        tool_say("process %d cannot be served: %s", (int)member->pid,
                 strerror(errno));
    member->worker = worker > 0 ? worker : 0;
}

static void
look(struct family *family)
{
    size_t count = 0;
    pid_t *pids = procfs_list(&count);

    for (size_t i = 0; pids != NULL && i < count; i++) {
        struct member *member = find_member(family, pids[i]);
        struct procfs_process process;
        dev_t device = 0;
        ino_t inode = 0;

        if (member != NULL && member->worker != 0)
            continue;
        if (!is_of(pids[i], family->root) ||
            procfs_process(pids[i], &process) != 0 || process.state == 'Z' ||
            !program_of(pids[i], &device, &inode))
            continue;
        if (process.age < FAMILY_AGE && pids[i] != family->root)
            continue;
        if (member != NULL && member->device == device &&
            member->inode == inode)
            continue; /* it was served, or cannot be */
        if (member == NULL)
            member = add_member(family, pids[i]);
        member->device = device;
        member->inode = inode;
        start_worker(family, member);
    }
    free(pids);
}

/* Workers that have ended. A process id that is free again is forgotten. */
static void
collect(struct family *family)
{
    pid_t worker;
    int status;

    while ((worker = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < family->count; i++) {
            struct member *member = &family->members[i];

            if (member->worker != worker)
                continue;
            member->worker = 0;
            member->status =
                WIFEXITED(status) ? WEXITSTATUS(status) : TOOL_FAILED;
        }
    }
    for (size_t i = 0; i < family->count;) {
        struct member *member = &family->members[i];

        if (member->worker != 0 || member->pid == family->root ||
            kill(member->pid, 0) == 0 || errno != ESRCH)
            i++;
        else
            *member = family->members[--family->count];
    }
}

static size_t
count_workers(const struct family *family)
{
    size_t n = 0;

    for (size_t i = 0; i < family->count; i++)
        n += family->members[i].worker != 0;
    return n;
}

static void
hand_on(struct family *family, int urgency)
{
    for (; family->told < urgency; family->told++) {
        for (size_t i = 0; i < family->count; i++) {
            if (family->members[i].worker != 0)
                (void)kill(family->members[i].worker, SIGTERM);
        }
    }
}

int
family_serve(pid_t root, int (*serve)(pid_t pid, void *context), void *context,
             int (*urgency)(void))
{
    const struct timespec pause = {0, LOOK_NS};
    struct family family = {.root = root, .serve = serve, .context = context};
    struct member *first;
    int status;

    turn = tmpfile();
    if (turn == NULL)
        return tool_fail("no temporary file can be made: %s", strerror(errno));
    for (;;) {
        hand_on(&family, urgency());
        if (family.told == 0)
            look(&family);
        if (count_workers(&family) == 0)
            break;
        (void)nanosleep(&pause, NULL); /* a signal may end it early */
        collect(&family);
    }
    first = find_member(&family, root);
    status = first != NULL ? first->status : TOOL_FAILED;
    free(family.members);
    (void)fclose(turn);
    turn = NULL;
    return status;
}
