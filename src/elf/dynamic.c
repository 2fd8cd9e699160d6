/*
 * elf/dynamic.c - a loaded module's dynamic tables: what it imports, and where.
 */
#include "elf/dynamic.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/text.h"
#include "meta/meta.h"
#include "os/arch/arch.h"
#include "os/page.h"

/* More than any module has; a bound against a section without an end. */
#define ENTRIES_MAX 4096
#define SYMBOLS_MAX (UINT32_C(1) << 24)
#define NEEDS_MAX 4096

/* Read at a time: entries of the dynamic section, relocations, words. */
#define CHUNK 64
#define RELOCS_CHUNK 256
#define WORDS_CHUNK 1024

/* What the dynamic section says, addresses made absolute. */
struct tags {
    uintptr_t symbols, strings, hash, gnu_hash, versions, needs;
    size_t strings_size, need_count;
    uintptr_t rela, rel, jump;
    size_t rela_size, rel_size, jump_size;
    size_t jump_entry;
};

/* True if [addr, addr + size) lies in one segment with all of `flags`. */
static bool
is_inside(const struct dynamic *dynamic, uintptr_t addr, size_t size,
          uint32_t flags)
{
    for (size_t i = 0; i < dynamic->segment_count; i++) {
        const struct modules_segment *segment = &dynamic->segments[i];

        if (addr >= segment->start && addr < segment->end &&
            size <= segment->end - addr && (segment->flags & flags) == flags)
            return true;
    }
    return false;
}

static bool
read_exactly(const struct dynamic *dynamic, uintptr_t addr, void *target,
             size_t size)
{
    return is_inside(dynamic, addr, size, 0) &&
           page_read(target, (const void *)addr, size) == size;
}

/* The loader has added the base to addresses on most machines, not on all, and
 * not yet in a module that it is just loading. */
static uintptr_t
absolute(const struct dynamic *dynamic, uint64_t value)
{
    return value < dynamic->base ? dynamic->base + value : value;
}

static void
read_tag(const struct dynamic *dynamic, const Elf64_Dyn *entry,
         struct tags *tags)
{
    uint64_t value = entry->d_un.d_val;
    uintptr_t addr = absolute(dynamic, value);

    switch (entry->d_tag) {
    case DT_SYMTAB:
        tags->symbols = addr;
        break;
    case DT_STRTAB:
        tags->strings = addr;
        break;
    case DT_STRSZ:
        tags->strings_size = value;
        break;
    case DT_HASH:
        tags->hash = addr;
        break;
    case DT_GNU_HASH:
        tags->gnu_hash = addr;
        break;
    case DT_VERSYM:
        tags->versions = addr;
        break;
    case DT_VERNEED:
        tags->needs = addr;
        break;
    case DT_VERNEEDNUM:
        tags->need_count = value;
        break;
    case DT_RELA:
        tags->rela = addr;
        break;
    case DT_RELASZ:
        tags->rela_size = value;
        break;
    case DT_REL:
        tags->rel = addr;
        break;
    case DT_RELSZ:
        tags->rel_size = value;
        break;
    case DT_JMPREL:
        tags->jump = addr;
        break;
    case DT_PLTRELSZ:
        tags->jump_size = value;
        break;
    case DT_PLTREL:
        tags->jump_entry =
            value == DT_REL ? sizeof(Elf64_Rel) : sizeof(Elf64_Rela);
        break;
    default:
        break;
    }
}

static bool
read_tags(const struct dynamic *dynamic, uintptr_t section, struct tags *tags)
{
    Elf64_Dyn entries[CHUNK];

    memset(tags, 0, sizeof *tags);
    tags->jump_entry = sizeof(Elf64_Rela);
    for (size_t done = 0; done < ENTRIES_MAX; done += CHUNK) {
        const Elf64_Dyn *from = (const Elf64_Dyn *)section + done;
        size_t count = page_read(entries, from, sizeof entries) / sizeof *from;

        for (size_t i = 0; i < count; i++) {
            if (entries[i].d_tag == DT_NULL)
                return true;
            read_tag(dynamic, &entries[i], tags);
        }
        if (count < CHUNK)
            return false;
    }
    return false;
}

