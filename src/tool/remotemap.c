/*
 * tool/remotemap.c - reading /proc/PID/maps, and ELF headers from memory.
 */
#include "tool/remotemap.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/remote.h"

/* Against memory that claims to be more than any module has. */
#define SEGMENTS_MOST 64
#define DYNAMIC_MOST 256
#define SYMBOLS_MOST 4000000u
#define STRINGS_MOST ((size_t)256 << 20)
#define FRAMES_MOST ((size_t)1 << 30)

/* So often may a process become another program while its map is read. */
#define EXECS_MOST 100

static void *
grow(void *items, size_t count, size_t size)
{
    /* Doubled at each power of two. */
    if ((count & (count - 1)) != 0)
        return items;
    return realloc(items, (count == 0 ? 1 : 2 * count) * size);
}

/* ---- regions ---- */

static bool
parse_region(char *line, struct remotemap_region *out)
{
    unsigned long long start, end, offset, inode;
    unsigned int major, minor;
    char rights[5];
    int path = 0;

    if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, rights,
               &offset, &major, &minor, &inode, &path) < 7)
        return false;
    line[strcspn(line, "\n")] = '\0';
    *out = (struct remotemap_region){
        .start = (uintptr_t)start,
        .end = (uintptr_t)end,
        .readable = rights[0] == 'r',
        .writable = rights[1] == 'w',
        .executable = rights[2] == 'x',
        .shared = rights[3] == 's',
        .offset = offset,
        .device = (uint64_t)major << 32 | minor,
        .inode = inode,
        .path = strdup(path != 0 ? line + path : ""),
    };
    return out->path != NULL;
}

static int
read_regions(struct remotemap *map)
{
    char path[64];
    char *line = NULL;
    size_t size = 0;
    FILE *file;
    int error = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/maps", map->pid);
    file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    while (error == 0 && getline(&line, &size, file) >= 0) {
        struct remotemap_region region;
        void *more;

        if (!parse_region(line, &region))
            continue;
        more = grow(map->regions, map->region_count, sizeof(region));
        if (more == NULL) {
            free(region.path);
            error = -ENOMEM;
            break;
        }
        map->regions = more;
        map->regions[map->region_count++] = region;
    }
    free(line);
    (void)fclose(file); /* only read */
    return error;
}

/* ---- modules ---- */

static bool
read_headers(const struct remotemap *map, uintptr_t start, Elf64_Ehdr *header,
             Elf64_Phdr *segments)
{
    size_t bytes;

    if (remote_read(map->pid, start, header, sizeof(*header)) !=
            sizeof(*header) ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
        header->e_phnum > SEGMENTS_MOST)
        return false;
    bytes = header->e_phnum * sizeof(Elf64_Phdr);
    return remote_read(map->pid, start + header->e_phoff, segments, bytes) ==
           bytes;
}

static struct remotemap_start
read_start(int pid)
{
    struct remotemap_start start = {0};
    char path[64];
    uint64_t pair[2];
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return start;
    while (fread(pair, sizeof(pair), 1, file) == 1) {
        if (pair[0] == AT_PHDR)
            start.headers = pair[1];
        else if (pair[0] == AT_BASE)
            start.loader = pair[1];
        else if (pair[0] == AT_RANDOM)
            start.random = pair[1];
    }
    (void)fclose(file); /* only read */
    return start;
}

bool
remotemap_is_current(const struct remotemap *map)
{
    struct remotemap_start now = read_start(map->pid);

    return memcmp(&now, &map->start, sizeof(now)) == 0;
}

static bool
describe_module(const struct remotemap *map, size_t first,
                struct remotemap_module *out)
{
    const struct remotemap_region *region = &map->regions[first];
    Elf64_Phdr segments[SEGMENTS_MOST];
    Elf64_Ehdr header;
    bool has_load = false;

    if (!region->readable ||
        !read_headers(map, region->start, &header, segments))
        return false;
    memset(out, 0, sizeof(*out));
    out->path = region->path;
    out->start = region->start;
    for (size_t i = 0; i < header.e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        uintptr_t end = segment->p_vaddr + segment->p_memsz;

        if (segment->p_type == PT_LOAD && !has_load) {
            out->base = region->start - (segment->p_vaddr - segment->p_offset);
            has_load = true;
        }
        if (segment->p_type == PT_LOAD && out->base + end > out->end)
            out->end = out->base + end;
        else if (segment->p_type == PT_DYNAMIC)
            out->dynamic = out->base + segment->p_vaddr;
        else if (segment->p_type == PT_GNU_EH_FRAME)
            out->frame_header = out->base + segment->p_vaddr;
    }
    return has_load && out->end > out->start;
}

