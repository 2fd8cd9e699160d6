/*
 * os/process.c - this process as the kernel and its start-up stack know it:
 * environment, auxiliary vector, names, limits, and how it ends.
 *
 * Everything is asked for anew at each call, except what never changes.
 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "os/call.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/lines.h"
#include "os/page.h"
#include "os/signal.h"
#include "os/thread.h"

/* First size of the copy of /proc/self/environ, a multiple of any OS page. */
#define ENVIRON_SIZE ((size_t)64 * 1024)

/* The kernel's default of vm.max_map_count. */
#define DEFAULT_MAX_MAPS 65530

#define DELETED " (deleted)"

/* The environment at the start of the process, "A=1\0B=2\0\0", or NULL until
 * it is needed. Atomic; written once and then never changed. */
static char *_Atomic start_environ;

/* True once libc's environ was seen set: unset after that means empty.
 * Atomic. */
static _Atomic bool environ_was_set;

/* value_of - what follows "NAME=" in `entry`, or NULL if that is not how it
 * begins. */
static const char *
value_of(const char *entry, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(entry, name, n) != 0 || entry[n] != '=')
        return NULL;
    return entry + n + 1;
}

/* read_environ - /proc/self/environ in a mapping of its own, ended by an empty
 * string; NULL if it cannot be read. */
static char *
read_environ(size_t *out_size)
{
    size_t size = ENVIRON_SIZE;
    char *bytes = page_map(size);
    char *larger;
    long result;

    while (bytes != NULL) {
        /* One byte less, for the NUL that ends the list. */
        result = file_read_whole("/proc/self/environ", bytes, size - 1);
        if (result >= 0) {
            bytes[result] = '\0';
            bytes[result + 1] = '\0';
            *out_size = size;
            return bytes;
        }
        larger = NULL;
        if (result == -EFBIG)
            larger = page_remap(bytes, size, size * 2, true);
        if (larger == NULL)
            page_unmap(bytes, size);
        bytes = larger;
        size *= 2;
    }
    return NULL;
}

/* start_environ_get - the environment at the start, read if need be. */
static const char *
start_environ_get(void)
{
    char *known = atomic_load(&start_environ);
    size_t size = 0;
    char *mine;

    if (known != NULL)
        return known;
    mine = read_environ(&size);
    if (mine == NULL)
        return NULL;
    /* Of two threads that read it at once, one keeps its copy. */
    if (!atomic_compare_exchange_strong(&start_environ, &known, mine)) {
        page_unmap(mine, size);
        return known;
    }
    return mine;
}

