/*
 * Coroutines on stacks from malloc and mmap allocate and free, each other's
 * blocks too, and are switched in the middle; their stacks are then freed.
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "prove.h"

enum { COROUTINES = 8, STACK = 65536, ROUNDS = 200 };

static ucontext_t main_context;
static ucontext_t contexts[COROUTINES];
static char *blocks[COROUTINES];

static void
work(int self)
{
    for (int round = 0; round < ROUNDS; round++) {
        int other = (self + round) % COROUTINES;
        free(blocks[other]);
        blocks[other] = (char *)keep(malloc((size_t)(round * 10 + self)));
        PROVE(blocks[other] != NULL);
        PROVE(swapcontext(&contexts[self], &main_context) == 0);
    }
}

static void *
stack_make(int i)
{
    if (i % 2 == 0)
        return keep(malloc(STACK));
    return mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int
main(void)
{
    void *stacks[COROUTINES];
    void (*entry)(void);
    void (*typed)(int) = work; /* makecontext takes it without its type. */
    memcpy(&entry, &typed, sizeof entry);
    for (int i = 0; i < COROUTINES; i++) {
        stacks[i] = stack_make(i);
        PROVE(stacks[i] != NULL && stacks[i] != MAP_FAILED);
        PROVE(getcontext(&contexts[i]) == 0);
        contexts[i].uc_stack.ss_sp = stacks[i];
        contexts[i].uc_stack.ss_size = STACK;
        contexts[i].uc_link = &main_context;
        makecontext(&contexts[i], entry, 1, i);
    }
    for (int round = 0; round <= ROUNDS; round++)
        for (int i = 0; i < COROUTINES; i++)
            PROVE(swapcontext(&main_context, &contexts[i]) == 0);
    for (int i = 0; i < COROUTINES; i++) {
        free(blocks[i]);
        if (i % 2 == 0)
            free(stacks[i]);
    }
    return 0;
}
