/*
 * base/list.h - a circular doubly linked list whose nodes lie in the items.
 *
 * A list is a `struct list_node` used as its head. No function allocates or
 * locks: whoever owns the list says which lock guards it.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct list_node {
    struct list_node *prev;
    struct list_node *next;
};

/* The struct of `type` whose list node `member` is `node`. */
#define LIST_ITEM(node, type, member) CONTAINER_OF(node, type, member)

/* Visit each node of `head`; the body must not remove `node`. */
#define LIST_EACH(node, head)                                                  \
    for (struct list_node *node = (head)->next; node != (head);                \
         node = node->next)

/* list_init - make `head` an empty list, or `head` a node in no list. */
static inline void
list_init(struct list_node *head)
{
    head->prev = head;
    head->next = head;
}

/* list_is_empty - true if `head` has no node; for a node, if it is in no
 * list. */
static inline bool
list_is_empty(const struct list_node *head)
{
    return head->next == head;
}

/* list_insert_first - put `node`, which is in no list, at the front. */
static inline void
list_insert_first(struct list_node *head, struct list_node *node)
{
    node->prev = head;
    node->next = head->next;
    head->next->prev = node;
    head->next = node;
}

/* list_insert_last - put `node`, which is in no list, at the end. */
static inline void
list_insert_last(struct list_node *head, struct list_node *node)
{
    list_insert_first(head->prev, node);
}

/* list_remove - take `node` out of its list; it is then in none. */
static inline void
list_remove(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* list_first - the first node, or NULL if the list is empty. */
static inline struct list_node *
list_first(struct list_node *head)
{
    return list_is_empty(head) ? NULL : head->next;
}

/* list_last - the last node, or NULL if the list is empty. */
static inline struct list_node *
list_last(struct list_node *head)
{
    return list_is_empty(head) ? NULL : head->prev;
}

#endif
