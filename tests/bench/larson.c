/*
 * larson - a server: threads replace random blocks in a table, hand the table
 * to a successor thread and end, so that blocks outlive their makers.
 * After Larson and Krishnan, Memory allocation for long-running server
 * applications, ISMM 1998; the program is ours.
 */
#include "bench.h"

enum { THREADS = 2, SLOTS = 5000, TURNS = 10 };

static struct {
    uint64_t seed;
    void *slots[SLOTS];
    char apart[128]; /* so that tables share no cache line */
} tables[THREADS];
static long per_turn;

static void *
serve(void *number)
{
    size_t self = (size_t)(intptr_t)number;
    uint64_t seed = tables[self].seed;
    for (long n = 0; n < per_turn; n++) {
        uint32_t r = bench_random(&seed);
        size_t i = r % SLOTS;
        free(tables[self].slots[i]);
        tables[self].slots[i] = bench_make(10 + (r >> 8) % 500);
    }
    tables[self].seed = seed;
    return NULL;
}

int
main(int argc, char **argv)
{
    per_turn = bench_work(argc, argv, 5000000) / TURNS;
    for (size_t i = 0; i < THREADS; i++)
        tables[i].seed = i + 3;
    for (int turn = 0; turn < TURNS; turn++)
        bench_threads(THREADS, serve);
    for (size_t i = 0; i < THREADS; i++)
        for (size_t k = 0; k < SLOTS; k++)
            free(tables[i].slots[k]);
    return 0;
}
