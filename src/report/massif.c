/*
 * report/massif.c - massif.out, as ms_print and massif-visualizer read it.
 *
 * The snapshots of massif are the instants of the history; the last has the
 * tree of what is live, innermost functions first. What is under one per cent
 * of the whole is put together, as massif does.
 * Source: valgrind's manual, "Massif Output Format", and ms_print.
 */
#include "report/render.h"

#include "base/text.h"
#include "report/book.h"
#include "report/calltree.h"
#include "report/names.h"
#include "report/weigh.h"
#include "report/words.h"

/* One per cent. */
#define THRESHOLD 100u
#define DEPTH_MAX 64u
#define INSTANTS_MAX 100u

struct massif {
    struct buffer *out;
    struct book book;
    struct calltree tree;
    struct vector live; /* uint64_t: bytes live, of each node */
    uint64_t total;
};

static const struct calltree_node *
node_at(const struct massif *massif, uint32_t i)
{
    return &VECTOR_AT(&massif->tree.nodes, struct calltree_node, i);
}

static uint64_t
live_at(const struct massif *massif, uint32_t i)
{
    return VECTOR_AT(&massif->live, uint64_t, i);
}

static bool
is_shown(const struct massif *massif, uint32_t i)
{
    return live_at(massif, i) > 0 &&
           live_at(massif, i) >= massif->total / THRESHOLD;
}

static void
add_label(struct massif *massif, const struct calltree_node *node)
{
    const struct book_function *function = &VECTOR_AT(
        &massif->book.functions, struct book_function, node->function);

    /* ms_print wants an address first; what is merged here has several. */
    buffer_text(massif->out, "0x0: ");
    words_safe(massif->out, function->name);
    if (*function->file != '\0') {
        buffer_text(massif->out, " (");
        words_safe(massif->out, text_base_name(function->file));
        buffer_print(massif->out, ":%u)", (unsigned)node->line);
    } else if (*function->module != '\0') {
        buffer_text(massif->out, " (in ");
        words_safe(massif->out, function->module);
        buffer_char(massif->out, ')');
    } else {
        buffer_text(massif->out, " (?)");
    }
}

struct children {
    uint32_t shown;
    uint32_t hidden;
    uint64_t hidden_bytes;
};

static struct children
count_children(const struct massif *massif, uint32_t parent)
{
    struct children children = {0};

    for (uint32_t i = calltree_child(&massif->tree, parent); i != 0;
         i = node_at(massif, i)->next) {
        if (is_shown(massif, i)) {
            children.shown++;
        } else if (live_at(massif, i) > 0) {
            children.hidden++;
            children.hidden_bytes += live_at(massif, i);
        }
    }
    return children;
}

/* The largest child that is shown and was not yet: below (bytes, index) in
 * order. 0: none. Few are shown, so this is quick enough. */
static uint32_t
next_child(const struct massif *massif, uint32_t parent, uint64_t bytes,
           uint32_t after)
{
    uint32_t best = 0;

    for (uint32_t i = calltree_child(&massif->tree, parent); i != 0;
         i = node_at(massif, i)->next) {
        uint64_t own = live_at(massif, i);
        uint64_t most = best == 0 ? 0 : live_at(massif, best);

        if (!is_shown(massif, i) || own > bytes || (own == bytes && i <= after))
            continue;
        if (best == 0 || own > most || (own == most && i < best))
            best = i;
    }
    return best;
}

static void
add_hidden(struct massif *massif, const struct children *children,
           unsigned depth)
{
    buffer_print(massif->out,
                 "%*sn0: %lu in %u place%s, %s below massif's "
                 "threshold (1.00%%)\n",
                 (int)depth, "", (unsigned long)children->hidden_bytes,
                 (unsigned)children->hidden, children->hidden == 1 ? "" : "s",
                 children->hidden == 1 ? "which is" : "all");
}

