/*
 * report/pagedata.c - the data of the page: a tree of stacks, rows, curves.
 *
 * The tree is what makes it large, and a browser takes long for each byte, so
 * it is packed: a chain of nodes, each the parent of the next, for each stack,
 * with values for the last of them alone. The script adds them up.
 */
#include "report/webpage.h"

#include <string.h>

#include "base/hash.h"
#include "report/book.h"
#include "report/calltree.h"
#include "report/emit.h"
#include "report/named.h"
#include "report/names.h"
#include "report/render.h"
#include "report/excerpt.h"

/* More rows than anybody reads; the picture has all stacks. */
#define ROWS_MAX 1000u
/* Rows whose source lines are shown, and lines of each. */
#define SOURCE_ROWS 200u
#define SOURCE_FRAMES 8u
#define SOURCE_COLUMNS 240u

struct data {
    const struct webpage *page;
    struct buffer json;
    struct buffer scratch;
    struct book book;
    struct calltree tree;
    struct table snippets; /* hash of file and line -> 1 + its index */
    struct vector snippet; /* struct snippet */
    struct excerpt source;
    bool failed;
};

struct snippet {
    const char *file; /* a text of the book */
    uint32_t line;
};

/* ---- the tree ---- */

static void
add_stack(struct data *data, const struct weigh_stack *stack,
          struct vector *lines)
{
    vector_clear(lines);
    if (names_count(stack->trace) > 0) {
        if (!book_lines(&data->book, stack->trace, lines))
            data->failed = true;
    }
    calltree_add(&data->tree, lines, stack->values);
}

/* An address means something else in the other snapshot. */
static void
use_names(struct data *data, bool is_old)
{
    const struct webpage *page = data->page;

    if (page->old == NULL)
        return;
    named_use(is_old ? page->old : page->snapshot);
    spots_forget(&data->book.places);
}

static void
make_tree(struct data *data)
{
    const struct vector *stacks = &data->page->stacks;
    struct vector lines = VECTOR_INIT(struct book_line);

    use_names(data, false);
    for (size_t i = 0; i < stacks->count; i++) {
        if (data->page->old != NULL && i == data->page->old_first)
            use_names(data, true);
        add_stack(data, &VECTOR_AT(stacks, struct weigh_stack, i), &lines);
    }
    use_names(data, false);
    vector_fini(&lines);
    if (calltree_build(&data->tree) != 0)
        data->failed = true;
}

static const struct calltree_node *
node_at(const struct data *data, size_t i)
{
    return &VECTOR_AT(&data->tree.nodes, struct calltree_node, i);
}

static void
put_list(struct data *data, const char *key)
{
    buffer_print(&data->json, ",\"%s\":[", key);
}

static void
put_item(struct data *data, uint64_t number)
{
    buffer_number(&data->json, number);
    buffer_char(&data->json, ',');
}

static void
end_list(struct data *data)
{
    /* The comma after the last. */
    if (data->json.count > 0 && data->json.bytes[data->json.count - 1] == ',')
        data->json.count--;
    buffer_char(&data->json, ']');
}

/* Five bits a character, the lowest first; the sixth says that more follow.
 * Source: the source map format, revision 3 (VLQ), without its signs. */
static void
put_packed(struct data *data, uint64_t number)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
                                 "rstuvwxyz0123456789-_";
    char text[13];
    size_t n = 0;

    do {
        unsigned bits = number & 31;

        number >>= 5;
        text[n++] = digits[number != 0 ? bits | 32 : bits];
    } while (number != 0);
    buffer_add(&data->json, text, n);
}

/* Of the root and of each chain, in the order of the chains. */
static void
put_values(struct data *data)
{
    const struct webpage *page = data->page;
    static const uint64_t none[WEIGH__COUNT];
    size_t count = data->tree.nodes.count;

    put_list(data, "v");
    for (unsigned m = 0; m < page->measure_count; m++) {
        buffer_char(&data->json, '"');
        for (size_t i = 0; i < count; i++) {
            const uint64_t *values = calltree_ends(&data->tree, i);

            if (values == NULL && i == 0)
                values = none;
            if (values != NULL)
                put_packed(data, values[page->measures[m].index]);
        }
        buffer_text(&data->json, "\",");
    }
    end_list(data);
}

/* How many nodes up from the one before it the parent of node `i` is. */
static unsigned
levels_up(const struct data *data, size_t i)
{
    size_t at = i - 1;
    unsigned up = 0;

    for (; at != node_at(data, i)->parent; up++)
        at = node_at(data, at)->parent;
    return up;
}

/* Sorted, each stack that differs from the one before adds nodes, the last of
 * which has its values: these are the chains. */
static void
put_chains(struct data *data)
{
    size_t count = data->tree.nodes.count;
    size_t last;

    for (size_t i = 1; i < count; i = last + 1) {
        for (last = i; calltree_ends(&data->tree, last) == NULL;)
            last++;
        put_packed(data, levels_up(data, i));
        put_packed(data, last - i + 1);
        for (; i <= last; i++)
            put_packed(data, node_at(data, i)->function);
    }
}

