/*
 * tool/help.c - help, made of the sub-commands' own tables.
 */
#include "tool/tool.h"

#include <stdio.h>
#include <string.h>

#include "tool/command.h"
#include "tool/pages.h"
#include "tool/screen.h"

enum { OPTION_MAN = 256, OPTION_NAMES, OPTION_FORMATS };

/* Lines of help are read by people, who like them short. */
#define HELP_WIDTH 79
/* Where the meaning of an option begins. */
#define HELP_COLUMN 24

static const struct tool_exit common_exits[] = {
    {TOOL_OK, "done; where something was asked, the good answer"},
    {TOOL_BAD, "done, and the answer is the bad one"},
    {TOOL_USAGE, "the command line is wrong"},
    {TOOL_UNKNOWN, "done, and there is no answer yet"},
    {TOOL_FAILED, "it could not be done"},
    {0},
};

static void
put_title(const char *title)
{
    screen_put(stdout, SCREEN_BOLD, title);
    putchar('\n');
}

/* A name at the left, what it means at the right, or below if it is long. */
static void
put_row(const char *name, const char *means)
{
    int n = printf("  %s", name);

    if (n + 2 > HELP_COLUMN) {
        putchar('\n');
        n = 0;
    }
    while (n < HELP_COLUMN)
        n += printf(" ");
    screen_wrap(stdout, HELP_WIDTH, HELP_COLUMN, HELP_COLUMN, means);
}

static void
put_options(const struct tool_command *command)
{
    put_title("options:");
    for (const struct tool_option *o = command->options;
         o != NULL && o->name != NULL; o++) {
        char name[96];
        char letter[8] = "    ";
        const char *value = o->choices != NULL ? o->choices : o->arg;

        if (o->id < 256)
            snprintf(letter, sizeof(letter), "-%c, ", o->id);
        snprintf(name, sizeof(name), "%s--%s%s%s", letter, o->name,
                 o->arg != NULL ? "=" : "", o->arg != NULL ? value : "");
        put_row(name, o->help);
    }
    put_row("-h, --help", "this text");
}

static void
put_command(const struct tool_command *command)
{
    const struct tool_exit *exits =
        command->exits != NULL ? command->exits : common_exits;

    printf("usage: dbgmalloc %s%s%s%s\n\n", command->name,
           command->options != NULL ? " [OPTION]..." : "",
           *command->operands != '\0' ? " " : "", command->operands);
    screen_wrap(stdout, HELP_WIDTH, 0, 0, command->about);
    putchar('\n');
    put_options(command);
    putchar('\n');
    put_title("examples:");
    for (const struct tool_example *e = command->examples; e->command != NULL;
         e++) {
        printf("  %s\n", e->command);
        screen_wrap(stdout, HELP_WIDTH, 6, 0, e->does);
    }
    putchar('\n');
    put_title("exit status:");
    for (; exits->means != NULL; exits++) {
        char name[16];

        snprintf(name, sizeof(name), "%d", exits->status);
        put_row(name, exits->means);
    }
}

static void
put_all(void)
{
    const struct tool_command *command;

    printf("usage: dbgmalloc COMMAND [OPTION]... [ARG]...\n\n"
           "Finds out whether a program's memory grows, and which line of code "
           "is to blame.\n\n");
    put_title("commands:");
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++)
        put_row(command->name, command->summary);
    putchar('\n');
    put_title("examples:");
    for (size_t i = 0; (command = tool_command_at(i)) != NULL; i++)
        printf("  %s\n", command->examples[0].command);
    printf("\n\"dbgmalloc help COMMAND\" says more; so do dbgmalloc(1) and "
           "dbgmalloc-options(7).\n");
}

void
tool_help(const struct tool_command *command)
{
    if (command != NULL)
        put_command(command);
    else
        put_all();
}

static int
run_help(struct tool_args *args)
{
    const struct tool_command *command = NULL;
    int option;

    while ((option = tool_next(args)) != 0) {
        switch (option) {
        case OPTION_MAN:
            pages_man(stdout);
            return TOOL_OK;
        case OPTION_NAMES:
            for (size_t i = 0; tool_command_at(i) != NULL; i++)
                puts(tool_command_at(i)->name);
            return TOOL_OK;
        case OPTION_FORMATS:
            for (const char *at = command_formats(); *at != '\0'; at++)
                putchar(*at == '|' ? '\n' : *at);
            putchar('\n');
            return TOOL_OK;
        }
    }
    if (args->argc > 1)
        tool_usage(args, "one command at a time");
    if (args->argc == 1) {
        command = tool_command_find(args->argv[0]);
        if (command == NULL)
            tool_usage(args, "there is no command \"%s\"", args->argv[0]);
    }
    tool_help(command);
    return TOOL_OK;
}

static const struct tool_option options[] = {
    {OPTION_MAN, "man", NULL, TOOL_WORD_ANY, NULL,
     "the whole manual page, dbgmalloc(1), for man"},
    {OPTION_NAMES, "names", NULL, TOOL_WORD_ANY, NULL,
     "the names of the commands, for scripts"},
    {OPTION_FORMATS, "formats", NULL, TOOL_WORD_ANY, NULL,
     "the names of the report formats, for scripts"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc help watch", "what watch does, its options and examples"},
    {0},
};

const struct tool_command tool_command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .word = TOOL_WORD_COMMAND,
    .summary = "what the commands do",
    .about = "Says what a command does, its options, examples and exit "
             "statuses; without a command, which there are.\n",
    .options = options,
    .examples = examples,
    .run = run_help,
};
