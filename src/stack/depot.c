/*
 * stack/depot.c - tables, claiming, and the memory of traces.
 */
#include "stack/depot.h"

#include <string.h>

#include "base/attr.h"
#include "base/bits.h"
#include "base/hash.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "os/page.h"
#include "stack/memo.h"

/* Entries of each table, as powers of two. A trace is looked for in all that
 * there are, so these are few. */
static const uint8_t table_log2[] = {12, 14, 16, 18, 20, 22};
#define TABLES_MOST ARRAY_COUNT(table_log2)

/* The first pieces of memory for traces are small, later ones large pages. */
#define CHUNK_BYTES ((size_t)256 << 10)
#define CHUNK_BYTES_HUGE PAGE_HUGE
#define CHUNKS_SMALL 4u

#define PROBES_MOST 128u

/* A trace, and what is known of it at which epoch of the module list: twice the
 * epoch, and 1 more if its addresses are not of the modules that they were. */
struct kept {
    _Atomic uint32_t seen;
    struct trace trace;
};

struct entry {
    _Atomic uint64_t hash; /* 0: not claimed */
    _Atomic(struct kept *) kept;
    struct depot_totals totals;
};

struct table {
    uint32_t first_id;
    uint32_t count;        /* entries, a power of two */
    _Atomic uint32_t used; /* claimed */
    struct entry entries[];
};

/* Memory for traces: taken from the end, never given back. */
struct chunk {
    _Atomic size_t used;
    uint32_t number; /* 1, 2, ... */
    char bytes[];
};

/* Each is set once, in order, by compare-and-swap. */
static _Atomic(struct table *) tables[TABLES_MOST];
static _Atomic(struct chunk *) newest_chunk;
static _Atomic uint64_t traces_count;
static _Atomic uint64_t traces_lost;

static size_t
chunk_bytes(uint32_t number)
{
    return number > CHUNKS_SMALL ? CHUNK_BYTES_HUGE : CHUNK_BYTES;
}

static struct chunk *
make_chunk(uint32_t number)
{
    size_t size = chunk_bytes(number);
    struct chunk *fresh = meta_map(size);

    if (fresh == NULL)
        return NULL;
    if (size == CHUNK_BYTES_HUGE)
        page_prefer_huge(fresh, size);
    fresh->number = number;
    return fresh;
}

static void *
take_bytes(size_t size)
{
    size = bits_align_up(size, 16);
    if (size > CHUNK_BYTES - sizeof(struct chunk))
        return NULL;
    for (;;) {
        struct chunk *chunk = atomic_load(&newest_chunk);
        struct chunk *fresh;

        if (chunk != NULL) {
            size_t at = atomic_fetch_add(&chunk->used, size);

            if (at + size <= chunk_bytes(chunk->number) - sizeof(*chunk))
                return chunk->bytes + at;
        }
        fresh = make_chunk(chunk == NULL ? 1 : chunk->number + 1);
        if (fresh == NULL)
            return NULL;
        if (!atomic_compare_exchange_strong(&newest_chunk, &chunk, fresh))
            meta_unmap(fresh, chunk_bytes(fresh->number));
    }
}

static size_t
table_bytes(uint32_t count)
{
    return sizeof(struct table) + count * sizeof(struct entry);
}

static struct table *
make_table(unsigned i)
{
    uint32_t count = (uint32_t)1 << table_log2[i];
    struct table *fresh = meta_map(table_bytes(count));
    struct table *expected = NULL;

    if (fresh == NULL)
        return NULL;
    if (table_bytes(count) >= PAGE_HUGE)
        page_prefer_huge(fresh, table_bytes(count));
    fresh->count = count;
    fresh->first_id = 1;
    for (unsigned j = 0; j < i; j++)
        fresh->first_id += (uint32_t)1 << table_log2[j];
    if (atomic_compare_exchange_strong(&tables[i], &expected, fresh))
        return fresh;
    meta_unmap(fresh, table_bytes(count));
    return expected;
}

/* The trace that is looked for. */
struct wanted {
    uint64_t hash;
    uint32_t epoch;      /* of the module list */
    const uintptr_t *pc; /* NULL: not at hand; 64 equal bits will do */
    uint32_t count;
    unsigned line;
    const char *file;
};

static bool
is_same(const struct trace *trace, const struct wanted *wanted)
{
    if (wanted->pc == NULL)
        return true;
    if (trace->count != wanted->count || trace->line != wanted->line ||
        (trace->file == NULL) != (wanted->file == NULL))
        return false;
    if (wanted->file != NULL && trace->file != wanted->file &&
        strcmp(trace->file, wanted->file) != 0)
        return false;
    return memcmp(trace->pc, wanted->pc, wanted->count * sizeof(*wanted->pc)) ==
           0;
}