static void
put_tree(struct data *data)
{
    if (data->failed)
        return;
    buffer_print(&data->json, ",\"tree\":{\"n\":%lu,\"t\":\"",
                 (unsigned long)data->tree.nodes.count);
    put_chains(data);
    buffer_char(&data->json, '"');
    put_values(data);
    buffer_char(&data->json, '}');
}

/* ---- texts ---- */

/* A text as JSON, through the emitter that escapes it. */
static void
put_text(struct data *data, const char *text, size_t n)
{
    struct emit emit;

    buffer_clear(&data->scratch);
    buffer_add(&data->scratch, text, n);
    emit_begin(&emit, &data->json);
    emit_text(&emit, NULL, n == 0 ? "" : data->scratch.bytes);
}

static void
put_functions(struct data *data)
{
    const struct vector *functions = &data->book.functions;
    struct table files = TABLE_INIT;
    struct vector list = VECTOR_INIT(const char *);
    uint64_t index;

    put_list(data, "names");
    for (size_t i = 0; i < functions->count; i++) {
        const char *name = VECTOR_AT(functions, struct book_function, i).name;

        put_text(data, name, strlen(name));
        buffer_char(&data->json, ',');
    }
    end_list(data);
    put_list(data, "fileof");
    for (size_t i = 0; i < functions->count; i++) {
        const struct book_function *function =
            &VECTOR_AT(functions, struct book_function, i);
        const char *file =
            *function->file != '\0' ? function->file : function->module;
        const char **added;

        if (!table_find(&files, (uintptr_t)file, &index)) {
            index = list.count;
            added = vector_add(&list);
            if (added == NULL ||
                table_insert(&files, (uintptr_t)file, index) != 0) {
                data->failed = true;
                break;
            }
            *added = file;
        }
        put_item(data, index);
    }
    end_list(data);
    put_list(data, "files");
    for (size_t i = 0; i < list.count; i++) {
        const char *file = VECTOR_AT(&list, const char *, i);

        put_text(data, file, strlen(file));
        buffer_char(&data->json, ',');
    }
    end_list(data);
    table_fini(&files);
    vector_fini(&list);
}

/* ---- rows, and source lines ---- */

/* 1 + the index of the snippet of that line, 0 if it cannot be read. */
static uint64_t
find_snippet(struct data *data, const char *file, uint32_t line)
{
    uint64_t key = hash_add(hash_u64((uintptr_t)file), line);
    struct snippet *added;
    const char *text;
    uint64_t index;
    size_t n;

    if (*file == '\0' || line == 0)
        return 0;
    if (table_find(&data->snippets, key, &index))
        return index;
    index = 0;
    if (excerpt_open(&data->source, file) &&
        excerpt_line(&data->source, line, &text, &n)) {
        added = vector_add(&data->snippet);
        if (added != NULL) {
            *added = (struct snippet){file, line};
            index = data->snippet.count;
        }
    }
    if (table_insert(&data->snippets, key, index) != 0)
        data->failed = true;
    return index;
}

static void
put_growth(struct data *data, const struct snapshot_growth *growth)
{
    /* What is lost is told by the kind. */
    if (growth == NULL || growth->verdict == SNAPSHOT_NO_VERDICT ||
        growth->verdict == SNAPSHOT_LOST ||
        (unsigned)growth->verdict >= SNAPSHOT__VERDICT_COUNT)
        return;
    buffer_print(&data->json, ",\"trend\":\"%s\"",
                 render_verdict_key(growth->verdict));
    if (growth->verdict == SNAPSHOT_GROWING)
        buffer_print(&data->json, ",\"rate\":%ld", (long)growth->per_hour);
}

static void
put_row(struct data *data, const struct page_row *row, bool has_source,
        struct vector *lines)
{
    vector_clear(lines);
    if (names_count(row->trace) > 0 &&
        !book_lines(&data->book, row->trace, lines))
        data->failed = true;
    buffer_print(&data->json,
                 "{\"kind\":\"%s\",\"bytes\":%ld,\"blocks\":%ld,\"age\":%lu",
                 row->kind, (long)row->bytes, (long)row->blocks,
                 (unsigned long)(row->age_ns / 1000000));
    put_growth(data, row->growth);
    put_list(data, "stack");
    for (size_t i = 0; i < lines->count; i++) {
        const struct book_line *line = &VECTOR_AT(lines, struct book_line, i);
        const char *file = VECTOR_AT(&data->book.functions,
                                     struct book_function, line->function)
                               .file;
        uint64_t snippet = has_source && i < SOURCE_FRAMES
                               ? find_snippet(data, file, line->line)
                               : 0;

        buffer_print(&data->json, "[%u,%u", (unsigned)line->function,
                     (unsigned)line->line);
        if (snippet != 0)
            buffer_print(&data->json, ",%lu", (unsigned long)snippet - 1);
        buffer_text(&data->json, "],");
    }
    end_list(data);
    buffer_char(&data->json, '}');
}

