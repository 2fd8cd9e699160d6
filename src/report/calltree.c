/*
 * report/calltree.c - stacks merged into a tree.
 *
 * A frame is a number, its code, which is larger than 0; the end of a stack is
 * 0. Sorted, a stack stands behind those that it has the most in common with,
 * and after the one that it continues.
 */
#include "report/calltree.h"

#include <errno.h>
#include <string.h>

/* A stack that was added. `key` is its code at the depth that is sorted by. */
struct stack {
    uint64_t key;
    uint32_t start; /* of its codes */
    uint32_t count;
    uint32_t ends; /* where its values are */
};

typedef uint64_t ends[WEIGH__COUNT];

void
calltree_init(struct calltree *tree, enum calltree_order order, bool by_line)
{
    *tree = (struct calltree){.nodes = VECTOR_INIT(struct calltree_node),
                              .ends = VECTOR_INIT(ends),
                              .stacks = VECTOR_INIT(struct stack),
                              .codes = VECTOR_INIT(uint64_t),
                              .order = order,
                              .by_line = by_line};
}

void
calltree_fini(struct calltree *tree)
{
    vector_fini(&tree->nodes);
    vector_fini(&tree->ends);
    vector_fini(&tree->stacks);
    vector_fini(&tree->codes);
}

static struct calltree_node *
node_at(const struct calltree *tree, size_t i)
{
    return &VECTOR_AT(&tree->nodes, struct calltree_node, i);
}

static uint64_t
code_of(const struct calltree *tree, const struct book_line *line)
{
    return ((uint64_t)line->function + 1) << 32 |
           (tree->by_line ? line->line : 0);
}

/* ---- collecting ---- */

static bool
is_weightless(const uint64_t values[WEIGH__COUNT])
{
    for (unsigned i = 0; i < WEIGH__COUNT; i++) {
        if (values[i] != 0)
            return false;
    }
    return true;
}

static bool
add_codes(struct calltree *tree, const struct vector *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        size_t k = tree->order == CALLTREE_INNER ? i : lines->count - 1 - i;
        uint64_t *code = vector_add(&tree->codes);

        if (code == NULL || tree->codes.count >= UINT32_MAX)
            return false;
        *code = code_of(tree, &VECTOR_AT(lines, struct book_line, k));
    }
    return true;
}

void
calltree_add(struct calltree *tree, const struct vector *lines,
             const uint64_t values[WEIGH__COUNT])
{
    struct stack *stack;
    uint32_t start = (uint32_t)tree->codes.count;
    uint64_t *own;

    if (tree->failed || is_weightless(values))
        return;
    own = vector_add(&tree->ends);
    stack = vector_add(&tree->stacks);
    if (own == NULL || stack == NULL || !add_codes(tree, lines)) {
        tree->failed = true;
        return;
    }
    memcpy(own, values, sizeof(ends));
    *stack = (struct stack){.start = start,
                            .count = (uint32_t)lines->count,
                            .ends = (uint32_t)tree->ends.count - 1};
}

/* ---- sorting ---- */

static void
load_keys(const struct calltree *tree, struct stack *stacks, size_t count,
          uint32_t depth)
{
    for (size_t i = 0; i < count; i++)
        stacks[i].key =
            depth < stacks[i].count
                ? VECTOR_AT(&tree->codes, uint64_t, stacks[i].start + depth)
                : 0;
}

static uint64_t
median(uint64_t a, uint64_t b, uint64_t c)
{
    if (a > b)
        return median(b, a, c);
    return c < a ? a : c > b ? b : c;
}

static void
swap(struct stack *a, struct stack *b)
{
    struct stack kept = *a;

    *a = *b;
    *b = kept;
}

/* One whose keys are sorted yet, and one whose keys are to be loaded, being
 * equal so far. */
struct part {
    struct stack *first;
    size_t count;
    uint32_t depth;
    bool is_loaded;
};

/* Three parts: under the pivot, equal to it, over it. Those that are equal go
 * on one deeper, unless they have ended. */
static void
split(const struct part *part, struct part out_parts[3])
{
    struct stack *stacks = part->first;
    size_t low = 0;
    size_t high = part->count;
    uint64_t pivot = median(stacks[0].key, stacks[part->count / 2].key,
                            stacks[part->count - 1].key);

    for (size_t i = 0; i < high;) {
        if (stacks[i].key < pivot)
            swap(&stacks[i++], &stacks[low++]);
        else if (stacks[i].key > pivot)
            swap(&stacks[i], &stacks[--high]);
        else
            i++;
    }
    out_parts[0] = (struct part){stacks, low, part->depth, true};
    out_parts[1] = (struct part){stacks + low, pivot == 0 ? 0 : high - low,
                                 part->depth + 1, false};
    out_parts[2] =
        (struct part){stacks + high, part->count - high, part->depth, true};
}

