/*
 * conf/describe.c - the tables in words, for help and the manual.
 */
#include "conf/conf.h"

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "conf/option.h"
#include "conf/value.h"

const char *
conf_group_title(enum conf_group group)
{
    static const char *const titles[] = {
        [CONF_GROUP_OUTPUT] = "output", [CONF_GROUP_LEAKS] = "leaks",
        [CONF_GROUP_CHECKS] = "checks", [CONF_GROUP_MEMORY] = "memory",
        [CONF_GROUP_STACKS] = "stacks", [CONF_GROUP_REACTION] = "reaction",
    };

    _Static_assert(ARRAY_COUNT(titles) == CONF__GROUP_COUNT,
                   "every group has a title");
    return titles[group];
}

/*
 * The default as a reader of the manual wants it: "on" or "off" where that is
 * what it comes to, with what the bare name gives if that says more.
 */
static const char *
standard_text(const struct option *option, char *buffer, size_t size)
{
    const char *bare = option->bare != NULL ? option->bare : "";
    const char *off = option->off != NULL ? option->off : "";
    const char *state = option->standard;
    bool is_switch = text_is_equal(bare, "on");

    if (*bare != '\0' && !is_switch && text_is_equal(state, bare))
        state = "on";
    else if (*bare != '\0' && text_is_equal(state, off))
        state = "off";
    if (*bare == '\0' || is_switch)
        (void)format_text(buffer, size, "%s", state); /* a short word */
    else
        (void)format_text(buffer, size, "%s, %s", state, bare); /* and two */
    return buffer;
}

void
conf_option_each(bool (*visit)(const struct conf_option *, void *),
                 void *context)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char standard[64];
        char accepted[160];
        char syntax[64];
        struct conf_option told = {
            .name = option->name,
            .syntax = option->syntax,
            .standard = standard_text(option, standard, sizeof(standard)),
            .accepted = value_accepted(option, accepted, sizeof(accepted)),
            .help = option->help,
            .group = option->group,
            .flags = option->flags,
        };

        if (option->type == OPTION_FORMAT && value_formats() != NULL) {
            (void)format_text(syntax, sizeof(syntax), "=%s",
                              value_formats()); /* a few words */
            told.syntax = syntax;
        }
        if (!visit(&told, context))
            return;
    }
}

void
conf_preset_each(bool (*visit)(const struct conf_preset *, void *),
                 void *context)
{
    for (size_t i = 0; i < option_preset_count; i++) {
        if (!visit(&option_presets[i], context))
            return;
    }
}

void
conf_alias_each(bool (*visit)(const struct conf_alias *, void *), void *context)
{
    for (size_t i = 0; i < option_alias_count; i++) {
        if (!visit(&option_aliases[i], context))
            return;
    }
}
