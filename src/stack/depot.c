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

#define FIRST_LOG2 10
#define GROWTH_LOG2 2
#define TABLES_MOST 7 /* 2^10, 2^12 .. 2^22 entries */
#define CHUNK_BYTES ((size_t)256 << 10)
#define PROBES_MOST 128u

struct entry {
    _Atomic uint64_t hash; /* 0: not claimed */
    _Atomic(struct trace *) trace;
};

struct table {
    uint32_t first_id;
    uint32_t count;        /* entries, a power of two */
    _Atomic uint32_t used; /* claimed */
    struct depot_totals *totals;
    struct entry entries[];
};

/* Memory for traces: taken from the end, never given back. */
struct chunk {
    _Atomic size_t used;
    char bytes[];
};

/* Each is set once, in order, by compare-and-swap. */
static _Atomic(struct table *) tables[TABLES_MOST];
static _Atomic(struct chunk *) newest_chunk;
static _Atomic uint64_t traces_count;
static _Atomic uint64_t traces_lost;

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

            if (at + size <= CHUNK_BYTES - sizeof(struct chunk))
                return chunk->bytes + at;
        }
        fresh = meta_map(CHUNK_BYTES);
        if (fresh == NULL)
            return NULL;
        if (!atomic_compare_exchange_strong(&newest_chunk, &chunk, fresh))
            meta_unmap(fresh, CHUNK_BYTES);
    }
}

static size_t
table_bytes(uint32_t count)
{
    return sizeof(struct table) +
           count * (sizeof(struct entry) + sizeof(struct depot_totals));
}

static struct table *
make_table(unsigned i)
{
    uint32_t count = (uint32_t)1 << (FIRST_LOG2 + i * GROWTH_LOG2);
    struct table *fresh = meta_map(table_bytes(count));
    struct table *expected = NULL;

    if (fresh == NULL)
        return NULL;
    fresh->count = count;
    fresh->first_id = 1;
    for (unsigned j = 0; j < i; j++)
        fresh->first_id += (uint32_t)1 << (FIRST_LOG2 + j * GROWTH_LOG2);
    fresh->totals = (struct depot_totals *)(void *)&fresh->entries[count];
    if (atomic_compare_exchange_strong(&tables[i], &expected, fresh))
        return fresh;
    meta_unmap(fresh, table_bytes(count));
    return expected;
}

static bool
is_same(const struct trace *trace, const uintptr_t *pc, uint32_t count,
        const char *file, unsigned line)
{
    if (trace->count != count || trace->line != line ||
        (trace->file == NULL) != (file == NULL))
        return false;
    if (file != NULL && trace->file != file && strcmp(trace->file, file) != 0)
        return false;
    return memcmp(trace->pc, pc, count * sizeof(*pc)) == 0;
}

static struct trace *
make_trace(stack_id id, const uintptr_t *pc, uint32_t count, const char *file,
           unsigned line)
{
    struct trace *trace = take_bytes(sizeof(*trace) + count * sizeof(*pc));

    if (trace == NULL)
        return NULL;
    trace->id = id;
    trace->generation = modules_generation();
    trace->count = count;
    trace->file = file;
    trace->line = line;
    memcpy(trace->pc, pc, count * sizeof(*pc));
    return trace;
}

enum probe { PROBE_FOUND, PROBE_ABSENT, PROBE_FREE };

/* Look for a trace; *out_at is where it is, or the free entry where it could
 * go. */
static enum probe
probe_table(struct table *table, uint64_t hash, const uintptr_t *pc,
            uint32_t count, const char *file, unsigned line, uint32_t *out_at)
{
    uint32_t at = (uint32_t)hash & (table->count - 1);

    for (uint32_t i = 0; i < PROBES_MOST; i++) {
        struct entry *entry = &table->entries[at];
        uint64_t there =
            atomic_load_explicit(&entry->hash, memory_order_acquire);

        *out_at = at;
        if (there == 0)
            return PROBE_FREE;
        if (there == hash) {
            const struct trace *trace =
                atomic_load_explicit(&entry->trace, memory_order_acquire);

            /* Not published yet: 64 equal bits say it is the same. */
            if (trace == NULL || is_same(trace, pc, count, file, line))
                return PROBE_FOUND;
        }
        at = (at + 1) & (table->count - 1);
    }
    return PROBE_ABSENT;
}

