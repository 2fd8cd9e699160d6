/*
 * stack/capture.c - from the place of a call to its stack id.
 */
#include "stack/stack.h"

stack_id
stack_capture_slow(struct stack_cache *cache, uintptr_t pc, const char *file,
                   unsigned line)
{
    size_t at = stack_cache_index(pc, line);
    stack_id id = depot_insert(&pc, 1, file, line);

    if (id != STACK_ID_NONE) {
        cache->entries[at].pc = pc;
        cache->entries[at].file = file;
        cache->entries[at].line = line;
        cache->entries[at].id = id;
    }
    return id;
}
