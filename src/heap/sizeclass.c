/*
 * heap/sizeclass.c - the tables of size classes, and how spans are cut.
 *
 * A span has at least eight slots, so that a span is opened at most once in
 * eight allocations, and wastes at most 1/16 of its bytes at its end.
 */
#include "heap/sizeclass.h"

#define RECIPROCAL_SHIFT 40
#define SLOTS_LEAST 8
#define UNITS_MOST 16

/* An index is exact while offset < 2^40 / size: spans are at most 2^20 bytes
 * and slots at most 2^15. */
static_assert(UNITS_MOST * ((uint64_t)1 << SIZECLASS_UNIT_LOG2) <=
                  ((uint64_t)1 << RECIPROCAL_SHIFT) / SIZECLASS_MAX,
              "offset times reciprocal gives the index exactly");

struct sizeclass sizeclass_table[SIZECLASS_COUNT];
uint8_t sizeclass_quick[SIZECLASS_QUICK / 16 + 1];

static size_t
class_size(unsigned class)
{
    unsigned k;

    if (class < 8)
        return (class + 1) * (size_t)16;
    k = 7 + (class - 8) / 8;
    return ((size_t)1 << k) +
           ((class - 8) % 8 + 1) * ((size_t)1 << (k - 3));
}

static void
cut_span(struct sizeclass *class, size_t lead)
{
    unsigned units;
    size_t bytes = 0, slots = 0;

    for (units = 1; units <= UNITS_MOST; units++) {
        bytes = units * SIZECLASS_UNIT - lead;
        slots = bytes / class->size;
        if (slots >= SLOTS_LEAST && bytes % class->size <= bytes / 16)
            break;
    }
    if (units > UNITS_MOST) {
        units = UNITS_MOST;
        slots = (units * SIZECLASS_UNIT - lead) / class->size;
    }
    class->units = (uint16_t)units;
    class->capacity = (uint16_t)slots;
    class->reciprocal =
        (((uint64_t)1 << RECIPROCAL_SHIFT) + class->size - 1) / class->size;
}

void
sizeclass_start(size_t lead)
{
    for (unsigned i = 0; i < SIZECLASS_COUNT; i++) {
        sizeclass_table[i].size = (uint32_t)class_size(i);
        cut_span(&sizeclass_table[i], lead);
    }
    sizeclass_quick[0] = 0;
    for (size_t i = 1; i < ARRAY_COUNT(sizeclass_quick); i++)
        sizeclass_quick[i] = (uint8_t)sizeclass_compute(i * 16);
}

unsigned
sizeclass_of_aligned(size_t size, size_t align)
{
    size_t rounded = bits_align_up(size == 0 ? 1 : size, align);

    if (rounded > SIZECLASS_MAX)
        return SIZECLASS_COUNT;
    for (unsigned i = sizeclass_compute(rounded); i < SIZECLASS_COUNT; i++) {
        if (sizeclass_table[i].size % align == 0)
            return i;
    }
    return SIZECLASS_COUNT;
}
