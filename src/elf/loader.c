/*
 * elf/loader.c - what the dynamic loader has in memory now, read from outside.
 *
 * The signature is made of the loader's own counters. They have no public
 * address, but the structure that holds them has (_rtld_global), and
 * dl_iterate_phdr tells their values. So calibration keeps every word of the
 * structure that holds the right value; those that do so by accident drop out
 * when the values have changed, and until then only cost a needless look.
 */
#include "elf/loader.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#include "elf/symtab.h"
#include "os/page.h"
#include "os/process.h"

/* More objects than any process has; a bound against a list with a loop. */
#define LOADER_OBJECTS_MAX 100000
#define LOADER_NAMESPACES_MAX 64
#define LOADER_WORDS_MAX 32

/* struct r_debug_extended of glibc 2.35: other namespaces follow. */
struct rendezvous {
    struct r_debug common;
    struct rendezvous *next;
};

/* Words that may be the loader's counters: 64 and 32 bits wide. `count` is
 * UINT32_MAX before the first calibration. Written by loader_calibrate alone
 * (one thread at a time), read without a lock: an entry is 0 or an address
 * that stays valid for ever. */
static struct {
    _Atomic uintptr_t added[LOADER_WORDS_MAX];
    _Atomic uintptr_t present[LOADER_WORDS_MAX];
    _Atomic uint32_t added_count;
    _Atomic uint32_t present_count;
    bool is_searched;
} words;

/* Where the program headers of the main program are, by the kernel. */
static const Elf64_Phdr *
main_segments(size_t *out_count)
{
    *out_count = process_aux(AT_PHNUM);
    return (const Elf64_Phdr *)process_aux(AT_PHDR);
}

/* The main program's load bias and dynamic section (0: it has none). */
static bool
find_main(struct loader_object *out)
{
    size_t count;
    const Elf64_Phdr *segments = main_segments(&count);
    const Elf64_Phdr *dynamic = NULL;
    uintptr_t base = 0;

    if (segments == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (segments[i].p_type == PT_PHDR)
            base = (uintptr_t)segments - segments[i].p_vaddr;
        else if (segments[i].p_type == PT_DYNAMIC)
            dynamic = &segments[i];
    }
    *out = (struct loader_object){
        .base = base,
        .dynamic = dynamic != NULL ? base + dynamic->p_vaddr : 0,
        .name = "",
        .is_main = true,
    };
    return true;
}

/* The structure that the loader keeps for debuggers, or NULL: not yet, or a
 * static program. */
static const struct rendezvous *
find_rendezvous(void)
{
    struct loader_object program;

    if (!find_main(&program) || program.dynamic == 0)
        return NULL;
    for (const Elf64_Dyn *d = (const Elf64_Dyn *)program.dynamic;
         d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_DEBUG)
            return (const struct rendezvous *)d->d_un.d_ptr;
    }
    return NULL;
}

static int
visit_vdso(int (*visit)(const struct loader_object *, void *), void *context)
{
    struct loader_object vdso = {.header = process_aux(AT_SYSINFO_EHDR),
                                 .base = process_aux(AT_SYSINFO_EHDR),
                                 .name = "",
                                 .is_vdso = true};

    return vdso.header == 0 ? 0 : visit(&vdso, context);
}

static bool
is_consistent(const struct rendezvous *list)
{
    return __atomic_load_n(&list->common.r_state, __ATOMIC_ACQUIRE) ==
           RT_CONSISTENT;
}

/* The objects of one namespace. The nodes may vanish as we read them. */
static int
visit_list(const struct rendezvous *list, unsigned space,
           int (*visit)(const struct loader_object *, void *), void *context)
{
    uintptr_t vdso = process_aux(AT_SYSINFO_EHDR);
    const struct link_map *node =
        __atomic_load_n(&list->common.r_map, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; node != NULL; i++) {
        struct link_map copy;
        struct loader_object object;
        int error;

        if (i == LOADER_OBJECTS_MAX ||
            page_read(&copy, node, sizeof copy) != sizeof copy)
            return -EAGAIN;
        object = (struct loader_object){
            .base = copy.l_addr,
            .dynamic = (uintptr_t)copy.l_ld,
            .name = copy.l_name,
            .is_main = space == 0 && i == 0,
            .space = (uint8_t)space,
        };
        /* The kernel's own object is visited apart, also where the loader does
         * not list it; its dynamic section lies behind its header. */
        if (vdso == 0 || object.dynamic < vdso ||
            object.dynamic - vdso >= 0x10000) {
            error = visit(&object, context);
            if (error != 0)
                return error;
        }
        node = copy.l_next;
    }
    return 0;
}

int
loader_each(int (*visit)(const struct loader_object *, void *), void *context)
{
    const struct rendezvous *list = find_rendezvous();
    uint32_t signature = loader_signature();
    unsigned i = 0;
    int error;

    if (list == NULL || list->common.r_map == NULL) {
        struct loader_object program;

        if (find_main(&program)) {
            error = visit(&program, context);
            if (error != 0)
                return error;
        }
        return visit_vdso(visit, context);
    }
    for (const struct rendezvous *l = list;
         l != NULL && i < LOADER_NAMESPACES_MAX; i++) {
        if (!is_consistent(l))
            return -EAGAIN;
        error = visit_list(l, i, visit, context);
        if (error != 0)
            return error;
        if (!is_consistent(l))
            return -EAGAIN;
        l = l->common.r_version >= 2 ? l->next : NULL;
    }
    if (signature != loader_signature())
        return -EAGAIN;
    return visit_vdso(visit, context);
}

