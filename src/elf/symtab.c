/*
 * elf/symtab.c - which function an address lies in, by the symbol table.
 *
 * The index is a counting sort by address into about as many buckets as there
 * are functions. Buckets follow one another in `order`, so the symbols before
 * an address are the ones before its bucket's end; inside a bucket there is no
 * order, and a look-up compares all of its few members.
 */
#include "elf/symtab.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/text.h"
#include "meta/region.h"

/* How many lower symbols to look at for one that reaches the address, where
 * the nearest one ends before it (a nested or padded function). */
#define SYMTAB_TRIES 8

static void
read_symbol(const struct symtab *table, uint32_t i, Elf64_Sym *out)
{
    memcpy(out, table->symbols + (size_t)i * sizeof *out, sizeof *out);
}

static const char *
symbol_text(const struct symtab *table, const Elf64_Sym *symbol)
{
    return image_string(table->strings, table->strings_size, symbol->st_name);
}

/* Does section `index` hold code? Without section headers, anything may. */
static bool
is_code(const struct symtab *table, uint32_t index)
{
    struct image_section section;

    if (table->image == NULL)
        return true;
    return image_section(table->image, index, &section) == 0 &&
           (section.flags & SHF_EXECINSTR) != 0;
}

/*
 * Functions, and what assembly calls functions without saying so: untyped
 * symbols in code that are no local labels ($x and $d mark code and data on
 * aarch64).
 */
static bool
is_function(const struct symtab *table, const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    const char *name;

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_name == 0)
        return false;
    if (type == STT_FUNC || type == STT_GNU_IFUNC)
        return true;
    if (type != STT_NOTYPE || symbol->st_shndx >= SHN_LORESERVE)
        return false;
    name = symbol_text(table, symbol);
    return name != NULL && name[0] != '$' && name[0] != '.' &&
           is_code(table, symbol->st_shndx);
}

int
symtab_open(const struct image *image, struct symtab *out_table)
{
    static const uint32_t types[] = {SHT_SYMTAB, SHT_DYNSYM};
    struct image_section symbols;
    struct image_section strings;

    memset(out_table, 0, sizeof *out_table);
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        if (image_find_type(image, types[i], &symbols) != 0 ||
            symbols.bytes == NULL || symbols.size < 2 * sizeof(Elf64_Sym) ||
            image_section(image, symbols.link, &strings) != 0 ||
            strings.bytes == NULL)
            continue;
        if (symbols.size / sizeof(Elf64_Sym) > UINT32_MAX / 2)
            continue;
        out_table->symbols = symbols.bytes;
        out_table->count = (uint32_t)(symbols.size / sizeof(Elf64_Sym));
        out_table->strings = (const char *)strings.bytes;
        out_table->strings_size = strings.size;
        out_table->image = image;
        out_table->is_dynamic = types[i] == SHT_DYNSYM;
        return 0;
    }
    return -ENOENT;
}

/*
 * The number of symbols that a GNU hash table covers: the end of the chain that
 * begins furthest, or the first symbol hashed if no bucket has any.
 */
static uint32_t
count_gnu_hash(const uint32_t *hash)
{
    uint32_t bucket_count = hash[0];
    uint32_t first = hash[1];
    uint32_t filter_words = hash[2];
    const uint32_t *buckets = hash + 4 + (size_t)filter_words * 2;
    const uint32_t *chains = buckets + bucket_count;
    uint32_t last = 0;

    for (uint32_t i = 0; i < bucket_count; i++)
        last = buckets[i] > last ? buckets[i] : last;
    if (last < first)
        return first;
    while ((chains[last - first] & 1) == 0)
        last++;
    return last + 1;
}

int
symtab_open_dynamic(uintptr_t base, const void *dynamic,
                    struct symtab *out_table)
{
    uintptr_t symbols = 0;
    uintptr_t strings = 0;
    uintptr_t hash = 0;
    uintptr_t gnu_hash = 0;
    size_t strings_size = 0;