static int
find_modules(struct remotemap *map)
{
    uint64_t headers = map->start.headers, loader = map->start.loader;

    for (size_t i = 0; i < map->region_count; i++) {
        const struct remotemap_region *region = &map->regions[i];
        struct remotemap_module module;
        void *more;

        if (region->offset != 0 ||
            (region->inode == 0 && strcmp(region->path, "[vdso]") != 0) ||
            !describe_module(map, i, &module))
            continue;
        module.is_main = headers >= module.start && headers < module.end;
        module.is_loader = loader != 0 && loader == module.start;
        more = grow(map->modules, map->module_count, sizeof(module));
        if (more == NULL)
            return -ENOMEM;
        map->modules = more;
        map->modules[map->module_count++] = module;
    }
    return 0;
}

static int
read_once(int pid, struct remotemap *out_map)
{
    struct remotemap map = {.pid = pid, .start = read_start(pid)};
    int error = read_regions(&map);

    if (error == 0)
        error = find_modules(&map);
    /* All of it is to be of one program. */
    if (error == 0 && !remotemap_is_current(&map))
        error = -EAGAIN;
    if (error != 0)
        remotemap_fini(&map);
    else
        *out_map = map;
    return error;
}

int
remotemap_read(int pid, struct remotemap *out_map)
{
    int error = -EAGAIN;

    for (int i = 0; error == -EAGAIN && i < EXECS_MOST; i++)
        error = read_once(pid, out_map);
    return error;
}

void
remotemap_fini(struct remotemap *map)
{
    for (size_t i = 0; i < map->region_count; i++)
        free(map->regions[i].path);
    for (size_t i = 0; i < map->module_count; i++) {
        free(map->modules[i].symbols);
        free(map->modules[i].strings);
        free(map->modules[i].frame_bytes);
    }
    free(map->regions);
    free(map->modules);
    memset(map, 0, sizeof(*map));
}

const struct remotemap_region *
remotemap_region(const struct remotemap *map, uintptr_t addr)
{
    size_t low = 0, high = map->region_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->regions[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == map->region_count || map->regions[low].start > addr)
        return NULL;
    return &map->regions[low];
}

struct remotemap_module *
remotemap_module(const struct remotemap *map, uintptr_t addr)
{
    for (size_t i = 0; i < map->module_count; i++) {
        struct remotemap_module *module = &map->modules[i];

        if (addr >= module->start && addr < module->end)
            return module;
    }
    return NULL;
}

/* ---- symbols ---- */

/* The loader turns the addresses in most dynamic sections into absolute ones;
 * those that are read-only keep theirs. */
static uintptr_t
absolute(const struct remotemap_module *module, uint64_t value)
{
    return value < module->start ? module->base + value : (uintptr_t)value;
}

/* How many symbols there are is only told by the hash tables. Source: "ELF:
 * better symbol lookup via DT_GNU_HASH", and System V ABI, chapter 5. */
static size_t
count_by_gnu_hash(const struct remotemap *map, uintptr_t table)
{
    uint32_t head[4]; /* buckets, first symbol, bloom words, shift */
    uint32_t *buckets;
    uint32_t last = 0;
    uintptr_t chains;
    size_t bytes;

    if (remote_read(map->pid, table, head, sizeof(head)) != sizeof(head) ||
        head[0] == 0 || head[0] > SYMBOLS_MOST || head[2] > SYMBOLS_MOST)
        return 0;
    table += sizeof(head) + head[2] * sizeof(uint64_t);
    bytes = head[0] * sizeof(uint32_t);
    buckets = malloc(bytes);
    if (buckets == NULL)
        return 0;
    if (remote_read(map->pid, table, buckets, bytes) == bytes) {
        for (uint32_t i = 0; i < head[0]; i++)
            last = buckets[i] > last ? buckets[i] : last;
    }
    free(buckets);
    if (last < head[1])
        return head[1];
    chains = table + bytes;
    for (;; last++) {
        uint32_t hash;

        if (last > SYMBOLS_MOST ||
            remote_read(map->pid,
                        chains + (uintptr_t)(last - head[1]) * sizeof(hash),
                        &hash, sizeof(hash)) != sizeof(hash))
            return 0;
        if ((hash & 1) != 0)
            return (size_t)last + 1;
    }
}

static size_t
count_by_hash(const struct remotemap *map, uintptr_t table)
{
    uint32_t head[2]; /* buckets, chains */

    if (remote_read(map->pid, table, head, sizeof(head)) != sizeof(head) ||
        head[1] > SYMBOLS_MOST)
        return 0;
    return head[1];
}

/* A copy of `n` bytes of the target with a NUL behind them, or NULL. */
static void *
copy_bytes(int pid, uintptr_t addr, size_t n)
{
    unsigned char *copy = malloc(n + 1);

    if (copy == NULL)
        return NULL;
    if (remote_read(pid, addr, copy, n) != n) {
        free(copy);
        return NULL;
    }
    copy[n] = '\0';
    return copy;
}

