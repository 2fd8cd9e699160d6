/*
 * report/spots.c - the places of many stacks, each entered once.
 */
#include "report/spots.h"

#include "base/hash.h"

void
spots_init(struct spots *spots)
{
    *spots = (struct spots){.index = TABLE_INIT,
                            .places = VECTOR_INIT(struct spots_place)};
}

void
spots_fini(struct spots *spots)
{
    table_fini(&spots->index);
    vector_fini(&spots->places);
}

void
spots_forget(struct spots *spots)
{
    table_fini(&spots->index);
}

const struct spots_place *
spots_place(const struct spots *spots, uint32_t spot)
{
    return &VECTOR_AT(&spots->places, struct spots_place, spot);
}

static struct spots_place
place_of(const struct trace *trace, uint32_t i)
{
    struct spots_place place = {.generation = trace->generation};

    if (i < trace->count)
        place.pc = trace->pc[i];
    if (i == 0 && trace->file != NULL) {
        place.noted_file = trace->file;
        place.noted_line = trace->line;
    }
    return place;
}

static bool
is_same(const struct spots_place *a, const struct spots_place *b)
{
    return a->pc == b->pc && a->generation == b->generation &&
           a->noted_file == b->noted_file && a->noted_line == b->noted_line;
}

static uint64_t
hash_of(const struct spots_place *place)
{
    uint64_t hash = hash_add(hash_u64(place->pc), place->generation);

    if (place->noted_file == NULL)
        return hash;
    return hash_add(hash_add(hash, (uintptr_t)place->noted_file),
                    place->noted_line);
}

uint32_t
spots_enter(struct spots *spots, const struct trace *trace, uint32_t i,
            bool *out_is_new)
{
    struct spots_place wanted = place_of(trace, i);
    uint64_t key = hash_of(&wanted);
    struct spots_place *place;
    uint64_t number;

    *out_is_new = false;
    while (table_find(&spots->index, key, &number)) {
        if (is_same(spots_place(spots, (uint32_t)number), &wanted))
            return (uint32_t)number;
        key = hash_u64(key + 1);
    }
    number = spots->places.count;
    place = number < SPOTS_NONE ? vector_add(&spots->places) : NULL;
    if (place == NULL)
        return SPOTS_NONE;
    if (table_insert(&spots->index, key, number) != 0) {
        spots->places.count--;
        return SPOTS_NONE;
    }
    *place = wanted;
    *out_is_new = true;
    return (uint32_t)number;
}
