/*
 * tool/procfs.c - what /proc says, read line by line.
 */
#include "tool/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "tool/screen.h"
#include "tool/tool.h"

/* glibc's arenas are made of heaps of this size and alignment. */
#define ARENA_SIZE ((unsigned long)64 * 1024 * 1024)

/* /proc, or what procfs_set_root said; one thread. */
static const char *procfs_root = "/proc";

void
procfs_set_root(const char *path)
{
    procfs_root = path;
}

/* --- files --- */

/* Open /proc/PID/NAME; pid 0: /proc/NAME. */
static int
open_file(pid_t pid, const char *name)
{
    char path[PATH_MAX];
    int fd;

    if (pid > 0)
        snprintf(path, sizeof(path), "%s/%d/%s", procfs_root, (int)pid, name);
    else
        snprintf(path, sizeof(path), "%s/%s", procfs_root, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/* The whole file, terminated, to be freed; NULL and -errno in *out_error. */
static char *
read_file(pid_t pid, const char *name, size_t *out_n, int *out_error)
{
    size_t size = 8192;
    size_t n = 0;
    char *text;
    int fd = open_file(pid, name);

    if (fd < 0) {
        *out_error = fd;
        return NULL;
    }
    text = tool_grow(NULL, size);
    for (;;) {
        ssize_t got = read(fd, text + n, size - n - 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            *out_error = -errno;
            close(fd);
            free(text);
            return NULL;
        }
        if (got == 0)
            break;
        n += (size_t)got;
        if (n + 4096 > size)
            text = tool_grow(text, size *= 2);
    }
    close(fd);
    text[n] = '\0';
    if (out_n != NULL)
        *out_n = n;
    return text;
}

/* The next line of *at, terminated in place; NULL at the end. */
static char *
next_line(char **at)
{
    char *line = *at;
    char *end;

    if (*line == '\0')
        return NULL;
    end = strchrnul(line, '\n');
    *at = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return line;
}

/* A line "Key:   123 kB": sets *to, in bytes, if it is `key`'s. */
static bool
take(const char *line, const char *key, double *to)
{
    size_t n = strlen(key);

    if (strncmp(line, key, n) != 0 || line[n] != ':')
        return false;
    *to = (double)strtoull(line + n + 1, NULL, 10) * 1024;
    return true;
}

/* --- one process --- */

int
procfs_memory(pid_t pid, struct procfs_memory *out_memory)
{
    struct procfs_memory memory = {0};
    int error = 0;
    char *text = read_file(pid, "status", NULL, &error);
    char *at = text;
    char *line;

    if (text == NULL)
        return error;
    while ((line = next_line(&at)) != NULL) {
        if (take(line, "VmRSS", &memory.rss) ||
            take(line, "RssAnon", &memory.anon) ||
            take(line, "RssFile", &memory.file) ||
            take(line, "RssShmem", &memory.shmem) ||
            take(line, "VmSwap", &memory.swap) ||
            take(line, "VmHWM", &memory.peak) ||
            take(line, "VmSize", &memory.virtual))
            continue;
        if (take(line, "Threads", &memory.threads))
            memory.threads /= 1024;
        /* A zombie's memory is gone. */
        if (strncmp(line, "State:\tZ", 8) == 0) {
            free(text);
            return -ESRCH;
        }
    }
    free(text);
    *out_memory = memory;
    return 0;
}

static bool
take_share(const char *line, struct procfs_share *share)
{
    return take(line, "Rss", &share->rss) || take(line, "Pss", &share->pss) ||
           take(line, "Pss_Anon", &share->pss_anon) ||
           take(line, "Pss_File", &share->pss_file) ||
           take(line, "Pss_Shmem", &share->pss_shmem) ||
           take(line, "SwapPss", &share->swap_pss);
}

int
procfs_share(pid_t pid, struct procfs_share *out_share)
{
    struct procfs_share share = {0};
    int error = 0;
    char *text = read_file(pid, "smaps_rollup", NULL, &error);
    char *at = text;
    char *line;

    if (text == NULL)
        return error;
    while ((line = next_line(&at)) != NULL)
        (void)take_share(line, &share);
    free(text);
    *out_share = share;
    return 0;
}

/* Seconds since the machine's start. */
static double
uptime(void)
{
    int error;
    char *text = read_file(0, "uptime", NULL, &error);
    double seconds = text != NULL ? strtod(text, NULL) : 0;

    free(text);
    return seconds;
}

int
procfs_process(pid_t pid, struct procfs_process *out_process)
{
    struct procfs_process process = {.pid = pid};
    int error = 0;
    char *text = read_file(pid, "stat", NULL, &error);
    char *open;
    char *close;
    int parent = 0;
    unsigned long flags = 0;
    unsigned long long start = 0;
    char path[PATH_MAX];
    struct stat status;

    if (text == NULL)
        return error;
    /* The name may hold brackets and blanks: it ends at the last bracket. */
    open = strchr(text, '(');
    close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open ||
        sscanf(close + 1,
               " %c %d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %*d %*d %llu",
               &process.state, &parent, &flags, &start) != 4) {
        free(text);
        return -EINVAL;
    }
    *close = '\0';
    screen_clean(process.name, sizeof(process.name), open + 1);
    free(text);
    process.parent = parent;
    process.is_kernel = (flags & 0x00200000) != 0; /* PF_KTHREAD */
    process.age = uptime() - (double)start / (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof(path), "%s/%d", procfs_root, (int)pid);
    if (stat(path, &status) == 0)
        process.uid = status.st_uid;
    *out_process = process;
    return 0;
}

const char *
procfs_command(pid_t pid, char *buffer, size_t size)
{
    struct procfs_process process;
    size_t n = 0;
    int error;
    char *text = read_file(pid, "cmdline", &n, &error);

    /* A program that wrote a title over it left NULs or blanks behind. */
    while (n > 0 && (text[n - 1] == '\0' || text[n - 1] == ' '))
        text[--n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\0')
            text[i] = ' ';
    }
    if (text != NULL && n > 0)
        screen_clean(buffer, size, text);
    else if (procfs_process(pid, &process) == 0)
        snprintf(buffer, size, "[%s]", process.name);
    else
        snprintf(buffer, size, "?");
    free(text);
    return buffer;
}

/* --- mappings --- */

/* "7f00-7f10 rw-p 00000000 08:01 123   /path". */
static bool
read_head(const char *line, struct procfs_map *map)
{
    char rights[8] = "";
    unsigned long start;
    unsigned long end;
    unsigned long long inode = 0;
    int path_at = 0;
    const char *path;
    size_t n;

    if (sscanf(line, "%lx-%lx %7s %*s %*s %llu %n", &start, &end, rights,
               &inode, &path_at) < 4 ||
        path_at == 0 || end < start)
        return false;
    path = line + path_at;
    *map = (struct procfs_map){.start = start, .end = end};
    map->is_accessible = strncmp(rights, "---", 3) != 0;
    if (strcmp(path, "[heap]") == 0)
        map->kind = PROCFS_HEAP;
    else if (strncmp(path, "[stack", 6) == 0)
        map->kind = PROCFS_STACK;
    else if (strncmp(path, "/dev/shm/", 9) == 0 ||
             strncmp(path, "/memfd:", 7) == 0 ||
             strncmp(path, "/SYSV", 5) == 0 ||
             strncmp(path, "/dev/zero", 9) == 0 ||
             strncmp(path, "[anon_shmem", 11) == 0)
        map->kind = PROCFS_SHARED;
    else if (inode != 0)
        map->kind = PROCFS_FILE;
    else
        map->kind = PROCFS_ANON;
    /* The end of a long path says more than its beginning. */
    n = strlen(path);
    screen_clean(map->name, sizeof(map->name),
                 n < sizeof(map->name) ? path
                                       : path + n - sizeof(map->name) + 1);
    return true;
}

/* Arenas of glibc's malloc, and stacks of threads, are anonymous; the mappings
 * around them tell. */
static void
name_kinds(struct procfs_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++) {
        struct procfs_map *map = &maps->map[i];
        const struct procfs_map *before = i > 0 ? map - 1 : NULL;
        const struct procfs_map *after = i + 1 < maps->count ? map + 1 : NULL;

        if (map->kind != PROCFS_ANON || !map->is_accessible)
            continue;
        if (map->start % ARENA_SIZE == 0 &&
            (map->end == map->start + ARENA_SIZE ||
             (after != NULL && !after->is_accessible &&
              after->start == map->end &&
              after->end == map->start + ARENA_SIZE))) {
            map->kind = PROCFS_HEAP;
            if (map->name[0] == '\0')
                strcpy(map->name, "[malloc arena]");
        } else if (before != NULL && !before->is_accessible &&
                   before->kind == PROCFS_ANON && before->end == map->start &&
                   before->end - before->start <= 65536 &&
                   map->end - map->start >= 16384) {
            map->kind = PROCFS_STACK;
            if (map->name[0] == '\0')
                strcpy(map->name, "[thread's stack]");
        }
    }
}

