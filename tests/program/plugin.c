/*
 * plugin.c - a small shared object for the programs that load one: it makes
 * and frees blocks from its own code.
 */
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) void *plugin_make(size_t n);
__attribute__((visibility("default"))) void plugin_end(void *p);

static void *kept;

__attribute__((constructor)) static void
load(void)
{
    kept = malloc(123);
    if (kept != NULL)
        memset(kept, 1, 123);
}

__attribute__((destructor)) static void
unload(void)
{
    free(kept);
}

void *
plugin_make(size_t n)
{
    void *p = malloc(n);
    if (p != NULL)
        memset(p, 'p', n);
    return p;
}

void
plugin_end(void *p)
{
    free(p);
}
