/*
 * conf/print.c - values back to text, and what a value may be, in words.
 *
 * One printer for each TYPE of options.def; what it writes is what value.c
 * reads.
 */
#include "conf/value.h"

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "os/signal.h"

#include <signal.h>
#include <string.h>

typedef size_t printer(const struct option *option, const void *field,
                       char *buffer, size_t size);

/* A text that grows in a buffer and may be cut; n is what it would need. */
struct line {
    char *buffer;
    size_t size;
    size_t n;
};

static void PRINTF_LIKE(2, 3)
    line_add(struct line *line, const char *format, ...)
{
    va_list values;
    size_t room = line->n < line->size ? line->size - line->n : 0;

    va_start(values, format);
    line->n += format_text_v(room > 0 ? line->buffer + line->n : NULL, room,
                             format, values);
    va_end(values);
}

static size_t
print_switch(const struct option *option UNUSED, const void *field,
             char *buffer, size_t size)
{
    return format_text(buffer, size, "%s", *(const bool *)field ? "on" : "off");
}

static size_t
print_text(const void *field, const char *absent, char *buffer, size_t size)
{
    const char *text = *(const char *const *)field;

    return format_text(buffer, size, "%s", text != NULL ? text : absent);
}

static size_t
print_log(const struct option *option UNUSED, const void *field, char *buffer,
          size_t size)
{
    return print_text(field, "stderr", buffer, size);
}

static size_t
print_path(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    return print_text(field, "none", buffer, size);
}

static size_t
print_names(const struct option *option UNUSED, const void *field, char *buffer,
            size_t size)
{
    return print_text(field, "off", buffer, size);
}

static size_t
print_format(const struct option *option, const void *field, char *buffer,
             size_t size)
{
    return print_text(field, option->standard, buffer, size);
}

static size_t
print_choice(const struct option *option, const void *field, char *buffer,
             size_t size)
{
    const char *words = option->words;
    const char *word = "";
    size_t n = 0;

    for (int i = 0; i <= *(const int *)field; i++)
        word = option_word_next(&words, &n);
    return format_text(buffer, size, "%.*s", (int)n, word);
}

static size_t
print_flags(const struct option *option, const void *field, char *buffer,
            size_t size)
{
    struct line line = {buffer, size, 0};
    unsigned bits = *(const unsigned *)field;
    const char *words = option->words;
    const char *word;
    size_t n;

    if (bits == 0)
        return format_text(buffer, size, "none");
    for (; (word = option_word_next(&words, &n)) != NULL; bits >>= 1) {
        if (bits & 1)
            line_add(&line, "%s%.*s", line.n > 0 ? ":" : "", (int)n, word);
    }
    return line.n;
}

static size_t
print_count(const struct option *option UNUSED, const void *field, char *buffer,
            size_t size)
{
    return format_text(buffer, size, "%llu",
                       (unsigned long long)*(const uint64_t *)field);
}

static size_t
print_auto(const struct option *option, const void *field, char *buffer,
           size_t size)
{
    if (*(const uint64_t *)field == 0)
        return format_text(buffer, size, "auto");
    return print_count(option, field, buffer, size);
}

static size_t
print_size(const struct option *option, const void *field, char *buffer,
           size_t size)
{
    return print_count(option, field, buffer, size);
}

/* Times are read to the millisecond, so that is all there is to print. */
static size_t
print_ns(uint64_t ns, char *buffer, size_t size)
{
    unsigned long long ms = ns / 1000000;

    if (ms == 0)
        return format_text(buffer, size, "0");
    if (ms % 1000 == 0)
        return format_text(buffer, size, "%llus", ms / 1000);
    return format_text(buffer, size, "%llums", ms);
}

static size_t
print_time(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    return print_ns(*(const uint64_t *)field, buffer, size);
}

static size_t
print_fence(const struct option *option, const void *field, char *buffer,
            size_t size)
{
    return print_count(option, field, buffer, size);
}

static size_t
print_power(const struct option *option, const void *field, char *buffer,
            size_t size)
{
    return print_count(option, field, buffer, size);
}

static size_t
print_byte(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    int byte = *(const int *)field;

    if (byte < 0)
        return format_text(buffer, size, "off");
    return format_text(buffer, size, "0x%02X", (unsigned)byte);
}

static size_t
print_every(const struct option *option UNUSED, const void *field, char *buffer,
            size_t size)
{
    const struct conf_every *every = field;

    if (every->ns != 0)
        return print_ns(every->ns, buffer, size);
    if (every->operations == 0)
        return format_text(buffer, size, "off");
    return format_text(buffer, size, "%llu",
                       (unsigned long long)every->operations);
}

