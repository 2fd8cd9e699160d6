/*
 * model/block.c - the names of entry points, and which free fits which block.
 */
#include "model/block.h"

static const char *const origin_names[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = name,
    ORIGINS(X)
#undef X
};

const uint8_t block_families[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = BLOCK_FAMILY_##family,
    ORIGINS(X)
#undef X
};

const char *
block_origin_name(enum origin origin)
{
    /* A damaged record must not lead us out of the table. */
    if ((unsigned)origin >= ORIGIN__COUNT)
        return "an unknown call";
    return origin_names[origin];
}
