/*
 * os/process.h - this process as the kernel and its start-up stack know it.
 *
 * Nothing here calls getenv or libc's /proc readers: the environment is read
 * from the block that the kernel made, so it works before libc's constructors.
 *
 * Thread: any.   Signal: yes, unless said otherwise.
 */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* process_env - the value of environment variable `name` now, or NULL. Reads
 * libc's environ where it is set, else /proc/self/environ (the result then
 * lies in a copy that is made once and kept). */
const char *process_env(const char *name);

/* process_is_secure - true if the program runs with rights that its caller
 * does not have (AT_SECURE). */
bool process_is_secure(void);

/* process_aux - the value of the auxiliary vector's entry `type` (AT_*), or 0.
 * AT_RANDOM's 16 bytes are reached through it. */
uintptr_t process_aux(unsigned long type);

/* process_random - 64 bits from AT_RANDOM mixed with the clock and pid; not
 * for secrets that must hold against an attacker with time. */
uint64_t process_random(void);

/* process_path - the absolute path of the running program; "" if unknown.
 * Returns `buffer`. */
const char *process_path(char *buffer, size_t size);

/* process_name - the last part of process_path, the name of an interpreter's
 * script not considered. Returns `buffer`. */
const char *process_name(char *buffer, size_t size);

/* process_command_line - the arguments joined by blanks, cut to fit. Returns
 * `buffer`. */
const char *process_command_line(char *buffer, size_t size);

/* process_host - the host's name. Returns `buffer`. */
const char *process_host(char *buffer, size_t size);

unsigned process_uid(void);
int process_parent_id(void);

/* Memory as the kernel counts it, bytes; a member is 0 where it is unknown. */
struct process_memory {
    uint64_t resident;      /* VmRSS */
    uint64_t resident_peak; /* VmHWM */
    uint64_t virtual_size;  /* VmSize */
    uint64_t swapped;       /* VmSwap */
};

/* process_memory - read /proc/self/status. Returns 0 or -errno. */
int process_memory(struct process_memory *out_memory);

/* process_address_limit - RLIMIT_AS in bytes, UINT64_MAX for none. */
uint64_t process_address_limit(void);

/* process_max_maps - vm.max_map_count, 65530 where it cannot be read. */
unsigned long process_max_maps(void);

/* One line of /proc/self/maps. */
struct process_mapping {
    uintptr_t start;
    uintptr_t end;
    bool readable, writable, executable, shared;
    uint64_t offset;
    uint64_t inode;
    char path[256];         /* cut to fit; "" for anonymous memory */
};

/*
 * process_each_mapping - call `visit` for each mapping of this process, in the
 * order of addresses, until it returns false.
 *
 * Returns the number visited, or -errno if the list cannot be read.
 */
long process_each_mapping(bool (*visit)(const struct process_mapping *, void *),
                          void *context);

/* process_exit - end the process at once: no handlers, no destructors. */
void NORETURN process_exit(int status);

/* process_abort - raise SIGABRT with its default action. */
void NORETURN process_abort(void);

/*
 * process_dump - let a copy of this process, with the calling thread alone,
 * end by SIGABRT and leave a core; the process itself goes on.
 *
 * The soft limit of a core's size is no limit to it; no handler runs, and the
 * program is not told of a child. Waits until the core is written.
 * Returns the copy's process id, or -errno; *out_has_core: the kernel wrote a
 * core.
 */
int process_dump(bool *out_has_core);

/* process_die - say one line on fd 2, "dbgmalloc: bug: ...", and abort: one of
 * our own invariants is broken. */
void NORETURN process_die(const char *file, int line, const char *what);

/* process_warn - one line "dbgmalloc: ..." on fd 2. */
void process_warn(const char *format, ...) PRINTF_LIKE(1, 2);

/* BUG_IF - stop on a broken invariant of our own, in every build. */
#define BUG_IF(condition)                                                      \
    do {                                                                       \
        if (UNLIKELY(condition))                                               \
            process_die(__FILE__, __LINE__, #condition);                       \
    } while (0)

/* DEBUG_ASSERT - BUG_IF(!condition) in an --enable-debug build only. */
#ifdef DBGMALLOC_DEBUG
#define DEBUG_ASSERT(condition) BUG_IF(!(condition))
#else
#define DEBUG_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
