/*
 * tool/args.c - the command line of a sub-command, read by its table.
 *
 * Both forms of the long options (--name VALUE, --name=VALUE) and all of the
 * short ones (-o VALUE, -oVALUE, -qv) are read. A long name may be cut short
 * where only one option begins so. Operands are moved to the front of argv as
 * they are met, so that once all is read they stand together there.
 */
#include "tool/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void
tool_say(const char *format, ...)
{
    va_list values;

    fflush(stdout);
    fputs("dbgmalloc: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

int
tool_fail(const char *format, ...)
{
    va_list values;

    fflush(stdout);
    fputs("dbgmalloc: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    return TOOL_FAILED;
}

void
tool_usage(const struct tool_args *args, const char *format, ...)
{
    va_list values;

    fflush(stdout);
    fprintf(stderr, "dbgmalloc %s: ", args->command->name);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\ndbgmalloc: try \"dbgmalloc help %s\"\n",
            args->command->name);
    exit(TOOL_USAGE);
}

const char *
tool_nearest(const char *word, const char *(*each)(size_t i, const void *),
             const void *context)
{
    size_t n = strlen(word);
    unsigned best = n / 3 > 2 ? (unsigned)(n / 3) + 1 : 3;
    const char *nearest = NULL;
    const char *name;

    for (size_t i = 0; (name = each(i, context)) != NULL; i++) {
        unsigned edits = text_distance(name, word, n);

        /* Two letters changed of three are another word. */
        if (edits < best && edits * 2 <= strlen(name)) {
            best = edits;
            nearest = name;
        }
    }
    return nearest;
}

static const char *
option_name(size_t i, const void *context)
{
    const struct tool_option *options = context;

    return options[i].name;
}

static const struct tool_option no_options[] = {{0}};

static const struct tool_option *
table_of(const struct tool_args *args)
{
    return args->command->options != NULL ? args->command->options : no_options;
}

/* The option whose long name is the `n` bytes at `name`, or begins with them
 * and is the only one that does. */
static const struct tool_option *
find_long(const struct tool_args *args, const char *name, size_t n)
{
    const struct tool_option *found = NULL;
    unsigned count = 0;

    for (const struct tool_option *o = table_of(args); o->name != NULL; o++) {
        if (strncmp(o->name, name, n) != 0)
            continue;
        if (o->name[n] == '\0')
            return o;
        found = o;
        count++;
    }
    return n > 1 && count == 1 ? found : NULL;
}

static void
take_value(struct tool_args *args, const struct tool_option *option)
{
    args->value = args->argv[args->at];
    if (args->value == NULL)
        tool_usage(args, "--%s needs a value (%s)", option->name, option->arg);
    args->at++;
}

static int
read_long(struct tool_args *args, const char *word)
{
    const struct tool_option *option;
    size_t n = strcspn(word, "=");

    if (strcmp(word, "help") == 0) {
        tool_help(args->command);
        exit(TOOL_OK);
    }
    option = find_long(args, word, n);
    if (option == NULL) {
        char name[64];
        const char *nearest;

        (void)text_copy_n(name, sizeof(name), word, n); /* cut if need be */
        nearest = tool_nearest(name, option_name, table_of(args));
        if (nearest != NULL)
            tool_usage(args, "there is no option --%s; did you mean --%s?",
                       name, nearest);
        tool_usage(args, "there is no option --%s", name);
    }
    args->value = NULL;
    if (word[n] == '=') {
        if (option->arg == NULL)
            tool_usage(args, "--%s takes no value", option->name);
        args->value = word + n + 1;
    } else if (option->arg != NULL) {
        take_value(args, option);
    }
    return option->id;
}

static int
read_letter(struct tool_args *args)
{
    const struct tool_option *option = table_of(args);
    char letter = *args->rest++;

    if (letter == 'h') {
        tool_help(args->command);
        exit(TOOL_OK);
    }
    while (option->name != NULL && option->id != letter)
        option++;
    if (option->name == NULL)
        tool_usage(args, "there is no option -%c", letter);
    args->value = NULL;
    if (option->arg != NULL && *args->rest != '\0') {
        args->value = args->rest + (*args->rest == '=');
        args->rest = NULL;
    } else if (option->arg != NULL) {
        args->rest = NULL;
        take_value(args, option);
    }
    return option->id;
}

/* All is read: the operands are those moved to the front, then what is left. */
static int
finish(struct tool_args *args)
{
    while (args->at < args->argc)
        args->argv[args->operand_count++] = args->argv[args->at++];
    args->argc = args->operand_count;
    args->argv[args->argc] = NULL;
    return 0;
}

int
tool_next(struct tool_args *args)
{
    for (;;) {
        char *word;

        if (args->rest != NULL && *args->rest != '\0')
            return read_letter(args);
        args->rest = NULL;
        if (args->at >= args->argc)
            return finish(args);
        word = args->argv[args->at];
        if (strcmp(word, "--") == 0) {
            args->at++;
            return finish(args);
        }
        if (word[0] == '-' && word[1] != '\0') {
            args->at++;
            if (word[1] == '-')
                return read_long(args, word + 2);
            args->rest = word + 1;
            continue;
        }
        if (args->command->stops_at_operand)
            return finish(args);
        args->argv[args->operand_count++] = word;
        args->at++;
    }
}

unsigned long long
tool_size(const struct tool_args *args, const char *name)
{
    uint64_t bytes = 0;

    if (text_read_size(args->value, strlen(args->value), &bytes) != 0)
        tool_usage(args, "--%s: \"%s\" is no size; say 4096, 64k or 2m", name,
                   args->value);
    return bytes;
}

double
tool_time(const struct tool_args *args, const char *name)
{
    uint64_t ns = 0;

    if (text_read_time(args->value, strlen(args->value), &ns) != 0)
        tool_usage(args, "--%s: \"%s\" is no time; say 500ms, 10s, 5m or 1h",
                   name, args->value);
    return (double)ns / 1e9;
}

unsigned long long
tool_count(const struct tool_args *args, const char *name,
           unsigned long long min)
{
    uint64_t n = 0;

    if (text_read_u64(args->value, strlen(args->value), &n) != 0 || n < min)
        tool_usage(args, "--%s: \"%s\" is no number from %llu on", name,
                   args->value, min);
    return n;
}

void *
tool_grow(void *p, size_t size)
{
    p = realloc(p, size > 0 ? size : 1);
    if (p == NULL) {
        tool_say("out of memory");
        exit(TOOL_FAILED);
    }
    return p;
}

void *
tool_alloc(size_t size)
{
    return memset(tool_grow(NULL, size), 0, size);
}

int
tool_read(FILE *stream, char **out_bytes, size_t *out_size)
{
    size_t capacity = 65536;
    char *bytes = tool_grow(NULL, capacity);
    size_t size = 0;
    size_t n;
    int error;

    do {
        if (size + 1 == capacity) {
            capacity *= 2;
            bytes = tool_grow(bytes, capacity);
        }
        errno = 0;
        n = fread(bytes + size, 1, capacity - 1 - size, stream);
        error = n == 0 && ferror(stream) ? (errno != 0 ? errno : EIO) : 0;
        size += n;
    } while (n > 0);
    bytes[size] = '\0';
    *out_bytes = bytes;
    if (out_size != NULL)
        *out_size = size;
    return -error;
}

char *
tool_text(const char *format, ...)
{
    va_list values;
    char *text = NULL;
    int n;

    va_start(values, format);
    n = vasprintf(&text, format, values);
    va_end(values);
    if (n < 0) {
        tool_say("out of memory");
        exit(TOOL_FAILED);
    }
    return text;
}
