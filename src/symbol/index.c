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

/* ---- Opening. ---- */

struct range_walk {
    struct index *index;
    uint32_t head;
    bool is_lost;
};

static bool
add_range(uint64_t low, uint64_t high, void *context)
{
    struct range_walk *walk = context;
    struct index_range *range = vector_add(&walk->index->ranges);

    if (range == NULL) {
        walk->is_lost = true;
        return false;
    }
    *range = (struct index_range){.low = low, .high = high,
                                  .head = walk->head};
    return true;
}

static int
compare_ranges(const void *a, const void *b)
{
    const struct index_range *x = a;
    const struct index_range *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return x->head < y->head ? -1 : x->head > y->head;
}

/* List the units of `sections`; of each that has code, in `index` too unless
 * that is NULL, what it covers. */
static int
list_units(const struct form_sections *sections, struct vector *heads,
           struct index *index)
{
    uint64_t offset = 0;
    struct info_unit unit;
    struct info_entry root;
    int error;

    while ((error = info_unit_open(sections, offset, &unit)) == 0 ||
           error == -ENOTSUP) {
        struct index_head *head;
        struct range_walk walk = {.index = index,
                                  .head = (uint32_t)heads->count};

        offset = unit.end;
        if (error == -ENOTSUP)
            continue;
        head = vector_add(heads);
        if (head == NULL)
            return -ENOMEM;
        *head = (struct index_head){.offset = unit.offset};
        if (index == NULL || info_unit_root(&unit, &root) != 0)
            continue;
        /* DW_AT_GNU_ranges_base is for the split half only. */
        unit.ranges_base = 0;
        if (range_each(&unit, &root, add_range, &walk) == 0 && walk.is_lost)
            return -ENOMEM;
    }
    return 0;
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

int
index_open(const struct image *image, const struct image *alt,
           const char *path, struct index *out)
{
    int error;

    memset(out, 0, sizeof *out);
    out->path = path;
    out->heads.item_size = sizeof(struct index_head);
    out->alt_heads.item_size = sizeof(struct index_head);
    out->ranges.item_size = sizeof(struct index_range);
    error = sections_load(image, false, &out->main);
    out->lack = out->main.lack;
    if (error != 0)
        return error;
    if (alt != NULL && sections_load(alt, false, &out->alt) == 0)
        out->main.form.alt = &out->alt.form;
    if (list_units(&out->main.form, &out->heads, out) != 0) {
        index_close(out);
        return -ENOMEM;
    }
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

/* The unit of `head`, looked into. NULL if that is not possible. */
static struct unit *
open_unit(struct index *index, struct index_head *head)
{
    struct info_entry root;
    struct unit *unit;

    if (head->unit != NULL)
        return head->unit;
    unit = region_take(&index->region, sizeof *unit, _Alignof(struct unit));
    if (unit == NULL ||
        info_unit_open(&index->main.form, head->offset, &unit->info) != 0 ||
        info_unit_root(&unit->info, &root) != 0)
        return NULL;
    unit->functions.item_size = sizeof(struct unit_function);
    unit->rows.item_size = sizeof(struct unit_row);
    unit->sequences.item_size = sizeof(struct unit_sequence);
    unit->line_form = unit->info.form;
    if (info_has(&root, INFO_STMT_LIST))
        unit->has_lines =
            form_number(&root.attrs[INFO_STMT_LIST], &unit->line_offset);
    if (info_has(&root, INFO_COMP_DIR))
        unit->directory = form_text(&root.attrs[INFO_COMP_DIR],
                                    &unit->info.form);
    if (info_has(&root, INFO_DWO_NAME))
        open_split(index, unit, &root);
    else
        unit->info.ranges_base = 0;
    unit_read(unit, &index->region);
    head->unit = unit;
    return unit;
}

/* The unit of `sections` that holds the entry at `offset`, into *out. */
static bool
find_unit_at(struct index *index, bool is_alt, uint64_t offset,
             struct info_unit *out)
{
    const struct form_sections *sections =
        is_alt ? &index->alt.form : &index->main.form;
    struct vector *heads = is_alt ? &index->alt_heads : &index->heads;
    struct info_entry root;
    size_t low = 0;
    size_t high;

    if (is_alt && heads->count == 0 &&
        list_units(sections, heads, NULL) != 0)
        return false;
    high = heads->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (VECTOR_AT(heads, struct index_head, middle).offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 ||
        info_unit_open(sections,
                       VECTOR_AT(heads, struct index_head, low - 1).offset,
                       out) != 0)
        return false;
    return offset < out->end && info_unit_root(out, &root) == 0;
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
        is_alt |= unit.form.sections == &index->alt.form &&
                  unit.form.sections != &index->main.form;
        if ((is_alt && unit.form.sections != &index->alt.form) ||
            offset < unit.first || offset >= unit.end) {
            if (!find_unit_at(index, is_alt, offset, &unit))
                break;
        }
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
            chain[count++] = (struct link){
                .entry = entry.offset,
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

size_t
index_find(struct index *index, uint64_t addr, struct index_frame *out_frames,
           size_t max)
{
    const struct index_range *ranges = index->ranges.items;
    const struct unit *best = NULL;
    const struct unit_function *function = NULL;
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
        unit = open_unit(index, &VECTOR_AT(&index->heads, struct index_head,
                                           range->head));
        if (unit == NULL)
            continue;
        found = unit_find_function(unit, addr);
        if (found != NULL && (function == NULL || found->high - found->low <
                                                      function->high -
                                                          function->low)) {
            best = unit;
            function = found;
        } else if (best == NULL && unit_find_row(unit, addr) != NULL) {
            best = unit;
        }
    }
    return best != NULL
               ? make_frames(index, best, function, addr, out_frames, max)
               : 0;
}

void
index_close(struct index *index)
{
    for (size_t i = 0; i < index->heads.count; i++) {
        struct unit *unit = VECTOR_AT(&index->heads, struct index_head, i).unit;

        if (unit != NULL)
            unit_close(unit);
    }
    vector_fini(&index->heads);
    vector_fini(&index->alt_heads);
    vector_fini(&index->ranges);
    split_close(&index->split);
    sections_unload(&index->main);
    sections_unload(&index->alt);
    region_fini(&index->region);
}