static void
read_symbols(const struct remotemap *map, struct remotemap_module *module)
{
    uint64_t symbols = 0, strings = 0, size = 0, hash = 0, gnu = 0;
    Elf64_Dyn entries[DYNAMIC_MOST];
    size_t got, count = 0;

    if (module->dynamic == 0)
        return;
    got = remote_read(map->pid, module->dynamic, entries, sizeof(entries));
    for (size_t i = 0; i < got / sizeof(entries[0]); i++) {
        if (entries[i].d_tag == DT_NULL)
            break;
        if (entries[i].d_tag == DT_SYMTAB)
            symbols = entries[i].d_un.d_ptr;
        else if (entries[i].d_tag == DT_STRTAB)
            strings = entries[i].d_un.d_ptr;
        else if (entries[i].d_tag == DT_STRSZ)
            size = entries[i].d_un.d_val;
        else if (entries[i].d_tag == DT_HASH)
            hash = entries[i].d_un.d_ptr;
        else if (entries[i].d_tag == DT_GNU_HASH)
            gnu = entries[i].d_un.d_ptr;
    }
    if (symbols == 0 || strings == 0 || size == 0 || size > STRINGS_MOST)
        return;
    if (gnu != 0)
        count = count_by_gnu_hash(map, absolute(module, gnu));
    if (count == 0 && hash != 0)
        count = count_by_hash(map, absolute(module, hash));
    if (count == 0)
        return;
    module->symbols = copy_bytes(map->pid, absolute(module, symbols),
                                 count * sizeof(Elf64_Sym));
    module->strings = copy_bytes(map->pid, absolute(module, strings), size);
    if (module->symbols == NULL || module->strings == NULL)
        return;
    module->symbol_count = count;
    module->strings_size = size;
}

/* The name of symbol `i` if it is a function that the module defines, and its
 * address; NULL if it is not. A function that is chosen at run time (IFUNC) has
 * no address here that could be called. */
static const char *
function_name(const struct remotemap_module *module, size_t i,
              uintptr_t *out_address)
{
    Elf64_Sym symbol;

    memcpy(&symbol, module->symbols + i * sizeof(symbol), sizeof(symbol));
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0 ||
        ELF64_ST_TYPE(symbol.st_info) != STT_FUNC ||
        symbol.st_name >= module->strings_size)
        return NULL;
    *out_address = module->base + symbol.st_value;
    return module->strings + symbol.st_name;
}

static void
need_symbols(const struct remotemap *map, struct remotemap_module *module)
{
    if (!module->has_symbols) {
        module->has_symbols = true;
        read_symbols(map, module);
    }
}

uintptr_t
remotemap_symbol(const struct remotemap *map, struct remotemap_module *module,
                 const char *name)
{
    need_symbols(map, module);
    for (size_t i = 0; i < module->symbol_count; i++) {
        uintptr_t address;
        const char *found = function_name(module, i, &address);

        if (found != NULL && strcmp(found, name) == 0)
            return address;
    }
    return 0;
}

bool
remotemap_is_named(const struct remotemap *map, struct remotemap_module *module,
                   uintptr_t addr, const char *const *names, size_t count)
{
    need_symbols(map, module);
    for (size_t i = 0; i < module->symbol_count; i++) {
        uintptr_t address;
        const char *found = function_name(module, i, &address);

        if (found == NULL || address != addr)
            continue;
        for (size_t j = 0; j < count; j++) {
            if (strcmp(found, names[j]) == 0)
                return true;
        }
    }
    return false;
}

struct remotemap_module *
remotemap_libc(const struct remotemap *map, const char *name,
               uintptr_t *out_address)
{
    for (size_t i = 0; i < map->module_count; i++) {
        struct remotemap_module *module = &map->modules[i];

        if (module->is_main ||
            remotemap_symbol(map, module, "__libc_start_main") == 0)
            continue;
        *out_address = remotemap_symbol(map, module, name);
        if (*out_address != 0)
            return module;
    }
    return NULL;
}

/* ---- unwind tables ---- */

const struct frame_table *
remotemap_frames(const struct remotemap *map, struct remotemap_module *module)
{
    const struct remotemap_region *region;
    size_t size;

    if (module->frame_header == 0)
        return NULL;
    if (!module->has_frames) {
        module->has_frames = true;
        region = remotemap_region(map, module->frame_header);
        size = region == NULL ? 0 : region->end - region->start;
        if (size == 0 || size > FRAMES_MOST)
            return NULL;
        module->frame_bytes = copy_bytes(map->pid, region->start, size);
        if (module->frame_bytes == NULL)
            return NULL;
        if (frame_open(module->frame_bytes, size, region->start,
                       module->frame_header, &module->frames) != 0) {
            free(module->frame_bytes);
            module->frame_bytes = NULL;
        }
    }
    return module->frame_bytes == NULL ? NULL : &module->frames;
}

void
remotemap_warm(const struct remotemap *map)
{
    for (size_t i = 0; i < map->module_count; i++) {
        need_symbols(map, &map->modules[i]);
        (void)remotemap_frames(map, &map->modules[i]); /* kept there */
    }
}