static void
add_up(struct procfs_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct procfs_map *map = &maps->map[i];

        maps->rss[map->kind] += map->rss + map->swap;
        /* What is only set aside is no memory of anybody's. */
        if (map->is_accessible)
            maps->size[map->kind] += (double)(map->end - map->start);
    }
}

static void
add_shares(struct procfs_share *share, const struct procfs_share *part)
{
    share->rss += part->rss;
    share->pss += part->pss;
    share->pss_anon += part->pss_anon;
    share->pss_file += part->pss_file;
    share->pss_shmem += part->pss_shmem;
    share->swap_pss += part->swap_pss;
}

int
procfs_maps(pid_t pid, struct procfs_maps *out_maps)
{
    struct procfs_maps maps = {0};
    struct procfs_map *map = NULL;
    struct procfs_share part = {0};
    size_t room = 0;
    int error = 0;
    char *text = read_file(pid, "smaps", NULL, &error);
    char *at = text;
    char *line;

    if (text == NULL)
        return error;
    while ((line = next_line(&at)) != NULL) {
        /* A mapping begins with its address, what follows with a capital. */
        if (!isupper((unsigned char)*line)) {
            struct procfs_map head;

            if (!read_head(line, &head))
                continue;
            if (maps.count == room) {
                room = room > 0 ? room * 2 : 128;
                maps.map = tool_grow(maps.map, room * sizeof(*maps.map));
            }
            add_shares(&maps.share, &part);
            part = (struct procfs_share){0};
            map = &maps.map[maps.count++];
            *map = head;
        } else if (map != NULL && *line != 'V') {
            double swap;

            (void)take_share(line, &part);
            map->rss = part.rss;
            map->pss = part.pss;
            if (take(line, "Swap", &swap))
                map->swap = swap;
        }
    }
    add_shares(&maps.share, &part);
    free(text);
    name_kinds(&maps);
    add_up(&maps);
    *out_maps = maps;
    return 0;
}

