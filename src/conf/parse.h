/*
 * conf/parse.h - a text of options, token by token.
 *
 * For conf's own files only. Grammar:
 *
 *   text   = token { "," token }         blanks around a token are dropped
 *   token  = name | "no-" name | name "=" value | ""
 *   value  = anything; "\," is a comma, "\\" a backslash, "\ " a blank that
 *            counts at the ends; before anything else a backslash is itself
 *
 * A name is an option, a preset (built in or from an rc file) or an alias. The
 * tokens of a preset are parsed where its name stands.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Presets may name presets, so many levels; and so many tokens in all, against
 * presets that multiply. */
#define PARSE_DEPTH_MAX 8
#define PARSE_TOKENS_MAX 4096

/* What a text is parsed into, and who is told. */
struct parse {
    struct conf *values;       /* changed by each good token */
    const struct conf *sealed; /* options with CONF_FLAG_START must stay as
                                  they are here; NULL: they may change */
    bool is_secure;            /* refuse options with CONF_FLAG_PATH */
    const char *source;        /* where the text is from, for messages: a file
                                  or a preset; NULL: nothing is said of it */
    void (*visit)(const struct conf_token *, void *); /* NULL: nobody. Called
                                  for each token of the text itself, and for
                                  each bad one in a preset */
    void *context;                                    /* for visit */
    unsigned depth;  /* presets that we are inside of; 0 at first */
    unsigned tokens; /* tokens seen so far; 0 at first */
};

/*
 * parse_text - parse the `n` bytes at `text`, up to a NUL if there is one.
 *
 * Returns the number of bad tokens.
 * Thread: any.   Signal: no.   Locks: held: conf_lock.
 */
int parse_text(struct parse *parse, const char *text, size_t n);

/* parse_escape - write `value` to `buffer` so that parse_text reads it back:
 * commas, backslashes and blanks at the ends get a backslash. Returns the
 * length of the whole text. */
size_t parse_escape(char *buffer, size_t size, const char *value);

#endif