const char *
process_env(const char *name)
{
    char **list = environ;
    const char *entry;
    const char *value;

    if (list != NULL) {
        atomic_store_explicit(&environ_was_set, true, memory_order_relaxed);
        for (; *list != NULL; list++) {
            value = value_of(*list, name);
            if (value != NULL)
                return value;
        }
        return NULL;
    }
    /* clearenv leaves NULL too, and then there is nothing to find. */
    if (atomic_load_explicit(&environ_was_set, memory_order_relaxed))
        return NULL;
    entry = start_environ_get();
    if (entry == NULL)
        return NULL;
    for (; *entry != '\0'; entry += strlen(entry) + 1) {
        value = value_of(entry, name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

bool
process_is_secure(void)
{
    return process_aux(AT_SECURE) != 0;
}

/*
 * The loader keeps the vector's address before any code of ours can run, so
 * libc's reader works without /proc, which a sandbox may lack, and does not
 * allocate or lock. It sets errno where the entry is missing, so errno is put
 * back. Reading past the end of environ instead would break as soon as a
 * program moved it.
 */
uintptr_t
process_aux(unsigned long type)
{
    int saved_errno = errno;
    uintptr_t value = getauxval(type);

    errno = saved_errno;
    return value;
}

uint64_t
process_random(void)
{
    const void *seed = (const void *)process_aux(AT_RANDOM);
    uint64_t words[2] = {0, 0};
    uint64_t hash;

    if (seed != NULL)
        memcpy(words, seed, sizeof(words));
    hash = hash_add(hash_u64(words[0]), words[1]);
    hash = hash_add(hash, clock_now());
    hash = hash_add(hash, arch_ticks());
    return hash_add(hash, (uint64_t)thread_process_id());
}

/* cut_deleted - the kernel says so after the name of a program whose file is
 * gone; a file may really be called that. */
static void
cut_deleted(char *path, size_t length)
{
    size_t n = sizeof(DELETED) - 1;
    struct file_identity identity;

    if (length > n && text_is_equal(path + length - n, DELETED) &&
        file_identify_path(path, &identity) != 0)
        path[length - n] = '\0';
}

const char *
process_path(char *buffer, size_t size)
{
    long length =
        CALL_4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", buffer, size - 1);
    const char *name;

    if (length > 0) {
        buffer[length] = '\0';
        cut_deleted(buffer, (size_t)length);
        return buffer;
    }
    /* Without /proc, what was executed; a relative name would depend on where
     * the process was then. */
    name = (const char *)process_aux(AT_EXECFN);
    if (name == NULL || name[0] != '/')
        name = "";
    (void)text_copy(buffer, size, name);
    return buffer;
}

const char *
process_name(char *buffer, size_t size)
{
    char path[1024];
    const char *name = text_base_name(process_path(path, sizeof(path)));

    if (name[0] == '\0') {
        name = (const char *)process_aux(AT_EXECFN);
        name = name == NULL ? "" : text_base_name(name);
    }
    (void)text_copy(buffer, size, name);
    return buffer;
}

const char *
process_command_line(char *buffer, size_t size)
{
    int fd = file_open("/proc/self/cmdline", FILE_READ, 0);
    size_t done = 0;

    buffer[0] = '\0';
    if (fd < 0)
        return buffer;
    while (done < size - 1) {
        long result = file_read(fd, buffer + done, size - 1 - done);

        if (result <= 0)
            break;
        done += (size_t)result;
    }
    file_close(fd);
    /* Each argument ends with a NUL, the last one too. */
    while (done > 0 && buffer[done - 1] == '\0')
        done--;
    buffer[done] = '\0';
    for (size_t i = 0; i < done; i++) {
        if (buffer[i] == '\0')
            buffer[i] = ' ';
    }
    return buffer;
}

const char *
process_host(char *buffer, size_t size)
{
    struct utsname name = {0};

    if (CALL_1(SYS_uname, &name) != 0)
        name.nodename[0] = '\0';
    (void)text_copy(buffer, size, name.nodename);
    return buffer;
}

unsigned
process_uid(void)
{
    return (unsigned)CALL_0(SYS_getuid);
}

int
process_parent_id(void)
{
    return (int)CALL_0(SYS_getppid);
}

uint64_t
process_address_limit(void)
{
    struct rlimit limit = {0};

    if (CALL_4(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

unsigned long
process_max_maps(void)
{
    uint64_t count;

    if (lines_field("/proc/sys/vm/max_map_count", "", &count) != 0 ||
        count == 0)
        return DEFAULT_MAX_MAPS;
    return (unsigned long)count;
}

void
process_exit(int status)
{
    for (;;)
        (void)CALL_1(SYS_exit_group, status); /* does not return */
}

void
process_abort(void)
{
    signal_raise_default(SIGABRT);
    /* The first process of a container has no default actions. */
    process_exit(128 + SIGABRT);
}

/* In the copy, which shares nothing with the process. */
static void NORETURN
die_with_core(void)
{
    struct rlimit limit = {0};

    if (CALL_4(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)CALL_4(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
    }
    process_abort();
}

/* The copy's end sends no signal, so only who asks for clones (__WALL) can
 * wait for it: no wait of the program's takes it. */
int
process_dump(bool *out_has_core)
{
    long pid = CALL_5(SYS_clone, 0, 0, 0, 0, 0);
    int status = 0;
    long result;

    *out_has_core = false;
    if (pid == 0)
        die_with_core();
    if (pid < 0)
        return (int)pid;
    do {
        result = CALL_4(SYS_wait4, pid, &status, __WALL, NULL);
    } while (result == -EINTR);
    *out_has_core = result == pid && WIFSIGNALED(status) && WCOREDUMP(status);
    return (int)pid;
}

void
process_die(const char *file, int line, const char *what)
{
    process_warn("bug: %s:%d: %s", file, line, what);
    process_abort();
}

void
process_warn(const char *format, ...)
{
    static const char prefix[] = "dbgmalloc: ";
    char text[512];
    size_t start = sizeof(prefix) - 1;
    size_t room = sizeof(text) - 1 - start; /* a newline is added */
    size_t length;
    va_list values;

    memcpy(text, prefix, start);
    va_start(values, format);
    length = format_text_v(text + start, room, format, values);
    va_end(values);
    length = start + (length < room ? length : room - 1);
    text[length] = '\n';
    /* There is nobody to tell that fd 2 cannot be written. */
    (void)!file_write(2, text, length + 1);
}
