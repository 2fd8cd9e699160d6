/*
 * tool/command.c - the table of sub-commands.
 */
#include "tool/command.h"

#include <string.h>

#include "base/attr.h"
#include "base/format.h"
#include "conf/conf.h"
#include "report/report.h"
#include "tool/tool.h"

#ifndef TOOL_LIBDIR
#define TOOL_LIBDIR "/usr/local/lib"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

static const struct tool_command *const command_table[] = {
#define COMMAND(id) &tool_command_##id,
#include "tool/commands.def"
#undef COMMAND
};

const struct tool_command *
tool_command_at(size_t i)
{
    return i < ARRAY_COUNT(command_table) ? command_table[i] : NULL;
}

const struct tool_command *
tool_command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(command_table); i++) {
        if (strcmp(command_table[i]->name, name) == 0)
            return command_table[i];
    }
    return NULL;
}

const char *
tool_version(void)
{
    return PACKAGE_VERSION;
}

const char *
tool_libdir(void)
{
    return TOOL_LIBDIR;
}

const char *
command_formats(void)
{
    /* Written before anything else runs; the same each time. */
    static char words[200];
    size_t n = 0;

    for (int i = 0; i < REPORT__FORMAT_COUNT && n < sizeof(words); i++)
        n += format_text(words + n, sizeof(words) - n, "%s%s", i > 0 ? "|" : "",
                         report_format_key(i));
    return words;
}

void
command_init(void)
{
    conf_set_formats(command_formats());
}
