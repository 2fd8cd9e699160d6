/*
 * wordfreq - count the words of text files and print the most frequent ones,
 * with the first heading of each file.
 *
 * A small, ordinary program with two mistakes left in it, marked "planted":
 * room for a text without its end (a write past the end of a block), and a
 * buffer that is not freed on one way out (a leak). The demonstration finds
 * both, by file and line.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WITHOUT_DBGMALLOC
#include "dbgmalloc.h"
#endif

enum { BUCKETS = 4096, SHOWN = 10, LINE_MAX_BYTES = 1000 };

struct word {
    struct word *next;
    unsigned count;
    char text[];
};

struct document {
    char *title;
    unsigned lines;
};

static struct word *buckets[BUCKETS];
static unsigned word_count;

static unsigned
hash_of(const char *text)
{
    unsigned hash = 5381;
    while (*text != '\0')
        hash = hash * 33 + (unsigned char)*text++;
    return hash % BUCKETS;
}

static void
count_word(const char *text)
{
    unsigned bucket = hash_of(text);
    struct word *word = buckets[bucket];
    while (word != NULL && strcmp(word->text, text) != 0)
        word = word->next;
    if (word == NULL) {
        size_t n = strlen(text) + 1;
        word = (struct word *)malloc(sizeof *word + n);
        if (word == NULL)
            exit(1);
        memcpy(word->text, text, n);
        word->count = 0;
        word->next = buckets[bucket];
        buckets[bucket] = word;
        word_count++;
    }
    word->count++;
}

static void
count_line(char *line)
{
    char *start = line;
    for (char *at = line;; at++) {
        if (isalpha((unsigned char)*at)) {
            *at = (char)tolower((unsigned char)*at);
            continue;
        }
        int is_end = *at == '\0';
        *at = '\0';
        if (at - start > 3)
            count_word(start);
        start = at + 1;
        if (is_end)
            return;
    }
}

/* Keep a file's first heading: what follows "# ". */
static void
keep_title(struct document *document, const char *heading)
{
    size_t n = strcspn(heading, "\r\n");
    char *title = (char *)malloc(n); /* planted: overrun */
    if (title == NULL)
        exit(1);
    memcpy(title, heading, n);
    title[n] = '\0';
    document->title = title;
}

/* Read one file; 0, or -1 if it cannot be opened. */
static int
read_document(struct document *document, const char *path)
{
    char *line = (char *)malloc(LINE_MAX_BYTES); /* planted: leak */
    FILE *file = fopen(path, "r");
    if (line == NULL || file == NULL)
        return -1;
    while (fgets(line, LINE_MAX_BYTES, file) != NULL) {
        document->lines++;
        if (document->title == NULL && strncmp(line, "# ", 2) == 0)
            keep_title(document, line + 2);
        count_line(line);
    }
    (void)fclose(file); /* It was only read. */
    free(line);
    return 0;
}

static int
compare(const void *a, const void *b)
{
    const struct word *x = *(struct word *const *)a;
    const struct word *y = *(struct word *const *)b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

/* Print the most frequent words, and free them all. */
static void
print_words(void)
{
    struct word **sorted =
        (struct word **)calloc(word_count + 1, sizeof *sorted);
    unsigned n = 0;
    if (sorted == NULL)
        exit(1);
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct word *word = buckets[i]; word != NULL; word = word->next)
            sorted[n++] = word;
    qsort(sorted, n, sizeof *sorted, compare);
    for (unsigned i = 0; i < n; i++) {
        if (i < SHOWN)
            printf("%6u %s\n", sorted[i]->count, sorted[i]->text);
        free(sorted[i]);
    }
    free(sorted);
}

int
main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct document document = {NULL, 0};
        if (read_document(&document, argv[i]) != 0) {
            printf("%s cannot be read\n", argv[i]);
            status = 1;
            continue;
        }
        printf("%s: %u lines\n",
               document.title != NULL ? document.title : "(no title)",
               document.lines);
        free(document.title); /* planted: found here */
    }
    print_words();
    return status;
}
