/*
 * report/folded.c - one line for each stack: its functions, outermost first,
 * joined by semicolons, and a number.
 *
 * What flamegraph.pl, speedscope, inferno and others read. The number is what
 * weigh_choose says.
 */
#include "report/render.h"

#include "report/book.h"
#include "report/names.h"
#include "report/weigh.h"
#include "report/words.h"

/* A semicolon in a name would end it. */
static void
add_name(struct buffer *out, const char *name)
{
    size_t start = out->count;

    words_safe(out, name);
    for (size_t i = start; i < out->count; i++) {
        if (out->bytes[i] == ';')
            out->bytes[i] = ':';
    }
}

void
render_folded_stack(struct buffer *out, struct book *book,
                    const struct trace *trace, struct vector *lines)
{
    vector_clear(lines);
    if (names_count(trace) == 0 || !book_lines(book, trace, lines)) {
        buffer_text(out, "(place not recorded)");
        return;
    }
    for (size_t i = lines->count; i-- > 0;) {
        const struct book_line *line = &VECTOR_AT(lines, struct book_line, i);

        add_name(out, VECTOR_AT(&book->functions, struct book_function,
                                line->function)
                          .name);
        if (i > 0)
            buffer_char(out, ';');
    }
}

void
render_folded(struct buffer *out, const struct snapshot *snapshot,
              bool with_stats UNUSED)
{
    enum weigh_measure measure = weigh_choose(snapshot);
    struct vector stacks = VECTOR_INIT(struct weigh_stack);
    struct vector lines = VECTOR_INIT(struct book_line);
    struct book book;

    book_init(&book);
    if (weigh_all(snapshot, &stacks) != 0)
        out->failed = true;
    for (size_t i = 0; i < stacks.count; i++) {
        const struct weigh_stack *stack =
            &VECTOR_AT(&stacks, struct weigh_stack, i);

        if (stack->values[measure] == 0)
            continue;
        render_folded_stack(out, &book, stack->trace, &lines);
        buffer_char(out, ' ');
        buffer_number(out, stack->values[measure]);
        buffer_char(out, '\n');
        buffer_drain(out);
    }
    if (book.failed)
        out->failed = true;
    book_fini(&book);
    vector_fini(&lines);
    vector_fini(&stacks);
}
