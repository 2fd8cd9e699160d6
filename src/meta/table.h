/*
 * meta/table.h - a map from 64-bit keys to 64-bit values.
 *
 * Open addressing, linear probing, grows at 70 % full. Every key is allowed.
 * Not locked: its owner is.
 * Source: Knuth, The Art of Computer Programming 3, sec. 6.4, algorithm L;
 * removal by algorithm R (no tombstones).
 */
#ifndef META_TABLE_H
#define META_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct table_slot {
    uint64_t key;
    uint64_t value;
};

struct table {
    struct table_slot *slots;
    unsigned char *used; /* one byte per slot */
    size_t count;
    size_t capacity;     /* a power of two, or 0 */
};

#define TABLE_INIT {.slots = NULL, .used = NULL, .count = 0, .capacity = 0}

/* table_insert - set key to value, replacing. Returns 0, or -ENOMEM (the
 * table is then unchanged). */
int MUST_CHECK table_insert(struct table *table, uint64_t key, uint64_t value);

/* table_find - true, and *out_value set, if the key is there. */
bool table_find(const struct table *table, uint64_t key, uint64_t *out_value);

/* table_remove - true if the key was there. */
bool table_remove(struct table *table, uint64_t key);

/* table_each - call `visit` for each pair, in no order, until it returns
 * false. The table must not change meanwhile. */
void table_each(const struct table *table,
                bool (*visit)(uint64_t key, uint64_t value, void *context),
                void *context);

void table_fini(struct table *table);

#endif
