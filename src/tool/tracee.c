/*
 * tool/tracee.c - a process that somebody wants to attach to.
 */
#include "tool/tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/arch/arch.h"

#define CAPABILITY_PTRACE 19 /* CAP_SYS_PTRACE */

static FILE *
open_proc(int pid, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

static bool
read_name(int pid, char *name, size_t size)
{
    FILE *file = open_proc(pid, "comm");
    bool done;

    if (file == NULL)
        return false;
    done = fgets(name, (int)size, file) != NULL;
    (void)fclose(file); /* only read */
    if (done)
        name[strcspn(name, "\n")] = '\0';
    return done;
}

/* ---- reading ---- */

static void
read_line(const char *line, struct tracee *tracee)
{
    const char *last;

    (void)sscanf(line, "State: %c", &tracee->state);
    (void)sscanf(line, "TracerPid: %d", &tracee->tracer);
    (void)sscanf(line, "Seccomp: %d", &tracee->seccomp);
    (void)sscanf(line, "Threads: %u", &tracee->threads);
    (void)sscanf(line, "Uid: %u %u %u", &tracee->uids[0], &tracee->uids[1],
                 &tracee->uids[2]);
    (void)sscanf(line, "Gid: %u %u %u", &tracee->gids[0], &tracee->gids[1],
                 &tracee->gids[2]);
    if (strncmp(line, "NSpid:", 6) == 0) {
        last = strrchr(line, '\t');
        tracee->inner_pid = last != NULL ? atoi(last + 1) : tracee->pid;
    }
    if (strncmp(line, "x86_Thread_features:", 20) == 0)
        tracee->has_shadow_stack = strstr(line, "shstk") != NULL;
}

/* Is the tracee's `what` (root, ns/user) another than ours? */
static bool
is_other(int pid, const char *what)
{
    struct stat ours, theirs;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/%s", what);
    if (stat(path, &ours) != 0)
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
    if (stat(path, &theirs) != 0)
        return false;
    return ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino;
}

int
tracee_read(int pid, struct tracee *out_tracee)
{
    struct tracee tracee = {.pid = pid, .inner_pid = pid};
    FILE *file = open_proc(pid, "status");
    char line[512], path[64];
    ssize_t n;

    if (file == NULL)
        return errno == ENOENT ? -ESRCH : -errno;
    while (fgets(line, sizeof(line), file) != NULL)
        read_line(line, &tracee);
    (void)fclose(file); /* only read */
    (void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    n = readlink(path, tracee.path, sizeof(tracee.path) - 1);
    tracee.path[n > 0 ? n : 0] = '\0';
    if (!read_name(pid, tracee.name, sizeof(tracee.name)))
        (void)snprintf(tracee.name, sizeof(tracee.name), "%d", pid);
    tracee.is_other_root = is_other(pid, "root");
    tracee.is_other_user_namespace = is_other(pid, "ns/user");
    *out_tracee = tracee;
    return 0;
}

/* ---- checking ---- */

static int refuse(char *why, size_t size, int error, const char *format, ...)
    PRINTF_LIKE(4, 5);

static int
refuse(char *why, size_t size, int error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(why, size, format, values);
    va_end(values);
    return error;
}

static bool
has_capability(unsigned capability)
{
    unsigned long long effective = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");

    if (file == NULL)
        return geteuid() == 0;
    while (fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "CapEff: %llx", &effective);
    (void)fclose(file); /* only read */
    return (effective >> capability & 1) != 0;
}

/* Yama's rule, 0 where there is none. */
static int
yama_scope(void)
{
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
    int scope = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%d", &scope) != 1)
        scope = 0;
    (void)fclose(file); /* only read */
    return scope;
}

/* The kernel gives the files of a process that may not dump core to root. */
static bool
is_dumpable(const struct tracee *tracee)
{
    struct stat status;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/mem", tracee->pid);
    return stat(path, &status) != 0 || status.st_uid == tracee->uids[1];
}

static int
check_rights(const struct tracee *tracee, char *why, size_t size)
{
    bool is_able = has_capability(CAPABILITY_PTRACE);
    int scope = yama_scope();
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (scope >= 3)
        return refuse(why, size, -EPERM,
                      "this system allows no process to trace another "
                      "(kernel.yama.ptrace_scope is %d, until the next boot). "
                      "Run the program under `dbgmalloc run` instead",
                      scope);
    if (is_able)
        return 0;
    if (tracee->is_other_user_namespace)
        return refuse(why, size, -EPERM,
                      "it lives in another user namespace. Attach as root, or "
                      "from inside its container");
    if (tracee->uids[0] != uid || tracee->uids[1] != uid ||
        tracee->uids[2] != uid || tracee->gids[0] != gid ||
        tracee->gids[1] != gid || tracee->gids[2] != gid)
        return refuse(why, size, -EPERM,
                      "it runs as user %u (real), %u (effective), and this "
                      "command as %u. Run it as that user, or as root",
                      tracee->uids[0], tracee->uids[1], (unsigned)uid);
    if (!is_dumpable(tracee))
        return refuse(why, size, -EPERM,
                      "it has made itself not dumpable (or is setuid), so "
                      "only root may attach to it");
    if (scope == 2)
        return refuse(why, size, -EPERM,
                      "this system lets only root trace "
                      "(kernel.yama.ptrace_scope is 2). Run this as root");
    if (scope == 1)
        return refuse(why, size, -EPERM,
                      "this system lets a process trace its own children "
                      "only (kernel.yama.ptrace_scope is 1). Run this as "
                      "root, or give it CAP_SYS_PTRACE");
    return 0;
}

/* Its program: of this kind of machine at all? */
static int
check_program(const struct tracee *tracee, char *why, size_t size)
{
    unsigned char head[20] = {0};
    unsigned machine;
    char path[64];
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/exe", tracee->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? refuse(why, size, -ENOEXEC, "it is a thread of the kernel")
                   : 0; /* the rights are checked elsewhere */
    if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
        head[0] = 0;
    (void)close(fd); /* only read */
    machine = head[18] | (unsigned)head[19] << 8;
    if (memcmp(head, ELFMAG, SELFMAG) != 0)
        return 0;
    if (head[EI_CLASS] != ELFCLASS64)
        return refuse(why, size, -ENOEXEC,
                      "it is a 32-bit program; this command and its library "
                      "are for 64 bits");
    if (machine != ARCH_ELF_MACHINE)
        return refuse(why, size, -ENOEXEC,
                      "its program is for another kind of CPU (ELF machine "
                      "%u, and this command is for %s)",
                      machine, ARCH_NAME);
    return 0;
}

static int
check_state(const struct tracee *tracee, char *why, size_t size)
{
    char name[TRACEE_NAME_MAX] = "?";

    if (tracee->state == 'Z' || tracee->state == 'X')
        return refuse(why, size, -ESRCH, "it has ended");
    if (tracee->pid == getpid())
        return refuse(why, size, -EINVAL, "that is this command itself");
    if (tracee->tracer != 0) {
        (void)read_name(tracee->tracer, name, sizeof(name)); /* or "?" */
        return refuse(why, size, -EBUSY,
                      "process %d (%s) traces it already, and there can be "
                      "one tracer only. End that one first",
                      tracee->tracer, name);
    }
    if (tracee->state == 'T')
        return refuse(why, size, -EBUSY,
                      "it is stopped (SIGSTOP or ^Z). Let it go on (kill "
                      "-CONT %d) and try again",
                      tracee->pid);
    if (tracee->seccomp == 1)
        return refuse(why, size, -EPERM,
                      "it is in strict seccomp mode, which ends it at any "
                      "system call but read, write and exit");
    if (tracee->has_shadow_stack)
        return refuse(why, size, -ENOTSUP,
                      "it runs with shadow stacks, on which no call can be "
                      "put from outside. Start it with "
                      "GLIBC_TUNABLES=glibc.cpu.x86_shstk=off");
    return 0;
}

int
tracee_check(const struct tracee *tracee, char *why, size_t size)
{
    int error = check_state(tracee, why, size);

    if (error == 0)
        error = check_program(tracee, why, size);
    if (error == 0)
        error = check_rights(tracee, why, size);
    return error;
}
