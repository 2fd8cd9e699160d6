/*
 * doc/gen_options.c - the tables of options in the documents.
 *
 *   gen_options man|markdown|text FILE           FILE, its tables renewed, to
 *                                                standard output
 *   gen_options --check man|markdown|text FILE   status 1 if that is not FILE
 *
 * A table stands between a line with BEGIN and one with END, each followed by
 * options, presets or aliases, as in `.\" BEGIN options`; what is between them
 * is replaced, the rest of FILE is copied. The tables come from src/conf, so a
 * document that passes --check says what the parser does.
 *
 * This is a program of the build, not a part of the library.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "conf/conf.h"

/* "|text|json|...", from report's own table. */
static const char formats[] = ""
#define FORMAT(id, key, help) "|" key
#include "report/formats.def"
#undef FORMAT
    ;

/* Width of a line of plain text, bytes. */
#define TEXT_WIDTH 78

enum style { STYLE_MAN, STYLE_MARKDOWN, STYLE_TEXT };

static const char *const style_names[] = {"man", "markdown", "text"};
static const char *const table_names[] = {"options", "presets", "aliases"};

/* What is written, and how. */
struct document {
    FILE *out;
    enum style style;
    int group; /* of the option written last, -1: none */
};

static void NORETURN
fail(const char *what, const char *name)
{
    fprintf(stderr, "gen_options: %s%s\n", what, name);
    exit(2);
}

/* Write `text` as it must be spelled in the style. */
static void
put(struct document *doc, const char *text)
{
    /* At the start of a line these would be a request to troff. */
    if (doc->style == STYLE_MAN && (*text == '.' || *text == '\''))
        fputs("\\&", doc->out);
    for (; *text != '\0'; text++) {
        if (doc->style == STYLE_MAN && *text == '-')
            fputs("\\-", doc->out);
        else if (doc->style == STYLE_MAN && *text == '\\')
            fputs("\\e", doc->out);
        else if (doc->style == STYLE_MARKDOWN && (*text == '|' || *text == '*'))
            fprintf(doc->out, "\\%c", *text);
        else
            fputc(*text, doc->out);
    }
}

