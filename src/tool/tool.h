/*
 * tool/tool.h - the door of tool: the dbgmalloc command.
 *
 * Purpose: what an operator or a build job does with the library from
 * outside. It is the tell half (base to report) with a few files of its own,
 * an ordinary program that uses libc as it likes; what it knows of options,
 * presets and findings comes from the library's own tables.
 *
 * To add a sub-command: one file, which defines a struct tool_command, and one
 * line in commands.def. Its help, its part of the manual and its completion
 * are made of the struct.
 *
 * Exit statuses are the same for all sub-commands (enum tool_status), but for
 * `run`, which hands on the program's.
 *
 * Thread: all of tool runs in one thread.
 * Reading order: tool.h, commands.def, main.c, args.c (options), screen.h
 * (colour, width), help.c; then one file for each sub-command.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"

enum tool_status {
    TOOL_OK = 0,      /* done; where something was asked, the good answer */
    TOOL_BAD = 1,     /* done, and the answer is the bad one: it grows, a
                         token is wrong, the reports differ */
    TOOL_USAGE = 2,   /* the command line is wrong */
    TOOL_UNKNOWN = 3, /* done, and there is no answer yet */
    TOOL_FAILED = 4   /* could not be done */
};

/* What a word of the command line is, for completion. */
enum tool_word {
    TOOL_WORD_ANY,
    TOOL_WORD_FILE,
    TOOL_WORD_DIRECTORY,
    TOOL_WORD_PROGRAM, /* a command in PATH, then its own arguments */
    TOOL_WORD_PROCESS, /* a process id or a program's name */
    TOOL_WORD_COMMAND, /* a sub-command */
    TOOL_WORD_OPTS,    /* a text for DBGMALLOC_OPTS */
    TOOL_WORD_PRESET,
    TOOL_WORD_FORMAT, /* a report format */
    TOOL_WORD_CHOICE  /* one of tool_option.choices, joined by | */
};

/* One option of a sub-command. The last of a list has no name. */
struct tool_option {
    int id;           /* its letter, or over 255 where it has none */
    const char *name; /* "output", without the dashes */
    const char *arg;  /* what its value is called, "FILE"; NULL: it has none */
    enum tool_word word; /* what its value is */
    const char *choices; /* WORD_CHOICE: "text|json"; else NULL */
    const char *help;    /* a sentence without full stop */
};

/* The last of a list has no command. */
struct tool_example {
    const char *command; /* as typed, "dbgmalloc run ./app" */
    const char *does;    /* what it is for */
};

/* The last of a list has no meaning. */
struct tool_exit {
    int status;
    const char *means;
};

struct tool_args;

struct tool_command {
    const char *name;
    const char *operands;  /* what follows the options, "[--] CMD [ARG]..." */
    enum tool_word word;   /* what the operands are */
    const char *choices;   /* WORD_CHOICE; else NULL */
    bool stops_at_operand; /* the first operand ends the options */
    const char *summary;   /* one line */
    const char *about;     /* paragraphs, each ended by a newline */
    const struct tool_option *options;   /* NULL: none */
    const struct tool_example *examples; /* one at least */
    const struct tool_exit *exits;       /* NULL: those of enum tool_status */
    int (*run)(struct tool_args *args);  /* returns the exit status */
};

/* The command line of a sub-command while it is read. */
struct tool_args {
    const struct tool_command *command;
    char **argv; /* once tool_next gave 0: the operands, NULL at the end */
    int argc;    /* how many */
    const char *value; /* of the option that tool_next gave last */
    int at;            /* args.c's: the next word */
    const char *rest;  /* args.c's: letters left in a word like -qv */
    int operand_count; /* args.c's: operands moved to the front */
};

#define COMMAND(id) extern const struct tool_command tool_command_##id;
#include "tool/commands.def"
#undef COMMAND

/* tool_command_at - the sub-command number `i` of commands.def, NULL past the
 * last. */
const struct tool_command *tool_command_at(size_t i);

/* tool_command_find - the sub-command of that name, or NULL. */
const struct tool_command *tool_command_find(const char *name);

/* tool_nearest - of the words that `each` gives for i = 0, 1, ... until NULL,
 * the one that `word` was most likely meant to be; NULL if none is near. */
const char *tool_nearest(const char *word,
                         const char *(*each)(size_t i, const void *context),
                         const void *context);

/*
 * tool_next - the next option of the command line.
 *
 * Options and operands may be mixed unless command->stops_at_operand; `--`
 * ends the options. --help is answered here, and the program ends; so it does
 * (with TOOL_USAGE) where an option is unknown or a value is missing.
 * Returns the option's id, its value in args->value; 0 once there is none.
 */
int tool_next(struct tool_args *args);

/* tool_usage - say what is wrong with the command line and where to look, and
 * end the program with TOOL_USAGE. */
void NORETURN tool_usage(const struct tool_args *args, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* tool_say - one line on standard error, "dbgmalloc: ...". */
void tool_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* tool_fail - tool_say, and TOOL_FAILED to return. */
int tool_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* tool_size, tool_time, tool_count - the value of the option in args->value as
 * bytes (k, m, g), seconds (ms, s, m, h, d) or a number from `min`; ends by
 * tool_usage where it is none. `name` is the option's, for the message. */
unsigned long long tool_size(const struct tool_args *args, const char *name);
double tool_time(const struct tool_args *args, const char *name);
unsigned long long tool_count(const struct tool_args *args, const char *name,
                              unsigned long long min);

/* tool_alloc - malloc, calloc for what has to be had; tool_grow - realloc.
 * They end the program where there is no memory. Given back by free. */
void *tool_alloc(size_t size) __attribute__((malloc));
void *tool_grow(void *p, size_t size);

/* tool_read - what is left of a stream, with a NUL after it, in memory of its
 * own, to be freed; the size, without the NUL, in `out_size` (or NULL). Returns
 * 0 or -errno (what was read until then is given too). */
int MUST_CHECK tool_read(FILE *stream, char **out_bytes, size_t *out_size);

/* tool_text - a text printed into memory of its own, to be freed. */
char *tool_text(const char *format, ...) PRINTF_LIKE(1, 2);

/* tool_help - the help of one sub-command, or of all where it is NULL, on
 * standard output. */
void tool_help(const struct tool_command *command);

/* tool_version - the version that --version prints. */
const char *tool_version(void);

/* tool_libdir - where `make install` puts the library. */
const char *tool_libdir(void);

#endif
