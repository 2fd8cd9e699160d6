/*
 * conf/conf.h - the door of conf: the options.
 *
 * Purpose: one table of options (options.def), one parser and one set of
 * values, for the library and the command. DBGMALLOC_OPTS is a comma list of
 * `name`, `no-name`, `name=value` and presets, in which the later wins; the
 * same text comes from the program (dbgmalloc_default_options), from
 * .dbgmallocrc and from dbgmalloc_setup. A bad token costs one line on fd 2 and
 * nothing else.
 *
 * Owns: the values in force, the stack of saved ones, the text of the rc files
 * and a fixed store for the paths and names that values point to. It allocates
 * nothing, so it works before libc's constructors.
 *
 * Invariants: every value in force was accepted by its option's reader; a text
 * in a value is never freed and never changes; after conf_seal no option with
 * CONF_FLAG_START changes.
 *
 * Locks: conf_lock (rank CONF), held by every function that changes values.
 * Readers take none: each field is read with plain loads of at most a word, so
 * a reader sees the old or the new value of a field; the members of a struct
 * field (range, every, start, addr) may for a moment be one old and one new,
 * which no reader minds. Two fields changed together may be seen one by one.
 *
 * To add an option: one line in options.def. To add a preset or a spelling of
 * dmalloc's: one line in presets.def or aliases.def.
 *
 * Reading order: options.def, presets.def, aliases.def, conf.h, option.h (the
 * tables), store.c (kept texts), value.c (text to value), print.c (and back),
 * parse.c (tokens), suggest.c (did you mean), source.c (rc files), conf.c
 * (values in force), describe.c (help).
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* log-stats, and whatever else is decided by circumstances unless told. */
enum conf_switch { CONF_AUTO, CONF_OFF, CONF_ON };

enum conf_log_child {
    CONF_LOG_CHILD_SPLIT, /* a file of its own */
    CONF_LOG_CHILD_SHARE, /* the parent's file */
    CONF_LOG_CHILD_OFF    /* silent */
};

/* Bits of log_prefix. */
enum conf_prefix {
    CONF_PREFIX_TIME = 1,
    CONF_PREFIX_ELAPSED = 2,
    CONF_PREFIX_PID = 4,
    CONF_PREFIX_TID = 8,
    CONF_PREFIX_SEQ = 16
};

enum conf_leak_check { CONF_LEAK_CHECK_REACHABLE, CONF_LEAK_CHECK_OUTSTANDING };

/* Bits of leak_show. */
enum conf_leak_show {
    CONF_LEAK_SHOW_DEFINITE = 1,
    CONF_LEAK_SHOW_INDIRECT = 2,
    CONF_LEAK_SHOW_POSSIBLE = 4,
    CONF_LEAK_SHOW_REACHABLE = 8,
    CONF_LEAK_SHOW_ALL = 16
};

enum conf_leak_group {
    CONF_LEAK_GROUP_STACK,
    CONF_LEAK_GROUP_SITE,
    CONF_LEAK_GROUP_NONE
};

enum conf_symbols { CONF_SYMBOLS_AUTO, CONF_SYMBOLS_OFF, CONF_SYMBOLS_RAW };

enum conf_suppress_generate {
    CONF_SUPPRESS_GENERATE_OFF,
    CONF_SUPPRESS_GENERATE_VALGRIND,
    CONF_SUPPRESS_GENERATE_LSAN
};

enum conf_zero_size {
    CONF_ZERO_SIZE_UNIQUE, /* a block of its own */
    CONF_ZERO_SIZE_NULL,   /* NULL */
    CONF_ZERO_SIZE_WARN,   /* a block, and a finding */
    CONF_ZERO_SIZE_ERROR   /* NULL, and a finding */
};

enum conf_on_error {
    CONF_ON_ERROR_LOG,
    CONF_ON_ERROR_ABORT,
    CONF_ON_ERROR_STOP,
    CONF_ON_ERROR_EXIT,
    CONF_ON_ERROR_DUMP
};

enum conf_heap { CONF_HEAP_OWN, CONF_HEAP_LIBC };
enum conf_oom { CONF_OOM_NULL, CONF_OOM_ABORT };

/* How often: by time or by operations; both 0 is never. */
struct conf_every {
    uint64_t ns;
    uint64_t operations;
};

/* Sizes from `min` to `max`, both included, bytes. */
struct conf_range {
    uint64_t min;
    uint64_t max;
};

enum conf_start_kind {
    CONF_START_NONE,  /* from the first call */
    CONF_START_COUNT, /* after n operations */
    CONF_START_SIZE,  /* after n bytes were allocated in all */
    CONF_START_SITE   /* at a call from file:line */
};