static struct kept *
make_trace(stack_id id, const struct wanted *wanted)
{
    size_t size = wanted->count * sizeof(*wanted->pc);
    struct kept *kept = take_bytes(sizeof(*kept) + size);
    struct trace *trace;

    if (kept == NULL)
        return NULL;
    trace = &kept->trace;
    trace->id = id;
    trace->generation = modules_generation();
    trace->count = wanted->count;
    trace->file = wanted->file;
    trace->line = wanted->line;
    memcpy(trace->pc, wanted->pc, size);
    atomic_init(&kept->seen, wanted->epoch * 2);
    return kept;
}

/* The same file at the same place: it was unloaded and loaded again. A build-id
 * says so; without one nothing does. */
static bool
is_same_module(const struct module *a, const struct module *b)
{
    if (a == b)
        return true;
    return a != NULL && b != NULL && a->build_id_size != 0 &&
           a->build_id_size == b->build_id_size &&
           memcmp(a->build_id, b->build_id, a->build_id_size) == 0 &&
           a->base == b->base && a->start == b->start && a->end == b->end &&
           strcmp(a->path, b->path) == 0;
}

/* True if each address of the trace is in the module that it was in, so that
 * the same addresses now are the same trace. */
static bool
is_of_now(const struct trace *trace)
{
    for (uint32_t i = 0; i < trace->count; i++) {
        uintptr_t place = trace->pc[i] - 1;

        if (!is_same_module(modules_find(place, trace->generation),
                            modules_find(place, MODULES_NOW)))
            return false;
    }
    return true;
}

/* Does `kept` stand for the trace now? Asked of the modules once an epoch. */
static bool
is_valid(struct kept *kept, uint32_t epoch)
{
    uint32_t seen;

    /* Nothing was ever unloaded. */
    if (LIKELY(epoch == 0))
        return true;
    seen = atomic_load_explicit(&kept->seen, memory_order_relaxed);
    if (LIKELY(seen / 2 == epoch))
        return seen % 2 == 0;
    seen = epoch * 2 + (is_of_now(&kept->trace) ? 0 : 1);
    atomic_store_explicit(&kept->seen, seen, memory_order_relaxed);
    return seen % 2 == 0;
}

enum probe { PROBE_FOUND, PROBE_ABSENT, PROBE_FREE };

/* Look for a trace; *out_at is where it is, or the free entry where it could
 * go. Of traces with equal addresses in different modules each has an entry,
 * and those that are not of now are passed over. */
static enum probe
probe_table(struct table *table, const struct wanted *wanted, uint32_t *out_at)
{
    uint32_t at = (uint32_t)wanted->hash & (table->count - 1);

    for (uint32_t i = 0; i < PROBES_MOST; i++) {
        struct entry *entry = &table->entries[at];
        uint64_t there =
            atomic_load_explicit(&entry->hash, memory_order_acquire);

        *out_at = at;
        if (there == 0)
            return PROBE_FREE;
        if (there == wanted->hash) {
            struct kept *kept =
                atomic_load_explicit(&entry->kept, memory_order_acquire);

            /* Not published yet: 64 equal bits say it is the same. */
            if (kept == NULL || (is_same(&kept->trace, wanted) &&
                                 is_valid(kept, wanted->epoch)))
                return PROBE_FOUND;
        }
        at = (at + 1) & (table->count - 1);
    }
    return PROBE_ABSENT;
}

/* Claim a free entry of `table` for the trace, or find that someone just made
 * it. STACK_ID_NONE: the table is full. */
static stack_id
claim(struct table *table, const struct wanted *wanted)
{
    uint32_t at;

    while (atomic_load(&table->used) < table->count / 10 * 7) {
        uint64_t nobody = 0;
        struct kept *kept;

        switch (probe_table(table, wanted, &at)) {
        case PROBE_FOUND:
            return table->first_id + at;
        case PROBE_ABSENT:
            return STACK_ID_NONE;
        case PROBE_FREE:
            break;
        }
        if (!atomic_compare_exchange_strong(&table->entries[at].hash, &nobody,
                                            wanted->hash))
            continue;
        atomic_fetch_add(&table->used, 1);
        kept = make_trace(table->first_id + at, wanted);
        if (kept == NULL) {
            /* The entry stays: the same trace is not tried again and again,
             * and its totals are still right. */
            atomic_fetch_add(&traces_lost, 1);
        } else {
            atomic_fetch_add(&traces_count, 1);
        }
        atomic_store_explicit(&table->entries[at].kept, kept,
                              memory_order_release);
        return table->first_id + at;
    }
    return STACK_ID_NONE;
}

