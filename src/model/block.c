/*
 * model/block.c - the names of entry points, and which free fits which block.
 */
#include "model/block.h"

static const char *const origin_names[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = name,
    ORIGINS(X)
#undef X
};

/* The members of each family. */
enum {
#define X(id, name, family)                                                    \
    +((BLOCK_FAMILY_##family == BLOCK_FAMILY_C) << ORIGIN_##id)
    PARTNERS_C = 0 ORIGINS(X),
#undef X
#define X(id, name, family)                                                    \
    +((BLOCK_FAMILY_##family == BLOCK_FAMILY_NEW) << ORIGIN_##id)
    PARTNERS_NEW = 0 ORIGINS(X),
#undef X
#define X(id, name, family)                                                    \
    +((BLOCK_FAMILY_##family == BLOCK_FAMILY_NEW_ARRAY) << ORIGIN_##id)
    PARTNERS_NEW_ARRAY = 0 ORIGINS(X),
#undef X
    PARTNERS_NONE = 0
};

const uint32_t block_partners[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = PARTNERS_##family,
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
