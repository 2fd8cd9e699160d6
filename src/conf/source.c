/*
 * conf/source.c - rc files, kept as text and searched line by line.
 *
 * Nothing is made of a file but a copy with continued lines joined (the
 * backslash and the newline become blanks), and its bad lines blanked out. The
 * few lookups there are go over the text again.
 */
#include "conf/source.h"

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "conf/option.h"
#include "os/file.h"
#include "os/process.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define SOURCE_NAME ".dbgmallocrc"

struct source_text {
    const char *file; /* for messages */
    size_t n;
    char *bytes; /* SOURCE_FILE_MAX of them */
};

/* Under conf_lock, all of them. The bytes stand apart so that they take no room
 * in the library's file. */
static char source_here_bytes[SOURCE_FILE_MAX];
static char source_home_bytes[SOURCE_FILE_MAX];
static struct source_text source_here = {.file = SOURCE_NAME,
                                         .bytes = source_here_bytes};
static struct source_text source_home = {.file = "~/" SOURCE_NAME,
                                         .bytes = source_home_bytes};

/* One byte that a name may have; * and ? are for prog: names. */
static bool
is_name_byte(char c, bool is_program)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')
        return true;
    return is_program && (c == '*' || c == '?' || c == '+');
}

/* What is wrong with the line, or NULL; fills `line`. A name without a line is
 * a blank or a comment. */
static const char *
split_line(const char *text, size_t n, struct source_line *line)
{
    const char *equal;

    line->name_n = 0;
    text_trim(&text, &n);
    if (n == 0 || *text == '#')
        return NULL;
    equal = memchr(text, '=', n);
    if (equal == NULL)
        return "it is not NAME = TOKENS";
    line->name = text;
    line->name_n = (size_t)(equal - text);
    line->tokens = equal + 1;
    line->tokens_n = n - line->name_n - 1;
    text_trim(&line->name, &line->name_n);
    text_trim(&line->tokens, &line->tokens_n);
    line->is_program = line->name_n >= 5 && memcmp(line->name, "prog:", 5) == 0;
    if (line->is_program) {
        line->name += 5;
        line->name_n -= 5;
    }
    if (line->name_n == 0)
        return "there is no name before =";
    for (size_t i = 0; i < line->name_n; i++) {
        if (!is_name_byte(line->name[i], line->is_program))
            return "a name has letters, digits, - _ and .";
    }
    if (!line->is_program &&
        (option_find(line->name, line->name_n) != NULL ||
         option_find_preset(line->name, line->name_n) != NULL ||
         option_find_alias(line->name, line->name_n) != NULL))
        return "that name is taken";
    return NULL;
}

/* The next line of the text, without its newline; *at moves past it. */
static bool
next_line(const struct source_text *text, size_t *at, size_t *out_begin,
          size_t *out_n)
{
    size_t end = *at;

    if (*at >= text->n)
        return false;
    while (end < text->n && text->bytes[end] != '\n')
        end++;
    *out_begin = *at;
    *out_n = end - *at;
    *at = end + 1;
    return true;
}

/* Put blanks for each backslash and newline that continue a line, and for
 * bytes that are no text. */
static void
join_lines(struct source_text *text)
{
    for (size_t i = 0; i < text->n; i++) {
        char *c = &text->bytes[i];

        if (*c == '\0')
            *c = ' ';
        if (*c != '\\' || i + 1 == text->n)
            continue;
        if (c[1] == '\n')
            c[0] = c[1] = ' ';
        i++;
    }
}

/* Say which lines are bad, and blank them. */
static void
check_lines(struct source_text *text)
{
    size_t at = 0;
    size_t begin;
    size_t n;

    while (next_line(text, &at, &begin, &n)) {
        struct source_line line;
        const char *problem = split_line(text->bytes + begin, n, &line);
        const char *bad = text->bytes + begin;
        size_t bad_n = n;
        char shown[48];

        if (problem == NULL)
            continue;
        text_trim(&bad, &bad_n);
        (void)text_copy_n(shown, sizeof(shown), bad, bad_n); /* cut */
        for (char *c = shown; *c != '\0'; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                *c = '?';
        }
        process_warn("%s: \"%s\": %s", text->file, shown, problem);
        memset(text->bytes + begin, ' ', n);
    }
}

/* Read the regular file `path`; true if it is there and is not `*seen`. */
static void
load(struct source_text *text, const char *path, struct file_identity *seen)
{
    struct file_identity identity;
    long n;

    text->n = 0;
    /* A fifo would keep the program waiting, a directory has no lines. */
    if (file_identify_path(path, &identity) != 0 ||
        (identity.mode & S_IFMT) != S_IFREG)
        return;
    if (file_is_same(&identity, seen))
        return;
    *seen = identity;
    n = file_read_whole(path, text->bytes, SOURCE_FILE_MAX);
    if (n == -EACCES || n == -ENOENT)
        return;
    if (n == -EFBIG) {
        process_warn("%s is not read: it is longer than %zu bytes", text->file,
                     SOURCE_FILE_MAX - 1);
        return;
    }
    if (n < 0) {
        process_warn("%s is not read: error %ld", text->file, -n);
        return;
    }
    text->n = (size_t)n;
    join_lines(text);
    check_lines(text);
}

void
source_load(void)
{
    /* Under conf_lock; static because a path is large. */
    static char path[4096];
    const char *home = process_env("HOME");
    struct file_identity seen;

    memset(&seen, 0xff, sizeof(seen)); /* no file is that */
    load(&source_here, SOURCE_NAME, &seen);
    source_home.n = 0;
    if (home == NULL || *home == '\0')
        return;
    if (format_text(path, sizeof(path), "%s/" SOURCE_NAME, home) < sizeof(path))
        load(&source_home, path, &seen);
}

void
source_forget(void)
{
    source_here.n = 0;
    source_home.n = 0;
}

/* The good lines of one file; false if the visitor had enough. */
static bool
each_line(const struct source_text *text,
          bool (*visit)(const struct source_line *, void *), void *context)
{
    size_t at = 0;
    size_t begin;
    size_t n;

    while (next_line(text, &at, &begin, &n)) {
        struct source_line line = {.file = text->file};

        if (split_line(text->bytes + begin, n, &line) != NULL ||
            line.name_n == 0)
            continue;
        if (!visit(&line, context))
            return false;
    }
    return true;
}

void
source_each(bool (*visit)(const struct source_line *, void *), void *context)
{
    if (each_line(&source_home, visit, context))
        (void)each_line(&source_here, visit, context); /* done either way */
}

/* What source_find looks for and found. */
struct find {
    const char *name;
    size_t n;
    struct source_line *out_line;
    bool is_found;
};

static bool
match_line(const struct source_line *line, void *context)
{
    struct find *find = context;

    /* The last line of that name wins, as everywhere. */
    if (!line->is_program && line->name_n == find->n &&
        memcmp(line->name, find->name, find->n) == 0) {
        *find->out_line = *line;
        find->is_found = true;
    }
    return true;
}

bool
source_find(const char *name, size_t n, struct source_line *out_line)
{
    struct find find = {.name = name, .n = n, .out_line = out_line};

    source_each(match_line, &find);
    return find.is_found;
}
