/*
 * report/difference.c - a comparison, said: text, JSON, folded stacks, page.
 */
#include "report/compare.h"

#include <errno.h>

#include "base/format.h"
#include "conf/conf.h"
#include "os/clock.h"
#include "report/emit.h"
#include "report/named.h"
#include "report/names.h"
#include "report/webpage.h"
#include "report/render.h"
#include "report/words.h"

struct comparison {
    const struct snapshot *old;
    const struct snapshot *new;
    struct vector stacks;
};

static const char *const change_keys[] = {
    [COMPARE_NEW] = "new",       [COMPARE_GROWN] = "grown",
    [COMPARE_SHRUNK] = "shrunk", [COMPARE_GONE] = "gone",
    [COMPARE_SAME] = "same",
};

/* Names are asked of the snapshot that the stack is in. */
static void
use_names(const struct comparison *all, const struct compare_stack *stack)
{
    named_use(stack->change == COMPARE_GONE ? all->old : all->new);
}

static int64_t
growth(const struct compare_stack *stack)
{
    return (int64_t)(stack->new_bytes - stack->old_bytes);
}

static const struct compare_stack *
stack_at(const struct comparison *all, size_t i)
{
    return &VECTOR_AT(&all->stacks, struct compare_stack, i);
}

/* ---- text ---- */

static void
add_side(struct buffer *out, const char *label, const struct snapshot *snapshot)
{
    char when[32];

    buffer_print(out, "  %-9s", label);
    words_safe(out, snapshot->program);
    buffer_print(out, " (pid %d), %s, ", snapshot->pid,
                 clock_text(when, sizeof(when), snapshot->time_unix_ns));
    words_total(out, snapshot->counters[COUNTER_BYTES_LIVE],
                snapshot->counters[COUNTER_BLOCKS_LIVE]);
    buffer_text(out, " live\n");
}

static void
add_signed(struct buffer *out, int64_t value)
{
    buffer_print(out, "%c%'lu", value < 0 ? '-' : '+',
                 (unsigned long)(value < 0 ? -value : value));
}

static void
add_stack(struct buffer *out, const struct comparison *all,
          const struct compare_stack *stack)
{
    use_names(all, stack);
    buffer_print(out, "\n  %s: ", change_keys[stack->change]);
    add_signed(out, growth(stack));
    buffer_text(out, " bytes, ");
    add_signed(out, (int64_t)(stack->new_blocks - stack->old_blocks));
    buffer_text(out, " blocks (");
    words_total(out, stack->old_bytes, stack->old_blocks);
    buffer_text(out, ", now ");
    words_total(out, stack->new_bytes, stack->new_blocks);
    if (names_count(stack->trace) > 0) {
        buffer_text(out, ") at:\n");
        names_list(out, stack->trace, 6, 0);
    } else {
        buffer_text(out, ") at a place that was not recorded\n");
    }
}

static void
render_text_form(struct buffer *out, const struct comparison *all)
{
    uint64_t counts[COMPARE_SAME + 1] = {0};
    int64_t bytes[COMPARE_SAME + 1] = {0};
    int64_t total = 0;
    uint64_t top = conf_now()->top;
    size_t hidden = 0;

    for (size_t i = 0; i < all->stacks.count; i++) {
        const struct compare_stack *stack = stack_at(all, i);

        counts[stack->change]++;
        bytes[stack->change] += growth(stack);
        total += growth(stack);
    }
    buffer_print(out, "dbgmalloc %s: two snapshots compared\n",
                 render_version());
    add_side(out, "before:", all->old);
    add_side(out, "now:", all->new);
    buffer_text(out, "\nlive bytes: ");
    add_signed(out, total);
    buffer_char(out, '\n');
    for (unsigned i = 0; i < COMPARE_SAME; i++) {
        buffer_print(out, "  %-8s", change_keys[i]);
        words_count(out, counts[i], "stack");
        buffer_text(out, ", ");
        add_signed(out, bytes[i]);
        buffer_text(out, " bytes\n");
    }
    /* Those that grew most stand first, those that shrank most last. */
    for (size_t i = 0; i < all->stacks.count; i++) {
        if (top == 0 || i < top || i + top >= all->stacks.count)
            add_stack(out, all, stack_at(all, i));
        else
            hidden++;
    }
    if (hidden > 0) {
        buffer_text(out, "\n  ");
        words_count(out, hidden, "more stack");
        buffer_print(out, " that changed less not shown (top=%lu)\n",
                     (unsigned long)top);
    }
}

/* ---- JSON ---- */

static void
emit_side(struct emit *emit, const char *key, const struct snapshot *snapshot)
{
    char when[32];

    emit_object(emit, key);
    emit_text(emit, "program", snapshot->program);
    emit_signed(emit, "pid", snapshot->pid);
    emit_text(emit, "time",
              clock_text(when, sizeof(when), snapshot->time_unix_ns));
    emit_number(emit, "bytes", snapshot->counters[COUNTER_BYTES_LIVE]);
    emit_number(emit, "blocks", snapshot->counters[COUNTER_BLOCKS_LIVE]);
    emit_close(emit);
}

