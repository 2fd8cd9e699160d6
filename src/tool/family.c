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
#define LOOK_NS 300000000L

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

/* All processes, each read once. */
struct census {
    struct procfs_process *list; /* in rising order */
    size_t count;
};

static void
census_take(struct census *census)
{
    size_t count = 0;
    pid_t *pids = procfs_list(&count);

    *census = (struct census){NULL, 0};
    if (pids != NULL)
        census->list = tool_alloc((count + 1) * sizeof(census->list[0]));
    for (size_t i = 0; i < count && pids != NULL; i++) {
        /* One that has ended meanwhile is left out. */
        if (procfs_process(pids[i], &census->list[census->count]) == 0)
            census->count++;
    }
    free(pids);
}

static int
compare_processes(const void *key, const void *process)
{
    pid_t a = *(const pid_t *)key;
    pid_t b = ((const struct procfs_process *)process)->pid;

    return (a > b) - (a < b);
}

/* True if `pid` is `root` or descends from it, and not by way of us. */
static bool
is_of(const struct census *census, pid_t pid, pid_t root)
{
    /* Parents may change while they are read, and seem to go in a circle. */
    for (int depth = 0; depth < 1000 && pid > 1 && pid != getpid(); depth++) {
        const struct procfs_process *process;

        if (pid == root)
            return true;
        process = bsearch(&pid, census->list, census->count,
                          sizeof(census->list[0]), compare_processes);
        pid = process != NULL ? process->parent : 0;
    }
    return pid == root && pid != getpid();
}

pid_t
family_root(const pid_t *pids, size_t count)
{
    struct census census;
    pid_t root = 0;

    census_take(&census);
    for (size_t i = 0; i < count && root == 0; i++) {
        size_t n = 0;

        while (n < count && is_of(&census, pids[n], pids[i]))
            n++;
        if (n == count)
            root = pids[i];
    }
    free(census.list);
    return root;
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

/* Whether it is to be served: it lives long enough, and was not served as the
 * program that it is. Its member then is in *out_member. */
static bool
is_due(struct family *family, const struct procfs_process *process,
       struct member **out_member)
{
    struct member *member = find_member(family, process->pid);
    dev_t device = 0;
    ino_t inode = 0;

    if (member != NULL && member->worker != 0)
        return false;
    if (process->state == 'Z' || !program_of(process->pid, &device, &inode))
        return false;
    if (process->age < FAMILY_AGE && process->pid != family->root)
        return false;
    if (member != NULL && member->device == device && member->inode == inode)
        return false; /* it was served, or cannot be */
    if (member == NULL)
        member = add_member(family, process->pid);
    member->device = device;
    member->inode = inode;
    *out_member = member;
    return true;
}

static void
look(struct family *family)
{
    struct census census;

    census_take(&census);
    for (size_t i = 0; i < census.count; i++) {
        const struct procfs_process *process = &census.list[i];
        struct member *member;

        if (is_of(&census, process->pid, family->root) &&
            is_due(family, process, &member))
            start_worker(family, member);
    }
    free(census.list);
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