/* ---- Relocations. ---- */

static void
note_relocs(struct dynamic *dynamic, const struct tags *tags)
{
    dynamic->relocs[0] =
        (struct dynamic_relocs){tags->jump, tags->jump_size, tags->jump_entry};
    dynamic->relocs[1] = (struct dynamic_relocs){tags->rela, tags->rela_size,
                                                 sizeof(Elf64_Rela)};
    dynamic->relocs[2] =
        (struct dynamic_relocs){tags->rel, tags->rel_size, sizeof(Elf64_Rel)};
    for (size_t i = 0; i < DYNAMIC_RELOCS_MAX; i++) {
        struct dynamic_relocs *relocs = &dynamic->relocs[i];

        if (!is_inside(dynamic, relocs->addr, relocs->size, 0))
            relocs->size = 0;
    }
}

/* All of them, with the addend 0 where the table has none. */
static void
each_reloc(const struct dynamic *dynamic,
           bool (*visit)(const struct dynamic *, const Elf64_Rela *, void *),
           void *context)
{
    Elf64_Rela chunk[RELOCS_CHUNK];

    for (size_t i = 0; i < DYNAMIC_RELOCS_MAX; i++) {
        const struct dynamic_relocs *relocs = &dynamic->relocs[i];
        size_t total = relocs->size / relocs->entry_size;

        for (size_t done = 0; done < total; done += RELOCS_CHUNK) {
            size_t some =
                total - done < RELOCS_CHUNK ? total - done : RELOCS_CHUNK;
            const char *bytes = (const char *)chunk;

            if (!read_exactly(dynamic, relocs->addr + done * relocs->entry_size,
                              chunk, some * relocs->entry_size))
                break;
            for (size_t j = 0; j < some; j++) {
                Elf64_Rela reloc = {.r_addend = 0};

                memcpy(&reloc, bytes + j * relocs->entry_size,
                       relocs->entry_size);
                if (!visit(dynamic, &reloc, context))
                    return;
            }
        }
    }
}

/* ---- How many symbols there are. ---- */

/* The highest number in the buckets of a GNU hash table; false if they cannot
 * be read. */
static bool
last_bucket(const struct dynamic *dynamic, uintptr_t buckets, uint32_t count,
            uint32_t *out_last)
{
    uint32_t words[WORDS_CHUNK];

    *out_last = 0;
    for (uint32_t done = 0; done < count; done += WORDS_CHUNK) {
        uint32_t some = count - done < WORDS_CHUNK ? count - done : WORDS_CHUNK;

        if (!read_exactly(dynamic, buckets + (uintptr_t)done * 4, words,
                          some * sizeof *words))
            return false;
        for (uint32_t i = 0; i < some; i++)
            *out_last = words[i] > *out_last ? words[i] : *out_last;
    }
    return true;
}

struct symbol_count {
    uintptr_t symbols;
    size_t count;
};

static bool
note_symbol(const struct dynamic *dynamic, const Elf64_Rela *reloc,
            void *context)
{
    struct symbol_count *to = context;
    size_t symbol = (size_t)ELF64_R_SYM(reloc->r_info);

    if (symbol >= to->count && symbol < SYMBOLS_MAX &&
        is_inside(dynamic, to->symbols + symbol * sizeof(Elf64_Sym),
                  sizeof(Elf64_Sym), 0))
        to->count = symbol + 1;
    return true;
}

/* The end of the chain that begins furthest: one past the last symbol. A table
 * without any is of a module that defines nothing, and has no number that means
 * anything; what such a module imports is named by its relocations. */