    memset(out_table, 0, sizeof *out_table);
    for (const Elf64_Dyn *d = dynamic; d->d_tag != DT_NULL; d++) {
        /* The loader has added the base on most machines, not on all, and
         * never in the vDSO. */
        uintptr_t addr = d->d_un.d_ptr < base ? base + d->d_un.d_ptr
                                              : d->d_un.d_ptr;

        if (d->d_tag == DT_SYMTAB)
            symbols = addr;
        else if (d->d_tag == DT_STRTAB)
            strings = addr;
        else if (d->d_tag == DT_STRSZ)
            strings_size = d->d_un.d_val;
        else if (d->d_tag == DT_HASH)
            hash = addr;
        else if (d->d_tag == DT_GNU_HASH)
            gnu_hash = addr;
    }
    if (symbols == 0 || strings == 0 || (hash == 0 && gnu_hash == 0))
        return -ENOENT;
    out_table->symbols = (const unsigned char *)symbols;
    out_table->strings = (const char *)strings;
    out_table->strings_size = strings_size;
    out_table->is_dynamic = true;
    out_table->count = hash != 0 ? ((const uint32_t *)hash)[1]
                                 : count_gnu_hash((const uint32_t *)gnu_hash);
    return 0;
}

/* Count the functions and find the range of their addresses. */
static uint32_t
measure(const struct symtab *table, uint64_t *out_low, uint64_t *out_high)
{
    uint32_t functions = 0;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    Elf64_Sym symbol;

    for (uint32_t i = 1; i < table->count; i++) {
        read_symbol(table, i, &symbol);
        if (!is_function(table, &symbol))
            continue;
        functions++;
        low = symbol.st_value < low ? symbol.st_value : low;
        high = symbol.st_value > high ? symbol.st_value : high;
    }
    *out_low = low;
    *out_high = high;
    return functions;
}

/* The second pass: count per bucket, then place (a counting sort). */
static void
fill_index(struct symtab *table)
{
    Elf64_Sym symbol;

    for (int placing = 0; placing < 2; placing++) {
        for (uint32_t i = 1; i < table->count; i++) {
            uint64_t bucket;

            read_symbol(table, i, &symbol);
            if (!is_function(table, &symbol))
                continue;
            bucket = (symbol.st_value - table->low) >> table->shift;
            /* start[b + 2] counts, start[b + 1] is then the place of the next
             * symbol of b, and its end when all are placed. */
            if (bucket >= table->bucket_count)
                continue; /* The file changed under us. */
            if (!placing)
                table->start[bucket + 2]++;
            else if (table->start[bucket + 1] < table->order_count)
                table->order[table->start[bucket + 1]++] = i;
        }
        if (!placing) {
            for (uint32_t b = 2; b <= table->bucket_count + 1; b++)
                table->start[b] += table->start[b - 1];
        }
    }
}

static int
build_index(struct symtab *table)
{
    uint64_t high;
    uint64_t span;
    uint32_t functions = measure(table, &table->low, &high);
    size_t size;

    if (functions == 0) {
        table->is_indexed = true;
        return 0;
    }
    span = high - table->low;
    table->shift = 0;
    while ((span >> table->shift) >= functions)
        table->shift++;
    table->bucket_count = (uint32_t)(span >> table->shift) + 1;
    size = ((size_t)functions + table->bucket_count + 2) * sizeof(uint32_t);
    table->order = meta_map(size);
    if (table->order == NULL)
        return -ENOMEM;
    table->order_size = size;
    table->order_count = functions;
    table->start = table->order + functions;
    fill_index(table);
    table->is_indexed = true;
    return 0;
}

/* How good a symbol's name is; more is better. */
static unsigned
grade(const Elf64_Sym *symbol)
{
    unsigned binding = ELF64_ST_BIND(symbol->st_info);
    unsigned value;

    if (binding == STB_GLOBAL || binding == STB_GNU_UNIQUE)
        value = 3;
    else if (binding == STB_LOCAL)
        value = 2;
    else
        value = 1;
    /* An untyped symbol only names what nothing else does. */
    return value + (symbol->st_size != 0 ? 4 : 0) +
           (ELF64_ST_TYPE(symbol->st_info) != STT_NOTYPE ? 8 : 0);
}

/* True if `a` is a better name than `b` for the address they share. */
static bool
is_better(const struct symtab *table, const Elf64_Sym *a, const Elf64_Sym *b)
{
    const char *a_name = symbol_text(table, a);
    const char *b_name = symbol_text(table, b);
    size_t a_bars = 0;
    size_t b_bars = 0;

    if (a_name == NULL || b_name == NULL)
        return b_name == NULL;
    /* name@VERSION is an old one, kept for old programs. */
    if ((strchr(a_name, '@') == NULL) != (strchr(b_name, '@') == NULL))
        return strchr(a_name, '@') == NULL;
    if (grade(a) != grade(b))
        return grade(a) > grade(b);
    while (a_name[a_bars] == '_')
        a_bars++;
    while (b_name[b_bars] == '_')
        b_bars++;
    if (a_bars != b_bars)
        return a_bars < b_bars;
    return strlen(a_name) < strlen(b_name);
}

