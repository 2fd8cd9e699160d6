/*
 * elf/modules.c - the modules that are or were loaded.
 *
 * Two views of the same items: `all`, a list from the newest back, for what is
 * closed; `live`, an array sorted by address, for what is loaded. Writers hold
 * the lock. Readers take none: items are never freed, a list head is published
 * when its item is complete, and readers of the array try again if its version
 * changed meanwhile.
 *
 * When a module came is known to the generation: a merge of the loader's list
 * that finds something new or gone dates it. If several changes passed
 * unmerged, what is new is dated at the last of them: then a trace between may
 * stay without a name, but none gets a wrong one.
 */
#include "elf/modules.h"

#include <elf.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bits.h"
#include "base/text.h"
#include "elf/image.h"
#include "elf/loader.h"
#include "meta/region.h"
#include "os/lock.h"
#include "os/page.h"
#include "os/process.h"

#define MODULES_SEGMENTS_MAX 12
#define MODULES_PATH_MAX 1024
#define MODULES_NOTE_MAX 1024

/* What is kept of a module; `module` is what others see. */
struct item {
    struct module module; /* `unloaded` is written under the lock */
    struct item *next;    /* the one seen before it */
    uintptr_t dynamic;
    uintptr_t build_id_addr; /* where its build-id is in memory */
    uintptr_t unwind_addr;
    size_t unwind_size;
    uintptr_t relro_start; /* made read-only after relocation; 0: nothing */
    uintptr_t relro_end;
    struct modules_segment segments[MODULES_SEGMENTS_MAX];
    uint32_t segment_count;
    bool has_identity;
    bool is_seen; /* by the merge that runs; under the lock */
    struct file_identity identity;
};

struct live_entry {
    uintptr_t start;
    uintptr_t end;
    struct item *item;
};

/* Program headers that are read by one call. */
#define HEADERS_AT_ONCE 16

static struct lock lock = LOCK_INIT(LOCK_RANK_ELF);

/* Room to read into, under the lock: a merge may run on a signal stack, where
 * there is none to spare. */
static struct {
    char path[MODULES_PATH_MAX];
    unsigned char notes[MODULES_NOTE_MAX];
    Elf64_Phdr headers[HEADERS_AT_ONCE];
    struct item item;
} scratch;

/* Under the lock; `head` is read without it. */
static struct {
    struct region region;
    struct item *_Atomic head;
    uint64_t removed; /* the loader's count at the last refresh */
} all = {.region = REGION_INIT};

/* Under the lock; read without it, see above. Old arrays are kept. */
static struct {
    struct live_entry *_Atomic entries;
    _Atomic uint32_t count;
    _Atomic uint32_t version; /* odd while it changes */
    uint32_t capacity;
} live;

/* Signature (high half) and generation (low half) in one word, so that they
 * change together. Generation 0 stands for 1, as nothing is known yet. */
static _Atomic uint64_t state;
static _Atomic uint32_t merged; /* generation of the lists; under the lock */
static _Atomic uint32_t epoch;  /* see modules_epoch; under the lock */

static uint32_t
generation_of(uint64_t word)
{
    uint32_t generation = (uint32_t)word;

    return generation != 0 ? generation : 1;
}

/* Note the loader's signature: another one begins a new generation. Returns
 * the generation. */
static uint32_t
note_signature(bool force)
{
    uint64_t old = atomic_load_explicit(&state, memory_order_relaxed);
    uint64_t signature = (uint64_t)loader_signature() << 32;
    uint64_t next;

    do {
        if (!force && (old & ~(uint64_t)UINT32_MAX) == signature)
            return generation_of(old);
        next = signature | (generation_of(old) + 1);
    } while (!atomic_compare_exchange_weak(&state, &old, next));
    return (uint32_t)next;
}

/* ---- What a module's memory says of it. ---- */

struct mapping_query {
    uintptr_t addr;
    struct process_mapping found;
    uintptr_t header; /* the last mapping of a file's start */
    uint64_t header_inode;
    bool is_found;
};

static bool
match_mapping(const struct process_mapping *mapping, void *context)
{
    struct mapping_query *query = context;

    if (mapping->offset == 0 && mapping->inode != 0 &&
        (query->header == 0 || query->header_inode != mapping->inode)) {
        query->header = mapping->start;
        query->header_inode = mapping->inode;
    }
    if (query->addr < mapping->start || query->addr >= mapping->end)
        return true;
    query->found = *mapping;
    query->is_found = true;
    return false;
}

