/*
 * inject.c - makes a program leak that does not: preloaded before dbgmalloc, it
 * swallows every N-th free of blocks from one place, as if the program had
 * forgotten it. dbgmalloc knows nothing of it: it is asked by its public
 * interface where a block was made, and sees one free less.
 *
 *   INJECT_PROGRAM=NAME  only in this program
 *   INJECT_SURVEY=FILE   swallow nothing; write at exit, a line each, how often
 *                        blocks of each place and size were freed:
 *                        COUNT MODULE OFFSET SIZE
 *   INJECT_MODULE=NAME INJECT_OFFSET=N INJECT_SIZE=N  the place and size
 *   INJECT_EVERY=N       which of them
 *   INJECT_OUT=FILE      three words, kept up to date: blocks swallowed, their
 *                        bytes, the return address of the place in this run
 */
#include "dbgmalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#undef free

#define PLACES 65536

struct place {
    const void *pc;
    size_t size;
    unsigned long count;
};

static struct place places[PLACES]; /* by hash; guarded by `lock` */
static atomic_flag lock = ATOMIC_FLAG_INIT;
static void (*next_free)(void *);
static int (*examine)(const void *, struct dbgmalloc_info *);
/* Copies: a program may write its title over the environment (redis does). */
static char *survey, *module;
static char survey_text[4096], module_text[256];
static unsigned long offset, size, every = 1;
static volatile uint64_t *out;
static const void *site; /* once it was met */
static const void *program_base;
static unsigned long met;
static int is_on;
/* Set while this thread is inside here: what dladdr frees is let pass. */
static __thread int inside __attribute__((tls_model("initial-exec")));

static unsigned long
number(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? 0 : strtoul(text, NULL, 0);
}

/* The variable's text in `copy`, or NULL. */
static char *
text(const char *name, char *copy, size_t room)
{
    const char *found = getenv(name);

    if (found == NULL || strlen(found) >= room)
        return NULL;
    return strcpy(copy, found);
}

static void
map_out(const char *path)
{
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    void *p = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, 4096) == 0)
        p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        out = p;
    if (fd >= 0)
        close(fd);
}

__attribute__((constructor)) static void
begin(void)
{
    const char *program = getenv("INJECT_PROGRAM");
    Dl_info info;
    int saved = errno;

    inside = 1;
    *(void **)&next_free = dlsym(RTLD_NEXT, "free");
    *(void **)&examine = dlsym(RTLD_DEFAULT, "dbgmalloc_examine");
    if (dladdr((void *)getauxval(AT_ENTRY), &info) != 0)
        program_base = info.dli_fbase;
    survey = text("INJECT_SURVEY", survey_text, sizeof(survey_text));
    module = text("INJECT_MODULE", module_text, sizeof(module_text));
    offset = number("INJECT_OFFSET");
    size = number("INJECT_SIZE");
    every = number("INJECT_EVERY");
    if (examine != NULL &&
        (program == NULL ||
         strcmp(program, program_invocation_short_name) == 0) &&
        (survey != NULL || (module != NULL && every > 0))) {
        map_out(getenv("INJECT_OUT"));
        is_on = 1;
    }
    inside = 0;
    errno = saved;
}

/* The name of the module; of the program, whose own may be overwritten too,
 * "program". */
static const char *
module_name(const Dl_info *info)
{
    const char *slash;

    if (info->dli_fbase == program_base)
        return "program";
    slash = strrchr(info->dli_fname, '/');
    return slash == NULL ? info->dli_fname : slash + 1;
}

static void
count(const void *pc, size_t of_size)
{
    size_t at = ((uintptr_t)pc * 31 + of_size) * 0x9e3779b97f4a7c15u >> 48;

    while (atomic_flag_test_and_set(&lock))
        ;
    for (int i = 0; i < 64; i++, at = (at + 1) % PLACES) {
        if (places[at].count != 0 &&
            (places[at].pc != pc || places[at].size != of_size))
            continue;
        places[at].pc = pc;
        places[at].size = of_size;
        places[at].count++;
        break;
    }
    atomic_flag_clear(&lock);
}

/* Is this the place? Asked of the loader until it was met once. */
static int
is_site(const void *pc)
{
    Dl_info info;

    if (site != NULL)
        return pc == site;
    if (dladdr(pc, &info) == 0 || info.dli_fname == NULL ||
        (uintptr_t)pc - (uintptr_t)info.dli_fbase != offset ||
        strcmp(module_name(&info), module) != 0)
        return 0;
    site = pc;
    return 1;
}

/* True if this free is to be forgotten. */
static int
is_forgotten(void *p)
{
    struct dbgmalloc_info info = {.struct_size = sizeof(info)};

    if (examine(p, &info) != 0 || info.block != p || !info.is_live ||
        info.made.pc == NULL)
        return 0;
    if (survey != NULL) {
        count(info.made.pc, info.size);
        return 0;
    }
    if (info.size != size || !is_site(info.made.pc) ||
        __atomic_add_fetch(&met, 1, __ATOMIC_RELAXED) % every != 0)
        return 0;
    if (out != NULL) {
        __atomic_add_fetch(&out[0], 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&out[1], info.size, __ATOMIC_RELAXED);
        out[2] = (uintptr_t)site;
    }
    return 1;
}

void
free(void *p)
{
    int saved = errno;
    int forgotten = 0;

    if (next_free == NULL)
        return; /* before our constructor: there is nothing worth having */
    if (is_on && p != NULL && !inside) {
        inside = 1;
        forgotten = is_forgotten(p);
        inside = 0;
    }
    errno = saved;
    if (!forgotten)
        next_free(p);
}

__attribute__((destructor)) static void
end(void)
{
    int fd;

    if (!is_on || survey == NULL)
        return;
    inside = 1;
    fd = open(survey, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (size_t i = 0; fd >= 0 && i < PLACES; i++) {
        Dl_info info;

        if (places[i].count > 0 && dladdr(places[i].pc, &info) != 0 &&
            info.dli_fname != NULL)
            dprintf(fd, "%lu %s %lu %zu\n", places[i].count,
                    module_name(&info),
                    (unsigned long)((uintptr_t)places[i].pc -
                                    (uintptr_t)info.dli_fbase),
                    places[i].size);
    }
    if (fd >= 0)
        close(fd);
    inside = 0;
}
