/*
 * tool/injector.c - a thread of another process brings the library in.
 *
 * The library's file is copied into a memory file of the process's own, which
 * its loader opens by /proc/self/fd: so it works into containers and chroots.
 */
#include "tool/injector.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/remote.h"
#include "tool/channel.h"
#include "tool/remotecall.h"
#include "tool/target.h"
#include "tool/tool.h"

/* The name by which /proc shows the library that we brought. */
#define LIBRARY_NAME "dbgmalloc.so"

/* __RTLD_DLOPEN: what __libc_dlopen_mode wants to see. */
#define LIBC_DLOPEN_MODE UINT64_C(0x80000000)

#define FIND_NS UINT64_C(20000000000)
#define LOAD_NS UINT64_C(20000000000)

/* How long what is known of the process's modules is good for. */
#define ROUND_NS UINT64_C(500000000)

/* How long a loader is waited for that is still at its work. */
#define START_NS UINT64_C(3000000000)

/* The module that has our way in: brought by an earlier attachment, or there
 * from the start. */
static uintptr_t
find_entry(struct remotemap *map)
{
    uintptr_t entry = 0;

    for (size_t i = 0; i < map->module_count && entry == 0; i++)
        entry = remotemap_symbol(map, &map->modules[i], "dbgmalloc_attach_");
    return entry;
}

static int
call(struct remotecall *remote, const char *step, uintptr_t function,
     uint64_t a, uint64_t b, uint64_t timeout_ns, int64_t *out_result)
{
    const uint64_t arguments[4] = {a, b, 0, 0};

    remote->step = step;
    return remotecall_run(remote, function, arguments, timeout_ns, out_result);
}

/* How much of the library's file the loader maps. Debug information and symbol
 * tables lie behind that, several times as much. */
static size_t
loaded_size(const struct file_map *file)
{
    const unsigned char *bytes = file->bytes;
    size_t end = 0;
    Elf64_Ehdr header;

    if (file->size < sizeof(header))
        return file->size;
    memcpy(&header, bytes, sizeof(header));
    if (header.e_phentsize != sizeof(Elf64_Phdr) ||
        header.e_phoff > file->size ||
        header.e_phnum > (file->size - header.e_phoff) / sizeof(Elf64_Phdr))
        return file->size;
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;

        memcpy(&segment, bytes + header.e_phoff + i * sizeof(segment),
               sizeof(segment));
        if (segment.p_type == PT_LOAD &&
            segment.p_offset + segment.p_filesz > end)
            end = segment.p_offset + segment.p_filesz;
    }
    return end >= sizeof(header) && end <= file->size ? end : file->size;
}

/* Write what is loaded of it, whose header then tells of no sections. */
static int
write_library(int fd, const struct file_map *file)
{
    size_t size = loaded_size(file);
    Elf64_Ehdr header;
    int error;

    if (size == file->size)
        return file_write(fd, file->bytes, size);
    memcpy(&header, file->bytes, sizeof(header));
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = SHN_UNDEF;
    error = file_write(fd, &header, sizeof(header));
    if (error != 0)
        return error;
    return file_write(fd, file->bytes + sizeof(header), size - sizeof(header));
}

/* Copy the library into the target's memory file. */
static int
send_library(pid_t pid, int fd)
{
    struct file_map file;
    char *path = target_library();
    int error, theirs;

    if (path == NULL)
        return -ENOENT;
    error = file_map(path, &file);
    free(path);
    if (error != 0)
        return error;
    theirs = channel_reach(pid, fd, O_WRONLY);
    error = theirs < 0 ? theirs : write_library(theirs, &file);
    if (theirs >= 0)
        (void)close(theirs); /* all of it was written */
    file_unmap(&file);
    return error;
}

