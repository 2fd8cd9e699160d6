/*
 * meta/table.c - a map from 64-bit keys to 64-bit values.
 *
 * The slots and, behind them, the bytes that say which are used lie in one
 * mapping. Growing makes a new one of twice the slots and inserts anew, so a
 * refusal leaves the old one as it was.
 */
#include "meta/table.h"

#include <assert.h>
#include <errno.h>

#include "base/bits.h"
#include "base/hash.h"
#include "meta/meta.h"

/* The first table fits one OS page of 4 KiB. */
#define FIRST_CAPACITY 128

#define SLOT_BYTES (sizeof(struct table_slot) + 1)

static_assert(FIRST_CAPACITY * SLOT_BYTES <= 4096, "one page");

/* home - where the search for `key` begins. */
static size_t
home(const struct table *table, uint64_t key)
{
    return (size_t)hash_u64(key) & (table->capacity - 1);
}

/* probe - the slot that holds `key`, or the unused one where it would go.
 * There is always an unused one, since a table is never full. */
static size_t
probe(const struct table *table, uint64_t key)
{
    size_t i = home(table, key);

    while (table->used[i] && table->slots[i].key != key)
        i = (i + 1) & (table->capacity - 1);
    return i;
}

static void
fill_slot(struct table *table, size_t i, uint64_t key, uint64_t value)
{
    table->slots[i].key = key;
    table->slots[i].value = value;
    table->used[i] = 1;
    table->count++;
}

/* grow - move everything to twice the slots. Returns 0 or -ENOMEM. */
static int
grow(struct table *table)
{
    struct table larger = TABLE_INIT;
    size_t bytes;

    larger.capacity = FIRST_CAPACITY;
    if (table->capacity != 0 &&
        !bits_try_mul(table->capacity, 2, &larger.capacity))
        return -ENOMEM;
    if (!bits_try_mul(larger.capacity, SLOT_BYTES, &bytes))
        return -ENOMEM;
    larger.slots = meta_map(bytes);
    if (larger.slots == NULL)
        return -ENOMEM;
    larger.used = (unsigned char *)(larger.slots + larger.capacity);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct table_slot *slot = &table->slots[i];

        if (table->used[i])
            fill_slot(&larger, probe(&larger, slot->key), slot->key,
                      slot->value);
    }
    table_fini(table);
    *table = larger;
    return 0;
}

int
table_insert(struct table *table, uint64_t key, uint64_t value)
{
    size_t i = 0;

    if (table->capacity != 0) {
        i = probe(table, key);
        if (table->used[i]) {
            table->slots[i].value = value;
            return 0;
        }
    }
    /* It cannot wrap: the slots, 17 bytes each, are in memory. */
    if (table->count * 10 >= table->capacity * 7) {
        int error = grow(table);

        if (error != 0)
            return error;
        i = probe(table, key);
    }
    fill_slot(table, i, key, value);
    return 0;
}

bool
table_find(const struct table *table, uint64_t key, uint64_t *out_value)
{
    size_t i;

    if (table->capacity == 0)
        return false;
    i = probe(table, key);
    if (!table->used[i])
        return false;
    *out_value = table->slots[i].value;
    return true;
}

/*
 * The slots after the removed one, up to the next unused one, may have been
 * pushed there by it. One whose home does not lie cyclically after the hole
 * moves into it and leaves a hole itself.
 */
bool
table_remove(struct table *table, uint64_t key)
{
    size_t mask = table->capacity - 1;
    size_t hole;

    if (table->capacity == 0)
        return false;
    hole = probe(table, key);
    if (!table->used[hole])
        return false;
    for (size_t i = (hole + 1) & mask; table->used[i]; i = (i + 1) & mask) {
        size_t start = home(table, table->slots[i].key);

        if (((i - start) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->used[hole] = 0;
    table->count--;
    return true;
}

void
table_each(const struct table *table,
           bool (*visit)(uint64_t key, uint64_t value, void *context),
           void *context)
{
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->used[i] &&
            !visit(table->slots[i].key, table->slots[i].value, context))
            return;
    }
}

void
table_fini(struct table *table)
{
    if (table->slots != NULL)
        meta_unmap(table->slots, table->capacity * SLOT_BYTES);
    table->slots = NULL;
    table->used = NULL;
    table->count = 0;
    table->capacity = 0;
}
