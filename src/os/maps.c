/*
 * os/maps.c - what the kernel says of this process's memory: /proc/self/maps
 * and /proc/self/status (declared in os/process.h).
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "os/lines.h"
#include "os/process.h"

/* read_hex - the hexadecimal number at *text, which moves behind it; false if
 * there is none. */
static bool
read_hex(const char **text, uint64_t *out_value)
{
    const char *at = *text;
    uint64_t value = 0;

    for (;; at++) {
        unsigned digit;

        if (*at >= '0' && *at <= '9')
            digit = (unsigned)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            digit = (unsigned)(*at - 'a') + 10;
        else
            break;
        if (value >> 60 != 0)
            return false;
        value = value << 4 | digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *out_value = value;
    return true;
}

static bool
skip_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* skip_word - skip to the next blank and the blanks after it. */
static void
skip_word(const char **text)
{
    while (**text != '\0' && **text != ' ')
        (*text)++;
    while (**text == ' ')
        (*text)++;
}

/*
 * read_mapping - one line, "start-end rwxp offset major:minor inode path", as
 * in proc_pid_maps(5); false if it is none.
 */
static bool
read_mapping(const char *line, struct process_mapping *mapping)
{
    uint64_t start;
    uint64_t end;

    if (!read_hex(&line, &start) || !skip_char(&line, '-') ||
        !read_hex(&line, &end) || !skip_char(&line, ' ') || strlen(line) < 5)
        return false;
    mapping->start = (uintptr_t)start;
    mapping->end = (uintptr_t)end;
    mapping->readable = line[0] == 'r';
    mapping->writable = line[1] == 'w';
    mapping->executable = line[2] == 'x';
    mapping->shared = line[3] == 's';
    line += 4;
    if (!skip_char(&line, ' ') || !read_hex(&line, &mapping->offset) ||
        !skip_char(&line, ' '))
        return false;
    skip_word(&line);
    if (!lines_number(line, &mapping->inode))
        return false;
    skip_word(&line);
    (void)text_copy(mapping->path, sizeof(mapping->path), line);
    return true;
}

long
process_each_mapping(bool (*visit)(const struct process_mapping *, void *),
                     void *context)
{
    struct process_mapping mapping;
    struct lines lines;
    long count = 0;
    char *line;
    int error = lines_open(&lines, "/proc/self/maps");

    if (error != 0)
        return error;
    while ((line = lines_next(&lines)) != NULL) {
        if (!read_mapping(line, &mapping))
            continue;
        count++;
        if (!visit(&mapping, context))
            break;
    }
    if (line == NULL && lines.error != 0)
        count = lines.error;
    lines_close(&lines);
    return count;
}

int
process_memory(struct process_memory *out_memory)
{
    struct process_memory memory = {0, 0, 0, 0};
    const struct {
        const char *label;
        uint64_t *value;
    } fields[] = {
        {"VmRSS:", &memory.resident},
        {"VmHWM:", &memory.resident_peak},
        {"VmSize:", &memory.virtual_size},
        {"VmSwap:", &memory.swapped},
    };
    struct lines lines;
    char *line;
    int error = lines_open(&lines, "/proc/self/status");

    if (error != 0)
        return error;
    while ((line = lines_next(&lines)) != NULL) {
        for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
            uint64_t kib;

            /* The kernel writes "kB" and means 1024 bytes. */
            if (text_has_prefix(line, fields[i].label) &&
                lines_number(line + strlen(fields[i].label), &kib))
                *fields[i].value = kib * 1024;
        }
    }
    error = lines.error;
    lines_close(&lines);
    if (error == 0)
        *out_memory = memory;
    return error;
}
