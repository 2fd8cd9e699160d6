/*
 * tool/outcome.c - logs found and read.
 */
#include "tool/outcome.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tool/tool.h"

/* Of a log, no more than its last part is read: a report's totals are at its
 * beginning, and log-trans can make what comes before it large. */
#define READ_MAX ((size_t)64 * 1024 * 1024)

/* The pattern for glob: what begins with % may be anything, what glob would
 * understand is escaped. log-child=split may have added ".PID". */
static char *
glob_pattern(const char *pattern)
{
    char *text = tool_alloc(strlen(pattern) * 2 + 2);
    char *to = text;

    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '%' && at[1] == '%') {
            *to++ = '%';
            at++;
        } else if (*at == '%' && at[1] != '\0') {
            *to++ = '*';
            at++;
        } else {
            if (strchr("*?[]\\", *at) != NULL)
                *to++ = '\\';
            *to++ = *at;
        }
    }
    *to++ = '*';
    *to = '\0';
    return text;
}

struct found {
    char *path;
    struct timespec time;
};

static int
compare_times(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;

    if (x->time.tv_sec != y->time.tv_sec)
        return x->time.tv_sec < y->time.tv_sec ? -1 : 1;
    return (x->time.tv_nsec > y->time.tv_nsec) -
           (x->time.tv_nsec < y->time.tv_nsec);
}

/* The logs that match, oldest first; *out_count of them, to be freed with
 * their paths. */
static struct found *
find_logs(const char *pattern, struct timespec since, size_t *out_count)
{
    char *text = glob_pattern(pattern);
    glob_t matches;
    struct found *found = NULL;
    size_t count = 0;

    if (glob(text, GLOB_NOSORT, NULL, &matches) == 0) {
        found = tool_alloc((matches.gl_pathc + 1) * sizeof(*found));
        for (size_t i = 0; i < matches.gl_pathc; i++) {
            struct stat status;

            if (stat(matches.gl_pathv[i], &status) != 0 ||
                !S_ISREG(status.st_mode) ||
                status.st_mtim.tv_sec < since.tv_sec ||
                (status.st_mtim.tv_sec == since.tv_sec &&
                 status.st_mtim.tv_nsec < since.tv_nsec))
                continue;
            found[count].path = tool_text("%s", matches.gl_pathv[i]);
            found[count++].time = status.st_mtim;
        }
        globfree(&matches);
    }
    free(text);
    if (count > 0)
        qsort(found, count, sizeof(*found), compare_times);
    *out_count = count;
    return found;
}

/* The last part of the file, terminated; to be freed. */
static char *
read_end(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    long size;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
        size_t n = (size_t)size < READ_MAX ? (size_t)size : READ_MAX;

        if (fseek(file, size - (long)n, SEEK_SET) == 0) {
            text = tool_alloc(n + 1);
            n = fread(text, 1, n, file);
            /* A NUL in a log would hide what follows. */
            for (char *at = text;
                 (at = memchr(at, '\0', (size_t)(text + n - at))) != NULL;)
                *at = ' ';
            text[n] = '\0';
        }
    }
    fclose(file);
    return text;
}

/* The last of the places in `text` where `mark` stands, or NULL. */
static const char *
last_of(const char *text, const char *mark)
{
    const char *found = NULL;

    for (const char *at = text; (at = strstr(at, mark)) != NULL; at++)
        found = at;
    return found;
}

/* What follows `mark` on the first line after `text` that begins with it. */
static bool
take_line(const char *text, const char *mark, char *buffer, size_t size)
{
    size_t n = strlen(mark);

    while (text != NULL && *text != '\0') {
        if (strncmp(text, mark, n) == 0) {
            text += n + strspn(text + n, " ");
            snprintf(buffer, size, "%.*s", (int)strcspn(text, "\n"), text);
            return true;
        }
        text = strchr(text, '\n');
        if (text != NULL)
            text++;
    }
    return false;
}

/* The number after `key` somewhere after `text`, or 0. */
static unsigned long long
number_after(const char *text, const char *key)
{
    const char *at = text != NULL ? strstr(text, key) : NULL;

    return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void
read_json(const char *text, struct outcome *outcome)
{
    const char *document = last_of(text, "\"dbgmalloc\":");
    const char *leaks =
        document != NULL ? strstr(document, "\"leaks\": {") : NULL;
    const char *count =
        document != NULL ? last_of(document, "\"findings_count\": ") : NULL;

    if (leaks != NULL) {
        unsigned long long bytes = number_after(leaks, "\"bytes\": ");
        unsigned long long blocks = number_after(leaks, "\"blocks\": ");

        snprintf(outcome->leaks, sizeof(outcome->leaks),
                 "%llu byte%s in %llu block%s from %llu sites", bytes,
                 bytes == 1 ? "" : "s", blocks, blocks == 1 ? "" : "s",
                 number_after(leaks, "\"sites\": "));
        outcome->has_leaks = blocks > 0;
    }
    if (count != NULL)
        snprintf(outcome->findings, sizeof(outcome->findings), "%llu",
                 number_after(count, "\"findings_count\": "));
}

void
outcome_read(const char *path, struct outcome *out_outcome)
{
    char *text = read_end(path);
    const char *report;

    *out_outcome = (struct outcome){.path = tool_text("%s", path)};
    if (text == NULL)
        return;
    report = last_of(text, ": report ");
    if (text[strspn(text, " \n")] == '{')
        read_json(text, out_outcome);
    else {
        if (take_line(report, "leaks:", out_outcome->leaks,
                      sizeof(out_outcome->leaks)))
            out_outcome->has_leaks = strncmp(out_outcome->leaks, "0 ", 2) != 0;
        /* Without a report (it ended by a signal) there is no total. */
        (void)take_line(report, "findings:", out_outcome->findings,
                        sizeof(out_outcome->findings));
    }
    out_outcome->has_findings =
        out_outcome->findings[0] != '\0' && out_outcome->findings[0] != '0';
    if (report == NULL && strstr(text, "dbgmalloc: finding ") != NULL) {
        unsigned count = 0;

        for (const char *at = text;
             (at = strstr(at, "dbgmalloc: finding ")) != NULL; at++)
            count++;
        snprintf(out_outcome->findings, sizeof(out_outcome->findings), "%u",
                 count);
        out_outcome->has_findings = true;
    }
    free(text);
}

size_t
outcome_each(const char *pattern, struct timespec since,
             void (*visit)(const struct outcome *, void *), void *context)
{
    size_t count;
    struct found *found = find_logs(pattern, since, &count);

    for (size_t i = 0; i < count; i++) {
        struct outcome outcome;

        outcome_read(found[i].path, &outcome);
        visit(&outcome, context);
        free(outcome.path);
        free(found[i].path);
    }
    free(found);
    return count;
}

uint64_t
outcome_findings_so_far(const char *pattern, struct timespec since)
{
    size_t files;
    struct found *found = find_logs(pattern, since, &files);
    uint64_t count = 0;

    for (size_t i = 0; i < files; i++) {
        char *text = read_end(found[i].path);

        for (const char *at = text; at != NULL; count += at != NULL) {
            at = strstr(at, "dbgmalloc: finding ");
            if (at != NULL)
                at++;
        }
        free(text);
        free(found[i].path);
    }
    free(found);
    return count;
}