uint32_t
loader_signature(void)
{
    uint64_t sum = 0;
    uint32_t count =
        atomic_load_explicit(&words.added_count, memory_order_acquire);

    for (uint32_t i = 0; i < count; i++) {
        const uint64_t *p = (const uint64_t *)atomic_load_explicit(
            &words.added[i], memory_order_relaxed);

        /* Products that do not wait for one another. */
        sum += __atomic_load_n(p, __ATOMIC_RELAXED) * (2 * i + 1);
    }
    count = atomic_load_explicit(&words.present_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *p = (const uint32_t *)atomic_load_explicit(
            &words.present[i], memory_order_relaxed);

        sum += (uint64_t)__atomic_load_n(p, __ATOMIC_RELAXED) << (13 + i % 16);
    }
    return (uint32_t)(sum ^ sum >> 32);
}

static int
first_counts(struct dl_phdr_info *info, size_t size, void *context)
{
    struct loader_counts *counts = context;

    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) +
                    sizeof info->dlpi_subs) {
        counts->added = info->dlpi_adds;
        counts->removed = info->dlpi_subs;
    }
    return 1; /* Every object would say the same. */
}

/* The loader's global state, [*out_start, +size); false if it cannot be
 * found (no glibc, or a static program). */
static bool
find_state(uintptr_t *out_start, size_t *out_size)
{
    const struct rendezvous *list = find_rendezvous();
    struct symtab_entry entry;
    struct symtab symbols;
    uintptr_t dynamic = 0;
    uintptr_t base;
    Elf64_Ehdr header;

    if (list == NULL || list->common.r_ldbase == 0)
        return false;
    base = list->common.r_ldbase;
    if (page_read(&header, (const void *)base, sizeof header) !=
            sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        const Elf64_Phdr *segment =
            (const Elf64_Phdr *)(base + header.e_phoff) + i;

        if (segment->p_type == PT_DYNAMIC)
            dynamic = base + segment->p_vaddr;
    }
    if (dynamic == 0 ||
        symtab_open_dynamic(base, (const void *)dynamic, &symbols) != 0 ||
        symtab_find_name(&symbols, "_rtld_global", &entry) != 0)
        return false;
    *out_start = base + entry.addr;
    *out_size = entry.size;
    return true;
}

/* The first calibration: every word with the right value. */
static void
search_words(const struct loader_counts *counts)
{
    uint64_t present = counts->added - counts->removed;
    uint32_t added_count = 0;
    uint32_t present_count = 0;
    bool has_count;
    uintptr_t start;
    size_t size;

    words.is_searched = true;
    if (counts->added == 0 || !find_state(&start, &size))
        return;
    /* It begins, as far back as glibc goes, with the first namespace: the list
     * itself, then how many are in it. */
    if (size > 16 &&
        *(const uintptr_t *)start ==
            (uintptr_t)find_rendezvous()->common.r_map &&
        *(const uint32_t *)(start + 8) == present)
        words.present[present_count++] = start + 8;
    has_count = present_count > 0;
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint32_t)) {
        uint32_t narrow = *(const uint32_t *)(start + at);

        if (!has_count && narrow == present && present_count < LOADER_WORDS_MAX)
            words.present[present_count++] = start + at;
        if (at % sizeof(uint64_t) == 0 &&
            *(const uint64_t *)(start + at) == counts->added &&
            added_count < LOADER_WORDS_MAX)
            words.added[added_count++] = start + at;
    }
    if (added_count == 0 || present_count == 0)
        return;
    atomic_store_explicit(&words.added_count, added_count,
                          memory_order_release);
    atomic_store_explicit(&words.present_count, present_count,
                          memory_order_release);
}

/* A later one: drop the words that were right by accident. The counters can
 * change between the two looks, so none is dropped unless one is right. */
static void
sift_words(const struct loader_counts *counts)
{
    uint64_t present = counts->added - counts->removed;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < words.added_count; i++) {
        if (*(const uint64_t *)words.added[i] == counts->added)
            words.added[kept++] = words.added[i];
    }
    if (kept > 0)
        atomic_store_explicit(&words.added_count, kept, memory_order_release);
    kept = 0;
    for (uint32_t i = 0; i < words.present_count; i++) {
        if (*(const uint32_t *)words.present[i] == present)
            words.present[kept++] = words.present[i];
    }
    if (kept > 0)
        atomic_store_explicit(&words.present_count, kept,
                              memory_order_release);
}

void
loader_calibrate(struct loader_counts *out_counts)
{
    struct loader_counts counts = {.added = 0, .removed = 0};

    (void)dl_iterate_phdr(first_counts, &counts);
    if (!words.is_searched)
        search_words(&counts);
    else
        sift_words(&counts);
    *out_counts = counts;
}
