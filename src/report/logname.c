/*
 * report/logname.c - the name of the log, from the pattern in the options.
 */
#include "report/logname.h"

#include "base/format.h"
#include "os/clock.h"

/* A name being made; `length` goes on counting where it no longer fits. */
struct name {
    char *buffer;
    size_t size;
    size_t length;
};

static void
add_char(struct name *name, char c)
{
    if (name->length + 1 < name->size)
        name->buffer[name->length] = c;
    name->length++;
}

static void
add_text(struct name *name, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        add_char(name, *text == '/' ? '_' : *text);
}

/* Colons and dashes are left out: they are a nuisance in names of files. */
static void
add_time(struct name *name, uint64_t unix_ns)
{
    char text[32];

    for (const char *c = clock_text(text, sizeof(text), unix_ns); *c != '\0';
         c++) {
        if (*c != ':' && *c != '-')
            add_char(name, *c);
    }
}

/* False if `letter` stands for nothing. */
static bool
add_letter(struct name *name, char letter, const struct logname_values *values)
{
    char number[24];

    number[0] = '\0';
    switch (letter) {
    case 'p':
        (void)format_text(number, sizeof(number), "%d", values->pid);
        break;
    case 'u':
        (void)format_text(number, sizeof(number), "%u", values->uid);
        break;
    case 'n':
        (void)format_text(number, sizeof(number), "%u", values->forks);
        break;
    case 'e':
        add_text(name, values->program);
        break;
    case 'h':
        add_text(name, values->host);
        break;
    case 't':
        add_time(name, values->unix_ns);
        break;
    case '%':
        add_char(name, '%');
        break;
    default:
        return false;
    }
    add_text(name, number);
    return true;
}

size_t
logname_expand(const char *pattern, const struct logname_values *values,
               char *buffer, size_t size)
{
    struct name name = {.buffer = buffer, .size = size, .length = 0};

    for (; *pattern != '\0'; pattern++) {
        if (pattern[0] == '%' && pattern[1] != '\0' &&
            add_letter(&name, pattern[1], values)) {
            pattern++;
            continue;
        }
        add_char(&name, *pattern);
    }
    buffer[name.length < size ? name.length : size - 1] = '\0';
    return name.length;
}

bool
logname_is_unique(const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (pattern[0] != '%' || pattern[1] == '\0')
            continue;
        if (pattern[1] == 'p')
            return true;
        pattern++;
    }
    return false;
}