/* Where an object's ELF header is in memory, 0 if it cannot be found. */
static uintptr_t
find_header(const struct loader_object *object)
{
    struct mapping_query query = {.addr = object->dynamic};
    unsigned char magic[SELFMAG];

    if (object->header != 0)
        return object->header;
    if (object->base != 0 &&
        page_read(magic, (const void *)object->base, SELFMAG) == SELFMAG &&
        memcmp(magic, ELFMAG, SELFMAG) == 0)
        return object->base;
    if (process_each_mapping(match_mapping, &query) < 0 || !query.is_found ||
        query.header_inode != query.found.inode || query.header == 0 ||
        page_read(magic, (const void *)query.header, SELFMAG) != SELFMAG ||
        memcmp(magic, ELFMAG, SELFMAG) != 0)
        return 0;
    return query.header;
}

/* The path of the file, by the loader or, where it has no absolute one, by the
 * kernel. */
static const char *
find_path(const struct loader_object *object, uintptr_t inside, char *buffer)
{
    struct mapping_query query = {.addr = inside};
    size_t n = 0;

    if (object->is_vdso) {
        (void)text_copy(buffer, MODULES_PATH_MAX, "[vdso]");
        return buffer;
    }
    if (object->name != NULL && !object->is_main)
        n = page_read(buffer, object->name, MODULES_PATH_MAX - 1);
    buffer[n] = 0;
    if (buffer[0] == '/')
        return buffer;
    if (process_each_mapping(match_mapping, &query) > 0 && query.is_found &&
        query.found.path[0] == '/' &&
        strlen(query.found.path) < sizeof query.found.path - 1)
        (void)text_copy(buffer, MODULES_PATH_MAX, query.found.path);
    else if (object->is_main)
        (void)process_path(buffer, MODULES_PATH_MAX);
    return buffer;
}

static void
add_segment(struct item *item, const Elf64_Phdr *segment)
{
    uintptr_t start = item->module.base + segment->p_vaddr;
    uintptr_t end = start + segment->p_memsz;

    if (item->module.start == 0 || start < item->module.start)
        item->module.start = start;
    if (end > item->module.end)
        item->module.end = end;
    if (item->segment_count < MODULES_SEGMENTS_MAX)
        item->segments[item->segment_count++] =
            (struct modules_segment){.start = start,
                                     .end = end,
                                     .offset = segment->p_offset,
                                     .flags = segment->p_flags};
}

static void
read_build_id(struct item *item, const Elf64_Phdr *segment)
{
    unsigned char *notes = scratch.notes;
    uintptr_t addr = item->module.base + segment->p_vaddr;
    size_t size = segment->p_memsz < MODULES_NOTE_MAX ? segment->p_memsz
                                                      : MODULES_NOTE_MAX;
    const unsigned char *id;
    size_t id_size;

    size = page_read(notes, (const void *)addr, size);
    if (item->module.build_id_size != 0 ||
        image_note(notes, size, segment->p_align, ELF_NOTE_GNU, NT_GNU_BUILD_ID,
                   &id, &id_size) != 0 ||
        id_size == 0)
        return;
    if (id_size > MODULE_BUILD_ID_MAX)
        id_size = MODULE_BUILD_ID_MAX;
    memcpy(item->module.build_id, id, id_size);
    item->module.build_id_size = (uint8_t)id_size;
    item->build_id_addr = addr + (uintptr_t)(id - notes);
}

/* Up to HEADERS_AT_ONCE of the `count` program headers, into the scratch. */
static bool
read_headers(const Elf64_Phdr *headers, size_t count)
{
    size_t size;

    count = count < HEADERS_AT_ONCE ? count : HEADERS_AT_ONCE;
    size = count * sizeof *headers;
    return page_read(scratch.headers, headers, size) == size;
}

static void
take_header(const struct loader_object *object, struct item *item,
            const Elf64_Phdr *segment)
{
    uintptr_t start = item->module.base + segment->p_vaddr;

    switch (segment->p_type) {
    case PT_LOAD:
        /* The vDSO is linked at 0, or at an address that the kernel moved: its
         * first segment lies at its header. */
        if (object->is_vdso && item->segment_count == 0)
            item->module.base = object->header - segment->p_vaddr;
        add_segment(item, segment);
        break;
    case PT_NOTE:
        read_build_id(item, segment);
        break;
    case PT_GNU_EH_FRAME:
        item->unwind_addr = start;
        item->unwind_size = segment->p_memsz;
        break;
    case PT_GNU_RELRO:
        item->relro_start = start;
        item->relro_end = start + segment->p_memsz;
        break;
    case PT_DYNAMIC:
        item->dynamic = start;
        break;
    default:
        break;
    }
}

