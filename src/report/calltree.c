/*
 * report/calltree.c - stacks merged into a tree.
 */
#include "report/calltree.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

/* A power of two. */
#define BUCKETS_FIRST 1024u

typedef uint64_t ends[WEIGH__COUNT];

void
calltree_init(struct calltree *tree, bool by_line)
{
    *tree = (struct calltree){.nodes = VECTOR_INIT(struct calltree_node),
                              .ends = VECTOR_INIT(ends),
                              .buckets = VECTOR_INIT(uint32_t),
                              .path = VECTOR_INIT(uint32_t),
                              .by_line = by_line};
    tree->failed = vector_add(&tree->nodes) == NULL ||
                   vector_reserve(&tree->buckets, BUCKETS_FIRST) != 0;
    tree->buckets.count = tree->failed ? 0 : BUCKETS_FIRST;
}

void
calltree_fini(struct calltree *tree)
{
    vector_fini(&tree->nodes);
    vector_fini(&tree->ends);
    vector_fini(&tree->buckets);
    vector_fini(&tree->path);
}

static struct calltree_node *
node_at(const struct calltree *tree, size_t i)
{
    return &VECTOR_AT(&tree->nodes, struct calltree_node, i);
}

static uint32_t
line_of(const struct calltree *tree, uint32_t line)
{
    return tree->by_line ? line : 0;
}

/* Where the list of the nodes of that hash begins. */
static uint32_t *
bucket_of(const struct calltree *tree, uint32_t parent, uint32_t function,
          uint32_t line)
{
    uint64_t hash = hash_add(hash_u64((uint64_t)parent << 32 | function), line);

    return &VECTOR_AT(&tree->buckets, uint32_t,
                      hash & (tree->buckets.count - 1));
}

/* Twice as many buckets. Where there is no memory for them it goes on with
 * longer lists. */
static void
grow_buckets(struct calltree *tree)
{
    struct vector more = VECTOR_INIT(uint32_t);

    if (vector_reserve(&more, 2 * tree->buckets.count) != 0)
        return;
    more.count = 2 * tree->buckets.count;
    vector_fini(&tree->buckets);
    tree->buckets = more;
    for (size_t i = 1; i < tree->nodes.count; i++) {
        struct calltree_node *node = node_at(tree, i);
        uint32_t *bucket = bucket_of(tree, node->parent, node->function,
                                     line_of(tree, node->line));

        node->chain = *bucket;
        *bucket = (uint32_t)i;
    }
}

static uint32_t
make_child(struct calltree *tree, uint32_t parent, const struct book_line *line)
{
    struct calltree_node *node;
    uint32_t *bucket;
    size_t index = tree->nodes.count;

    if (index >= tree->buckets.count)
        grow_buckets(tree);
    node = vector_add(&tree->nodes);
    if (node == NULL || index >= UINT32_MAX) {
        tree->failed = true;
        return 0;
    }
    bucket = bucket_of(tree, parent, line->function, line_of(tree, line->line));
    *node = (struct calltree_node){.parent = parent,
                                   .function = line->function,
                                   .line = line->line,
                                   .next = node_at(tree, parent)->first_child,
                                   .chain = *bucket};
    *bucket = (uint32_t)index;
    node_at(tree, parent)->first_child = (uint32_t)index;
    return (uint32_t)index;
}

static bool
is_child(const struct calltree *tree, const struct calltree_node *node,
         uint32_t parent, const struct book_line *line)
{
    return node->parent == parent && node->function == line->function &&
           line_of(tree, node->line) == line_of(tree, line->line);
}

/* The child of `parent` for that line, made if it is not there. */
static uint32_t
find_child(struct calltree *tree, uint32_t parent, const struct book_line *line)
{
    uint32_t i =
        *bucket_of(tree, parent, line->function, line_of(tree, line->line));

    while (i != 0 && !is_child(tree, node_at(tree, i), parent, line))
        i = node_at(tree, i)->chain;
    return i != 0 ? i : make_child(tree, parent, line);
}

static void
add_values(struct calltree *tree, uint32_t at,
           const uint64_t values[WEIGH__COUNT])
{
    struct calltree_node *node = node_at(tree, at);
    uint64_t *sums;
    uint64_t any = 0;

    for (unsigned i = 0; i < WEIGH__COUNT; i++)
        any |= values[i];
    if (any == 0)
        return;
    if (node->ends == 0) {
        if (vector_add(&tree->ends) == NULL) {
            tree->failed = true;
            return;
        }
        node->ends = (uint32_t)tree->ends.count;
    }
    sums = VECTOR_AT(&tree->ends, ends, node->ends - 1);
    for (unsigned i = 0; i < WEIGH__COUNT; i++)
        sums[i] += values[i];
}

void
calltree_add(struct calltree *tree, const struct vector *lines,
             enum calltree_order order, const uint64_t values[WEIGH__COUNT])
{
    bool is_known = true; /* all so far is as in the stack before */
    uint32_t at = 0;

    for (size_t i = 0; i < lines->count && !tree->failed; i++) {
        size_t k = order == CALLTREE_INNER ? i : lines->count - 1 - i;
        const struct book_line *line = &VECTOR_AT(lines, struct book_line, k);
        uint32_t before = is_known && i < tree->path.count
                              ? VECTOR_AT(&tree->path, uint32_t, i)
                              : 0;

        if (before != 0 && is_child(tree, node_at(tree, before), at, line)) {
            at = before;
            continue;
        }
        if (is_known)
            tree->path.count = i;
        is_known = false;
        at = find_child(tree, at, line);
        if (vector_add(&tree->path) == NULL) {
            tree->failed = true;
            return;
        }
        VECTOR_AT(&tree->path, uint32_t, i) = at;
    }
    if (!tree->failed)
        add_values(tree, at, values);
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