struct conf_start {
    enum conf_start_kind kind;
    uint64_t n;       /* COUNT: operations, SIZE: bytes */
    const char *file; /* SITE, else NULL */
    unsigned line;    /* SITE, else 0 */
};

/* How much to hold back: bytes or blocks; both 0 is nothing. */
struct conf_hold {
    uint64_t bytes;
    uint64_t blocks;
};

enum conf_side { CONF_SIDE_OFF, CONF_SIDE_ABOVE, CONF_SIDE_BELOW };

/* Guard pages: on which side, and for each how manyth block. */
struct conf_guard {
    uint64_t side;  /* enum conf_side */
    uint64_t every; /* >= 1 where side is not OFF */
};

/* The block at `addr`, when it is used for the `count`th time; addr 0: none. */
struct conf_addr {
    uintptr_t addr;
    uint64_t count; /* >= 1 where addr is not 0 */
};

enum conf_fail_kind {
    CONF_FAIL_NONE,
    CONF_FAIL_COUNT, /* the nth allocation */
    CONF_FAIL_SHARE, /* n of a million, at random */
    CONF_FAIL_SIZE,  /* of `size` bytes or more; n: the nth of them, 0: each */
    CONF_FAIL_SITE   /* from file:line; n likewise */
};

struct conf_fail {
    uint32_t kind; /* enum conf_fail_kind */
    unsigned line; /* SITE, else 0 */
    uint64_t n;
    uint64_t size;    /* SIZE, else 0 */
    const char *file; /* SITE, else NULL */
};

/* The C type of a field, by the TYPE column of options.def. */
#define CONF_TYPE_BOOL bool
#define CONF_TYPE_LOG const char *    /* NULL: stderr */
#define CONF_TYPE_PATH const char *   /* NULL: none */
#define CONF_TYPE_NAMES const char *  /* "a:b:c", NULL: none */
#define CONF_TYPE_FORMAT const char * /* never NULL once conf_init ran */
#define CONF_TYPE_CHOICE int          /* the enum bearing the field's name */
#define CONF_TYPE_FLAGS unsigned      /* bits, in the order of the words */
#define CONF_TYPE_COUNT uint64_t      /* a number */
#define CONF_TYPE_AUTO uint64_t       /* a number, 0: auto */
#define CONF_TYPE_SIZE uint64_t       /* bytes */
#define CONF_TYPE_TIME uint64_t       /* nanoseconds */
#define CONF_TYPE_FENCE uint64_t      /* bytes, a multiple of 16 */
#define CONF_TYPE_POWER uint64_t      /* bytes, a power of two */
#define CONF_TYPE_BYTE int            /* 0..255, -1: off */
#define CONF_TYPE_EVERY struct conf_every
#define CONF_TYPE_RANGE struct conf_range
#define CONF_TYPE_FAIL struct conf_fail
#define CONF_TYPE_START struct conf_start
#define CONF_TYPE_GUARD struct conf_guard
#define CONF_TYPE_HOLD struct conf_hold
#define CONF_TYPE_ADDR struct conf_addr
#define CONF_TYPE_SIGNALS uint64_t /* bit (number - 1) for each signal */
#define CONF_TYPE_SIGNAL int       /* a signal's number, 0: off */

/* One field for each option; '-' in its name is '_' here. */
struct conf {
#define OPTION(field, key, type, ...) CONF_TYPE_##type field;
#include "conf/options.def"
#undef OPTION
};

/* The values in force. Written under conf_lock, read without; only conf_now
 * and conf.c name it. */
extern struct conf conf_current;

/*
 * conf_now - the options in force.
 *
 * All 0 until conf_init has run.
 * Thread: any.   Signal: yes.   Locks: none.   Cost: an address.
 */
static inline const struct conf *
conf_now(void)
{
    return &conf_current;
}

/*
 * conf_set_formats - name the report formats that `format=` accepts.
 *
 * words: "text|json|...", static; NULL, as at start: any word is accepted. For
 * front and tool, which know the report layer, before conf_init.
 */
void conf_set_formats(const char *words);

/*
 * conf_init - set the options from the built-in defaults, then
 * `program_defaults` (what dbgmalloc_default_options returned; NULL: nothing),
 * then the rc files' line for this program, then DBGMALLOC_OPTS.
 *
 * Of these only the first two where the process is secure (AT_SECURE).
 * Afterwards, where `only` names other programs, the preset `off` is in force.
 * A second call starts anew, unless sealed: then it does nothing.
 *
 * Thread: one at a time.   Signal: no.   Locks: conf.
 */
void conf_init(const char *program_defaults);

