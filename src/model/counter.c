/*
 * model/counter.c - the names and units of what is counted.
 */
#include "model/counter.h"

static const struct {
    const char *key;
    const char *label;
    enum counter_unit unit;
} counters[COUNTER__COUNT] = {
#define COUNTER(id, key, unit, label)                                          \
    [COUNTER_##id] = {key, label, COUNTER_UNIT_##unit},
#include "model/counters.def"
#undef COUNTER
};

const char *
counter_key(enum counter counter)
{
    if ((unsigned)counter >= COUNTER__COUNT)
        return "unknown";
    return counters[counter].key;
}

const char *
counter_label(enum counter counter)
{
    if ((unsigned)counter >= COUNTER__COUNT)
        return "unknown";
    return counters[counter].label;
}

enum counter_unit
counter_unit(enum counter counter)
{
    if ((unsigned)counter >= COUNTER__COUNT)
        return COUNTER_UNIT_COUNT;
    return counters[counter].unit;
}
