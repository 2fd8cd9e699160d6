/*
 * modes: default medium off production
 * Every entry point of the malloc family gives a usable block, and what
 * libc allocates for the program (strdup, asprintf, getline) is freed by it.
 */
#include <malloc.h>

#include "prove.h"

typedef void free_sized_function(void *, size_t);
typedef void free_aligned_sized_function(void *, size_t, size_t);
typedef void cfree_function(void *);

static void
try_block(void *p, size_t size, size_t align)
{
    p = keep(p);
    PROVE(p != NULL);
    PROVE((uintptr_t)p % align == 0);
    PROVE(malloc_usable_size(p) >= size);
    memset(p, 0x5a, size);
    free(p);
}

static void
try_libc(void)
{
    char text[] = "first line\nsecond, longer line\n";
    char *line = NULL;
    size_t size = 0;
    FILE *f = fmemopen(text, sizeof text - 1, "r");
    PROVE(f != NULL);
    PROVE(getline(&line, &size, f) == 11);
    PROVE(getline(&line, &size, f) == 20);
    PROVE(fclose(f) == 0);
    free(line);

    char *copy = strdup("a copy");
    PROVE(strcmp(keep(copy), "a copy") == 0);
    free(copy);
    copy = strndup("a copy", 3);
    PROVE(strcmp(keep(copy), "a c") == 0);
    free(copy);
    PROVE(asprintf(&copy, "%d and %s", 42, "text") == 11);
    free(copy);
    char *path = realpath("/", NULL);
    PROVE(path != NULL && strcmp(path, "/") == 0);
    free(path);
    free(getcwd(NULL, 0));
    char *memory = NULL;
    f = open_memstream(&memory, &size);
    PROVE(f != NULL);
    for (int i = 0; i < 10000; i++)
        PROVE(fputs("some text ", f) >= 0);
    PROVE(fclose(f) == 0 && size == 100000);
    free(memory);
}

static void
try_newer(void)
{
    /* libc has these only from 2.41 or no longer; the library always. */
    void *found = dlsym(RTLD_DEFAULT, "free_sized");
    free_sized_function *sized;
    memcpy(&sized, &found, sizeof sized);
    PROVE(sized != NULL || !prove_library());
    if (sized != NULL) {
        sized(keep(malloc(33)), 33);
        sized(NULL, 5);
    }
    found = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    free_aligned_sized_function *aligned;
    memcpy(&aligned, &found, sizeof aligned);
    PROVE(aligned != NULL || !prove_library());
    if (aligned != NULL) {
        aligned(keep(aligned_alloc(64, 128)), 64, 128);
        aligned(NULL, 64, 128);
    }
    found = dlsym(RTLD_DEFAULT, "cfree");
    cfree_function *old;
    memcpy(&old, &found, sizeof old);
    if (old != NULL && prove_library())
        old(keep(malloc(10)));
}

int
main(void)
{
    static const size_t sizes[] = {1,    15,    16,    17,     100,
                                   4096, 40000, 70000, 300000, 5000000};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i];
        void *p;
        try_block(malloc(n), n, 16);
        try_block(calloc(n, 1), n, 16);
        try_block(calloc(3, n), 3 * n, 16);
        try_block(realloc(NULL, n), n, 16);
        try_block(realloc(keep(malloc(5)), n), n, 16);
        try_block(reallocarray(NULL, n, 2), 2 * n, 16);
        try_block(aligned_alloc(64, (n + 63) / 64 * 64), n, 64);
        try_block(memalign(256, n), n, 256);
        PROVE(posix_memalign(&p, 1024, n) == 0);
        try_block(p, n, 1024);
        try_block(valloc(n), n, page);
        try_block(pvalloc(n), (n + page - 1) / page * page, page);
    }
    free(NULL);
    try_libc();
    try_newer();
    return 0;
}