/* Fill `item` from the object's program headers. False if it has none that
 * can be read. */
static bool
read_segments(const struct loader_object *object, struct item *item)
{
    const Elf64_Phdr *segments = NULL;
    size_t count = 0;

    if (object->is_main) {
        segments = (const Elf64_Phdr *)process_aux(AT_PHDR);
        count = process_aux(AT_PHNUM);
    } else {
        uintptr_t at = find_header(object);
        Elf64_Ehdr header;

        if (at == 0 || page_read(&header, (const void *)at, sizeof header) !=
                           sizeof header)
            return false;
        if (header.e_phentsize != sizeof *segments)
            return false;
        segments = (const Elf64_Phdr *)(at + header.e_phoff);
        count = header.e_phnum;
    }
    for (size_t i = 0; i < count; i++) {
        const Elf64_Phdr *segment = &scratch.headers[i % HEADERS_AT_ONCE];

        if (i % HEADERS_AT_ONCE == 0 && !read_headers(segments + i, count - i))
            return false;
        take_header(object, item, segment);
    }
    return item->segment_count > 0;
}

/* ---- The lists. ---- */

/* True if `item`, known from before, is this object still or again: the same
 * place, and the same build or, without build-ids, the same file. */
static bool
is_same(const struct item *item, const struct loader_object *object)
{
    const struct module *module = &item->module;
    unsigned char id[MODULE_BUILD_ID_MAX];
    char *path = scratch.path;
    struct file_identity identity;

    if (module->base != object->base && !object->is_vdso)
        return false;
    if (object->is_vdso || object->is_main)
        return object->is_main == module->is_main &&
               (object->is_main || module->start == object->header);
    if (item->dynamic != object->dynamic)
        return false;
    if (item->build_id_addr != 0)
        return page_read(id, (const void *)item->build_id_addr,
                         module->build_id_size) == module->build_id_size &&
               memcmp(id, module->build_id, module->build_id_size) == 0;
    if (!text_is_equal(find_path(object, object->dynamic, path), module->path))
        return false;
    return !item->has_identity || (file_identify_path(path, &identity) == 0 &&
                                   modules_is_file(module, &identity));
}

static bool
overlaps(const struct module *a, const struct module *b)
{
    return a->start < b->end && b->start < a->end;
}

/* True if a closed item may come to life: nothing else was at its place since
 * it was closed. */
static bool
is_place_unused_since(const struct item *closed)
{
    for (const struct item *i = all.head; i != NULL; i = i->next) {
        if (i != closed && overlaps(&i->module, &closed->module) &&
            (i->module.unloaded == 0 ||
             i->module.unloaded > closed->module.unloaded))
            return false;
    }
    return true;
}

/* A merge of the loader's list into ours. */
struct merge {
    uint32_t generation; /* for what is new */
    bool is_changed;
    int error;
};

static int
add_item(const struct loader_object *object, struct merge *merge)
{
    char *path = scratch.path;
    struct item *made = &scratch.item;
    struct item *item;

    memset(made, 0, sizeof *made);
    made->module.base = object->base;
    made->module.is_main = object->is_main;
    made->module.space = object->space;
    made->module.loaded = merge->generation;
    made->dynamic = object->dynamic;
    made->is_seen = true;
    if (!read_segments(object, made))
        return 0; /* Gone again, or unlike anything we know: skip it. */
    (void)find_path(object, made->segments[0].start, path);
    if (path[0] == '/' && file_identify_path(path, &made->identity) == 0)
        made->has_identity = true;
    item = region_take(&all.region, sizeof *item, _Alignof(struct item));
    made->module.path = region_text(&all.region, path, strlen(path));
    if (item == NULL || made->module.path == NULL) {
        merge->error = -ENOMEM;
        return 0;
    }
    *item = *made;
    item->next = all.head;
    atomic_store_explicit(&all.head, item, memory_order_release);
    merge->is_changed = true;
    return 0;
}

/* Pass one: mark what is still there. Pass two, for what is left: add it. Two
 * passes, since something new can lie where something closed was. */
static int
mark_object(const struct loader_object *object, void *context)
{
    (void)context;
    for (struct item *i = all.head; i != NULL; i = i->next) {
        if (i->module.unloaded == 0 && !i->is_seen && is_same(i, object)) {
            i->is_seen = true;
            return 0;
        }
    }
    return 0;
}

