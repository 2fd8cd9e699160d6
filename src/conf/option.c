/*
 * conf/option.c - the .def files as arrays, and how a name is found in them.
 *
 * The tables hold a few dozen lines and are searched when options are parsed,
 * so a linear search is enough.
 */
#include "conf/option.h"

#include "base/attr.h"
#include "base/text.h"

#include <string.h>

const struct option option_table[] = {
#define OPTION(field, key, type_, standard_, bare_, off_, min_, max_, words_,  \
               flags_, group_, syntax_, help_)                                 \
    {.name = (key),                                                            \
     .type = OPTION_##type_,                                                   \
     .offset = offsetof(struct conf, field),                                   \
     .size = sizeof(((struct conf *)NULL)->field),                             \
     .standard = (standard_),                                                  \
     .bare = (bare_),                                                          \
     .off = (off_),                                                            \
     .min = (min_),                                                            \
     .max = (max_),                                                            \
     .words = (words_),                                                        \
     .flags = CONF_FLAG_##flags_,                                              \
     .group = CONF_GROUP_##group_,                                             \
     .syntax = (syntax_),                                                      \
     .help = (help_)},
#include "conf/options.def"
#undef OPTION
};
const size_t option_count = ARRAY_COUNT(option_table);

const struct conf_preset option_presets[] = {
#define PRESET(name_, tokens_, help_)                                          \
    {.name = (name_), .tokens = (tokens_), .help = (help_)},
#include "conf/presets.def"
#undef PRESET
};
const size_t option_preset_count = ARRAY_COUNT(option_presets);

const struct conf_alias option_aliases[] = {
#define ALIAS(name_, tokens_, help_)                                           \
    {.name = (name_), .tokens = (tokens_), .help = (help_)},
#include "conf/aliases.def"
#undef ALIAS
};
const size_t option_alias_count = ARRAY_COUNT(option_aliases);

const struct option *
option_find(const char *name, size_t n)
{
    for (size_t i = 0; i < option_count; i++) {
        if (text_is_equal_n(option_table[i].name, name, n))
            return &option_table[i];
    }
    return NULL;
}

const struct conf_preset *
option_find_preset(const char *name, size_t n)
{
    for (size_t i = 0; i < option_preset_count; i++) {
        if (text_is_equal_n(option_presets[i].name, name, n))
            return &option_presets[i];
    }
    return NULL;
}

const struct conf_alias *
option_find_alias(const char *name, size_t n)
{
    for (size_t i = 0; i < option_alias_count; i++) {
        const char *own = option_aliases[i].name;
        size_t length = strlen(own);

        if (own[length - 1] == '=')
            length--;
        if (length == n && memcmp(own, name, n) == 0)
            return &option_aliases[i];
    }
    return NULL;
}

const char *
option_word_next(const char **words, size_t *out_n)
{
    const char *word = *words;
    size_t n = 0;

    if (word == NULL || *word == '\0')
        return NULL;
    while (word[n] != '\0' && word[n] != '|')
        n++;
    *words = word[n] == '|' ? word + n + 1 : word + n;
    *out_n = n;
    return word;
}

int
option_word_index(const char *words, const char *text, size_t n)
{
    const char *word;
    size_t length;

    for (int i = 0; (word = option_word_next(&words, &length)) != NULL; i++) {
        if (length == n && memcmp(word, text, n) == 0)
            return i;
    }
    return -1;
}
