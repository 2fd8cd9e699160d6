/*
 * audit.c - an auditing library for LD_AUDIT: it lives in a namespace of its
 * own, allocates there, and sees each object that is loaded.
 */
#include <link.h>
#include <stdlib.h>

__attribute__((visibility("default"))) unsigned la_version(unsigned version);
__attribute__((visibility("default"))) unsigned
la_objopen(struct link_map *map, Lmid_t id, uintptr_t *cookie);

unsigned
la_version(unsigned version)
{
    free(malloc(100));
    return version;
}

unsigned
la_objopen(struct link_map *map, Lmid_t id, uintptr_t *cookie)
{
    void *volatile p = malloc(10);
    (void)map;
    (void)id;
    (void)cookie;
    free(p);
    return 0;
}
