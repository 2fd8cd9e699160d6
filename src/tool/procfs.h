/*
 * tool/procfs.h - the memory of any process, and of the machine, from /proc.
 *
 * Cheap and dear: `status` costs the kernel some microseconds whatever the
 * process's size; `smaps_rollup` and `smaps` walk its page tables, and want the
 * right to trace it. The caller decides how often.
 *
 * All sizes are bytes. What the kernel does not tell is 0. A process's name and
 * its mappings' names come from the process, and may hold any byte; they are
 * cut to fit.
 */
#ifndef TOOL_PROCFS_H
#define TOOL_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/* The kernel's counts, from status. */
struct procfs_memory {
    double rss;
    double anon;  /* of rss: memory of no file, the program's own */
    double file;  /* of rss: pages of files */
    double shmem; /* of rss: shared memory */
    double swap;
    double peak;    /* the most that rss ever was */
    double virtual; /* address space */
    double threads;
};

/* Shared pages counted by halves, thirds, ...; from smaps_rollup or smaps. */
struct procfs_share {
    double pss;
    double pss_anon;
    double pss_file;
    double pss_shmem;
    double swap_pss;
    double rss;
};

enum procfs_kind {
    PROCFS_HEAP,   /* brk's, and the arenas of glibc's malloc */
    PROCFS_ANON,   /* mmap without a file: large blocks, other allocators */
    PROCFS_STACK,  /* of the main thread, of the others as far as can be seen */
    PROCFS_FILE,   /* programs, libraries, files mapped */
    PROCFS_SHARED, /* shared memory */
    PROCFS__KIND_COUNT
};

struct procfs_map {
    unsigned long start;
    unsigned long end;
    enum procfs_kind kind;
    bool is_accessible; /* readable, writable or executable */
    double rss;
    double pss;
    double swap;
    char name[64]; /* the end of the path, "[heap]", ... */
};

struct procfs_maps {
    struct procfs_map *map; /* by address; to be freed by procfs_maps_free */
    size_t count;
    struct procfs_share share;
    double rss[PROCFS__KIND_COUNT]; /* swap included */
    double size[PROCFS__KIND_COUNT];
};

struct procfs_process {
    pid_t pid;
    pid_t parent;
    unsigned uid;
    char state;     /* R, S, D, Z, T */
    double age;     /* seconds since its start */
    char name[32];  /* of the executable, cut by the kernel to 15 bytes */
    bool is_kernel; /* a thread of the kernel's, without memory */
};

struct procfs_machine {
    double total;     /* MemTotal */
    double free;      /* MemFree */
    double available; /* MemAvailable */
    double cached;    /* Cached and Buffers, shared memory included */
    double mapped;    /* Mapped: file and shared pages of processes */
    double anon;      /* AnonPages */
    double shmem;
    double slab;   /* Slab */
    double kernel; /* KernelStack, PageTables, Percpu, SecPageTables, ... */
    double huge;   /* set aside for hugetlbfs */
    double swap_total;
    double swap_free;
    double swap_cached;
};

/* procfs_set_root - another place than /proc, for tests. */
void procfs_set_root(const char *path);

/* procfs_memory, procfs_share, procfs_process, procfs_maps - of one process;
 * 0, or -errno: -ESRCH or -ENOENT once it has ended, -EACCES or -EPERM where it
 * is another's. */
int MUST_CHECK procfs_memory(pid_t pid, struct procfs_memory *out_memory);
int MUST_CHECK procfs_share(pid_t pid, struct procfs_share *out_share);
int MUST_CHECK procfs_process(pid_t pid, struct procfs_process *out_process);
int MUST_CHECK procfs_maps(pid_t pid, struct procfs_maps *out_maps);
void procfs_maps_free(struct procfs_maps *maps);

/* procfs_machine - from meminfo. 0 or -errno. */
int MUST_CHECK procfs_machine(struct procfs_machine *out_machine);

/* procfs_command - the command line, arguments joined by blanks, control bytes
 * replaced; the name in brackets where there is none. Returns `buffer`. */
const char *procfs_command(pid_t pid, char *buffer, size_t size);

/* procfs_list - all processes, in rising order; *out_count of them, to be
 * freed. NULL where /proc cannot be read. */
pid_t *procfs_list(size_t *out_count);

/* procfs_find - those that the word means: a process id, or the name of the
 * process, of its executable or of the script it runs. As procfs_list; this
 * process itself is not found by name. */
pid_t *procfs_find(const char *word, size_t *out_count);

/* procfs_kind_name - "heap", "anonymous", ... */
const char *procfs_kind_name(enum procfs_kind kind);

#endif
