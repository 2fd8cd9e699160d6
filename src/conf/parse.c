/*
 * conf/parse.c - split a text into tokens and carry each one out.
 *
 * A token is handled by the first of: option, "no-" option, built-in preset,
 * rc file's preset, alias. Each handler fills a struct outcome; parse_token
 * then tells the visitor. A preset recurses into parse_text with its tokens.
 */
#include "conf/parse.h"

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "conf/option.h"
#include "conf/source.h"
#include "conf/suggest.h"
#include "conf/value.h"

#include <errno.h>
#include <string.h>

/* So much of a token is shown in a message, bytes. */
#define SHOWN_MAX 64

/* A token, split at its '='. The value is still escaped. */
struct token {
    const char *name;
    size_t name_n;
    const char *value; /* NULL: no '=' */
    size_t value_n;
};

/* What became of a token. */
struct outcome {
    enum conf_token_kind kind;
    const char *name;
    const char *value;
    const char *help;
    int bad;             /* bad tokens, those of a preset's list too */
    char own[SHOWN_MAX]; /* `name`, where it is in no table */
    char problem[320];   /* `value` of a bad one */
};

/* Under conf_lock: the value of the token at hand, unescaped; and one to show
 * to the visitor. No handler needs either after it has recursed. */
static char parse_value[VALUE_MAX];
static char parse_shown[VALUE_MAX];

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Narrow [*text, *text + *n) by the blanks at both ends, but not by one that
 * a backslash keeps. */
static void
trim(const char **text, size_t *n)
{
    const char *begin = *text;
    size_t length = *n;
    size_t escapes = 0;

    text_trim(&begin, &length);
    for (size_t i = length; i > 0 && begin[i - 1] == '\\'; i--)
        escapes++;
    if (escapes % 2 == 1 && begin + length < *text + *n)
        length++;
    *text = begin;
    *n = length;
}

/* Copy `n` bytes to `buffer` (VALUE_MAX bytes), escapes resolved. Returns the
 * length, or -ENAMETOOLONG. */
static long
unescape(const char *text, size_t n, char *buffer)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && i + 1 < n &&
            (text[i + 1] == ',' || text[i + 1] == '\\' ||
             is_blank(text[i + 1])))
            i++;
        if (length + 1 >= VALUE_MAX)
            return -ENAMETOOLONG;
        buffer[length++] = text[i];
    }
    buffer[length] = '\0';
    return (long)length;
}

size_t
parse_escape(char *buffer, size_t size, const char *value)
{
    size_t n = strlen(value);
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_end = i == 0 || i + 1 == n;

        if (value[i] == ',' || value[i] == '\\' ||
            (is_end && is_blank(value[i]))) {
            if (length + 1 < size)
                buffer[length] = '\\';
            length++;
        }
        if (length + 1 < size)
            buffer[length] = value[i];
        length++;
    }
    if (size > 0)
        buffer[length < size ? length : size - 1] = '\0';
    return length;
}

/* The token fit for a message: cut, and nothing a terminal would act on. */
static const char *
shown(const char *text, size_t n, char *buffer)
{
    size_t cut = n < SHOWN_MAX ? n : SHOWN_MAX - 4;

    for (size_t i = 0; i < cut; i++) {
        unsigned char c = (unsigned char)text[i];

        buffer[i] = text[i];
        if (c < 0x20 || c == 0x7f)
            buffer[i] = '?';
    }
    memcpy(buffer + cut, n < SHOWN_MAX ? "" : "...", n < SHOWN_MAX ? 1 : 4);
    return buffer;
}

static void PRINTF_LIKE(2, 3)
    refuse(struct outcome *outcome, const char *format, ...)
{
    va_list values;

    outcome->kind = CONF_TOKEN_BAD;
    outcome->bad = 1;
    outcome->name = outcome->help = "";
    outcome->value = outcome->problem;
    va_start(values, format);
    (void)format_text_v(outcome->problem, sizeof(outcome->problem), format,
                        values); /* A message that is too long is cut. */
    va_end(values);
}

static void
refuse_unknown(const struct token *token, struct outcome *outcome)
{
    char name[SHOWN_MAX];
    char near[SHOWN_MAX];

    shown(token->name, token->name_n, name);
    if (suggest_name(token->name, token->name_n, near, sizeof(near)) != NULL)
        refuse(outcome, "%s? did you mean %s", name, near);
    else
        refuse(outcome, "%s? there is no such option", name);
}

/* A path that does not leave the standard streams. */
static bool
is_stream(const char *value)
{
    return text_is_equal(value, "stderr") || text_is_equal(value, "none") ||
           text_is_equal(value, "off");
}

/* Set the option to parse_value (`n` bytes). */
static void
set_option(struct parse *parse, const struct option *option, size_t n,
           struct outcome *outcome)
{
    struct conf old;
    char accepted[160];
    char value[SHOWN_MAX];
    int rc;