static bool
is_listed(const struct item *item, const struct loader_object *object)
{
    if (!item->is_seen)
        return false;
    if (object->is_vdso || object->is_main)
        return item->module.is_main == object->is_main &&
               (object->is_main || item->module.start == object->header);
    return item->module.base == object->base &&
           item->dynamic == object->dynamic;
}

static int
add_object(const struct loader_object *object, void *context)
{
    struct merge *merge = context;

    for (const struct item *i = all.head; i != NULL; i = i->next) {
        if (is_listed(i, object))
            return 0;
    }
    for (struct item *i = all.head; i != NULL; i = i->next) {
        if (i->module.unloaded != 0 && is_same(i, object) &&
            is_place_unused_since(i)) {
            i->is_seen = true;
            __atomic_store_n(&i->module.unloaded, 0, __ATOMIC_RELEASE);
            merge->is_changed = true;
            return 0;
        }
    }
    return add_item(object, merge);
}

/* Make `live` anew from `all`. */
static int
publish_live(void)
{
    struct live_entry *entries = live.entries;
    uint32_t count = 0;
    uint32_t filled = 0;

    for (const struct item *i = all.head; i != NULL; i = i->next)
        count += i->module.unloaded == 0;
    if (count > live.capacity) {
        uint32_t capacity = count < 64 ? 64 : count * 2;

        /* The old array stays mapped: a reader may be in it. */
        entries = meta_map(capacity * sizeof *entries);
        if (entries == NULL)
            return -ENOMEM;
        live.capacity = capacity;
    }
    atomic_fetch_add(&live.version, 1);
    atomic_thread_fence(memory_order_seq_cst);
    for (struct item *i = all.head; i != NULL; i = i->next) {
        uint32_t at = filled;

        if (i->module.unloaded != 0)
            continue;
        while (at > 0 && entries[at - 1].start > i->module.start) {
            entries[at] = entries[at - 1];
            at--;
        }
        entries[at] = (struct live_entry){
            .start = i->module.start, .end = i->module.end, .item = i};
        filled++;
    }
    atomic_store_explicit(&live.entries, entries, memory_order_relaxed);
    atomic_store_explicit(&live.count, filled, memory_order_relaxed);
    atomic_fetch_add(&live.version, 1);
    return 0;
}

/*
 * Bring the lists to `generation`. The lock is held.
 *
 * is_kept: nothing was unloaded since the last merge, so what is new was never
 * mistaken for anything else, and may be dated back to it.
 */
static int
merge_objects(uint32_t generation, bool is_kept)
{
    uint32_t before = atomic_load_explicit(&merged, memory_order_relaxed);
    struct merge merge = {.generation = generation};
    uint32_t gone = before + 1;
    int error;

    if (is_kept || before == 0)
        merge.generation = before != 0 ? before : 1;
    for (struct item *i = all.head; i != NULL; i = i->next)
        i->is_seen = false;
    error = loader_each(mark_object, NULL);
    if (error != 0)
        return error;
    for (struct item *i = all.head; i != NULL; i = i->next) {
        if (i->module.unloaded == 0 && !i->is_seen) {
            __atomic_store_n(&i->module.unloaded, gone, __ATOMIC_RELEASE);
            atomic_store_explicit(&epoch, generation, memory_order_relaxed);
            merge.is_changed = true;
        }
    }
    error = loader_each(add_object, &merge);
    if (merge.is_changed && publish_live() != 0)
        return -ENOMEM;
    if (error != 0)
        return error;
    if (merge.error != 0)
        return merge.error;
    atomic_store_explicit(&merged, generation, memory_order_release);
    return 0;
}

uint32_t
modules_generation(void)
{
    uint32_t generation = note_signature(false);

    if (LIKELY(generation ==
               atomic_load_explicit(&merged, memory_order_relaxed)))
        return generation;
    if (!lock_is_mine(&lock) && lock_try(&lock)) {
        (void)merge_objects(generation, false); /* Else at the next call. */
        lock_give(&lock);
    }
    return generation;
}

bool
modules_is_current(uint32_t generation)
{
    return generation == atomic_load_explicit(&merged, memory_order_acquire);
}

uint32_t
modules_epoch(void)
{
    return atomic_load_explicit(&epoch, memory_order_relaxed);
}