static size_t
print_guard(const struct option *option, const void *field, char *buffer,
            size_t size)
{
    const struct conf_guard *guard = field;
    int side = (int)guard->side;
    struct line line = {buffer, size, 0};

    line.n = print_choice(option, &side, buffer, size);
    if (guard->every > 1)
        line_add(&line, ":%llu", (unsigned long long)guard->every);
    return line.n;
}

/* A number of bytes needs a unit to be read as that. */
static size_t
print_hold(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    const struct conf_hold *hold = field;
    unsigned long long bytes = hold->bytes;

    if (bytes == 0)
        return format_text(buffer, size, "%llu",
                           (unsigned long long)hold->blocks);
    if (bytes % (1 << 20) == 0)
        return format_text(buffer, size, "%llum", bytes >> 20);
    return format_text(buffer, size, "%lluk", (bytes + 1023) >> 10);
}

static size_t
print_range(const struct option *option UNUSED, const void *field, char *buffer,
            size_t size)
{
    const struct conf_range *range = field;

    if (range->max == UINT64_MAX)
        return format_text(buffer, size, "%llu",
                           (unsigned long long)range->min);
    return format_text(buffer, size, "%llu-%llu",
                       (unsigned long long)range->min,
                       (unsigned long long)range->max);
}

static size_t
print_start(const struct option *option UNUSED, const void *field, char *buffer,
            size_t size)
{
    const struct conf_start *start = field;

    switch (start->kind) {
    case CONF_START_SITE:
        return format_text(buffer, size, "%s:%u", start->file, start->line);
    case CONF_START_SIZE:
        return format_text(buffer, size, "s%llu", (unsigned long long)start->n);
    case CONF_START_NONE:
    case CONF_START_COUNT:
        break;
    }
    return format_text(buffer, size, "%llu", (unsigned long long)start->n);
}

static size_t
print_fail(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    const struct conf_fail *fail = field;

    switch (fail->kind) {
    case CONF_FAIL_COUNT:
        return format_text(buffer, size, "%llu", (unsigned long long)fail->n);
    case CONF_FAIL_SHARE:
        return format_text(buffer, size, "%%%llu.%04llu",
                           (unsigned long long)fail->n / 10000,
                           (unsigned long long)fail->n % 10000);
    case CONF_FAIL_SIZE:
        if (fail->n == 0)
            return format_text(buffer, size, "s%llu",
                               (unsigned long long)fail->size);
        return format_text(buffer, size, "s%llu:%llu",
                           (unsigned long long)fail->size,
                           (unsigned long long)fail->n);
    case CONF_FAIL_SITE:
        if (fail->n == 0)
            return format_text(buffer, size, "%s:%u", fail->file, fail->line);
        return format_text(buffer, size, "%s:%u:%llu", fail->file, fail->line,
                           (unsigned long long)fail->n);
    default:
        return format_text(buffer, size, "off");
    }
}

static size_t
print_addr(const struct option *option UNUSED, const void *field, char *buffer,
           size_t size)
{
    const struct conf_addr *addr = field;

    if (addr->addr == 0)
        return format_text(buffer, size, "off");
    if (addr->count == 1)
        return format_text(buffer, size, "0x%zx", (size_t)addr->addr);
    return format_text(buffer, size, "0x%zx:%llu", (size_t)addr->addr,
                       (unsigned long long)addr->count);
}

static void
line_add_signal(struct line *line, int number)
{
    char name[16];
    const char *text = signal_name(number, name, sizeof(name));
    const char *joint = line->n > 0 ? ":" : "";

    /* The number says more than a name that some libc gave a real-time
     * signal, and reads back everywhere. */
    if (number < 32 && text_has_prefix(text, "SIG"))
        line_add(line, "%s%s", joint, text + 3);
    else
        line_add(line, "%s%d", joint, number);
}

static size_t
print_signals(const struct option *option UNUSED, const void *field,
              char *buffer, size_t size)
{
    struct line line = {buffer, size, 0};
    uint64_t mask = *(const uint64_t *)field;

    if (mask == 0)
        return format_text(buffer, size, "off");
    for (int number = 1; mask != 0; number++, mask >>= 1) {
        if (mask & 1)
            line_add_signal(&line, number);
    }
    return line.n;
}

static size_t
print_signal(const struct option *option UNUSED, const void *field,
             char *buffer, size_t size)
{
    struct line line = {buffer, size, 0};

    if (*(const int *)field == 0)
        return format_text(buffer, size, "off");
    line_add_signal(&line, *(const int *)field);
    return line.n;
}

static printer *const printers[] = {
#define OPTION_TYPE(type, stem) [OPTION_##type] = print_##stem,
    OPTION_TYPES(OPTION_TYPE)
#undef OPTION_TYPE
};