void
procfs_maps_free(struct procfs_maps *maps)
{
    free(maps->map);
    *maps = (struct procfs_maps){0};
}

const char *
procfs_kind_name(enum procfs_kind kind)
{
    static const char *const names[] = {
        [PROCFS_HEAP] = "heap",     [PROCFS_ANON] = "anonymous",
        [PROCFS_STACK] = "stacks",  [PROCFS_FILE] = "files",
        [PROCFS_SHARED] = "shared",
    };

    return names[kind];
}

/* --- the machine --- */

int
procfs_machine(struct procfs_machine *out_machine)
{
    struct procfs_machine m = {0};
    int error = 0;
    char *text = read_file(0, "meminfo", NULL, &error);
    char *at = text;
    char *line;

    if (text == NULL)
        return error;
    while ((line = next_line(&at)) != NULL) {
        double more = 0;

        if (take(line, "MemTotal", &m.total) ||
            take(line, "MemFree", &m.free) ||
            take(line, "MemAvailable", &m.available) ||
            take(line, "Mapped", &m.mapped) ||
            take(line, "AnonPages", &m.anon) || take(line, "Shmem", &m.shmem) ||
            take(line, "Slab", &m.slab) || take(line, "Hugetlb", &m.huge) ||
            take(line, "SwapTotal", &m.swap_total) ||
            take(line, "SwapFree", &m.swap_free))
            continue;
        if (take(line, "Cached", &more) || take(line, "Buffers", &more))
            m.cached += more;
        else if (take(line, "SwapCached", &more))
            m.swap_cached = more;
        else if (take(line, "KernelStack", &more) ||
                 take(line, "PageTables", &more) ||
                 take(line, "SecPageTables", &more) ||
                 take(line, "Percpu", &more))
            m.kernel += more;
    }
    free(text);
    *out_machine = m;
    return 0;
}