/*
 * conf_seal - from now on options that fix the layout of memory stay as they
 * are (CONF_FLAG_START). Called before the first block is made.
 */
void conf_seal(void);

/*
 * conf_apply - set the options that `text` names; the others keep their value.
 *
 * text: the grammar of DBGMALLOC_OPTS; NULL is "".
 * Returns the number of bad tokens. Each gets one line on fd 2 and changes
 * nothing; the good ones count.
 *
 * Thread: any.   Signal: no.   Locks: conf.
 */
int conf_apply(const char *text);

/*
 * conf_push - save the options in force, then conf_apply(text).
 *
 * Returns the number of bad tokens, or -ENOSPC (and nothing is changed) where
 * CONF_PUSH_MAX are saved already.   Thread: any.   Signal: no.   Locks: conf.
 */
#define CONF_PUSH_MAX 32
int conf_push(const char *text);

/* conf_pop - put the options saved last in force again (those with
 * CONF_FLAG_START stay once sealed). Returns 0, or -ENOENT if none is saved. */
int conf_pop(void);

/*
 * conf_text - the options in force that differ from the built-in defaults, as
 * a text for DBGMALLOC_OPTS that gives the same again.
 *
 * Returns the length of the whole text: it was cut if that is not under
 * `size`. `buffer` may be NULL where size is 0.
 * Thread: any.   Signal: no.   Locks: conf.
 */
size_t conf_text(char *buffer, size_t size);

/* conf_freeze, conf_thaw - take and give conf_lock around a fork;
 * conf_child: in the forked child, make it free. */
void conf_freeze(void);
void conf_thaw(void);
void conf_child(void);

/* ---- describing: for help, the manual and `dbgmalloc explain` ---- */

enum conf_group {
    CONF_GROUP_OUTPUT,
    CONF_GROUP_LEAKS,
    CONF_GROUP_CHECKS,
    CONF_GROUP_MEMORY,
    CONF_GROUP_STACKS,
    CONF_GROUP_REACTION,
    CONF__GROUP_COUNT
};

enum conf_flag {
    CONF_FLAG_NONE = 0,
    CONF_FLAG_START = 1, /* fixed once conf_seal was called */
    CONF_FLAG_PATH = 2   /* a path, refused where AT_SECURE */
};

/* One option in words; the texts live until the callback returns. */
struct conf_option {
    const char *name;     /* "check-fence" */
    const char *syntax;   /* what follows the name: "[=N]", "=SIZE", "" */
    const char *standard; /* the value by default: "on, 16" */
    const char *accepted; /* "a size up to 4k", for messages */
    const char *help;     /* one sentence or two, without full stop */
    enum conf_group group;
    unsigned flags; /* enum conf_flag */
};

struct conf_preset {
    const char *name;
    const char *tokens; /* what it stands for */
    const char *help;
};

struct conf_alias {
    const char *name;   /* another's spelling; "inter=" takes a value */
    const char *tokens; /* ours; "": accepted, without effect */
    const char *help;   /* why, or what it does; may be "" */
};

/* conf_group_title - "output", "leaks", ... */
const char *conf_group_title(enum conf_group group);

/*
 * conf_option_each, conf_preset_each, conf_alias_each - call `visit` for each
 * line of the table in its order, until it returns false.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
void conf_option_each(bool (*visit)(const struct conf_option *, void *),
                      void *context);
void conf_preset_each(bool (*visit)(const struct conf_preset *, void *),
                      void *context);
void conf_alias_each(bool (*visit)(const struct conf_alias *, void *),
                     void *context);

enum conf_token_kind {
    CONF_TOKEN_OPTION,
    CONF_TOKEN_PRESET,
    CONF_TOKEN_ALIAS,
    CONF_TOKEN_BAD
};

/* One token of an options text, explained. The texts live until the callback
 * returns. */
struct conf_token {
    enum conf_token_kind kind;
    const char *text;  /* the token as it stands, blanks around it removed */
    const char *name;  /* the option, preset or alias; "" where BAD */
    const char *value; /* OPTION: the value as understood; PRESET and ALIAS:
                           the tokens it stands for; BAD: what is wrong */
    const char *help;  /* the table's sentence; "" where BAD */
};

/*
 * conf_explain - call `visit` for each token of `text`, without any effect.
 *
 * Tokens of presets and aliases are not visited one by one. Presets of the rc
 * files are known where conf_init has run.
 * Returns the number of bad tokens.   Thread: any.   Signal: no.   Locks: conf
 * (held while `visit` runs).
 */
int conf_explain(const char *text,
                 void (*visit)(const struct conf_token *, void *),
                 void *context);

#endif
