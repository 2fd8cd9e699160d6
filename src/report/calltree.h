/*
 * report/calltree.h - stacks merged into a tree by what they have in common.
 *
 * A node is a function called (or calling) in the context of its parent. Node 0
 * is the root; a node is followed by its descendants, so its parent has a lower
 * index, and its first child, if it has any, the next one.
 *
 * There may be millions of nodes. So stacks are first collected and sorted, and
 * the tree is then made from its first node to its last: nothing is looked up,
 * where a table of nodes would be read at a random place for each frame.
 *
 * Thread: owner.   Signal: no.   Locks: none.
 */
#ifndef REPORT_CALLTREE_H
#define REPORT_CALLTREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/vector.h"
#include "report/book.h"
#include "report/weigh.h"

struct calltree_node {
    uint32_t parent;
    uint32_t function; /* the book's index; of the root, meaningless */
    uint32_t line;     /* 0: not known, or not by_line */
    uint32_t next;     /* sibling; 0: none */
    uint32_t ends;     /* calltree.c's: 1 + where its values are; 0: none */
};

enum calltree_order {
    CALLTREE_OUTER, /* the root's children are the outermost functions */
    CALLTREE_INNER  /* ... the innermost: who allocated */
};

struct calltree {
    struct vector nodes;  /* struct calltree_node, after calltree_build */
    struct vector ends;   /* uint64_t[WEIGH__COUNT]: of the stacks, then of the
                             nodes where stacks end */
    struct vector stacks; /* calltree.c's: those that were added */
    struct vector codes;  /* uint64_t: their functions and lines */
    enum calltree_order order;
    bool by_line; /* nodes differ by the line too */
    bool failed;  /* memory ran out */
};

void calltree_init(struct calltree *tree, enum calltree_order order,
                   bool by_line);
void calltree_fini(struct calltree *tree);

/* calltree_add - add a stack whose lines, innermost first, are those of
 * `lines` (struct book_line), with its values. One that weighs nothing is left
 * out. `failed` says whether there was memory for it. */
void calltree_add(struct calltree *tree, const struct vector *lines,
                  const uint64_t values[WEIGH__COUNT]);

/*
 * calltree_build - make the nodes of what was added, once.
 *
 * Siblings stand in the order in which the book has their functions. Returns 0
 * or -ENOMEM, also where memory was out before.
 * Cost: O(frames + stacks log stacks).
 * Source: Bentley, Sedgewick, Fast Algorithms for Sorting and Searching
 * Strings, SODA 1997.
 */
int MUST_CHECK calltree_build(struct calltree *tree);

/* calltree_child - the first child of node `i`, 0 if it has none. */
uint32_t calltree_child(const struct calltree *tree, uint32_t i);

/* calltree_ends - the values of the stacks that end in node `i`, WEIGH__COUNT
 * of them; NULL where none does. */
const uint64_t *calltree_ends(const struct calltree *tree, size_t i);

/*
 * calltree_sum - in `out_sums`, an empty vector of uint64_t, what of that
 * measure passes through each node: its own and its descendants'.
 *
 * Returns 0 or -ENOMEM.
 */
int MUST_CHECK calltree_sum(const struct calltree *tree,
                            enum weigh_measure measure,
                            struct vector *out_sums);

#endif
