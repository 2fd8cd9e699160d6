/*
 * report/book.c - the functions of many stacks, each named once.
 */
#include "report/book.h"

#include <string.h>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "report/names.h"

void
book_init(struct book *book)
{
    memset(book, 0, sizeof(*book));
    book->functions = (struct vector)VECTOR_INIT(struct book_function);
    book->lines = (struct vector)VECTOR_INIT(struct book_line);
    book->spots = (struct vector)VECTOR_INIT(struct book_spot);
    spots_init(&book->places);
    book->region.chunk_size = (size_t)1 << 20;
}

void
book_fini(struct book *book)
{
    vector_fini(&book->functions);
    vector_fini(&book->lines);
    vector_fini(&book->spots);
    table_fini(&book->texts);
    table_fini(&book->function_index);
    spots_fini(&book->places);
    region_fini(&book->region);
}

const char *
book_text(struct book *book, const char *text)
{
    uint64_t value;
    uint64_t key;
    size_t n;
    char *copy;

    if (text == NULL || *text == '\0')
        return "";
    n = strlen(text);
    key = hash_bytes(text, n);
    while (table_find(&book->texts, key, &value)) {
        if (text_is_equal((const char *)(uintptr_t)value, text))
            return (const char *)(uintptr_t)value;
        key = hash_u64(key + 1);
    }
    copy = region_text(&book->region, text, n);
    if (copy == NULL || table_insert(&book->texts, key, (uintptr_t)copy) != 0) {
        book->failed = true;
        return "";
    }
    return copy;
}

/* What stands for a function that has no name. */
static const char *
name_of(const struct names_frame *frame, char *buffer, size_t size)
{
    if (frame->function != NULL)
        return frame->function;
    if (frame->module != NULL)
        (void)format_text(buffer, size, "%s+0x%lx",
                          text_base_name(frame->module),
                          (unsigned long)frame->module_offset);
    else if (frame->file != NULL)
        (void)format_text(buffer, size, "%s:%u", frame->file,
                          (unsigned)frame->line);
    else
        (void)format_text(buffer, size, "0x%lx", (unsigned long)frame->address);
    return buffer;
}

/* Texts are shared, so a function is known by their addresses. */
static uint32_t
find_function(struct book *book, const struct names_frame *frame)
{
    char buffer[512];
    struct book_function wanted = {
        .name = book_text(book, name_of(frame, buffer, sizeof(buffer))),
        .file = book_text(book, frame->file),
        .module = book_text(book, frame->module),
        .is_named = frame->function != NULL};
    uint64_t key = hash_add(
        hash_add(hash_u64((uintptr_t)wanted.name), (uintptr_t)wanted.file),
        (uintptr_t)wanted.module);
    struct book_function *function;
    uint64_t index;

    while (table_find(&book->function_index, key, &index)) {
        function = &VECTOR_AT(&book->functions, struct book_function, index);
        if (function->name == wanted.name && function->file == wanted.file &&
            function->module == wanted.module)
            return (uint32_t)index;
        key = hash_u64(key + 1);
    }
    function = vector_add(&book->functions);
    if (function == NULL || table_insert(&book->function_index, key,
                                         book->functions.count - 1) != 0) {
        book->failed = true;
        return 0;
    }
    *function = wanted;
    return (uint32_t)(book->functions.count - 1);
}

static void
fill_spot(struct book *book, const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);
    struct book_spot *spot = vector_add(&book->spots);

    if (spot == NULL) {
        book->failed = true;
        return;
    }
    spot->first = (uint32_t)book->lines.count;
    spot->module = book_text(book, scratch.frames[count - 1].module);
    spot->module_offset = scratch.frames[count - 1].module_offset;
    for (unsigned k = 0; k < count; k++) {
        uint32_t function = find_function(book, &scratch.frames[k]);
        struct book_line *line = vector_add(&book->lines);

        if (line == NULL) {
            book->failed = true;
            return;
        }
        line->function = function;
        line->line = scratch.frames[k].line;
        spot->count++;
    }
}

uint32_t
book_spot(struct book *book, const struct trace *trace, uint32_t i)
{
    bool is_new;
    uint32_t spot = spots_enter(&book->places, trace, i, &is_new);

    if (is_new)
        fill_spot(book, trace, i);
    if (spot == SPOTS_NONE)
        book->failed = true;
    return book->failed ? 0 : spot;
}

bool
book_lines(struct book *book, const struct trace *trace,
           struct vector *out_lines)
{
    uint32_t count = names_count(trace);

    for (uint32_t i = 0; i < count && !book->failed; i++) {
        uint32_t index = book_spot(book, trace, i);
        const struct book_spot *spot;

        if (book->failed)
            break;
        spot = &VECTOR_AT(&book->spots, struct book_spot, index);
        for (uint32_t k = 0; k < spot->count; k++) {
            struct book_line *line = vector_add(out_lines);

            if (line == NULL)
                return false;
            *line = VECTOR_AT(&book->lines, struct book_line, spot->first + k);
        }
    }
    return !book->failed;
}
