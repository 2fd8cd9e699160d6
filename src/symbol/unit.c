/*
 * symbol/unit.c - one unit of debug information, looked into.
 */
#include "symbol/unit.h"

#include <errno.h>

/* Abbreviation codes that get a place in the table; the others are found by
 * reading, so this only bounds memory. */
#define UNIT_ABBREVS_MAX 65536

/* Sequences or functions that overlap, tried one after another. */
#define UNIT_TRIES 32

static void
read_abbrevs(struct unit *unit)
{
    uint32_t count = info_abbrevs_measure(&unit->info, UNIT_ABBREVS_MAX);

    if (count == 0 || vector_reserve(&unit->offsets, count) != 0)
        return;
    unit->abbrevs.offsets = unit->offsets.items;
    unit->abbrevs.count = count;
    info_abbrevs_fill(&unit->info, &unit->abbrevs);
    unit->info.abbrevs = &unit->abbrevs;
}

/* ---- Functions. ---- */

struct function_walk {
    struct unit *unit;
    uint64_t entry;
};

static bool
add_function(uint64_t low, uint64_t high, void *context)
{
    struct function_walk *walk = context;
    struct unit_function *function = vector_add(&walk->unit->functions);

    if (function == NULL)
        return false;
    *function =
        (struct unit_function){.low = low, .high = high, .entry = walk->entry};
    return true;
}

static int
compare_functions(const void *a, const void *b)
{
    const struct unit_function *x = a;
    const struct unit_function *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* Every entry of the unit: functions may stand in namespaces, in classes, in
 * other functions. */
static void
read_functions(struct unit *unit)
{
    struct cursor c = info_cursor(&unit->info, unit->info.first);
    struct info_entry entry;
    uint64_t reach = 0;

    while (c.at != c.end && info_read(&unit->info, &c, &entry) == 0) {
        struct function_walk walk = {.unit = unit, .entry = entry.offset};

        if (entry.tag == INFO_TAG_SUBPROGRAM)
            (void)range_each(&unit->info, &entry, add_function, &walk);
    }
    vector_sort(&unit->functions, compare_functions);
    for (size_t i = 0; i < unit->functions.count; i++) {
        struct unit_function *function =
            &VECTOR_AT(&unit->functions, struct unit_function, i);

        if (function->high > reach)
            reach = function->high;
        function->reach = reach;
    }
}

const struct unit_function *
unit_find_function(const struct unit *unit, uint64_t addr)
{
    const struct unit_function *all = unit->functions.items;
    const struct unit_function *best = NULL;
    size_t low = 0;
    size_t high = unit->functions.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all[middle].low <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    /* The nearest one may end before; a longer one around it may not. */
    for (unsigned i = 0; i < UNIT_TRIES && low > 0; i++) {
        const struct unit_function *function = &all[--low];

        if (function->reach <= addr)
            break;
        if (addr < function->high &&
            (best == NULL ||
             function->high - function->low < best->high - best->low))
            best = function;
    }
    return best;
}

/* ---- Lines. ---- */

struct row_walk {
    struct unit *unit;
    uint32_t first; /* row of the sequence being read */
    bool is_open;   /* in a sequence */
    bool is_lost;   /* no memory */
};

static void
end_sequence(struct row_walk *walk, uint64_t high)
{
    struct unit *unit = walk->unit;
    uint32_t count = (uint32_t)unit->rows.count - walk->first;
    uint64_t low;
    struct unit_sequence *sequence;

    walk->is_open = false;
    if (count == 0)
        return;
    low = VECTOR_AT(&unit->rows, struct unit_row, walk->first).addr;
    /* Code that the linker threw away, see range.c. */
    sequence = low > 1 && high > low ? vector_add(&unit->sequences) : NULL;
    if (sequence == NULL) {
        unit->rows.count = walk->first;
        return;
    }
    *sequence = (struct unit_sequence){
        .low = low, .high = high, .first = walk->first, .count = count};
}

static bool
add_row(const struct line_row *row, void *context)
{
    struct row_walk *walk = context;
    struct unit *unit = walk->unit;
    struct unit_row *last = NULL;
    struct unit_row *added;

    if (!walk->is_open) {
        walk->is_open = true;
        walk->first = (uint32_t)unit->rows.count;
    }
    if (row->is_end) {
        end_sequence(walk, row->addr);
        return true;
    }
    if (unit->rows.count > walk->first)
        last = &VECTOR_AT(&unit->rows, struct unit_row, unit->rows.count - 1);
    if (last != NULL && row->addr < last->addr)
        return true; /* Against the rules; nothing could be found behind it. */
    /* Of several rows for one place the last counts. */
    added = last != NULL && last->addr == row->addr ? last
                                                    : vector_add(&unit->rows);
    if (added == NULL) {
        walk->is_lost = true;
        return false;
    }
    *added = (struct unit_row){
        .addr = row->addr,
        .line = row->line,
        .file = row->file <= UINT16_MAX ? (uint16_t)row->file : UINT16_MAX,
        .column = row->column <= UINT16_MAX ? (uint16_t)row->column : 0};
    return true;
}

static int
compare_sequences(const void *a, const void *b)
{
    const struct unit_sequence *x = a;
    const struct unit_sequence *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void
read_rows(struct unit *unit)
{
    struct row_walk walk = {.unit = unit};

    if (!unit->has_program)
        return;
    /* Where it is malformed, the rows before are good. */
    if (line_each(&unit->program, add_row, &walk) != 0 && walk.is_open)
        unit->rows.count = walk.first;
    vector_sort(&unit->sequences, compare_sequences);
}

const struct unit_row *
unit_find_row(const struct unit *unit, uint64_t addr)
{
    const struct unit_sequence *sequences = unit->sequences.items;
    const struct unit_row *rows = unit->rows.items;
    size_t low = 0;
    size_t high = unit->sequences.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sequences[middle].low <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    for (unsigned i = 0; i < UNIT_TRIES && low > 0; i++) {
        const struct unit_sequence *sequence = &sequences[--low];
        size_t first = sequence->first;
        size_t end = first + sequence->count;

        if (addr >= sequence->high)
            continue;
        while (first < end) {
            size_t middle = first + (end - first) / 2;

            if (rows[middle].addr <= addr)
                first = middle + 1;
            else
                end = middle;
        }
        return &rows[first - 1];
    }
    return NULL;
}

void
unit_read(struct unit *unit)
{
    unit->offsets.item_size = sizeof(uint32_t);
    unit->functions.item_size = sizeof(struct unit_function);
    unit->rows.item_size = sizeof(struct unit_row);
    unit->sequences.item_size = sizeof(struct unit_sequence);
    read_abbrevs(unit);
    read_functions(unit);
    read_rows(unit);
}

static size_t
bytes_of(const struct vector *vector)
{
    return vector->capacity * vector->item_size;
}

size_t
unit_memory(const struct unit *unit)
{
    return bytes_of(&unit->offsets) + bytes_of(&unit->functions) +
           bytes_of(&unit->rows) + bytes_of(&unit->sequences);
}

void
unit_close(struct unit *unit)
{
    vector_fini(&unit->offsets);
    vector_fini(&unit->functions);
    vector_fini(&unit->rows);
    vector_fini(&unit->sequences);
}
