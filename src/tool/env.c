/*
 * tool/env.c - `dbgmalloc env`: the lines that put a program under the library,
 * for a shell or for gdb, in the place of dmalloc's command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tool/screen.h"
#include "tool/target.h"
#include "tool/tool.h"

enum { OPTION_NO_PRELOAD = 256, OPTION_UNSET };

enum shell { SHELL_SH, SHELL_CSH, SHELL_FISH, SHELL_GDB, SHELL__COUNT };

static const char *const shell_words[] = {"sh", "csh", "fish", "gdb"};

/* The shell by its name, or by that of the program: bash, zsh and the like are
 * sh. */
static enum shell
shell_of(const char *name)
{
    for (int i = 0; i < SHELL__COUNT; i++) {
        if (strcmp(name, shell_words[i]) == 0)
            return (enum shell)i;
    }
    return strcmp(name, "tcsh") == 0 ? SHELL_CSH : SHELL_SH;
}

static bool
is_shell(const char *word)
{
    return shell_of(word) != SHELL_SH || strcmp(word, "sh") == 0 ||
           strcmp(word, "bash") == 0 || strcmp(word, "zsh") == 0 ||
           strcmp(word, "dash") == 0 || strcmp(word, "ksh") == 0;
}

/* In quotes of that shell. */
static void
put_quoted(enum shell shell, const char *text)
{
    if (shell == SHELL_GDB) {
        /* gdb takes the rest of the line as it stands. */
        fputs(text, stdout);
        return;
    }
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(shell == SHELL_FISH ? "\\'" : "'\\''", stdout);
        else if (*text == '\\' && shell == SHELL_FISH)
            fputs("\\\\", stdout);
        else if (*text == '!' && shell == SHELL_CSH)
            fputs("\\!", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static void
put_set(enum shell shell, const char *name, const char *value)
{
    static const char *const forms[] = {
        [SHELL_SH] = "export %s=",
        [SHELL_CSH] = "setenv %s ",
        [SHELL_FISH] = "set -gx %s ",
        [SHELL_GDB] = "set environment %s ",
    };
    static const char *const unset_forms[] = {
        [SHELL_SH] = "unset %s",
        [SHELL_CSH] = "unsetenv %s",
        [SHELL_FISH] = "set -e %s",
        [SHELL_GDB] = "unset environment %s",
    };
    const char *text = value != NULL ? forms[shell] : unset_forms[shell];

    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 's') {
            fputs(name, stdout);
            at++;
        } else {
            putchar(*at);
        }
    }
    if (value != NULL)
        put_quoted(shell, value);
    puts(shell == SHELL_SH || shell == SHELL_CSH ? ";" : "");
}

static void
say_bad(const struct conf_token *token, void *unused)
{
    char text[200];

    (void)unused;
    if (token->kind == CONF_TOKEN_BAD)
        tool_say("%s", screen_clean(text, sizeof(text), token->value));
}

static char *
join(char *const *words)
{
    char *text = tool_text("%s", "");

    for (; *words != NULL; words++) {
        char *more =
            tool_text("%s%s%s", text, *text != '\0' ? "," : "", *words);

        free(text);
        text = more;
    }
    return text;
}

static int
run_env(struct tool_args *args)
{
    const char *login = getenv("SHELL");
    enum shell shell = SHELL_SH;
    bool is_preloading = true;
    bool is_unsetting = false;
    char *library;
    char *opts;
    char **words;
    int option;

    if (login != NULL)
        shell = shell_of(strrchr(login, '/') != NULL ? strrchr(login, '/') + 1
                                                     : login);
    while ((option = tool_next(args)) != 0) {
        is_preloading &= option != OPTION_NO_PRELOAD;
        is_unsetting |= option == OPTION_UNSET;
    }
    words = args->argv;
    if (args->argc > 0 && is_shell(words[0]))
        shell = shell_of(*words++);
    if (is_unsetting) {
        put_set(shell, "DBGMALLOC_OPTS", NULL);
        put_set(shell, "LD_PRELOAD", NULL);
        return TOOL_OK;
    }
    opts = join(words);
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL); /* for the presets of .dbgmallocrc */
    if (strchr(opts, '\n') != NULL || conf_explain(opts, say_bad, NULL) > 0) {
        free(opts);
        tool_say("nothing is set; \"dbgmalloc options\" and \"dbgmalloc "
                 "presets\" list what there is");
        return TOOL_BAD;
    }
    library = is_preloading ? target_library() : NULL;
    if (is_preloading && library == NULL) {
        free(opts);
        return tool_fail("libdbgmalloc.so is not found; say where it is by "
                         "DBGMALLOC_LIB, or --no-preload for a program that "
                         "is linked with it");
    }
    put_set(shell, "DBGMALLOC_OPTS", opts);
    if (library != NULL)
        put_set(shell, "LD_PRELOAD", library);
    free(library);
    free(opts);
    return TOOL_OK;
}

static const struct tool_option options[] = {
    {OPTION_NO_PRELOAD, "no-preload", NULL, TOOL_WORD_ANY, NULL,
     "DBGMALLOC_OPTS alone, for programs that are linked with the library"},
    {OPTION_UNSET, "unset", NULL, TOOL_WORD_ANY, NULL,
     "the lines that undo it"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc env sh medium log=mem.txt", "what to put into a script"},
    {"eval \"$(dbgmalloc env low)\"",
     "every program that this shell starts from now on"},
    {"dbgmalloc env gdb high >.gdbinit",
     "the program that is debugged, and not gdb"},
    {"eval \"$(dbgmalloc env --unset)\"", "no more"},
    {0},
};

const struct tool_command tool_command_env = {
    .name = "env",
    .operands = "[sh|csh|fish|gdb] [PRESET|OPTION]...",
    .word = TOOL_WORD_OPTS,
    .summary = "the lines that set the library's environment",
    .about = "Prints the commands that put programs under the library with "
             "these presets and options, in the language of the shell (that "
             "of $SHELL, where none is named) or of gdb. An option that there "
             "is not is an error, and nothing is printed.\n",
    .options = options,
    .examples = examples,
    .run = run_env,
};