    if ((option->flags & CONF_FLAG_PATH) != 0 && parse->is_secure &&
        !is_stream(parse_value)) {
        refuse(outcome,
               "%s is ignored: this program runs with rights that "
               "its caller does not have",
               option->name);
        return;
    }
    value_copy(option, &old, parse->values);
    rc = value_read(option, parse_value, n, parse->values);
    if (rc == -ENOSPC) {
        refuse(outcome, "%s=%s: there is no room for more texts", option->name,
               shown(parse_value, n, value));
        return;
    }
    if (rc != 0) {
        refuse(outcome, "%s=%s: wanted is %s", option->name,
               shown(parse_value, n, value),
               value_accepted(option, accepted, sizeof(accepted)));
        return;
    }
    if ((option->flags & CONF_FLAG_START) != 0 && parse->sealed != NULL &&
        !value_is_equal(option, parse->values, parse->sealed)) {
        value_copy(option, parse->values, &old);
        refuse(outcome,
               "%s cannot change once memory is in use; set it in "
               "DBGMALLOC_OPTS",
               option->name);
        return;
    }
    (void)value_print(option, parse->values, parse_shown,
                      sizeof(parse_shown)); /* never longer than VALUE_MAX */
    outcome->kind = CONF_TOKEN_OPTION;
    outcome->name = option->name;
    outcome->value = parse_shown;
    outcome->help = option->help;
}

static void
set_option_text(struct parse *parse, const struct option *option,
                const char *text, struct outcome *outcome)
{
    set_option(parse, option, text_copy(parse_value, VALUE_MAX, text), outcome);
}

/* The token is `name` or `name=value`. */
static void
do_option(struct parse *parse, const struct option *option,
          const struct token *token, struct outcome *outcome)
{
    char accepted[160];
    long n;

    if (token->value == NULL && option->bare == NULL) {
        refuse(outcome, "%s needs a value: %s", option->name,
               value_accepted(option, accepted, sizeof(accepted)));
        return;
    }
    if (token->value == NULL) {
        set_option_text(parse, option, option->bare, outcome);
        return;
    }
    n = unescape(token->value, token->value_n, parse_value);
    if (n < 0)
        refuse(outcome, "%s: the value is longer than %d bytes", option->name,
               VALUE_MAX - 1);
    else
        set_option(parse, option, (size_t)n, outcome);
}

/* The token is `no-name`. */
static void
do_off(struct parse *parse, const struct option *option,
       const struct token *token, struct outcome *outcome)
{
    if (token->value != NULL)
        refuse(outcome, "no-%s takes no value", option->name);
    else if (option->off == NULL)
        refuse(outcome, "no-%s: %s cannot be turned off", option->name,
               option->name);
    else
        set_option_text(parse, option, option->off, outcome);
}

/* Parse the tokens that `name`, a preset or an alias, stands for. */
static void
do_tokens(struct parse *parse, const char *name, const char *tokens, size_t n,
          struct outcome *outcome)
{
    const char *source = parse->source;

    if (parse->depth == PARSE_DEPTH_MAX) {
        refuse(outcome, "%s: presets name each other without end", name);
        return;
    }
    parse->source = name;
    parse->depth++;
    outcome->bad = parse_text(parse, tokens, n);
    parse->depth--;
    parse->source = source;
}

static void
do_preset(struct parse *parse, const struct conf_preset *preset,
          const struct token *token, struct outcome *outcome)
{
    if (token->value != NULL) {
        refuse(outcome, "%s is a preset and takes no value", preset->name);
        return;
    }
    outcome->kind = CONF_TOKEN_PRESET;
    outcome->name = preset->name;
    outcome->value = preset->tokens;
    outcome->help = preset->help;
    do_tokens(parse, preset->name, preset->tokens, strlen(preset->tokens),
              outcome);
}

/* A preset of an rc file. */
static void
do_line(struct parse *parse, const struct source_line *line,
        const struct token *token, struct outcome *outcome)
{
    shown(token->name, token->name_n, outcome->own);
    if (token->value != NULL) {
        refuse(outcome, "%s is a preset and takes no value", outcome->own);
        return;
    }
    outcome->kind = CONF_TOKEN_PRESET;
    outcome->name = outcome->own;
    outcome->value = parse_shown;
    outcome->help = line->file;
    do_tokens(parse, outcome->own, line->tokens, line->tokens_n, outcome);
    if (outcome->kind == CONF_TOKEN_PRESET)
        (void)text_copy_n(parse_shown, sizeof(parse_shown), line->tokens,
                          line->tokens_n); /* Cut, if it is that long. */
}

