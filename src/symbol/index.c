/*
 * symbol/index.c - a module's debug information, by address.
 *
 * Several units may cover one address: their ranges are coarser than the truth
 * where the compiler gave only bounds. So all that do are asked, and the one
 * whose function is the smallest piece of code around the address wins.
 */
#include "symbol/index.h"

#include <errno.h>
#include <string.h>

/* References from one entry to another that are followed for a name. */
#define INDEX_HOPS_MAX 16

/* Inlined calls inside one another. */
#define INDEX_CHAIN_MAX 64

/* Ranges that overlap, tried one after another. */
#define INDEX_TRIES 64

/* What the units looked into may hold before they are thrown away, bytes. */
#define INDEX_MEMORY_MAX ((size_t)96 << 20)

/* ---- Opening. ---- */

static int
compare_ranges(const void *a, const void *b)
{
    const struct index_range *x = a;
    const struct index_range *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static void
sort_ranges(struct index *index)
{
    uint64_t reach = 0;

    vector_sort(&index->ranges, compare_ranges);
    for (size_t i = 0; i < index->ranges.count; i++) {
        struct index_range *range =
            &VECTOR_AT(&index->ranges, struct index_range, i);

        reach = range->high > reach ? range->high : reach;
        range->reach = reach;
    }
}

static bool
add_range(uint64_t low, uint64_t high, uint64_t unit, void *context)
{
    struct index *index = context;
    struct index_range *range = vector_add(&index->ranges);

    if (range == NULL) {
        index->lack = "no memory for its debug information";
        return false;
    }
    *range = (struct index_range){.low = low, .high = high, .unit = unit};
    return true;
}

struct range_walk {
    struct index *index;
    uint64_t unit;
    bool is_lost;
};

static bool
add_unit_range(uint64_t low, uint64_t high, void *context)
{
    struct range_walk *walk = context;

    walk->is_lost = !add_range(low, high, walk->unit, walk->index);
    return !walk->is_lost;
}

static bool
list_unit(struct info_unit *unit, const struct info_entry *root, void *context)
{
    struct range_walk walk = {.index = context, .unit = unit->offset};

    /* DW_AT_GNU_ranges_base is for the split half only. */
    unit->ranges_base = 0;
    /* Of a malformed list the pieces before are good. */
    (void)range_each(unit, root, add_unit_range, &walk);
    return !walk.is_lost;
}

/* The code that the units say they cover, in place of what the compiler wrote
 * down. */
static void
list_ranges(struct index *index)
{
    index->is_listed = true;
    vector_clear(&index->ranges);
    catalog_each(&index->main, list_unit, index);
    sort_ranges(index);
}

int
index_open(const struct image *image, const struct image *alt, const char *path,
           struct index *out)
{
    int error;

    memset(out, 0, sizeof *out);
    out->path = path;
    out->ranges.item_size = sizeof(struct index_range);
    error = catalog_open(image, &out->main);
    out->lack = out->main.sections.lack;
    if (error != 0)
        return error;
    if (alt != NULL && catalog_open(alt, &out->alt) == 0) {
        out->main.sections.form.alt = &out->alt.sections.form;
        out->has_alt = true;
    }
    (void)sections_expand(&out->main.sections, SECTIONS_ARANGES, SECTIONS_ALL);
    (void)aranges_each(out->main.sections.aranges, add_range, out);
    sort_ranges(out);
    return 0;
}

/* ---- Units. ---- */

static void
open_split(struct index *index, struct unit *unit,
           const struct info_entry *root)
{
    const char *name = form_text(&root->attrs[INFO_DWO_NAME], &unit->info.form);
    struct info_unit split;

    if (name != NULL &&
        split_open(&index->split, &index->region, &unit->info, index->path,
                   unit->directory, name, &split) == 0)
        unit->info = split;
    else
        index->lack = "split debug information (.dwo) not found";
}

/* Memory for a unit. */
static struct unit *
take_unit(struct index *index)
{
    struct unit *unit = index->closed;

    if (unit == NULL)
        return region_take(&index->region, sizeof *unit, _Alignof(struct unit));
    index->closed = unit->next;
    memset(unit, 0, sizeof *unit);
    return unit;
}

static void
close_units(struct index *index)
{
    while (index->open != NULL) {
        struct unit *unit = index->open;

        index->open = unit->next;
        unit_close(unit);
        unit->next = index->closed;
        index->closed = unit;
    }
    table_fini(&index->units);
    index->memory = 0;
}

/* Read what the unit's first entry refers to. */
static void
open_root(struct index *index, struct unit *unit, const struct info_entry *root)
{
    struct form_unit form = unit->info.form;
    uint64_t offset;

    catalog_texts(&index->main);
    if (index->has_alt)
        catalog_texts(&index->alt);
    if (info_has(root, INFO_COMP_DIR))
        unit->directory = form_text(&root->attrs[INFO_COMP_DIR], &form);
    if (info_has(root, INFO_DWO_NAME))
        open_split(index, unit, root);
    else
        unit->info.ranges_base = 0;
    /* The lines are in the module, also where the functions are not. */
    unit->has_program =
        info_has(root, INFO_STMT_LIST) &&
        form_number(&root->attrs[INFO_STMT_LIST], &offset) &&
        catalog_line(&index->main, &form, offset, &unit->program) == 0;
}

/* The unit at `offset`, looked into. NULL if that is not possible. */
static struct unit *
open_unit(struct index *index, uint64_t offset)
{
    struct info_unit info;
    struct info_entry root;
    struct unit *unit;
    uint64_t value;

    if (table_find(&index->units, offset, &value))
        return (struct unit *)(uintptr_t)value;
    if (catalog_unit(&index->main, offset, &info, &root) != 0)
        return NULL;
    unit = take_unit(index);
    if (unit == NULL)
        return NULL;
    unit->offset = offset;
    unit->info = info;
    open_root(index, unit, &root);
    unit_read(unit);
    unit->next = index->open;
    index->open = unit;
    index->memory += unit_memory(unit);
    /* Where memory is out, the unit is not found again, but serves now. */
    (void)!table_insert(&index->units, offset, (uintptr_t)unit);
    return unit;
}

/* ---- Names. ---- */

/*
 * The name of the function at `offset` of `unit`: its own, or of what it is an
 * instance or the definition of. The linker's name goes before the plain one.
 */
static const char *
find_name(struct index *index, const struct info_unit *start, uint64_t offset,
          bool *out_is_linkage)
{
    const struct form_sections *alt = &index->alt.sections.form;
    struct info_unit unit = *start;
    const char *name = NULL;

    *out_is_linkage = false;
    for (unsigned hop = 0; hop < INDEX_HOPS_MAX; hop++) {
        struct cursor c = info_cursor(&unit, offset);
        struct info_entry entry;
        enum info_attr next = INFO_ORIGIN;
        bool is_alt;

        if (info_read(&unit, &c, &entry) != 0)
            break;
        if (info_has(&entry, INFO_LINKAGE_NAME)) {
            const char *linkage =
                form_text(&entry.attrs[INFO_LINKAGE_NAME], &unit.form);

            if (linkage != NULL) {
                *out_is_linkage = true;
                return linkage;
            }
        }
        if (name == NULL && info_has(&entry, INFO_NAME))
            name = form_text(&entry.attrs[INFO_NAME], &unit.form);
        if (!info_has(&entry, INFO_ORIGIN))
            next = INFO_SPECIFICATION;
        if (!info_has(&entry, next) ||
            !form_reference(&entry.attrs[next], unit.offset, &offset, &is_alt))
            break;
        is_alt |= unit.form.sections == alt;
        if (is_alt && !index->has_alt)
            break;
        if (((is_alt && unit.form.sections != alt) || offset < unit.first ||
             offset >= unit.end) &&
            catalog_unit_around(is_alt ? &index->alt : &index->main, offset,
                                &unit) != 0)
            break;
    }
    return name;
}

/* ---- The chain of inlined calls. ---- */

/* One inlined call: where its entry is, and where it was called. */
struct link {
    uint64_t entry;
    uint64_t file;
    uint64_t line;
    uint64_t column;
};

static uint64_t
number_of(const struct info_entry *entry, enum info_attr a)
{
    uint64_t number = 0;

    if (info_has(entry, a))
        (void)form_number(&entry->attrs[a], &number); /* Else it is 0. */
    return number;
}

/*
 * Read the function's entries for the inlined calls around `addr`, outermost
 * first. Returns their number.
 */
static size_t
find_chain(const struct info_unit *unit, uint64_t function, uint64_t addr,
           struct link *chain)
{
    struct cursor c = info_cursor(unit, function);
    struct info_entry entry;
    size_t count = 0;
    uint64_t depth = 1;

    if (info_read(unit, &c, &entry) != 0 || !entry.has_children)
        return 0;
    while (depth > 0 && count < INDEX_CHAIN_MAX && c.at != c.end) {
        if (info_read(unit, &c, &entry) != 0)
            break;
        if (entry.tag == 0) {
            depth--;
        } else if (entry.tag == INFO_TAG_INLINED &&
                   range_has(unit, &entry, addr)) {
            chain[count++] =
                (struct link){.entry = entry.offset,
                              .file = number_of(&entry, INFO_CALL_FILE),
                              .line = number_of(&entry, INFO_CALL_LINE),
                              .column = number_of(&entry, INFO_CALL_COLUMN)};
            /* What else there is, is inside of it. */
            depth = 1;
            if (!entry.has_children)
                break;
        } else if (entry.tag == INFO_TAG_INLINED ||
                   entry.tag == INFO_TAG_SUBPROGRAM) {
            if (info_skip_children(unit, &c, &entry) != 0)
                break;
        } else if (entry.has_children) {
            depth++;
        }
    }
    return count;
}

static void
set_file(const struct unit *unit, uint64_t number, struct index_frame *frame)
{
    frame->directory = unit->directory;
    if (!unit->has_program ||
        line_find_file(&unit->program, number, &frame->file) != 0)
        frame->file = (struct line_file){.name = NULL};
}

/* All functions at `addr`, of which `function` is the one whose code it is. */
static size_t
make_frames(struct index *index, const struct unit *unit,
            const struct unit_function *function, uint64_t addr,
            struct index_frame *frames, size_t max)
{
    const struct unit_row *row = unit_find_row(unit, addr);
    struct link chain[INDEX_CHAIN_MAX];
    size_t count = 0;
    struct link place = {.line = 0};

    if (row != NULL)
        place = (struct link){
            .file = row->file, .line = row->line, .column = row->column};
    if (function != NULL)
        count = find_chain(&unit->info, function->entry, addr, chain);
    for (size_t i = 0; i <= count && i < max; i++) {
        const struct link *link = i < count ? &chain[count - 1 - i] : NULL;
        struct index_frame *frame = &frames[i];

        *frame = (struct index_frame){.line = (uint32_t)place.line,
                                      .column = (uint32_t)place.column,
                                      .is_inlined = link != NULL};
        if (i > 0 || row != NULL)
            set_file(unit, place.file, frame);
        if (function != NULL) {
            frame->low = function->low;
            frame->function =
                find_name(index, &unit->info,
                          link != NULL ? link->entry : function->entry,
                          &frame->is_linkage_name);
        }
        if (link != NULL)
            place = *link;
    }
    return count + 1 < max ? count + 1 : max;
}

/* What was found for an address. */
struct match {
    const struct unit *unit;              /* NULL: nothing */
    const struct unit_function *function; /* NULL: only the line is known */
};

/* Ask all units whose ranges hold `addr`. */
static struct match
find_match(struct index *index, uint64_t addr)
{
    const struct index_range *ranges = index->ranges.items;
    struct match best = {.unit = NULL};
    size_t low = 0;
    size_t high = index->ranges.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ranges[middle].low <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    for (unsigned i = 0; i < INDEX_TRIES && low > 0; i++) {
        const struct index_range *range = &ranges[--low];
        const struct unit_function *found;
        const struct unit *unit;

        if (range->reach <= addr)
            break;
        if (addr >= range->high)
            continue;
        unit = open_unit(index, range->unit);
        if (unit == NULL)
            continue;
        found = unit_find_function(unit, addr);
        if (found != NULL && (best.function == NULL ||
                              found->high - found->low <
                                  best.function->high - best.function->low))
            best = (struct match){.unit = unit, .function = found};
        else if (best.unit == NULL && unit_find_row(unit, addr) != NULL)
            best.unit = unit;
    }
    return best;
}

size_t
index_find(struct index *index, uint64_t addr, struct index_frame *out_frames,
           size_t max)
{
    struct match best;
    size_t count = 0;

    if (index->memory > INDEX_MEMORY_MAX)
        close_units(index);
    best = find_match(index, addr);
    if (best.unit == NULL && !index->is_listed) {
        list_ranges(index);
        best = find_match(index, addr);
    }
    if (best.unit != NULL)
        count =
            make_frames(index, best.unit, best.function, addr, out_frames, max);
    if (index->main.sections.lack != NULL)
        index->lack = index->main.sections.lack;
    return count;
}

void
index_close(struct index *index)
{
    close_units(index);
    vector_fini(&index->ranges);
    split_close(&index->split);
    catalog_close(&index->main);
    catalog_close(&index->alt);
    region_fini(&index->region);
}