/* The largest of three parts is gone on with, so this nests no deeper than the
 * logarithm of the count, however deep the stacks are. */
static void
sort(const struct calltree *tree, struct part part)
{
    while (part.count > 1) {
        struct part parts[3];
        unsigned largest = 0;

        if (!part.is_loaded)
            load_keys(tree, part.first, part.count, part.depth);
        split(&part, parts);
        for (unsigned i = 1; i < 3; i++) {
            if (parts[i].count > parts[largest].count)
                largest = i;
        }
        for (unsigned i = 0; i < 3; i++) {
            if (i != largest)
                sort(tree, parts[i]);
        }
        part = parts[largest];
    }
}

/* ---- building ---- */

struct builder {
    struct calltree *tree;
    struct vector path;  /* uint32_t: the nodes of the stack before */
    const uint64_t *old; /* its codes */
};

/* The node of that code at that depth, after all others. 0: no memory. */
static uint32_t
add_node(struct builder *builder, uint32_t depth, uint64_t code)
{
    struct calltree *tree = builder->tree;
    struct vector *path = &builder->path;
    uint32_t index = (uint32_t)tree->nodes.count;
    uint32_t parent = depth == 0 ? 0 : VECTOR_AT(path, uint32_t, depth - 1);
    struct calltree_node *node = vector_add(&tree->nodes);
    uint32_t *place;

    if (node == NULL)
        return 0;
    *node = (struct calltree_node){.parent = parent,
                                   .function = (uint32_t)(code >> 32) - 1,
                                   .line = (uint32_t)code};
    if (depth < path->count) { /* of the stack before: a sibling */
        node_at(tree, VECTOR_AT(path, uint32_t, depth))->next = index;
        path->count = depth;
    }
    place = vector_add(path);
    if (place == NULL)
        return 0;
    *place = index;
    return index;
}

/* What the stack has in common with the one before is there. */
static bool
add_stack(struct builder *builder, const struct stack *stack, uint64_t *values)
{
    struct calltree *tree = builder->tree;
    const uint64_t *codes =
        stack->count == 0 ? NULL
                          : &VECTOR_AT(&tree->codes, uint64_t, stack->start);
    uint32_t depth = 0;
    uint32_t at = 0;
    struct calltree_node *node;

    while (depth < stack->count && depth < builder->path.count &&
           codes[depth] == builder->old[depth])
        at = VECTOR_AT(&builder->path, uint32_t, depth++);
    for (; depth < stack->count; depth++) {
        at = add_node(builder, depth, codes[depth]);
        if (at == 0)
            return false;
    }
    builder->old = codes;
    node = node_at(tree, at);
    if (node->ends == 0) {
        node->ends = stack->ends + 1;
        return true;
    }
    for (unsigned i = 0; i < WEIGH__COUNT; i++)
        VECTOR_AT(&tree->ends, ends, node->ends - 1)[i] += values[i];
    return true;
}

int
calltree_build(struct calltree *tree)
{
    struct builder builder = {.tree = tree, .path = VECTOR_INIT(uint32_t)};

    if (tree->failed || vector_add(&tree->nodes) == NULL) {
        tree->failed = true;
        return -ENOMEM;
    }
    sort(tree, (struct part){.first = tree->stacks.items,
                             .count = tree->stacks.count});
    for (size_t i = 0; !tree->failed && i < tree->stacks.count; i++) {
        const struct stack *stack = &VECTOR_AT(&tree->stacks, struct stack, i);

        if (!add_stack(&builder, stack,
                       VECTOR_AT(&tree->ends, ends, stack->ends)))
            tree->failed = true;
    }
    vector_fini(&builder.path);
    vector_fini(&tree->stacks);
    vector_fini(&tree->codes);
    return tree->failed ? -ENOMEM : 0;
}

/* ---- what is there ---- */

uint32_t
calltree_child(const struct calltree *tree, uint32_t i)
{
    return i + 1 < tree->nodes.count && node_at(tree, i + 1)->parent == i
               ? i + 1
               : 0;
}

const uint64_t *
calltree_ends(const struct calltree *tree, size_t i)
{
    uint32_t place = node_at(tree, i)->ends;

    return place == 0 ? NULL : VECTOR_AT(&tree->ends, ends, place - 1);
}

int
calltree_sum(const struct calltree *tree, enum weigh_measure measure,
             struct vector *out_sums)
{
    if (vector_reserve(out_sums, tree->nodes.count) != 0)
        return -ENOMEM;
    out_sums->count = tree->nodes.count; /* zeroed */
    for (size_t i = tree->nodes.count; i-- > 0;) {
        const uint64_t *own = calltree_ends(tree, i);
        uint64_t *sum = &VECTOR_AT(out_sums, uint64_t, i);

        if (own != NULL)
            *sum += own[measure];
        if (i > 0)
            VECTOR_AT(out_sums, uint64_t, node_at(tree, i)->parent) += *sum;
    }
    return 0;
}
