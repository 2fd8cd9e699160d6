/*
 * model/finding.c - the names of findings.
 */
#include "model/finding.h"

static const struct {
    const char *key;
    const char *title;
} finding_names[FINDING__COUNT] = {
#define FINDING(id, key, title) [FINDING_##id] = {key, title},
#include "model/findings.def"
#undef FINDING
};

const char *
finding_key(enum finding_kind kind)
{
    if ((unsigned)kind >= FINDING__COUNT)
        return "unknown";
    return finding_names[kind].key;
}

const char *
finding_title(enum finding_kind kind)
{
    if ((unsigned)kind >= FINDING__COUNT)
        return "finding of an unknown kind";
    return finding_names[kind].title;
}