int
modules_refresh(void)
{
    struct loader_counts counts;
    uint32_t generation;
    bool is_kept;
    int error;

    loader_calibrate(&counts);
    lock_take_masked(&lock);
    is_kept = counts.removed == all.removed;
    generation = note_signature(false);
    /* Without a signature nobody else notices a change: each refresh is a
     * generation of its own, unless nothing was unloaded. */
    if (loader_signature() == 0 && !is_kept)
        generation = note_signature(true);
    error = merge_objects(generation, is_kept);
    if (error == 0)
        all.removed = counts.removed;
    lock_give_masked(&lock);
    return error;
}

/* ---- Look-ups. ---- */

static bool
was_there(const struct module *module, uintptr_t addr, uint32_t generation)
{
    uint32_t unloaded = __atomic_load_n(&module->unloaded, __ATOMIC_ACQUIRE);

    if (addr < module->start || addr >= module->end)
        return false;
    if (generation == MODULES_NOW)
        return unloaded == 0;
    return module->loaded <= generation &&
           (unloaded == 0 || generation < unloaded);
}

/* The loaded module at `addr`. */
static const struct module *
find_live(uintptr_t addr)
{
    for (;;) {
        uint32_t version = atomic_load(&live.version);
        const struct live_entry *entries = live.entries;
        uint32_t low = 0;
        uint32_t high = live.count;
        struct item *item = NULL;

        if (version % 2 != 0) {
            /* A signal handler may have interrupted the writer: do not wait
             * for it, the list below knows the same. */
            return NULL;
        }
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;

            if (entries[middle].start <= addr)
                low = middle + 1;
            else
                high = middle;
        }
        if (low > 0 && addr < entries[low - 1].end)
            item = entries[low - 1].item;
        atomic_thread_fence(memory_order_seq_cst);
        if (version == atomic_load(&live.version))
            return item != NULL ? &item->module : NULL;
    }
}

const struct module *
modules_find(uintptr_t addr, uint32_t generation)
{
    const struct module *module = find_live(addr);

    if (module != NULL && was_there(module, addr, generation))
        return module;
    for (const struct item *i =
             atomic_load_explicit(&all.head, memory_order_acquire);
         i != NULL; i = i->next) {
        if (was_there(&i->module, addr, generation))
            return &i->module;
    }
    return NULL;
}

void
modules_each(bool (*visit)(const struct module *module, void *context),
             void *context)
{
    for (const struct item *i =
             atomic_load_explicit(&all.head, memory_order_acquire);
         i != NULL; i = i->next) {
        if (!visit(&i->module, context))
            return;
    }
}

static const struct item *
item_of(const struct module *module)
{
    return (const struct item *)(const void *)((const char *)module -
                                               offsetof(struct item, module));
}

bool
modules_is_loaded(const struct module *module)
{
    return __atomic_load_n(&module->unloaded, __ATOMIC_ACQUIRE) == 0;
}

size_t
modules_segments(const struct module *module,
                 const struct modules_segment **out_segments)
{
    *out_segments = item_of(module)->segments;
    return item_of(module)->segment_count;
}

bool
modules_unwind_table(const struct module *module,
                     const unsigned char **out_bytes, size_t *out_size)
{
    const struct item *item = item_of(module);

    if (item->unwind_addr == 0 || !modules_is_loaded(module))
        return false;
    *out_bytes = (const unsigned char *)item->unwind_addr;
    *out_size = item->unwind_size;
    return true;
}

const void *
modules_dynamic(const struct module *module)
{
    return (const void *)item_of(module)->dynamic;
}

bool
modules_relro(const struct module *module, uintptr_t *out_start,
              uintptr_t *out_end)
{
    const struct item *item = item_of(module);
    uintptr_t mask = ~((uintptr_t)page_size() - 1);

    /* The loader rounds both ends down, so that it protects nothing else. */
    *out_start = item->relro_start & mask;
    *out_end = item->relro_end & mask;
    return *out_end > *out_start;
}

bool
modules_is_file(const struct module *module,
                const struct file_identity *identity)
{
    const struct item *item = item_of(module);

    return item->has_identity && file_is_same(&item->identity, identity) &&
           item->identity.size == identity->size &&
           item->identity.mtime_ns == identity->mtime_ns;
}

/* modules_freeze took the lock: it does not where a signal handler that forks
 * interrupted the holder. Written while frozen. */
static bool is_frozen;

void
modules_freeze(void)
{
    is_frozen = !lock_is_mine(&lock);
    if (is_frozen)
        lock_take(&lock);
}

void
modules_thaw(void)
{
    if (is_frozen)
        lock_give(&lock);
}

void
modules_reset(void)
{
    lock_reset(&lock);
}
