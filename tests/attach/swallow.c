/*
 * swallow.c - makes a program leak that does not, once dbgmalloc is attached to
 * it: preloaded, it has the import slots of all modules lead `free` to itself,
 * and goes on through a slot of its own, which dbgmalloc redirects. So every
 * block that is swallowed here was, for dbgmalloc, never freed.
 *
 *   SWALLOW_ARM=FILE    begin when this file is there
 *   SWALLOW_OUT=FILE    written when the place is chosen, a line:
 *                       PC SIZE, of the place whose blocks are swallowed
 *   SWALLOW_EVERY=N     which of them
 *
 * The place is the one of the most frees among the first SURVEY that follow.
 */
#include "dbgmalloc.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#undef free

#ifdef __aarch64__
#define SLOT_OF_CALL R_AARCH64_JUMP_SLOT
#define SLOT_OF_ADDRESS R_AARCH64_GLOB_DAT
#else
#define SLOT_OF_CALL R_X86_64_JUMP_SLOT
#define SLOT_OF_ADDRESS R_X86_64_GLOB_DAT
#endif

#define SURVEY 4000
#define PLACES 512

struct place {
    const void *pc;
    size_t size;
    unsigned count;
};

static char arm[512], out[512]; /* a program may overwrite its environment */
static unsigned long every;
static int (*examine)(const void *, struct dbgmalloc_info *);
static struct place places[PLACES];
static unsigned surveyed;
static struct place chosen; /* count 0: not yet */
static unsigned long met, calls;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static __thread int inside __attribute__((tls_model("initial-exec")));

static int
find_library(struct dl_phdr_info *info, size_t size, void *found)
{
    char *name = found;

    (void)size;
    if (strncmp(info->dlpi_name, "/proc/self/fd/", 14) != 0)
        return 0;
    snprintf(name, NAME_MAX, "%s", info->dlpi_name);
    return 1;
}

/* Not in the visit: dlopen waits for the lock that another dlopen holds, which
 * may wait for the one of the list. */
static void
open_library(void)
{
    char name[NAME_MAX] = "";
    void *library;

    if (dl_iterate_phdr(find_library, name) == 0)
        return;
    library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (library != NULL)
        *(void **)&examine = dlsym(library, "dbgmalloc_examine");
}

static void
choose(void)
{
    struct place *best = &places[0];
    int fd;

    for (int i = 1; i < PLACES; i++) {
        if (places[i].count > best->count)
            best = &places[i];
    }
    fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0) {
        dprintf(fd, "%lu %zu\n", (unsigned long)(uintptr_t)best->pc,
                best->size);
        close(fd);
    }
    chosen = *best;
}

static void
count(const struct dbgmalloc_info *info)
{
    uintptr_t key = ((uintptr_t)info->made.pc * 31 + info->size) *
                    UINT64_C(0x9e3779b97f4a7c15);

    for (unsigned i = 0; i < 16; i++) {
        struct place *place = &places[((key >> 48) + i) % PLACES];

        if (place->count != 0 &&
            (place->pc != info->made.pc || place->size != info->size))
            continue;
        place->pc = info->made.pc;
        place->size = info->size;
        place->count++;
        break;
    }
    if (++surveyed == SURVEY)
        choose();
}

/* With the lock. */
static int
is_swallowed(void *p)
{
    struct dbgmalloc_info info = {.struct_size = sizeof(info)};

    if (examine == NULL) {
        if (calls++ % 256 != 0 || access(arm, F_OK) != 0)
            return 0;
        open_library();
        if (examine == NULL)
            return 0;
    }
    if (examine(p, &info) != 0 || info.block != p || !info.is_live ||
        info.made.pc == NULL)
        return 0;
    if (chosen.count == 0) {
        count(&info);
        return 0;
    }
    return info.made.pc == chosen.pc && info.size == chosen.size &&
           ++met % every == 0;
}

static void
swallowing_free(void *p)
{
    int saved = errno;
    int is_gone = 0;

    if (p != NULL && !inside && !atomic_flag_test_and_set(&lock)) {
        inside = 1;
        is_gone = is_swallowed(p);
        inside = 0;
        atomic_flag_clear(&lock);
    }
    errno = saved;
    if (!is_gone)
        free(p);
}

/* The module's slots of `free`. */
static void
redirect(uintptr_t base, const ElfW(Rela) *rela, size_t size,
         const ElfW(Sym) *symbols, const char *names)
{
    for (size_t i = 0; i < size / sizeof(*rela); i++) {
        const ElfW(Sym) *symbol = &symbols[ELF64_R_SYM(rela[i].r_info)];
        unsigned type = ELF64_R_TYPE(rela[i].r_info);
        uintptr_t *slot = (uintptr_t *)(base + rela[i].r_offset);
        uintptr_t page = (uintptr_t)slot & ~(uintptr_t)4095;

        if ((type != SLOT_OF_CALL && type != SLOT_OF_ADDRESS) ||
            strcmp(names + symbol->st_name, "free") != 0 ||
            mprotect((void *)page, 4096, PROT_READ | PROT_WRITE) != 0)
            continue;
        *slot = (uintptr_t)swallowing_free;
    }
}

static int
visit_module(struct dl_phdr_info *info, size_t unused, void *data)
{
    const ElfW(Dyn) *dynamic = NULL;
    const ElfW(Sym) *symbols = NULL;
    const ElfW(Rela) *rela = NULL, *jumps = NULL;
    const char *names = NULL;
    size_t size = 0, jump_size = 0;

    (void)unused;
    (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            dynamic = (void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        /* Not our own. */
        if (info->dlpi_phdr[i].p_type == PT_LOAD &&
            (uintptr_t)visit_module - info->dlpi_addr -
                    info->dlpi_phdr[i].p_vaddr <
                info->dlpi_phdr[i].p_memsz)
            return 0;
    }
    if (dynamic == NULL || strstr(info->dlpi_name, "ld-linux") != NULL ||
        strstr(info->dlpi_name, "linux-vdso") != NULL)
        return 0;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        void *p = (void *)dynamic->d_un.d_ptr;

        switch (dynamic->d_tag) {
        case DT_SYMTAB: symbols = p; break;
        case DT_STRTAB: names = p; break;
        case DT_RELA: rela = p; break;
        case DT_RELASZ: size = dynamic->d_un.d_val; break;
        case DT_JMPREL: jumps = p; break;
        case DT_PLTRELSZ: jump_size = dynamic->d_un.d_val; break;
        default: break;
        }
    }
    redirect(info->dlpi_addr, rela, size, symbols, names);
    redirect(info->dlpi_addr, jumps, jump_size, symbols, names);
    return 0;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *a = getenv("SWALLOW_ARM"), *o = getenv("SWALLOW_OUT");
    const char *n = getenv("SWALLOW_EVERY");

    if (a == NULL || o == NULL || n == NULL)
        return;
    snprintf(arm, sizeof(arm), "%s", a);
    snprintf(out, sizeof(out), "%s", o);
    every = strtoul(n, NULL, 10);
    if (every > 0)
        dl_iterate_phdr(visit_module, NULL);
}
