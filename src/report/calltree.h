/*
 * report/calltree.h - stacks merged into a tree by what they have in common.
 *
 * A node is a function called (or calling) in the context of its parent. Node 0
 * is the root, and a node's parent has a lower index than the node. There may
 * be millions of them, at any place of which the next look-up is: so a node is
 * small, and what a stack has in common with the one before is not looked up.
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
    uint32_t function;    /* the book's index; of the root, meaningless */
    uint32_t line;        /* of the stack that made it; 0: not known */
    uint32_t first_child; /* 0: none */
    uint32_t next;        /* sibling; 0: none */
    uint32_t chain;       /* calltree.c's: next of the same hash; 0: none */
    uint32_t ends;        /* calltree.c's: 1 + where its values are; 0: none */
};

enum calltree_order {
    CALLTREE_OUTER, /* the root's children are the outermost functions */
    CALLTREE_INNER  /* ... the innermost: who allocated */
};

struct calltree {
    struct vector nodes;   /* struct calltree_node */
    struct vector ends;    /* uint64_t[WEIGH__COUNT]: of nodes where stacks
                              end, which few are */
    struct vector buckets; /* uint32_t: the first node of each hash */
    struct vector path;    /* uint32_t: the nodes of the stack added last */
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
