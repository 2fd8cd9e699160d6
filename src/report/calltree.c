/*
 * report/calltree.c - stacks merged into a tree.
 */
#include "report/calltree.h"

#include "base/hash.h"

void
calltree_init(struct calltree *tree, bool by_line)
{
    tree->nodes = (struct vector)VECTOR_INIT(struct calltree_node);
    tree->children = (struct table)TABLE_INIT;
    tree->by_line = by_line;
    tree->failed = vector_add(&tree->nodes) == NULL;
}

void
calltree_fini(struct calltree *tree)
{
    vector_fini(&tree->nodes);
    table_fini(&tree->children);
}

static struct calltree_node *
node_at(struct calltree *tree, uint64_t i)
{
    return &VECTOR_AT(&tree->nodes, struct calltree_node, i);
}

/* The child of `parent` for that line, made if it is not there. */
static uint32_t
find_child(struct calltree *tree, uint32_t parent, const struct book_line *line)
{
    uint32_t number = tree->by_line ? line->line : 0;
    uint64_t key =
        hash_add(hash_u64((uint64_t)parent << 32 | line->function), number);
    struct calltree_node *node;
    uint64_t index;

    while (table_find(&tree->children, key, &index)) {
        node = node_at(tree, index);
        if (node->parent == parent && node->function == line->function &&
            (!tree->by_line || node->line == number))
            return (uint32_t)index;
        key = hash_u64(key + 1);
    }
    node = vector_add(&tree->nodes);
    index = tree->nodes.count - 1;
    if (node == NULL || index >= UINT32_MAX ||
        table_insert(&tree->children, key, index) != 0) {
        tree->failed = true;
        return 0;
    }
    node->parent = parent;
    node->function = line->function;
    node->line = line->line;
    node->next = node_at(tree, parent)->first_child;
    node_at(tree, parent)->first_child = (uint32_t)index;
    return (uint32_t)index;
}

void
calltree_add(struct calltree *tree, const struct vector *lines,
             enum calltree_order order, const uint64_t values[WEIGH__COUNT])
{
    uint32_t at = 0;

    for (size_t i = 0; i < lines->count && !tree->failed; i++) {
        size_t k = order == CALLTREE_INNER ? i : lines->count - 1 - i;

        at = find_child(tree, at, &VECTOR_AT(lines, struct book_line, k));
    }
    if (tree->failed)
        return;
    for (unsigned i = 0; i < WEIGH__COUNT; i++)
        node_at(tree, at)->values[i] += values[i];
}

void
calltree_sum(struct calltree *tree)
{
    for (size_t i = tree->nodes.count; i-- > 1;) {
        const struct calltree_node *node = node_at(tree, i);
        struct calltree_node *parent = node_at(tree, node->parent);

        for (unsigned k = 0; k < WEIGH__COUNT; k++)
            parent->values[k] += node->values[k];
    }
}
