/*
 * dbgmalloc_refs.h - who points to a block; included by dbgmalloc.h.
 */
#ifndef DBGMALLOC_REFS_H
#define DBGMALLOC_REFS_H 1

#include <stddef.h>

enum dbgmalloc_ref_kind {
    DBGMALLOC_REF_GLOBAL = 1, /* in a module's data */
    DBGMALLOC_REF_BLOCK = 2,  /* in a live block */
    DBGMALLOC_REF_STACK = 3   /* on the calling thread's stack */
};

/* A word that holds an address in the block. */
struct dbgmalloc_ref {
    size_t struct_size;      /* set by the library */
    int kind;                /* DBGMALLOC_REF_... */
    const void *at;          /* where the word is */
    const void *value;       /* what it holds */
    const char *module;      /* GLOBAL: the module's path, else NULL */
    const void *block;       /* BLOCK: the block that it is in, else NULL */
    size_t block_size;
};

/* 0 goes on, anything else ends the search. */
typedef int dbgmalloc_visit_ref(const struct dbgmalloc_ref *ref,
                                void *context);

/*
 * dbgmalloc_find_refs - call `visit` for each word that points to or into the
 * block at `p` (live or freed; `p` itself, if it is in no block). Looked at are
 * the data of all modules, live blocks and the caller's stack; not registers,
 * nor other threads' stacks. Returns the number of calls.
 */
#ifndef DBGMALLOC_DISABLE
size_t dbgmalloc_find_refs(const void *p, dbgmalloc_visit_ref *visit,
                           void *context);
#else
DBGMALLOC_STATIC_ size_t
dbgmalloc_find_refs(const void *p, dbgmalloc_visit_ref *visit, void *context)
{
    (void)p;
    (void)visit;
    (void)context;
    return 0;
}
#endif

#endif
