/*
 * model/counter.h - the names of what is counted (model/counters.def).
 */
#ifndef MODEL_COUNTER_H
#define MODEL_COUNTER_H

enum counter {
#define COUNTER(id, key, unit, label) COUNTER_##id,
#include "model/counters.def"
#undef COUNTER
    COUNTER__COUNT
};

enum counter_unit { COUNTER_UNIT_COUNT, COUNTER_UNIT_BYTES, COUNTER_UNIT_NS };

/* counter_key - the stable name, as in JSON. */
const char *counter_key(enum counter counter);

/* counter_label - the name for a person. */
const char *counter_label(enum counter counter);

enum counter_unit counter_unit(enum counter counter);

#endif