size_t
value_print(const struct option *option, const struct conf *values,
            char *buffer, size_t size)
{
    return printers[option->type](option, option_field_const(option, values),
                                  buffer, size);
}

/* "a, b or c" of "a|b|c". */
static void
line_add_words(struct line *line, const char *words)
{
    const char *word;
    size_t n;

    for (bool is_first = true; (word = option_word_next(&words, &n)) != NULL;
         is_first = false) {
        const char *joint = *words == '\0' ? " or " : ", ";

        line_add(line, "%s%.*s", is_first ? "" : joint, (int)n, word);
    }
}

static void
line_add_range(struct line *line, const char *what, const char *unit,
               const struct option *option)
{
    line_add(line, "%s", what);
    if (option->max != UINT64_MAX)
        line_add(line, " from %llu to %llu%s", (unsigned long long)option->min,
                 (unsigned long long)option->max, unit);
    else if (option->min > 0)
        line_add(line, " of at least %llu%s", (unsigned long long)option->min,
                 unit);
}

const char *
value_accepted(const struct option *option, char *buffer, size_t size)
{
    static const char *const fixed[OPTION__TYPE_COUNT] = {
        [OPTION_BOOL] = "on or off",
        [OPTION_LOG] = "a path, stderr, stdout, fd:N or none",
        [OPTION_PATH] = "a path, or none",
        [OPTION_NAMES] = "program names joined by :",
        [OPTION_TIME] = "a time, such as 10s, 500ms, 2m or 1h",
        [OPTION_EVERY] = "a time with its unit (10s) or a number",
        [OPTION_RANGE] = "a size, or two joined by -, the smaller first",
        [OPTION_START] = "a number of operations, s and a size, or FILE:LINE",
        [OPTION_GUARD] = "off, above or below, and after a : a number from 1",
        [OPTION_HOLD] = "a size with its unit (64m) or a number of blocks",
        [OPTION_FAIL] = "a number, % and a share, or FILE:LINE[:N]",
        [OPTION_ADDR] = "an address, and after a : a number of uses from 1",
        [OPTION_SIGNALS] = "signals that can be caught, joined by : or +",
        [OPTION_SIGNAL] = "a signal that can be caught",
    };
    struct line line = {buffer, size, 0};

    if (size > 0)
        buffer[0] = '\0';
    switch (option->type) {
    case OPTION_CHOICE:
        line_add_words(&line, option->words);
        break;
    case OPTION_FLAGS:
        line_add(&line, "any of ");
        line_add_words(&line, option->words);
        line_add(&line, ", joined by : or +, or none");
        break;
    case OPTION_FORMAT:
        if (value_formats() != NULL)
            line_add_words(&line, value_formats());
        else
            line_add(&line, "the name of a format");
        break;
    case OPTION_COUNT:
        line_add_range(&line, "a number", "", option);
        break;
    case OPTION_AUTO:
        line_add_range(&line, "auto, or a number", "", option);
        break;
    case OPTION_SIZE:
    case OPTION_FENCE:
        line_add_range(&line, "a size", " bytes", option);
        break;
    case OPTION_POWER:
        line_add_range(&line, "a power of two", " bytes", option);
        break;
    case OPTION_BYTE:
        line_add_range(&line, "a byte", "", option);
        break;
    default:
        line_add(&line, "%s", fixed[option->type]);
        break;
    }
    return buffer;
}

bool
value_is_equal(const struct option *option, const struct conf *a,
               const struct conf *b)
{
    const void *x = option_field_const(option, a);
    const void *y = option_field_const(option, b);

    /* Texts are kept once each, so equal texts are equal pointers; only a
     * struct with holes cannot be compared as bytes. */
    if (option->type == OPTION_START) {
        const struct conf_start *m = x;
        const struct conf_start *n = y;

        return m->kind == n->kind && m->n == n->n && m->file == n->file &&
               m->line == n->line;
    }
    return memcmp(x, y, option->size) == 0;
}

void
value_copy(const struct option *option, struct conf *to,
           const struct conf *from)
{
    void *target = option_field(option, to);
    const void *source = option_field_const(option, from);

    switch (option->size) {
    case sizeof(uint8_t):
        __atomic_store_n((uint8_t *)target, *(const uint8_t *)source,
                         __ATOMIC_RELAXED);
        return;
    case sizeof(uint32_t):
        __atomic_store_n((uint32_t *)target, *(const uint32_t *)source,
                         __ATOMIC_RELAXED);
        return;
    default:
        /* Everything else is made of whole words. */
        for (size_t i = 0; i < option->size / sizeof(uint64_t); i++)
            __atomic_store_n((uint64_t *)target + i,
                             ((const uint64_t *)source)[i], __ATOMIC_RELAXED);
        return;
    }
}
