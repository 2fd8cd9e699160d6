/*
 * manylive - two million small live blocks, built up, linked and walked as a
 * tree of nodes is, thinned out at random, filled again, and freed.
 */
#include "bench.h"

struct node {
    struct node *next;
    uint64_t value;
};

int
main(int argc, char **argv)
{
    size_t count = (size_t)bench_work(argc, argv, 2000000);
    struct node **nodes = (struct node **)bench_make(count * sizeof *nodes);
    uint64_t seed = 6;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t r = bench_random(&seed);
        nodes[i] = (struct node *)bench_make(sizeof **nodes + r % 64);
        nodes[i]->value = r;
        nodes[i]->next = i > 0 ? nodes[r % i] : NULL;
    }
    for (size_t i = 0; i < count; i++)
        sum += nodes[i]->next != NULL ? nodes[i]->next->value : 0;
    for (size_t n = 0; n < count / 2; n++) {
        uint32_t r = bench_random(&seed);
        free(nodes[r % count]);
        nodes[r % count] =
            (struct node *)bench_make(sizeof **nodes + (r >> 24) % 64);
    }
    for (size_t i = 0; i < count; i++)
        free(nodes[i]);
    free(nodes);
    return sum == 1; /* The sum is used, or the walk would be left out. */
}
