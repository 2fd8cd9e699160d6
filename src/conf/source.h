/*
 * conf/source.h - the files named .dbgmallocrc.
 *
 * For conf's own files only. One in the working directory and one in $HOME, in
 * lines:
 *
 *   # a comment
 *   NAME = token, token         a preset
 *   prog:NAME = token, token    options for one program (* and ? match)
 *
 * A line that ends in a backslash goes on in the next. A preset is looked for
 * in the working directory's file first; of the prog: lines the working
 * directory's are read last, so in both the nearer file wins. A preset may not
 * have the name of an option, a built-in preset or an alias.
 *
 * All functions: Locks: held: conf_lock.   Signal: no.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for one file, its NUL included, bytes. */
#define SOURCE_FILE_MAX ((size_t)16 * 1024)

/* Some lines of a file. */
struct source_line {
    const char *file; /* ".dbgmallocrc" or "~/.dbgmallocrc" */
    const char *name; /* name_n bytes, "prog:" left off */
    size_t name_n;
    const char *tokens; /* tokens_n bytes */
    size_t tokens_n;
    bool is_program; /* prog:NAME */
};

/*
 * source_load - read both files again; what is wrong with a line or a file is
 * said in one line on fd 2, a file that is not there is nothing wrong.
 */
void source_load(void);

/* source_forget - as if there were no files. */
void source_forget(void);

/* source_find - the preset whose name is the `n` bytes at `name`. */
bool source_find(const char *name, size_t n, struct source_line *out_line);

/* source_each - call `visit` for each good line, $HOME's file first, until it
 * returns false. */
void source_each(bool (*visit)(const struct source_line *, void *),
                 void *context);

#endif