/* --- all processes --- */

static int
compare_pids(const void *a, const void *b)
{
    return (*(const pid_t *)a > *(const pid_t *)b) -
           (*(const pid_t *)a < *(const pid_t *)b);
}

/* A process id, or 0. */
static pid_t
read_pid(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return isdigit((unsigned char)*text) && *end == '\0' && n > 0 &&
                   n <= INT_MAX
               ? (pid_t)n
               : 0;
}

pid_t *
procfs_list(size_t *out_count)
{
    DIR *directory = opendir(procfs_root);
    const struct dirent *entry;
    pid_t *pids;
    size_t count = 0;
    size_t room = 256;

    if (directory == NULL)
        return NULL;
    pids = tool_grow(NULL, room * sizeof(*pids));
    while ((entry = readdir(directory)) != NULL) {
        pid_t pid = read_pid(entry->d_name);

        if (pid == 0)
            continue;
        if (count == room)
            pids = tool_grow(pids, (room *= 2) * sizeof(*pids));
        pids[count++] = pid;
    }
    closedir(directory);
    qsort(pids, count, sizeof(*pids), compare_pids);
    *out_count = count;
    return pids;
}

/* True if the process is called `word`, its executable is, or the script that
 * is its first argument (of an interpreter: python3 server.py). */
static bool
is_called(pid_t pid, const char *word)
{
    struct procfs_process process;
    char path[PATH_MAX];
    char exe[PATH_MAX];
    size_t n = 0;
    ssize_t length;
    int error;
    char *text;
    bool is_found = false;

    if (procfs_process(pid, &process) != 0 || process.is_kernel)
        return false;
    if (strcmp(process.name, word) == 0)
        return true;
    snprintf(path, sizeof(path), "%s/%d/exe", procfs_root, (int)pid);
    length = readlink(path, exe, sizeof(exe) - 1);
    if (length > 0) {
        exe[length] = '\0';
        if (strcmp(text_base_name(exe), word) == 0)
            return true;
    }
    text = read_file(pid, "cmdline", &n, &error);
    if (text == NULL)
        return false;
    for (size_t at = 0, i = 0; at < n && i < 2 && !is_found; i++) {
        is_found = strcmp(text_base_name(text + at), word) == 0;
        at += strlen(text + at) + 1;
    }
    free(text);
    return is_found;
}

pid_t *
procfs_find(const char *word, size_t *out_count)
{
    pid_t pid = read_pid(word);
    size_t n = 0;
    size_t count = 0;
    pid_t *pids;

    if (pid > 0) {
        pids = tool_grow(NULL, sizeof(*pids));
        pids[0] = pid;
        *out_count = 1;
        return pids;
    }
    pids = procfs_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (pids[i] != getpid() && pids[i] != getppid() &&
            is_called(pids[i], word))
            pids[count++] = pids[i];
    }
    *out_count = count;
    return pids;
}
