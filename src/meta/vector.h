/*
 * meta/vector.h - an array that grows.
 *
 * Growing moves it: keep indices, not pointers. Not locked: its owner is.
 */
#ifndef META_VECTOR_H
#define META_VECTOR_H

#include <stddef.h>

#include "base/attr.h"

struct vector {
    void *items;
    size_t count;
    size_t capacity;
    size_t item_size; /* bytes, > 0 */
};

#define VECTOR_INIT(type)                                                      \
    {.items = NULL, .count = 0, .capacity = 0, .item_size = sizeof(type)}

/* VECTOR_AT - item `i` (under count) as an lvalue of `type`. */
#define VECTOR_AT(vector, type, i) (((type *)(vector)->items)[i])

/* vector_add - a new zeroed item at the end, or NULL where the kernel refuses
 * memory (the vector is then unchanged). */
void *MUST_CHECK vector_add(struct vector *vector);

/* vector_reserve - room for `count` items in all. Returns 0 or -ENOMEM. */
int MUST_CHECK vector_reserve(struct vector *vector, size_t count);

/*
 * vector_sort - put the items in the order of `compare` (negative: a before b).
 * Not stable; in place; O(n log n) always.
 * Source: Williams, Heapsort, CACM 1964.
 */
void vector_sort(struct vector *vector,
                 int (*compare)(const void *a, const void *b));

/*
 * vector_sort_first - vector_sort of the first `count` places alone: what comes
 * after them is in no order.   Cost: O(n + m log count), where m is how often
 * one comes by that belongs among the first so far.
 */
void vector_sort_first(struct vector *vector, size_t count,
                       int (*compare)(const void *a, const void *b));

/* vector_clear - forget the items, keep the memory. */
void vector_clear(struct vector *vector);

/* vector_fini - give the memory back; the vector is empty and usable. */
void vector_fini(struct vector *vector);

#endif
