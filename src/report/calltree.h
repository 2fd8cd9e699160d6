/*
 * report/calltree.h - stacks merged into a tree by what they have in common.
 *
 * A node is a function called (or calling) in the context of its parent; its
 * values are those of the stacks that end in it. Node 0 is the root, and a
 * node's parent has a lower index than the node.
 *
 * Thread: owner.   Signal: no.   Locks: none.
 */
#ifndef REPORT_CALLTREE_H
#define REPORT_CALLTREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "report/book.h"
#include "report/weigh.h"

struct calltree_node {
    uint32_t parent;
    uint32_t function;    /* the book's index; of the root, meaningless */
    uint32_t line;        /* of the last stack that made it; 0: not known */
    uint32_t first_child; /* 0: none */
    uint32_t next;        /* sibling; 0: none */
    uint64_t values[WEIGH__COUNT];
};

enum calltree_order {
    CALLTREE_OUTER, /* the root's children are the outermost functions */
    CALLTREE_INNER  /* ... the innermost: who allocated */
};

struct calltree {
    struct vector nodes;   /* struct calltree_node */
    struct table children; /* hash of parent, function and line -> index */
    bool by_line;          /* nodes differ by the line too */
    bool failed;           /* memory ran out */
};

/* calltree_init - an empty tree but for the root. */
void calltree_init(struct calltree *tree, bool by_line);
void calltree_fini(struct calltree *tree);

/* calltree_add - add a stack whose lines, innermost first, are those of
 * `lines` (struct book_line), with its values. */
void calltree_add(struct calltree *tree, const struct vector *lines,
                  enum calltree_order order,
                  const uint64_t values[WEIGH__COUNT]);

/* calltree_sum - make the values of each node those of all stacks that pass
 * through it: its own and its descendants'. Once, at the end. */
void calltree_sum(struct calltree *tree);

#endif