/* The bucket of symbol `i`, clamped in case the file changed under us. */
static uint32_t
bucket_of(const struct symtab *table, uint32_t i)
{
    Elf64_Sym symbol;
    uint64_t bucket;

    read_symbol(table, i, &symbol);
    bucket = (symbol.st_value - table->low) >> table->shift;
    return bucket < table->bucket_count ? (uint32_t)bucket : 0;
}

/*
 * The best of the symbols with the greatest address that is not over `limit`.
 * False if there is none.
 */
static bool
find_below(const struct symtab *table, uint64_t limit, Elf64_Sym *out)
{
    uint64_t last = (limit - table->low) >> table->shift;
    uint32_t bucket = last < table->bucket_count ? (uint32_t)last
                                                 : table->bucket_count - 1;

    for (uint32_t tries = 0; tries < table->bucket_count; tries++) {
        bool found = false;

        for (uint32_t i = table->start[bucket]; i < table->start[bucket + 1];
             i++) {
            Elf64_Sym symbol;

            read_symbol(table, table->order[i], &symbol);
            if (symbol.st_value > limit ||
                (found && symbol.st_value < out->st_value))
                continue;
            if (!found || symbol.st_value > out->st_value ||
                is_better(table, &symbol, out))
                *out = symbol;
            found = true;
        }
        if (found)
            return true;
        if (table->start[bucket] == 0)
            return false;
        bucket = bucket_of(table, table->order[table->start[bucket] - 1]);
    }
    return false;
}

/* A symbol without a size reaches no further than its section. */
static bool
is_in_section(const struct symtab *table, const Elf64_Sym *symbol,
              uint64_t addr)
{
    struct image_section section;

    if (table->image == NULL)
        return true;
    return image_section(table->image, symbol->st_shndx, &section) == 0 &&
           addr - section.addr < section.size;
}

int
symtab_find(struct symtab *table, uint64_t addr, struct symtab_entry *out_entry)
{
    Elf64_Sym symbol = {.st_name = 0};
    uint64_t limit = addr;
    int error;

    if (!table->is_indexed) {
        error = build_index(table);
        if (error != 0)
            return error;
    }
    if (table->order_count == 0)
        return -ENOENT;
    for (int i = 0; i < SYMTAB_TRIES; i++) {
        const char *name;

        if (limit < table->low || !find_below(table, limit, &symbol))
            return -ENOENT;
        name = symbol_text(table, &symbol);
        if (name != NULL &&
            (addr - symbol.st_value < symbol.st_size ||
             (symbol.st_size == 0 && i == 0 &&
              is_in_section(table, &symbol, addr)))) {
            *out_entry = (struct symtab_entry){
                .name = name, .addr = symbol.st_value, .size = symbol.st_size};
            return 0;
        }
        if (symbol.st_value == 0)
            return -ENOENT;
        limit = symbol.st_value - 1;
    }
    return -ENOENT;
}

int
symtab_find_variable(const struct symtab *table, uint64_t addr,
                     struct symtab_entry *out_entry)
{
    Elf64_Sym best = {.st_name = 0};
    bool is_found = false;

    for (uint32_t i = 1; i < table->count; i++) {
        Elf64_Sym symbol;

        read_symbol(table, i, &symbol);
        if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT ||
            symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0 ||
            addr - symbol.st_value >= symbol.st_size ||
            (is_found && !is_better(table, &symbol, &best)))
            continue;
        best = symbol;
        is_found = true;
    }
    if (!is_found || symbol_text(table, &best) == NULL)
        return -ENOENT;
    *out_entry = (struct symtab_entry){.name = symbol_text(table, &best),
                                       .addr = best.st_value,
                                       .size = best.st_size};
    return 0;
}

int
symtab_find_name(const struct symtab *table, const char *name,
                 struct symtab_entry *out_entry)
{
    Elf64_Sym symbol;

    for (uint32_t i = 1; i < table->count; i++) {
        const char *text;

        read_symbol(table, i, &symbol);
        if (symbol.st_shndx == SHN_UNDEF)
            continue;
        text = symbol_text(table, &symbol);
        if (text != NULL && text_is_equal(text, name)) {
            *out_entry = (struct symtab_entry){
                .name = text, .addr = symbol.st_value, .size = symbol.st_size};
            return 0;
        }
    }
    return -ENOENT;
}

void
symtab_close(struct symtab *table)
{
    if (table->order != NULL)
        meta_unmap(table->order, table->order_size);
    memset(table, 0, sizeof *table);
}