static void
render_json_form(struct buffer *out, const struct comparison *all)
{
    struct frametext frames[2]; /* of the later one, of the earlier */
    struct emit emit;

    frametext_init(&frames[0]);
    frametext_init(&frames[1]);
    emit_begin(&emit, out);
    emit_object(&emit, NULL);
    emit_text(&emit, "dbgmalloc", render_version());
    emit_side(&emit, "before", all->old);
    emit_side(&emit, "now", all->new);
    emit_list(&emit, "changes");
    for (size_t i = 0; i < all->stacks.count; i++) {
        const struct compare_stack *stack = stack_at(all, i);

        use_names(all, stack);
        emit_object(&emit, NULL);
        emit_text(&emit, "change", change_keys[stack->change]);
        emit_number(&emit, "bytes_before", stack->old_bytes);
        emit_number(&emit, "bytes", stack->new_bytes);
        emit_number(&emit, "blocks_before", stack->old_blocks);
        emit_number(&emit, "blocks", stack->new_blocks);
        emit_signed(&emit, "growth", growth(stack));
        render_json_stack(&emit, &frames[stack->change == COMPARE_GONE],
                          "stack", stack->trace);
        emit_close(&emit);
        buffer_drain(out);
    }
    emit_close(&emit);
    emit_end(&emit);
    frametext_fini(&frames[0]);
    frametext_fini(&frames[1]);
}

/* ---- folded ---- */

/* Two numbers a line, as difffolded.pl gives them to flamegraph.pl. */
static void
render_folded_form(struct buffer *out, const struct comparison *all)
{
    struct vector lines = VECTOR_INIT(struct book_line);
    struct book book;
    bool is_old = false;

    book_init(&book);
    for (size_t i = 0; i < all->stacks.count; i++) {
        const struct compare_stack *stack = stack_at(all, i);

        use_names(all, stack);
        if ((stack->change == COMPARE_GONE) != is_old) {
            is_old = !is_old;
            spots_forget(&book.places);
        }
        render_folded_stack(out, &book, stack->trace, &lines);
        buffer_print(out, " %lu %lu\n", (unsigned long)stack->old_bytes,
                     (unsigned long)stack->new_bytes);
    }
    if (book.failed)
        out->failed = true;
    book_fini(&book);
    vector_fini(&lines);
}

/* ---- page ---- */

static bool
add_to_page(struct webpage *page, const struct compare_stack *stack)
{
    struct weigh_stack *weight = vector_add(&page->stacks);
    int64_t change = growth(stack);

    if (weight == NULL)
        return false;
    weight->trace = stack->trace;
    if (change > 0)
        weight->values[WEIGH_LEAKED] = (uint64_t)change;
    else
        weight->values[WEIGH_LIVE] = (uint64_t)-change;
    return true;
}

static bool
add_row(struct webpage *page, const struct compare_stack *stack)
{
    struct page_row *row = vector_add(&page->rows);

    if (row == NULL)
        return false;
    row->trace = stack->trace;
    row->kind = change_keys[stack->change];
    row->bytes = growth(stack);
    row->blocks = (int64_t)(stack->new_blocks - stack->old_blocks);
    row->is_old = stack->change == COMPARE_GONE;
    return true;
}

static void
render_page_form(struct buffer *out, const struct comparison *all)
{
    struct webpage page = {
        .snapshot = all->new,
        .old = all->old,
        .stacks = VECTOR_INIT(struct weigh_stack),
        .rows = VECTOR_INIT(struct page_row),
        .measures = {{"leaked", "Grown", "bytes", WEIGH_LEAKED},
                     {"allocated", "Shrunk", "bytes", WEIGH_LIVE}},
        .measure_count = 2};
    bool is_whole = true;

    for (size_t i = 0; is_whole && i < all->stacks.count; i++) {
        const struct compare_stack *stack = stack_at(all, i);

        is_whole = add_row(&page, stack);
        if (is_whole && stack->change != COMPARE_GONE)
            is_whole = add_to_page(&page, stack);
    }
    page.old_first = page.stacks.count;
    for (size_t i = 0; is_whole && i < all->stacks.count; i++) {
        if (stack_at(all, i)->change == COMPARE_GONE)
            is_whole = add_to_page(&page, stack_at(all, i));
    }
    named_use(all->new);
    webpage_render(out, &page);
    if (!is_whole)
        out->failed = true;
    vector_fini(&page.stacks);
    vector_fini(&page.rows);
}

static void (*const forms[REPORT__FORMAT_COUNT])(
    struct buffer *out, const struct comparison *all) = {
    [REPORT_TEXT] = render_text_form,
    [REPORT_JSON] = render_json_form,
    [REPORT_FOLDED] = render_folded_form,
    [REPORT_HTML] = render_page_form,
};

bool
compare_has(enum report_format format)
{
    return (unsigned)format < REPORT__FORMAT_COUNT && forms[format] != NULL;
}

int
compare_render(const struct snapshot *old, const struct snapshot *new,
               enum report_format format, struct buffer *out)
{
    struct comparison all = {
        .old = old, .new = new, .stacks = VECTOR_INIT(struct compare_stack)};
    int result;

    if (!compare_has(format))
        return -EINVAL;
    result = compare_stacks(old, new, &all.stacks);
    if (result == 0) {
        bool is_session = names_begin();

        forms[format](out, &all);
        names_end(is_session);
        if (out->failed)
            result = -ENOMEM;
    }
    vector_fini(&all.stacks);
    return result;
}