/* Write `text` in lines of plain text, each after `indent` blanks. */
static void
put_wrapped(struct document *doc, int indent, const char *text)
{
    int column = 0;

    while (*text != '\0') {
        int n = (int)strcspn(text, " ");

        if (column > 0 && column + 1 + n > TEXT_WIDTH) {
            fputc('\n', doc->out);
            column = 0;
        }
        column += column == 0 ? fprintf(doc->out, "%*s", indent, "")
                              : fprintf(doc->out, " ");
        column += fprintf(doc->out, "%.*s", n, text);
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', doc->out);
}

/* A token, or a list of them, that fits on a line after each comma. */
static void
put_tokens(struct document *doc, const char *tokens)
{
    for (; *tokens != '\0'; tokens++) {
        char one[2] = {*tokens, '\0'};

        put(doc, one);
        if (*tokens == ',')
            fputs(doc->style == STYLE_MAN ? "\\:" : " ", doc->out);
    }
}

static void
begin_group(struct document *doc, const struct conf_option *option)
{
    const char *title = conf_group_title(option->group);

    if (doc->group == (int)option->group)
        return;
    if (doc->style == STYLE_MAN)
        fprintf(doc->out, ".SS %c%s\n", title[0] - 'a' + 'A', title + 1);
    else if (doc->style == STYLE_MARKDOWN && doc->group < 0)
        fprintf(doc->out, "| option | default | meaning |\n"
                          "|---|---|---|\n");
    if (doc->style == STYLE_MARKDOWN)
        fprintf(doc->out, "| **%s** | | |\n", title);
    else if (doc->style == STYLE_TEXT)
        fprintf(doc->out, "%s%s\n\n", doc->group < 0 ? "" : "\n", title);
    doc->group = (int)option->group;
}

static bool
put_option(const struct conf_option *option, void *context)
{
    struct document *doc = context;
    bool is_fixed = (option->flags & CONF_FLAG_START) != 0;
    char head[200];
    char help[600];

    begin_group(doc, option);
    snprintf(help, sizeof(help), "%s.%s", option->help,
             is_fixed ? " Fixed when the program starts." : "");
    snprintf(head, sizeof(head), "%s%s (%s)", option->name, option->syntax,
             option->standard);
    switch (doc->style) {
    case STYLE_MAN:
        fputs(".TP\n\\fB", doc->out);
        put(doc, option->name);
        fputs("\\fR", doc->out);
        put(doc, option->syntax);
        fputs(" (", doc->out);
        put(doc, option->standard);
        fputs(")\n", doc->out);
        put(doc, help);
        fputc('\n', doc->out);
        break;
    case STYLE_MARKDOWN:
        fputs("| ", doc->out);
        put(doc, option->name);
        put(doc, option->syntax);
        fprintf(doc->out, " | %s | ", option->standard);
        put(doc, help);
        fputs(" |\n", doc->out);
        break;
    case STYLE_TEXT:
        fprintf(doc->out, "  %s\n", head);
        put_wrapped(doc, 6, help);
        break;
    }
    return true;
}

/* A name, the tokens it stands for, and what is to be said. */
static void
put_name(struct document *doc, const char *name, const char *tokens,
         const char *help)
{
    char text[1200];

    switch (doc->style) {
    case STYLE_MAN:
        fputs(".TP\n\\fB", doc->out);
        put(doc, name);
        fputs("\\fR\n", doc->out);
        put(doc, help);
        if (*help != '\0')
            fputs(*tokens != '\0' ? ":\n" : "\n", doc->out);
        if (*tokens != '\0') {
            fputs("\\fB", doc->out);
            put_tokens(doc, tokens);
            fputs("\\fR\n", doc->out);
        }
        break;
    case STYLE_MARKDOWN:
        fprintf(doc->out, "| %s | ", name);
        put(doc, help);
        fputs(" | ", doc->out);
        put_tokens(doc, tokens);
        fputs(" |\n", doc->out);
        break;
    case STYLE_TEXT:
        snprintf(text, sizeof(text), "%s%s", help,
                 *help != '\0' && *tokens != '\0' ? ":" : "");
        fprintf(doc->out, "  %s\n", name);
        if (*text != '\0')
            put_wrapped(doc, 6, text);
        for (const char *at = tokens; *at != '\0';) {
            char line[100];
            size_t n = 0;

            /* Whole tokens, as many as a line takes. */
            do {
                n += strcspn(at + n, ",");
                n += at[n] == ',';
            } while (at[n] != '\0' &&
                     n + strcspn(at + n, ",") < TEXT_WIDTH - 8);
            snprintf(line, sizeof(line), "%.*s", (int)n, at);
            put_wrapped(doc, 6, line);
            at += n;
        }
        break;
    }
}

static bool
put_preset(const struct conf_preset *preset, void *context)
{
    put_name(context, preset->name, preset->tokens, preset->help);
    return true;
}

static bool
put_alias(const struct conf_alias *alias, void *context)
{
    put_name(context, alias->name, alias->tokens,
             alias->tokens[0] != '\0' || alias->help[0] != '\0' ? alias->help
                                                                : "no effect");
    return true;
}

static void
put_table(struct document *doc, size_t table)
{
    const char *head = table == 1 ? "| preset | gives | is |\n"
                                  : "| spelling | | is read as |\n";

    doc->group = -1;
    if (table > 0 && doc->style == STYLE_MARKDOWN)
        fprintf(doc->out, "%s|---|---|---|\n", head);
    /* Lists of tokens have few places to break, so they stay ragged. */
    if (table > 0 && doc->style == STYLE_MAN)
        fputs(".na\n", doc->out);
    if (table == 0)
        conf_option_each(put_option, doc);
    else if (table == 1)
        conf_preset_each(put_preset, doc);
    else
        conf_alias_each(put_alias, doc);
    if (table > 0 && doc->style == STYLE_MAN)
        fputs(".ad\n", doc->out);
}

/* The table that the line begins or ends, or -1. */
static int
marked_table(const char *line, const char *mark)
{
    const char *at = strstr(line, mark);

    if (at == NULL)
        return -1;
    at += strlen(mark);
    for (int i = 0; i < (int)ARRAY_COUNT(table_names); i++) {
        size_t n = strlen(table_names[i]);

        if (strncmp(at, table_names[i], n) == 0 &&
            (at[n] == '\0' || strchr(" \r\n", at[n]) != NULL))
            return i;
    }
    return -1;
}

/* Copy `text` line by line, the tables renewed. Returns how many there are. */
static unsigned
renew(struct document *doc, const char *text)
{
    unsigned count = 0;
    int inside = -1;

    while (*text != '\0') {
        char line[400];
        size_t n = strcspn(text, "\n");

        n += text[n] == '\n';
        snprintf(line, sizeof(line), "%.*s", (int)n, text);
        if (inside >= 0 && marked_table(line, "END ") == inside)
            inside = -1;
        if (inside < 0)
            fwrite(text, 1, n, doc->out);
        if (inside < 0 && marked_table(line, "BEGIN ") >= 0) {
            inside = marked_table(line, "BEGIN ");
            put_table(doc, (size_t)inside);
            count++;
        }
        text += n;
    }
    if (inside >= 0)
        fail("there is no END ", table_names[inside]);
    return count;
}

/* The whole file, terminated; to be freed. */
static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = 0;
    char *text = NULL;

    if (file == NULL)
        fail("cannot read ", path);
    for (;;) {
        size_t n;

        text = realloc(text, size + 65537);
        if (text == NULL)
            fail("no memory for ", path);
        n = fread(text + size, 1, 65536, file);
        size += n;
        if (n == 0)
            break;
    }
    if (ferror(file))
        fail("cannot read ", path);
    fclose(file);
    text[size] = '\0';
    return text;
}

int
main(int argc, char **argv)
{
    bool is_check = argc == 4 && strcmp(argv[1], "--check") == 0;
    const char *style = argc >= 3 ? argv[argc - 2] : "";
    const char *path = argc >= 3 ? argv[argc - 1] : "";
    struct document doc = {.style = STYLE_MAN};
    char *renewed = NULL;
    size_t size;
    char *text;
    int status = 0;

    while (doc.style <= STYLE_TEXT &&
           strcmp(style, style_names[doc.style]) != 0)
        doc.style++;
    if (doc.style > STYLE_TEXT || (argc != 3 && !is_check))
        fail("usage: gen_options [--check] man|markdown|text FILE", "");
    conf_set_formats(formats + 1);
    text = read_file(path);
    doc.out = open_memstream(&renewed, &size);
    if (doc.out == NULL)
        fail("no memory for ", path);
    if (renew(&doc, text) == 0)
        fail("there is no BEGIN options, presets or aliases in ", path);
    if (fclose(doc.out) != 0)
        fail("no memory for ", path);
    if (!is_check) {
        fputs(renewed, stdout);
    } else if (strcmp(text, renewed) != 0) {
        fprintf(stderr, "gen_options: the tables in %s are out of date\n",
                path);
        status = 1;
    }
    if (fflush(stdout) != 0)
        fail("cannot write ", path);
    free(renewed);
    free(text);
    return status;
}
