/*
 * As guard_edges, with the pages before the blocks.
 * modes: guard
 * opts: guard=below
 */
#define BELOW 1
#include "guard_edges.c"
