/*
 * os/vdso.c - functions that the kernel maps into every process.
 *
 * Reading the clock by system call takes 40 times as long as by the vDSO, and
 * libc's wrapper is one that other libraries like to replace. So the vDSO's
 * symbols are looked up here. It is an ELF image made by the kernel, trusted,
 * with one loadable segment and both tables at its very place.
 * Source: System V gABI, ch. 5 (Dynamic Section, Hash Table); vdso(7).
 */
#include "os/vdso.h"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>

#include "base/text.h"
#include "os/process.h"

/* The tables that a look-up needs. */
struct image {
    uintptr_t bias; /* what to add to an address in the file */
    const Elf64_Sym *symbols;
    const char *names;
    const uint32_t *hash;     /* DT_HASH, or NULL */
    const uint32_t *gnu_hash; /* DT_GNU_HASH, or NULL */
};

/* find_dynamic - the dynamic section; *out_bias is set. NULL if there is no
 * segment to load or no such section. */
static const Elf64_Dyn *
find_dynamic(const Elf64_Ehdr *head, uintptr_t *out_bias)
{
    uintptr_t start = (uintptr_t)head;
    const Elf64_Phdr *segments = (const void *)(start + head->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    bool is_loaded = false;

    for (unsigned i = 0; i < head->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC) {
            dynamic = (const void *)(start + segments[i].p_offset);
        } else if (segments[i].p_type == PT_LOAD && !is_loaded) {
            *out_bias = start + segments[i].p_offset - segments[i].p_vaddr;
            is_loaded = true;
        }
    }
    return is_loaded ? dynamic : NULL;
}

static bool
read_image(const Elf64_Ehdr *head, struct image *image)
{
    const Elf64_Dyn *entry = find_dynamic(head, &image->bias);

    if (entry == NULL)
        return false;
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *p = (const void *)(image->bias + entry->d_un.d_ptr);

        if (entry->d_tag == DT_SYMTAB)
            image->symbols = p;
        else if (entry->d_tag == DT_STRTAB)
            image->names = p;
        else if (entry->d_tag == DT_HASH)
            image->hash = p;
        else if (entry->d_tag == DT_GNU_HASH)
            image->gnu_hash = p;
    }
    return image->symbols != NULL && image->names != NULL;
}

/*
 * count_symbols - how many symbols the table has, which only the hash tables
 * tell: DT_HASH in a word; DT_GNU_HASH (which newer kernels have alone) by its
 * last chain, which ends where the lowest bit is set.
 */
static uint32_t
count_symbols(const struct image *image)
{
    const uint32_t *table = image->gnu_hash;
    const uint32_t *buckets;
    const uint32_t *chains;
    uint32_t last = 0;

    if (image->hash != NULL)
        return image->hash[1];
    if (table == NULL)
        return 0;
    /* Head: bucket count, first symbol, words of the filter, its shift. */
    buckets = table + 4 + (size_t)table[2] * (sizeof(Elf64_Addr) / 4);
    chains = buckets + table[0];
    for (uint32_t i = 0; i < table[0]; i++) {
        if (buckets[i] > last)
            last = buckets[i];
    }
    if (last < table[1])
        return table[1];
    while ((chains[last - table[1]] & 1) == 0)
        last++;
    return last + 1;
}

void *
vdso_find(const char *name)
{
    const Elf64_Ehdr *head = (const void *)process_aux(AT_SYSINFO_EHDR);
    struct image image = {.symbols = NULL};
    uint32_t count;

    if (head == NULL || !read_image(head, &image))
        return NULL;
    count = count_symbols(&image);
    for (uint32_t i = 0; i < count; i++) {
        const Elf64_Sym *symbol = &image.symbols[i];

        if (symbol->st_shndx != SHN_UNDEF &&
            ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
            text_is_equal(image.names + symbol->st_name, name))
            return (void *)(image.bias + symbol->st_value);
    }
    return NULL;
}
