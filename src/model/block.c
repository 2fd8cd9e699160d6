/*
 * model/block.c - the names of entry points, and which free fits which block.
 */
#include "model/block.h"

/* What one entry point hands out or takes back. */
enum family { FAMILY_C, FAMILY_NEW, FAMILY_NEW_ARRAY };

static const char *const origin_names[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = name,
    ORIGINS(X)
#undef X
};

static const unsigned char origin_families[ORIGIN__COUNT] = {
#define X(id, name, family) [ORIGIN_##id] = FAMILY_##family,
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

bool
block_is_pair(enum origin made, enum origin freed)
{
    if ((unsigned)made >= ORIGIN__COUNT || (unsigned)freed >= ORIGIN__COUNT)
        return false;
    return origin_families[made] == origin_families[freed];
}
