/*
 * conf/option.h - the tables of conf as data: options, presets, aliases.
 *
 * For conf's own files only. The tables are the .def files, turned into arrays
 * once, in option.c; all are constant.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* Every TYPE of options.def, with its stem: read_<stem> in value.c reads one,
 * print_<stem> in print.c prints one. */
#define OPTION_TYPES(X)                                                        \
    X(BOOL, switch)                                                            \
    X(LOG, log)                                                                \
    X(PATH, path)                                                              \
    X(NAMES, names)                                                            \
    X(FORMAT, format)                                                          \
    X(CHOICE, choice)                                                          \
    X(FLAGS, flags)                                                            \
    X(COUNT, count)                                                            \
    X(AUTO, auto)                                                              \
    X(SIZE, size)                                                              \
    X(TIME, time)                                                              \
    X(FENCE, fence)                                                            \
    X(POWER, power)                                                            \
    X(BYTE, byte)                                                              \
    X(EVERY, every)                                                            \
    X(RANGE, range)                                                            \
    X(START, start)                                                            \
    X(GUARD, guard)                                                            \
    X(HOLD, hold)                                                              \
    X(FAIL, fail)                                                              \
    X(ADDR, addr)                                                              \
    X(SIGNALS, signals)                                                        \
    X(SIGNAL, signal)

enum option_type {
#define OPTION_TYPE(type, stem) OPTION_##type,
    OPTION_TYPES(OPTION_TYPE)
#undef OPTION_TYPE
        OPTION__TYPE_COUNT
};

/* One line of options.def; see there for the columns. */
struct option {
    const char *name;
    enum option_type type;
    uint16_t offset; /* of the field in struct conf, bytes */
    uint16_t size;   /* of the field, bytes */
    const char *standard;
    const char *bare; /* NULL: the name alone is not enough */
    const char *off;  /* NULL: cannot be turned off */
    uint64_t min;
    uint64_t max;
    const char *words; /* "a|b|c", or NULL */
    unsigned flags;    /* enum conf_flag */
    enum conf_group group;
    const char *syntax;
    const char *help;
};

extern const struct option option_table[];
extern const size_t option_count;
extern const struct conf_preset option_presets[];
extern const size_t option_preset_count;
extern const struct conf_alias option_aliases[];
extern const size_t option_alias_count;

/* option_find - the option whose name is the `n` bytes at `name`, or NULL. */
const struct option *option_find(const char *name, size_t n);

/* option_find_preset - the built-in preset of that name, or NULL. */
const struct conf_preset *option_find_preset(const char *name, size_t n);

/* option_find_alias - the alias of that name (its '=' left off), or NULL. */
const struct conf_alias *option_find_alias(const char *name, size_t n);

/* option_field, option_field_const - the option's field in `values`. */
static inline void *
option_field(const struct option *option, struct conf *values)
{
    return (char *)values + option->offset;
}

static inline const void *
option_field_const(const struct option *option, const struct conf *values)
{
    return (const char *)values + option->offset;
}

/*
 * option_word_next - the next of the words at *words, which are parted by '|';
 * moves *words past it. NULL, and *out_n untouched, after the last.
 */
const char *option_word_next(const char **words, size_t *out_n);

/* option_word_index - the place of the `n` bytes at `text` among the words, or
 * -1. */
int option_word_index(const char *words, const char *text, size_t n);

#endif
