/*
 * prove.h - what the correct programs share: they end with 0 when all that
 * they say in their first comment holds, and else name on stderr what did not.
 */
#ifndef PROVE_H
#define PROVE_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The condition must hold; else say which did not, and end with 1. */
#define PROVE(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            dprintf(2, "%s:%d: does not hold: %s (errno %d)\n", __FILE__,      \
                    __LINE__, #condition, errno);                              \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

/* The driver reads 77 as "skipped", with the reason from stderr. */
#define PROVE_SKIP(reason)                                                     \
    do {                                                                       \
        dprintf(2, "%s\n", (reason));                                          \
        _exit(77);                                                             \
    } while (0)

/* keep - hide from the compiler where a pointer comes from, so that it can
 * neither leave out an allocation nor warn of what is meant. */
static inline void *
keep(void *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

/* keep_size - the same for a number. */
static inline size_t
keep_size(size_t n)
{
    __asm__ volatile("" : "+r"(n));
    return n;
}

/* prove_library - true if the program runs under the library. Some situations
 * are undefined with the libc's own malloc; those parts run only then. */
static inline bool
prove_library(void)
{
    return dlsym(RTLD_DEFAULT, "dbgmalloc_version") != NULL;
}

/* prove_is_off - true if the library was told to be a plain allocator, which
 * keeps no record of a block and does not know what was asked for. */
static inline bool
prove_is_off(void)
{
    const char *mode = getenv("PROVE_MODE"); /* from run.sh */
    return mode != NULL && strcmp(mode, "off") == 0;
}

/* prove_argument - the number in argv[1], or `otherwise`. */
static inline long
prove_argument(int argc, char **argv, long otherwise)
{
    return argc > 1 ? strtol(argv[1], NULL, 10) : otherwise;
}

/* prove_child - the two sides of a fork in a signal handler, which gave `pid`.
 * The child allocates if it `may`, and ends; it is true if it did so well. */
static inline bool
prove_child(pid_t pid, bool may)
{
    int status = 0;
    if (pid == 0) {
        alarm(20);
        for (size_t i = 1; may && i < 20; i++)
            free(keep(malloc(i * 100)));
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && status == 0;
}

/* prove_random - a small generator with a fixed seed (xorshift64*). */
static inline uint32_t
prove_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

/* prove_filled - true if all `n` bytes at `p` are `byte`. */
static inline bool
prove_filled(const void *p, unsigned char byte, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)p;
    return n == 0 || (bytes[0] == byte && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* prove_status_kb - a line of /proc/self/status such as "VmRSS:", in KiB, or
 * -1. */
static inline long
prove_status_kb(const char *key)
{
    char line[256];
    long value = -1;
    FILE *f = fopen("/proc/self/status", "re");
    if (f == NULL)
        return -1;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key), NULL, 10);
    (void)fclose(f); /* It was only read. */
    return value;
}

#endif
