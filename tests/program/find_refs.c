/*
 * dbgmalloc_find_refs finds the pointers to a block that the program keeps in
 * its data, in another block and on its stack, and no others.
 */
#define DBGMALLOC_NO_MACROS 1
#include "../../include/dbgmalloc.h"

#include "prove.h"

static char *volatile in_data;

struct seen {
    int global, block, stack, wrong;
    const void *p;
    size_t size;
};

static int
see(const struct dbgmalloc_ref *ref, void *context)
{
    struct seen *seen = context;
    uintptr_t offset = (uintptr_t)ref->value - (uintptr_t)seen->p;
    seen->wrong += offset >= seen->size;
    seen->global += ref->kind == DBGMALLOC_REF_GLOBAL &&
                    ref->at == (const void *)&in_data;
    seen->block += ref->kind == DBGMALLOC_REF_BLOCK && ref->block_size == 64;
    seen->stack += ref->kind == DBGMALLOC_REF_STACK;
    return 0;
}

int
main(void)
{
    size_t (*find)(const void *, dbgmalloc_visit_ref *, void *);
    void *symbol = dlsym(RTLD_DEFAULT, "dbgmalloc_find_refs");
    struct seen seen = {.size = 100};
    void **holder = keep(malloc(64));
    char *p = keep(malloc(100));
    char *volatile on_stack = p + 50;
    if (!prove_library() || prove_is_off())
        PROVE_SKIP("not under the library, or without records");
    memcpy(&find, &symbol, sizeof find);
    memset(holder, 0, 64);
    holder[3] = p + 99;
    in_data = p;
    seen.p = p;
    PROVE(find(p, see, &seen) >= 3);
    PROVE(seen.global == 1 && seen.block == 1 && seen.stack >= 1);
    PROVE(seen.wrong == 0 && on_stack == p + 50);
    free(holder);
    free(p);
    return 0;
}
