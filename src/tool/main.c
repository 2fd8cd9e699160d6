/*
 * tool/main.c - the dbgmalloc command: find the sub-command, run it.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/command.h"
#include "tool/tool.h"

static const char *
name_at(size_t i, const void *context)
{
    const struct tool_command *command = tool_command_at(i);

    (void)context;
    return command != NULL ? command->name : NULL;
}

static int
say_unknown(const char *name)
{
    const char *nearest = tool_nearest(name, name_at, NULL);

    if (nearest != NULL)
        tool_say("there is no command \"%s\"; did you mean \"%s\"?", name,
                 nearest);
    else
        tool_say("there is no command \"%s\"; \"dbgmalloc help\" lists them",
                 name);
    return TOOL_USAGE;
}

/* What was printed counts as done once it has arrived. */
static int
finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return status;
    return tool_fail("cannot write to standard output: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
    const struct tool_command *command;
    struct tool_args args = {0};
    const char *name = argc > 1 ? argv[1] : "";

    setlocale(LC_CTYPE, "");
    command_init();
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("dbgmalloc %s\n", tool_version());
        return finish(TOOL_OK);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        tool_help(NULL);
        return finish(TOOL_OK);
    }
    if (argc < 2) {
        tool_say("which command? \"dbgmalloc help\" lists them");
        return TOOL_USAGE;
    }
    command = tool_command_find(name);
    if (command == NULL)
        return say_unknown(name);
    args.command = command;
    args.argc = argc - 2;
    args.argv = argv + 2;
    return finish(command->run(&args));
}