static void
add_node(struct massif *massif, uint32_t index, unsigned depth)
{
    struct children children = {0};
    uint32_t after = 0;
    uint64_t bytes = UINT64_MAX;

    if (depth < DEPTH_MAX)
        children = count_children(massif, index);
    buffer_print(massif->out, "%*sn%u: %lu ", (int)depth, "",
                 (unsigned)(children.shown + (children.hidden > 0)),
                 (unsigned long)live_at(massif, index));
    if (index == 0)
        buffer_text(massif->out, "(heap allocation functions) "
                                 "malloc/new/new[], --alloc-fns, etc.");
    else
        add_label(massif, node_at(massif, index));
    buffer_char(massif->out, '\n');
    for (uint32_t i = 0; i < children.shown; i++) {
        after = next_child(massif, index, bytes, after);
        if (after == 0)
            break;
        bytes = live_at(massif, after);
        add_node(massif, after, depth + 1);
    }
    if (children.hidden > 0)
        add_hidden(massif, &children, depth + 1);
}

static void
add_tree(struct massif *massif, const struct snapshot *snapshot)
{
    struct vector stacks = VECTOR_INIT(struct weigh_stack);
    struct vector lines = VECTOR_INIT(struct book_line);

    if (weigh_all(snapshot, &stacks) != 0)
        massif->out->failed = true;
    for (size_t i = 0; i < stacks.count; i++) {
        const struct weigh_stack *stack =
            &VECTOR_AT(&stacks, struct weigh_stack, i);

        if (stack->values[WEIGH_LIVE] == 0)
            continue;
        vector_clear(&lines);
        if (stack->trace != NULL &&
            !book_lines(&massif->book, stack->trace, &lines))
            massif->out->failed = true;
        calltree_add(&massif->tree, &lines, stack->values);
    }
    if (calltree_build(&massif->tree) != 0 ||
        calltree_sum(&massif->tree, WEIGH_LIVE, &massif->live) != 0) {
        massif->out->failed = true;
    } else {
        massif->total = live_at(massif, 0);
        add_node(massif, 0, 0);
    }
    vector_fini(&lines);
    vector_fini(&stacks);
}

static void
add_instant(struct buffer *out, unsigned number, uint64_t time_ns,
            uint64_t bytes)
{
    buffer_print(out,
                 "#-----------\nsnapshot=%u\n#-----------\ntime=%lu\n"
                 "mem_heap_B=%lu\nmem_heap_extra_B=0\nmem_stacks_B=0\n",
                 number, (unsigned long)(time_ns / 1000000),
                 (unsigned long)bytes);
}

/* Without a history, the start, the peak and the end. */
static unsigned
add_history(struct buffer *out, const struct snapshot *snapshot)
{
    size_t count = snapshot->history.count;
    size_t step = count / INSTANTS_MAX + 1;
    uint64_t last = 0;
    unsigned number = 0;

    add_instant(out, number++, 0, 0);
    buffer_text(out, "heap_tree=empty\n");
    if (count == 0 && snapshot->has_stats) {
        add_instant(out, number++, snapshot->counters[COUNTER_PEAK_TIME],
                    snapshot->counters[COUNTER_BYTES_PEAK]);
        buffer_text(out, "heap_tree=empty\n");
    }
    for (size_t i = 0; i < count; i += step) {
        const struct snapshot_instant *instant =
            &VECTOR_AT(&snapshot->history, struct snapshot_instant, i);

        if (instant->time_ns < last)
            continue;
        last = instant->time_ns;
        add_instant(out, number++, instant->time_ns, instant->bytes);
        buffer_text(out, "heap_tree=empty\n");
    }
    return number;
}

void
render_massif(struct buffer *out, const struct snapshot *snapshot,
              bool with_stats UNUSED)
{
    struct massif massif = {.out = out, .live = VECTOR_INIT(uint64_t)};
    struct buffer tree = BUFFER_INIT;
    unsigned number;

    buffer_print(out, "desc: dbgmalloc %s%s\ncmd: ", render_version(),
                 snapshot->sample != 0 ? ", stacks estimated from a sample"
                                       : "");
    words_safe(out, snapshot->command_line);
    buffer_text(out, "\ntime_unit: ms\n");
    number = add_history(out, snapshot);
    book_init(&massif.book);
    calltree_init(&massif.tree, CALLTREE_INNER, true);
    massif.out = &tree;
    add_tree(&massif, snapshot);
    add_instant(out, number, snapshot->elapsed_ns, massif.total);
    buffer_text(out, "heap_tree=peak\n");
    buffer_add(out, tree.bytes, tree.count);
    if (tree.failed)
        out->failed = true;
    buffer_fini(&tree);
    vector_fini(&massif.live);
    calltree_fini(&massif.tree);
    book_fini(&massif.book);
}