/* Claim a free entry of `table` for the trace, or find that someone just made
 * it. STACK_ID_NONE: the table is full. */
static stack_id
claim(struct table *table, uint64_t hash, const uintptr_t *pc, uint32_t count,
      const char *file, unsigned line)
{
    uint32_t at;

    while (atomic_load(&table->used) < table->count / 10 * 7) {
        uint64_t nobody = 0;
        struct trace *trace;

        switch (probe_table(table, hash, pc, count, file, line, &at)) {
        case PROBE_FOUND:
            return table->first_id + at;
        case PROBE_ABSENT:
            return STACK_ID_NONE;
        case PROBE_FREE:
            break;
        }
        if (!atomic_compare_exchange_strong(&table->entries[at].hash, &nobody,
                                            hash))
            continue;
        atomic_fetch_add(&table->used, 1);
        trace = make_trace(table->first_id + at, pc, count, file, line);
        if (trace == NULL) {
            /* The entry stays: the same trace is not tried again and again,
             * and its totals are still right. */
            atomic_fetch_add(&traces_lost, 1);
        } else {
            atomic_fetch_add(&traces_count, 1);
        }
        atomic_store_explicit(&table->entries[at].trace, trace,
                              memory_order_release);
        return table->first_id + at;
    }
    return STACK_ID_NONE;
}

static uint64_t
hash_of(const uintptr_t *pc, uint32_t count, const char *file, unsigned line)
{
    uint64_t hash = hash_u64(((uint64_t)line << 32) + count);

    if (file != NULL)
        hash = hash_add(hash, hash_bytes(file, strlen(file)));
    for (uint32_t i = 0; i < count; i++)
        hash = hash_add(hash, pc[i]);
    return hash == 0 ? 1 : hash;
}

stack_id
depot_insert(const uintptr_t *pc, uint32_t count, const char *file,
             unsigned line)
{
    uint64_t hash = hash_of(pc, count, file, line);
    unsigned newest = 0;
    uint32_t at;

    while (newest + 1 < TABLES_MOST && atomic_load(&tables[newest + 1]) != NULL)
        newest++;
    for (unsigned i = newest + 1; i-- > 0;) {
        struct table *table = atomic_load(&tables[i]);

        if (table != NULL && probe_table(table, hash, pc, count, file, line,
                                         &at) == PROBE_FOUND)
            return table->first_id + at;
    }
    for (unsigned i = newest; i < TABLES_MOST; i++) {
        struct table *table = atomic_load(&tables[i]);
        stack_id id;

        if (table == NULL)
            table = make_table(i);
        if (table == NULL)
            break;
        id = claim(table, hash, pc, count, file, line);
        if (id != STACK_ID_NONE)
            return id;
    }
    atomic_fetch_add(&traces_lost, 1);
    return STACK_ID_NONE;
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

const struct trace *
depot_find(stack_id id)
{
    struct table *table = table_of(id);

    if (table == NULL)
        return NULL;
    return atomic_load_explicit(&table->entries[id - table->first_id].trace,
                                memory_order_acquire);
}

struct depot_totals *
depot_totals(stack_id id)
{
    struct table *table = table_of(id);

    return table == NULL ? NULL : &table->totals[id - table->first_id];
}

void
depot_each(bool (*visit)(const struct trace *, void *), void *context)
{
    for (unsigned i = 0; i < TABLES_MOST; i++) {
        struct table *table = atomic_load(&tables[i]);

        for (uint32_t j = 0; table != NULL && j < table->count; j++) {
            const struct trace *trace =
                atomic_load_explicit(&table->entries[j].trace,
                                     memory_order_acquire);

            if (trace != NULL && !visit(trace, context))
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