static size_t
count_gnu_hash(const struct dynamic *dynamic, const struct tags *tags)
{
    struct symbol_count imported = {tags->symbols, 1}; /* the null symbol */
    uintptr_t table = tags->gnu_hash;
    uint32_t head[4]; /* buckets, first symbol, filter words, shift */
    uintptr_t buckets, chains;
    uint32_t last;

    if (!read_exactly(dynamic, table, head, sizeof head) ||
        head[0] > SYMBOLS_MAX || head[2] > SYMBOLS_MAX || head[1] > SYMBOLS_MAX)
        return 0;
    buckets = table + sizeof head + (uintptr_t)head[2] * 8;
    chains = buckets + (uintptr_t)head[0] * 4;
    if (!last_bucket(dynamic, buckets, head[0], &last))
        return 0;
    if (last < head[1]) {
        each_reloc(dynamic, note_symbol, &imported);
        return imported.count;
    }
    for (; last < SYMBOLS_MAX; last++) {
        uint32_t word;

        if (!read_exactly(dynamic, chains + (uintptr_t)(last - head[1]) * 4,
                          &word, sizeof word))
            return 0;
        if ((word & 1) != 0)
            return (size_t)last + 1;
    }
    return 0;
}

static size_t
count_symbols(const struct dynamic *dynamic, const struct tags *tags)
{
    uint32_t head[2]; /* buckets, chains: one chain word a symbol */
    size_t count = 0;

    if (tags->hash != 0 && read_exactly(dynamic, tags->hash, head, sizeof head))
        count = head[1];
    if (tags->gnu_hash != 0 && count == 0)
        count = count_gnu_hash(dynamic, tags);
    return count <= SYMBOLS_MAX ? count : 0;
}

/* ---- The copies. ---- */

static int
copy_tables(struct dynamic *dynamic, const struct tags *tags)
{
    size_t symbols_size = dynamic->symbol_count * sizeof(Elf64_Sym);
    size_t versions_size = dynamic->symbol_count * sizeof(uint16_t);
    size_t size = symbols_size + versions_size + tags->strings_size + 1;
    char *at;

    if (!is_inside(dynamic, tags->symbols, symbols_size, 0) ||
        !is_inside(dynamic, tags->strings, tags->strings_size, 0))
        return -EINVAL;
    dynamic->copy = meta_map(size);
    if (dynamic->copy == NULL)
        return -ENOMEM;
    dynamic->copy_size = size;
    at = dynamic->copy;
    if (!read_exactly(dynamic, tags->symbols, at, symbols_size) ||
        !read_exactly(dynamic, tags->strings, at + symbols_size + versions_size,
                      tags->strings_size)) {
        dynamic_close(dynamic);
        return -EINVAL;
    }
    dynamic->symbols = (const Elf64_Sym *)(const void *)at;
    dynamic->strings = at + symbols_size + versions_size;
    dynamic->strings_size = tags->strings_size;
    if (tags->versions != 0 &&
        read_exactly(dynamic, tags->versions, at + symbols_size, versions_size))
        dynamic->versions = (const uint16_t *)(const void *)(at + symbols_size);
    return 0;
}

int
dynamic_open(uintptr_t base, uintptr_t section,
             const struct modules_segment *segments, size_t segment_count,
             struct dynamic *out)
{
    struct tags tags;
    int error;

    memset(out, 0, sizeof *out);
    out->base = base;
    out->segments = segments;
    out->segment_count = segment_count;
    if (section == 0 || !read_tags(out, section, &tags))
        return -EINVAL;
    note_relocs(out, &tags);
    out->symbol_count = count_symbols(out, &tags);
    if (tags.symbols == 0 || tags.strings == 0 || out->symbol_count == 0)
        return -ENOENT;
    error = copy_tables(out, &tags);
    if (error != 0)
        return error;
    out->needs = tags.needs;
    out->need_count = tags.need_count < NEEDS_MAX ? tags.need_count : NEEDS_MAX;
    return 0;
}

int
dynamic_open_module(const struct module *module, struct dynamic *out)
{
    const struct modules_segment *segments;
    size_t count = modules_segments(module, &segments);

    return dynamic_open(module->base, (uintptr_t)modules_dynamic(module),
                        segments, count, out);
}

void
dynamic_close(struct dynamic *dynamic)
{
    meta_unmap(dynamic->copy, dynamic->copy_size);
    dynamic->copy = NULL;
}

/* ---- What is in them. ---- */

static const char *
name_of(const struct dynamic *dynamic, uint32_t offset)
{
    return offset < dynamic->strings_size ? dynamic->strings + offset : NULL;
}