static uint64_t
add_place(uint64_t hash, const char *file, unsigned line)
{
    if (file == NULL && line == 0)
        return hash;
    hash = hash_add(hash, line);
    if (file != NULL)
        hash = hash_add(hash, hash_bytes(file, strlen(file)));
    return hash | UINT64_C(1) << 63;
}

static uint64_t
hash_of(const uintptr_t *pc, uint32_t count)
{
    uint64_t hash = 0;

    for (uint32_t i = count; i-- > 0;)
        hash = memo_hash(hash, pc[i]);
    return memo_finish(hash, count);
}

/* The newest table that there is. */
static unsigned
newest_table(void)
{
    unsigned newest = 0;

    while (newest + 1 < TABLES_MOST &&
           atomic_load_explicit(&tables[newest + 1], memory_order_acquire) !=
               NULL)
        newest++;
    return newest;
}

/* The newest table first: it has the most. */
static stack_id
find(const struct wanted *wanted, unsigned newest)
{
    uint32_t at;

    for (unsigned i = newest + 1; i-- > 0;) {
        struct table *table =
            atomic_load_explicit(&tables[i], memory_order_acquire);

        if (table != NULL && probe_table(table, wanted, &at) == PROBE_FOUND)
            return table->first_id + at;
    }
    return STACK_ID_NONE;
}

static struct wanted
want(uint64_t hash, const uintptr_t *pc, uint32_t count, const char *file,
     unsigned line)
{
    return (struct wanted){.hash = add_place(hash, file, line),
                           .epoch = modules_epoch(),
                           .pc = pc,
                           .count = count,
                           .line = line,
                           .file = file};
}

stack_id
depot_find_hash(uint64_t hash, const char *file, unsigned line)
{
    struct wanted wanted = want(hash, NULL, 0, file, line);

    return find(&wanted, newest_table());
}

/* Put in a trace that is in none of the tables up to `newest`. */
static stack_id
add(const struct wanted *wanted, unsigned newest)
{
    for (unsigned i = newest; i < TABLES_MOST; i++) {
        struct table *table = atomic_load(&tables[i]);
        stack_id id;

        if (table == NULL)
            table = make_table(i);
        if (table == NULL)
            break;
        id = claim(table, wanted);
        if (id != STACK_ID_NONE)
            return id;
    }
    atomic_fetch_add(&traces_lost, 1);
    return STACK_ID_NONE;
}

stack_id
depot_insert_hash(uint64_t hash, const uintptr_t *pc, uint32_t count,
                  const char *file, unsigned line)
{
    struct wanted wanted = want(hash, pc, count, file, line);

    return add(&wanted, newest_table());
}

stack_id
depot_insert(const uintptr_t *pc, uint32_t count, const char *file,
             unsigned line)
{
    struct wanted wanted = want(hash_of(pc, count), pc, count, file, line);
    unsigned newest = newest_table();
    stack_id id = find(&wanted, newest);

    return id != STACK_ID_NONE ? id : add(&wanted, newest);
}

static struct table *
table_of(stack_id id)
{
    for (unsigned i = 0; i < TABLES_MOST && id != STACK_ID_NONE; i++) {
        struct table *table =
            atomic_load_explicit(&tables[i], memory_order_acquire);

        if (table == NULL)
            return NULL;
        if (id - table->first_id < table->count)
            return table;
    }
    return NULL;
}

static const struct kept *
kept_at(const struct table *table, uint32_t at)
{
    return atomic_load_explicit(&table->entries[at].kept, memory_order_acquire);
}

const struct trace *
depot_find(stack_id id)
{
    struct table *table = table_of(id);
    const struct kept *kept;

    if (table == NULL)
        return NULL;
    kept = kept_at(table, id - table->first_id);
    return kept == NULL ? NULL : &kept->trace;
}

struct depot_totals *
depot_totals(stack_id id)
{
    struct table *table = table_of(id);

    return table == NULL ? NULL : &table->entries[id - table->first_id].totals;
}

void
depot_each(bool (*visit)(stack_id, const struct depot_totals *,
                         const struct trace *, void *),
           void *context)
{
    for (unsigned i = 0; i < TABLES_MOST; i++) {
        struct table *table = atomic_load(&tables[i]);

        for (uint32_t j = 0; table != NULL && j < table->count; j++) {
            const struct kept *kept = kept_at(table, j);

            if (kept != NULL &&
                !visit(table->first_id + j, &table->entries[j].totals,
                       &kept->trace, context))
                return;
        }
    }
}

uint64_t
depot_count(void)
{
    return atomic_load(&traces_count);
}

uint64_t
depot_lost(void)
{
    return atomic_load(&traces_lost);
}
