/*
 * conf/conf.c - the values in force, and who may change them.
 *
 * A change is made in a copy, which is then published field by field, so that
 * readers never see what a preset set only to be overruled by a later token.
 */
#include "conf/conf.h"

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "conf/option.h"
#include "conf/parse.h"
#include "conf/source.h"
#include "conf/store.h"
#include "conf/value.h"
#include "os/lock.h"
#include "os/process.h"

#include <errno.h>
#include <string.h>

/* The preset that a program outside `only` is put under. */
#define CONF_INACTIVE "off"

static struct lock conf_lock = LOCK_INIT(LOCK_RANK_CONF);

struct conf conf_current;         /* written under conf_lock */
static struct conf conf_standard; /* the built-in defaults; conf_lock */
static bool conf_is_sealed;       /* conf_lock */
static const char *conf_formats;  /* conf_lock */
static struct conf conf_saved[CONF_PUSH_MAX]; /* conf_push; conf_lock */
static unsigned conf_saved_count;             /* conf_lock */
static char conf_program[64]; /* this program's name; conf_lock */

const char *
value_formats(void)
{
    return conf_formats;
}

void
conf_set_formats(const char *words)
{
    lock_take(&conf_lock);
    conf_formats = words;
    lock_give(&conf_lock);
}

/* Say what is wrong with a bad token. */
static void
warn_token(const struct conf_token *token, void *context UNUSED)
{
    if (token->kind == CONF_TOKEN_BAD)
        process_warn("%s", token->value);
}

/* Make `values` the ones in force. */
static void
publish(const struct conf *values)
{
    for (size_t i = 0; i < option_count; i++) {
        if (!value_is_equal(&option_table[i], values, &conf_current))
            value_copy(&option_table[i], &conf_current, values);
    }
}

/* True if `names`, joined by ':', has a pattern that this program matches. */
static bool
names_have_program(const char *names)
{
    char name[sizeof(conf_program)];

    while (*names != '\0') {
        const char *colon = strchr(names, ':');
        size_t n = colon != NULL ? (size_t)(colon - names) : strlen(names);

        if (text_copy_n(name, sizeof(name), names, n) < sizeof(name) &&
            text_match(name, conf_program))
            return true;
        names += colon != NULL ? n + 1 : n;
    }
    return false;
}

/* Parse `n` bytes into `values`, saying what is wrong; `source` is where they
 * are from, or NULL. */
static int
read_text(struct conf *values, const char *text, size_t n, const char *source)
{
    struct parse parse = {
        .values = values,
        .sealed = conf_is_sealed ? &conf_current : NULL,
        .is_secure = process_is_secure(),
        .source = source,
        .visit = warn_token,
    };

    return parse_text(&parse, text, n);
}

/* Put `values` under the preset off where `only` names other programs. */
static void
obey_only(struct conf *values)
{
    if (values->only != NULL && !names_have_program(values->only))
        (void)read_text(values, CONF_INACTIVE, strlen(CONF_INACTIVE), NULL);
}

static void
read_standard(void)
{
    memset(&conf_standard, 0, sizeof(conf_standard));
    for (size_t i = 0; i < option_count; i++) {
        const char *text = option_table[i].standard;

        BUG_IF(value_read(&option_table[i], text, strlen(text),
                          &conf_standard) != 0);
    }
}

/* A prog: line that is for this program. */
static bool
read_program_line(const struct source_line *line, void *context)
{
    char pattern[sizeof(conf_program)];

    if (!line->is_program ||
        text_copy_n(pattern, sizeof(pattern), line->name, line->name_n) >=
            sizeof(pattern) ||
        !text_match(pattern, conf_program))
        return true;
    (void)read_text(context, line->tokens, line->tokens_n,
                    line->file); /* What is bad was said. */
    return true;
}