/*
 * One relocation: true and *out_import filled if it makes a slot hold the plain
 * address of a named symbol. Copy relocations, relative and IFUNC ones and all
 * of TLS have other types, and are no imports.
 */
static bool
read_import(const struct dynamic *dynamic, const Elf64_Rela *reloc,
            struct dynamic_import *out_import)
{
    uint32_t type = (uint32_t)ELF64_R_TYPE(reloc->r_info);
    uint32_t symbol = (uint32_t)ELF64_R_SYM(reloc->r_info);
    uintptr_t slot = dynamic->base + reloc->r_offset;

    if (symbol == 0 || symbol >= dynamic->symbol_count ||
        reloc->r_addend != 0 ||
        (type != ARCH_RELOC_JUMP_SLOT && type != ARCH_RELOC_GLOB_DAT &&
         type != ARCH_RELOC_ADDRESS))
        return false;
    if (slot % sizeof(uintptr_t) != 0 ||
        !is_inside(dynamic, slot, sizeof(uintptr_t), PF_W))
        return false;
    out_import->slot = slot;
    out_import->symbol = symbol;
    out_import->name = name_of(dynamic, dynamic->symbols[symbol].st_name);
    out_import->is_lazy = type == ARCH_RELOC_JUMP_SLOT;
    return out_import->name != NULL;
}

struct import_visit {
    bool (*visit)(const struct dynamic_import *, void *);
    void *context;
};

static bool
visit_reloc(const struct dynamic *dynamic, const Elf64_Rela *reloc,
            void *context)
{
    struct import_visit *to = context;
    struct dynamic_import import;

    return !read_import(dynamic, reloc, &import) ||
           to->visit(&import, to->context);
}

void
dynamic_each_import(const struct dynamic *dynamic,
                    bool (*visit)(const struct dynamic_import *, void *),
                    void *context)
{
    struct import_visit to = {visit, context};

    each_reloc(dynamic, visit_reloc, &to);
}

void
dynamic_each_definition(const struct dynamic *dynamic,
                        bool (*visit)(const char *, const Elf64_Sym *, void *),
                        void *context)
{
    for (size_t i = 1; i < dynamic->symbol_count; i++) {
        const Elf64_Sym *symbol = &dynamic->symbols[i];
        unsigned binding = ELF64_ST_BIND(symbol->st_info);
        unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
        const char *name;

        if (symbol->st_shndx == SHN_UNDEF || binding == STB_LOCAL ||
            visibility == STV_HIDDEN || visibility == STV_INTERNAL)
            continue;
        name = name_of(dynamic, symbol->st_name);
        if (name != NULL && !visit(name, symbol, context))
            return;
    }
}

/* The version's name, if this need's list has `wanted`. */
static bool
find_version(const struct dynamic *dynamic, uintptr_t at, unsigned count,
             uint16_t wanted, const char **out_name)
{
    Elf64_Vernaux item;

    for (unsigned i = 0; i < count; i++) {
        if (!read_exactly(dynamic, at, &item, sizeof item))
            return false;
        if ((item.vna_other & 0x7fff) == wanted) {
            *out_name = name_of(dynamic, item.vna_name);
            return *out_name != NULL;
        }
        if (item.vna_next == 0)
            return false;
        at += item.vna_next;
    }
    return false;
}

void
dynamic_version(const struct dynamic *dynamic, uint32_t symbol, char *buffer,
                size_t size)
{
    uintptr_t at = dynamic->needs;
    uint16_t wanted;

    buffer[0] = '\0';
    if (dynamic->versions == NULL || at == 0 || symbol >= dynamic->symbol_count)
        return;
    wanted = dynamic->versions[symbol] & 0x7fff;
    if (wanted <= VER_NDX_GLOBAL)
        return;
    for (size_t i = 0; i < dynamic->need_count; i++) {
        Elf64_Verneed need;
        const char *name;

        if (!read_exactly(dynamic, at, &need, sizeof need))
            return;
        if (find_version(dynamic, at + need.vn_aux, need.vn_cnt, wanted,
                         &name)) {
            (void)text_copy(buffer, size, name);
            return;
        }
        if (need.vn_next == 0)
            return;
        at += need.vn_next;
    }
}