static void
put_rows(struct data *data)
{
    const struct vector *rows = &data->page->rows;
    struct vector lines = VECTOR_INIT(struct book_line);
    bool is_old = false;

    put_list(data, "sites");
    for (size_t i = 0; i < rows->count && i < ROWS_MAX; i++) {
        const struct page_row *row = &VECTOR_AT(rows, struct page_row, i);

        if (row->is_old != is_old) {
            is_old = row->is_old;
            use_names(data, is_old);
        }
        put_row(data, row, i < SOURCE_ROWS, &lines);
        buffer_char(&data->json, ',');
    }
    end_list(data);
    use_names(data, false);
    vector_fini(&lines);
}

static void
put_snippet(struct data *data, const struct snippet *snippet)
{
    uint32_t first =
        snippet->line > SOURCE_AROUND ? snippet->line - SOURCE_AROUND : 1;
    const char *text;
    size_t n;

    buffer_print(&data->json, "[%u,%u,[", (unsigned)first,
                 (unsigned)snippet->line);
    for (uint32_t i = first; i <= snippet->line + SOURCE_AROUND; i++) {
        if (!excerpt_open(&data->source, snippet->file) ||
            !excerpt_line(&data->source, i, &text, &n))
            break;
        put_text(data, text, n < SOURCE_COLUMNS ? n : SOURCE_COLUMNS);
        buffer_char(&data->json, ',');
    }
    end_list(data);
    buffer_text(&data->json, "],");
}

static void
put_snippets(struct data *data)
{
    put_list(data, "source");
    for (size_t i = 0; i < data->snippet.count; i++)
        put_snippet(data, &VECTOR_AT(&data->snippet, struct snippet, i));
    end_list(data);
    excerpt_close(&data->source);
}

/* ---- curves ---- */

static void
put_curves(struct data *data)
{
    const struct snapshot *snapshot = data->page->snapshot;

    put_list(data, "history");
    for (size_t i = 0; i < snapshot->history.count; i++) {
        const struct snapshot_instant *instant =
            &VECTOR_AT(&snapshot->history, struct snapshot_instant, i);

        buffer_print(&data->json, "[%lu,%lu,%lu],",
                     (unsigned long)(instant->time_ns / 1000000),
                     (unsigned long)instant->bytes,
                     (unsigned long)instant->blocks);
    }
    end_list(data);
    put_list(data, "marks");
    for (size_t i = 0; i < snapshot->marks.count; i++) {
        const struct snapshot_mark *mark =
            &VECTOR_AT(&snapshot->marks, struct snapshot_mark, i);

        buffer_print(&data->json, "[%lu,%u],",
                     (unsigned long)(mark->time_ns / 1000000),
                     (unsigned)mark->number);
    }
    end_list(data);
    put_list(data, "sizes");
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        if (snapshot->histogram_count[i] == 0 &&
            snapshot->histogram_live[i] == 0)
            continue;
        buffer_print(&data->json, "[%lu,%lu,%lu,%lu],",
                     i == 0 ? 0UL : 1UL << (i - 1),
                     i == 0 ? 0UL : (1UL << i) - 1,
                     (unsigned long)snapshot->histogram_count[i],
                     (unsigned long)snapshot->histogram_live[i]);
    }
    end_list(data);
}

static void
put_measures(struct data *data)
{
    const struct webpage *page = data->page;

    buffer_print(&data->json, "{\"first\":%u,\"diff\":%s", page->first,
                 page->old != NULL ? "true" : "false");
    put_list(data, "measures");
    for (unsigned i = 0; i < page->measure_count; i++)
        buffer_print(&data->json,
                     "{\"key\":\"%s\",\"label\":\"%s\",\"unit\":\"%s\"},",
                     page->measures[i].key, page->measures[i].label,
                     page->measures[i].unit);
    end_list(data);
}

/* In a script element only '<' could end the data. */
static void
copy_safe(struct buffer *out, const char *bytes, size_t n)
{
    while (n > 0) {
        const char *less = memchr(bytes, '<', n);
        size_t part = less == NULL ? n : (size_t)(less - bytes);

        buffer_add(out, bytes, part);
        if (less == NULL)
            return;
        buffer_text(out, "\\u003c");
        bytes = less + 1;
        n -= part + 1;
    }
}

void
webpage_data(struct buffer *out, const struct webpage *page)
{
    struct data data = {.page = page, .snippet = VECTOR_INIT(struct snippet)};

    book_init(&data.book);
    calltree_init(&data.tree, CALLTREE_OUTER, false);
    make_tree(&data);
    put_measures(&data);
    put_rows(&data);
    put_tree(&data);
    put_functions(&data);
    put_snippets(&data);
    put_curves(&data);
    buffer_char(&data.json, '}');
    if (data.failed || data.book.failed || data.json.failed)
        out->failed = true;
    else
        copy_safe(out, data.json.bytes, data.json.count);
    buffer_fini(&data.json);
    buffer_fini(&data.scratch);
    calltree_fini(&data.tree);
    table_fini(&data.snippets);
    vector_fini(&data.snippet);
    book_fini(&data.book);
}