/* Another's spelling; `is_off` if "no-" stood before it. */
static void
do_alias(struct parse *parse, const struct conf_alias *alias, bool is_off,
         const struct token *token, struct outcome *outcome)
{
    size_t name_n = strlen(alias->name);
    size_t tokens_n = strlen(alias->tokens);
    bool has_value = alias->name[name_n - 1] == '=';
    const struct option *option = option_find(
        alias->tokens, has_value && tokens_n > 0 ? tokens_n - 1 : tokens_n);

    outcome->kind = CONF_TOKEN_ALIAS;
    if (tokens_n == 0 && (has_value || token->value == NULL)) {
        /* Nothing to do, and nothing that could be wrong. */
    } else if (option != NULL && is_off) {
        do_off(parse, option, token, outcome);
    } else if (option != NULL) {
        do_option(parse, option, token, outcome);
    } else if (is_off || token->value != NULL) {
        refuse(outcome, "%s%s is %s here, and takes no %s", is_off ? "no-" : "",
               alias->name, alias->tokens, is_off ? "no-" : "value");
    } else {
        do_tokens(parse, alias->name, alias->tokens, tokens_n, outcome);
    }
    if (outcome->kind == CONF_TOKEN_BAD)
        return;
    outcome->kind = CONF_TOKEN_ALIAS;
    outcome->name = alias->name;
    outcome->value = alias->tokens;
    outcome->help = alias->help;
}

/* Find what the token's name names, and do it. */
static void
do_token(struct parse *parse, const struct token *token,
         struct outcome *outcome)
{
    const struct option *option = option_find(token->name, token->name_n);
    const struct conf_preset *preset =
        option_find_preset(token->name, token->name_n);
    const struct conf_alias *alias =
        option_find_alias(token->name, token->name_n);
    struct source_line line;

    /* guard is both: alone it is the preset, for the option wants a value. */
    if (option != NULL && (preset == NULL || token->value != NULL)) {
        do_option(parse, option, token, outcome);
        return;
    }
    if (preset != NULL) {
        do_preset(parse, preset, token, outcome);
        return;
    }
    if (alias != NULL) {
        do_alias(parse, alias, false, token, outcome);
        return;
    }
    if (source_find(token->name, token->name_n, &line)) {
        do_line(parse, &line, token, outcome);
        return;
    }
    if (token->name_n > 3 && memcmp(token->name, "no-", 3) == 0) {
        option = option_find(token->name + 3, token->name_n - 3);
        alias = option_find_alias(token->name + 3, token->name_n - 3);
        if (option != NULL) {
            do_off(parse, option, token, outcome);
            return;
        }
        if (alias != NULL) {
            do_alias(parse, alias, true, token, outcome);
            return;
        }
    }
    refuse_unknown(token, outcome);
}

/* Tell the visitor, of a bad token inside a preset too. */
static void
tell(const struct parse *parse, const char *text, size_t n,
     const struct outcome *outcome)
{
    static char escaped[VALUE_MAX]; /* under conf_lock */
    char problem[sizeof(outcome->problem) + SHOWN_MAX];
    struct conf_token token = {
        .kind = outcome->kind,
        .text = escaped,
        .name = outcome->name,
        .value = outcome->value,
        .help = outcome->help,
    };

    if (parse->visit == NULL ||
        (parse->depth > 0 && outcome->kind != CONF_TOKEN_BAD))
        return;
    (void)text_copy_n(escaped, sizeof(escaped), text, n); /* may be cut */
    if (outcome->kind == CONF_TOKEN_BAD && parse->source != NULL) {
        (void)format_text(problem, sizeof(problem), "%s: %s", parse->source,
                          outcome->value); /* has room for both */
        token.value = problem;
    }
    parse->visit(&token, parse->context);
}

/* Carry out the token of `n` > 0 bytes, blanks around it removed. */
static int
parse_token(struct parse *parse, const char *text, size_t n)
{
    struct token token = {.name = text, .name_n = n};
    struct outcome outcome = {.name = "", .value = "", .help = ""};
    const char *equal = memchr(text, '=', n);

    if (equal != NULL) {
        token.name_n = (size_t)(equal - text);
        token.value = equal + 1;
        token.value_n = n - token.name_n - 1;
        trim(&token.name, &token.name_n);
        trim(&token.value, &token.value_n);
    }
    if (parse->tokens == PARSE_TOKENS_MAX)
        refuse(&outcome, "more than %d options: the rest is left out",
               PARSE_TOKENS_MAX);
    else
        do_token(parse, &token, &outcome);
    tell(parse, text, n, &outcome);
    return outcome.bad;
}

/* The length of the token at `text`, up to a comma that no backslash keeps. */
static size_t
token_length(const char *text, size_t n)
{
    size_t length = 0;

    while (length < n && text[length] != ',' && text[length] != '\0') {
        if (text[length] == '\\' && length + 1 < n && text[length + 1] != '\0')
            length++;
        length++;
    }
    return length;
}

int
parse_text(struct parse *parse, const char *text, size_t n)
{
    int bad = 0;

    for (size_t at = 0; at < n && text[at] != '\0';) {
        size_t raw = token_length(text + at, n - at);
        size_t length = raw;
        const char *token = text + at;

        trim(&token, &length);
        at += raw;
        if (at < n && text[at] == ',')
            at++;
        if (length == 0)
            continue;
        if (parse->tokens > PARSE_TOKENS_MAX)
            break;
        bad += parse_token(parse, token, length);
        parse->tokens++;
    }
    return bad;
}