void
conf_init(const char *program_defaults)
{
    /* Under conf_lock; static because a thread's stack may be small. */
    static struct conf values;
    const char *environment;

    lock_take(&conf_lock);
    if (conf_is_sealed) {
        lock_give(&conf_lock);
        return;
    }
    process_name(conf_program, sizeof(conf_program));
    conf_saved_count = 0;
    read_standard();
    values = conf_standard;
    source_forget();
    if (!process_is_secure())
        source_load();
    /* Bad tokens were said and cost nothing more. */
    if (program_defaults != NULL)
        (void)read_text(&values, program_defaults, strlen(program_defaults),
                        "dbgmalloc_default_options");
    if (!process_is_secure()) {
        source_each(read_program_line, &values);
        environment = process_env("DBGMALLOC_OPTS");
        if (environment != NULL)
            (void)read_text(&values, environment, strlen(environment), NULL);
    }
    obey_only(&values);
    publish(&values);
    lock_give(&conf_lock);
}

void
conf_seal(void)
{
    lock_take(&conf_lock);
    conf_is_sealed = true;
    lock_give(&conf_lock);
}

/* conf_apply under conf_lock. */
static int
apply(const char *text)
{
    static struct conf values; /* under conf_lock; see conf_init */
    int bad;

    if (text == NULL)
        return 0;
    values = conf_current;
    bad = read_text(&values, text, strlen(text), NULL);
    obey_only(&values);
    publish(&values);
    return bad;
}

int
conf_apply(const char *text)
{
    int bad;

    lock_take(&conf_lock);
    bad = apply(text);
    lock_give(&conf_lock);
    return bad;
}

int
conf_push(const char *text)
{
    int rc = -ENOSPC;

    lock_take(&conf_lock);
    if (conf_saved_count < CONF_PUSH_MAX) {
        conf_saved[conf_saved_count++] = conf_current;
        rc = apply(text);
    }
    lock_give(&conf_lock);
    return rc;
}

int
conf_pop(void)
{
    struct conf *saved;

    lock_take(&conf_lock);
    if (conf_saved_count == 0) {
        lock_give(&conf_lock);
        return -ENOENT;
    }
    saved = &conf_saved[--conf_saved_count];
    for (size_t i = 0; conf_is_sealed && i < option_count; i++) {
        if ((option_table[i].flags & CONF_FLAG_START) != 0)
            value_copy(&option_table[i], saved, &conf_current);
    }
    publish(saved);
    lock_give(&conf_lock);
    return 0;
}

/* Where conf_text writes: the length that it would all have, and a buffer. */
struct output {
    char *buffer;
    size_t size;
    size_t n;
};

static void
output_add(struct output *out, const char *text)
{
    size_t room = out->n < out->size ? out->size - out->n : 0;

    if (room > 0)
        (void)text_copy(out->buffer + out->n, room, text); /* may be cut */
    out->n += strlen(text);
}

size_t
conf_text(char *buffer, size_t size)
{
    /* Both under conf_lock. An escape may double a value. */
    static char value[VALUE_MAX];
    static char escaped[2 * VALUE_MAX];
    struct output out = {buffer, size, 0};

    if (size > 0)
        buffer[0] = '\0';
    lock_take(&conf_lock);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        bool is_bool = option->type == OPTION_BOOL;

        if (value_is_equal(option, &conf_current, &conf_standard))
            continue;
        /* Neither can be cut: a value is under VALUE_MAX bytes. */
        (void)value_print(option, &conf_current, value, sizeof(value));
        (void)parse_escape(escaped, sizeof(escaped), value);
        output_add(&out, out.n > 0 ? "," : "");
        if (is_bool && text_is_equal(value, "off"))
            output_add(&out, "no-");
        output_add(&out, option->name);
        if (!is_bool) {
            output_add(&out, "=");
            output_add(&out, escaped);
        }
    }
    lock_give(&conf_lock);
    return out.n;
}

int
conf_explain(const char *text, void (*visit)(const struct conf_token *, void *),
             void *context)
{
    static struct conf values; /* under conf_lock */
    struct parse parse = {
        .values = &values,
        .visit = visit,
        .context = context,
    };
    size_t mark;
    int bad;

    lock_take(&conf_lock);
    mark = store_mark();
    values = conf_current;
    bad = parse_text(&parse, text, strlen(text));
    store_rewind(mark);
    lock_give(&conf_lock);
    return bad;
}

void
conf_freeze(void)
{
    lock_take(&conf_lock);
}

void
conf_thaw(void)
{
    lock_give(&conf_lock);
}

void
conf_child(void)
{
    lock_reset(&conf_lock);
}