/* What the target's loader says of its last failure. */
static void
loader_words(struct remotecall *remote, char *words, size_t size)
{
    uintptr_t dlerror_at;
    int64_t text = 0;

    (void)snprintf(words, size, "%s", "its loader refuses it");
    if (remotemap_libc(remote->map, "dlerror", &dlerror_at) != NULL &&
        call(remote, "asking why", dlerror_at, 0, 0, LOAD_NS, &text) == 0 &&
        text != 0 && remote_text(remote->pid, (uintptr_t)text, words, size) < 0)
        (void)snprintf(words, size, "%s", "its loader refuses it");
}

/* dlopen of what the memory file `fd` of the target holds. */
static int
load_library(struct remotecall *remote, int fd, char *why, size_t size)
{
    uintptr_t dlopen_at, path_at;
    uint64_t mode = RTLD_NOW;
    int64_t handle = 0;
    char path[64];
    int error;

    if (remotemap_libc(remote->map, "dlopen", &dlopen_at) == NULL) {
        /* Before glibc 2.34 libc itself has this one. */
        mode |= LIBC_DLOPEN_MODE;
        if (remotemap_libc(remote->map, "__libc_dlopen_mode", &dlopen_at) ==
            NULL)
            return snprintf(why, size, "its libc has no dlopen"), -ENOTSUP;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    path_at = remotecall_put(remote, path, strlen(path) + 1);
    error = call(remote, "loading the library", dlopen_at, path_at, mode,
                 LOAD_NS, &handle);
    if (error != 0)
        return snprintf(why, size, "%s", remote->why), error;
    if (handle == 0) {
        loader_words(remote, why, size);
        return -ELIBBAD;
    }
    return 0;
}

/* Bring the library in, on the thread that is held. */
static int
bring_library(struct remotecall *remote, char *why, size_t size)
{
    uintptr_t memfd_at, close_at, name_at;
    int64_t fd = -1, unused;
    const char *step;
    int error;

    if (remotemap_libc(remote->map, "memfd_create", &memfd_at) == NULL ||
        remotemap_libc(remote->map, "close", &close_at) == NULL)
        return snprintf(why, size, "its libc is too old (no memfd_create)"),
               -ENOTSUP;
    name_at = remotecall_put(remote, LIBRARY_NAME, sizeof(LIBRARY_NAME));
    error = call(remote, "making a memory file", memfd_at, name_at, 1, FIND_NS,
                 &fd);
    if (error != 0)
        return snprintf(why, size, "%s", remote->why), error;
    fd = (int32_t)fd;
    if (fd < 0)
        return snprintf(why, size,
                        "memfd_create is refused there (a seccomp filter, or "
                        "no descriptors left)"),
               -EPERM;
    remote->step = "copying the library";
    error = send_library(remote->pid, (int)fd);
    if (error != 0)
        (void)snprintf(why, size, "the library cannot be copied: %s",
                       strerror(-error));
    else
        error = load_library(remote, (int)fd, why, size);
    /* Loaded or not, the descriptor is of no more use. */
    step = remote->step;
    (void)call(remote, "closing the memory file", close_at, (uint64_t)fd, 0,
               FIND_NS, &unused);
    remote->step = step;
    return error;
}

/* Find the way in, bringing the library if need be, and call it. */
static int
enter(struct remotecall *remote, const char *options, int64_t *out_fd,
      char *why, size_t size)
{
    struct remotemap fresh;
    uintptr_t entry = find_entry(remote->map);
    uintptr_t text_at;
    int error = 0;

    if (entry == 0) {
        error = bring_library(remote, why, size);
        if (error == 0)
            error = remotemap_read(remote->pid, &fresh);
        if (error != 0)
            return error;
        entry = find_entry(&fresh);
        remotemap_fini(&fresh);
        if (entry == 0)
            return snprintf(why, size, "the library is not where it was put"),
                   -ENOENT;
    }
    text_at = remotecall_put(remote, options, strlen(options) + 1);
    if (text_at == 0)
        return snprintf(why, size, "the options are too long"), -E2BIG;
    error = call(remote, "redirecting its calls", entry, text_at, 0, LOAD_NS,
                 out_fd);
    *out_fd = (int32_t)*out_fd;
    if (error != 0)
        (void)snprintf(why, size, "%s", remote->why);
    return error;
}

/* It is in the midst of its exec, or its loader has not come to libc yet. */
static bool
is_starting(const struct remotemap *map)
{
    uintptr_t unused;

    if (map->start.headers == 0)
        return map->region_count != 0;
    if (remotemap_libc(map, "mmap", &unused) != NULL)
        return false;
    for (size_t i = 0; i < map->module_count; i++) {
        if (map->modules[i].is_loader)
            return true;
    }
    return false;
}

/* remotemap_read of a process that may have been started just now. */
static int
read_map(pid_t pid, struct remotemap *out_map)
{
    uint64_t end = clock_now() + START_NS;

    for (;;) {
        int error = remotemap_read(pid, out_map);

        if (error != 0 || !is_starting(out_map) || clock_now() >= end)
            return error;
        remotemap_fini(out_map);
        channel_pause();
    }
}

/*
 * Read the map and have a thread stopped. What was read of a process that calls
 * exec meanwhile, or loads modules, fits what is there no longer: so it is read
 * anew from time to time. *out_has_map: `map` is to be given back.
 */
static int
begin(struct remotecall *remote, pid_t pid, struct remotemap *map,
      bool *out_has_map)
{
    uint64_t end = clock_now() + FIND_NS;
    uint64_t stopped_ns = 0;

    for (;;) {
        int error = read_map(pid, map);

        *out_has_map = error == 0;
        if (error != 0)
            return error;
        error = remotecall_begin(remote, map, ROUND_NS);
        stopped_ns += remote->stopped_ns;
        remote->stopped_ns = stopped_ns;
        if (clock_now() >= end ||
            (error != -ETIMEDOUT && (error == 0 || remotemap_is_current(map))))
            return error;
        remotemap_fini(map);
    }
}

/* What is asked of the thread that injects, and what comes of it. */
struct injection {
    pid_t pid;
    const char *name;
    const char *options;
    bool is_told;
    uint64_t stopped_ns;
    int result;
};

static int
inject(struct injection *injection)
{
    char why[REMOTECALL_WHY_MAX] = "";
    static struct remotecall remote; /* large */
    const char *name = injection->name;
    int pid = injection->pid;
    struct remotemap map;
    int64_t fd = -1;
    bool has_map;
    int error = begin(&remote, pid, &map, &has_map);

    injection->is_told = error != 0;
    if (!has_map) {
        tool_say("%s (%d): its memory cannot be read: %s", name, pid,
                 strerror(-error));
        return error;
    }
    if (error != 0) {
        (void)snprintf(why, sizeof(why), "%s", remote.why);
    } else {
        error = enter(&remote, injection->options, &fd, why, sizeof(why));
        remotecall_end(&remote);
    }
    remotemap_fini(&map);
    injection->stopped_ns = remote.stopped_ns;
    injection->is_told = error != 0;
    if (error != 0 && remote.is_lost) {
        tool_say("%s (%d): %s: %s. Its thread %d is still at that; the others "
                 "go on as before.",
                 name, pid, remote.step, why, remote.tid);
        return error;
    }
    if (error != 0) {
        tool_say("%s (%d): %s: %s. It goes on as before.", name, pid,
                 remote.step, why);
        return error;
    }
    return (int)fd;
}

static void *
inject_in_thread(void *injection_address)
{
    struct injection *injection = injection_address;

    injection->result = inject(injection);
    return NULL;
}

int
injector_run(pid_t pid, const char *name, const char *options,
             bool *out_is_told, uint64_t *out_stopped_ns)
{
    struct injection injection = {.pid = pid, .name = name, .options = options};
    pthread_t thread;
    int error;

    /* In a thread of its own: with its end the kernel lets go of all that it
     * traced, also of what could not be stopped in time to be let go. */
    error = pthread_create(&thread, NULL, inject_in_thread, &injection);
    if (error != 0)
        return -error;
    error = pthread_join(thread, NULL);
    *out_is_told = injection.is_told;
    *out_stopped_ns = injection.stopped_ns;
    return error != 0 ? -error : injection.result;
}
