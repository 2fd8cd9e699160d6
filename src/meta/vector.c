/*
 * meta/vector.c - an array that grows.
 *
 * Its memory is whole OS pages, doubled when full; the kernel moves them
 * without copying.
 */
#include "meta/vector.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bits.h"
#include "meta/meta.h"
#include "os/page.h"
#include "os/process.h"

/* Bytes swapped at a time when sorting. */
#define SWAP_SIZE 64

static size_t
capacity_bytes(const struct vector *vector)
{
    return vector->capacity * vector->item_size;
}

int
vector_reserve(struct vector *vector, size_t count)
{
    size_t bytes;
    size_t doubled = 2 * capacity_bytes(vector);
    void *items;

    DEBUG_ASSERT(vector->item_size > 0);
    if (count <= vector->capacity)
        return 0;
    if (!bits_try_mul(count, vector->item_size, &bytes))
        return -ENOMEM;
    if (bytes < doubled)
        bytes = doubled;
    if (!bits_try_align_up(bytes, page_size(), &bytes))
        return -ENOMEM;
    if (vector->items == NULL)
        items = meta_map(bytes);
    else
        items = meta_remap(vector->items, capacity_bytes(vector), bytes);
    if (items == NULL)
        return -ENOMEM;
    vector->items = items;
    vector->capacity = bytes / vector->item_size;
    return 0;
}

void *
vector_add(struct vector *vector)
{
    unsigned char *item;

    if (vector->count == vector->capacity &&
        vector_reserve(vector, vector->count + 1) != 0)
        return NULL;
    item = (unsigned char *)vector->items + vector->count * vector->item_size;
    /* Pages come zeroed, but vector_clear leaves old items behind. */
    memset(item, 0, vector->item_size);
    vector->count++;
    return item;
}

static void
swap(unsigned char *a, unsigned char *b, size_t n)
{
    unsigned char saved[SWAP_SIZE];

    while (n > 0) {
        size_t part = n < SWAP_SIZE ? n : SWAP_SIZE;

        memcpy(saved, a, part);
        memcpy(a, b, part);
        memcpy(b, saved, part);
        a += part;
        b += part;
        n -= part;
    }
}

/* sift_down - let item `root` sink until it is not under either child; the
 * heap is the first `count` items, the greatest on top. */
static void
sift_down(unsigned char *items, size_t size, size_t root, size_t count,
          int (*compare)(const void *, const void *))
{
    for (;;) {
        size_t child = 2 * root + 1;

        if (child >= count)
            return;
        if (child + 1 < count &&
            compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + root * size, items + child * size) >= 0)
            return;
        swap(items + root * size, items + child * size, size);
        root = child;
    }
}

static void
make_heap(unsigned char *items, size_t size, size_t count,
          int (*compare)(const void *, const void *))
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(items, size, i, count, compare);
}

/* The heap of the first `count` items becomes a sorted list. */
static void
sort_heap(unsigned char *items, size_t size, size_t count,
          int (*compare)(const void *, const void *))
{
    for (size_t end = count; end > 1; end--) {
        swap(items, items + (end - 1) * size, size);
        sift_down(items, size, 0, end - 1, compare);
    }
}

void
vector_sort(struct vector *vector, int (*compare)(const void *a, const void *b))
{
    unsigned char *items = vector->items;
    size_t size = vector->item_size;
    size_t sorted = 1;

    /* What comes from a compiler or a linker often is. */
    while (sorted < vector->count &&
           compare(items + (sorted - 1) * size, items + sorted * size) <= 0)
        sorted++;
    if (sorted >= vector->count)
        return;
    make_heap(items, size, vector->count, compare);
    sort_heap(items, size, vector->count, compare);
}

void
vector_sort_first(struct vector *vector, size_t count,
                  int (*compare)(const void *a, const void *b))
{
    unsigned char *items = vector->items;
    size_t size = vector->item_size;

    if (count >= vector->count) {
        vector_sort(vector, compare);
        return;
    }
    if (count == 0)
        return;
    make_heap(items, size, count, compare);
    for (size_t i = count; i < vector->count; i++) {
        if (compare(items + i * size, items) < 0) {
            swap(items, items + i * size, size);
            sift_down(items, size, 0, count, compare);
        }
    }
    sort_heap(items, size, count, compare);
}

void
vector_clear(struct vector *vector)
{
    vector->count = 0;
}

void
vector_fini(struct vector *vector)
{
    if (vector->items != NULL)
        meta_unmap(vector->items, capacity_bytes(vector));
    vector->items = NULL;
    vector->count = 0;
    vector->capacity = 0;
}
