/*
 * Everything that C code does with the names that dbgmalloc.h makes macros of.
 * compile.sh compiles it in every standard, and runs it.
 */
#ifdef HEADER_FIRST
#include "dbgmalloc.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef HEADER_FIRST
#include "dbgmalloc.h"
#endif
/* Headers that come later must not mind the macros. */
#include <malloc.h>
#include <stdlib.h>

struct operations {
    void *(*malloc)(size_t);
    void (*free)(void *);
};

/* Members of the same names with other numbers of arguments. */
struct other {
    void (*free)(void *, void *);
    void (*calloc)(void);
    int (*realloc)(int, int, int, int);
};

static int calls;

static void
free_two(void *a, void *b)
{
    calls += a == b;
}

static void
nothing(void)
{
    calls++;
}

static int
add(int a, int b, int c, int d)
{
    return a + b + c + d;
}

inline void *from_inline(size_t size);
inline void *
from_inline(size_t size)
{
    return malloc(size);
}
extern void *from_inline(size_t size);

static int
try_members(void)
{
    struct operations usual = {malloc, free};
    struct other other = {free_two, nothing, add};
    void (*release)(void *) = free;
    void *p = usual.malloc(10);

    usual.free(p);
    other.free(&usual, &usual);
    other.calloc();
    release((malloc)(3));
    return other.realloc(1, 2, 3, 4) == 10 && calls == 2;
}

static int
try_calls(int n)
{
    void *p = malloc(sizeof(int) * 4);
    int whole = 1;

    p = realloc(p, 20);
    whole = whole && p != NULL;
    free(p);
    free(NULL);
    free(calloc(4, (size_t)n));
    free(malloc(n > 3 ? 4 : 8));
    free(memalign(64, 100));
    free(realloc(realloc(NULL, 3), 30));
    free(from_inline(7));
#if defined(__USE_ISOC11)
    p = aligned_alloc(64, 128);
    whole = whole && (uintptr_t)p % 64 == 0;
    free(p);
#endif
#if defined(__USE_MISC)
    free(valloc(3));
    free(reallocarray(NULL, 3, 4));
#endif
#if defined(__USE_XOPEN2K)
    p = NULL;
    whole = whole && posix_memalign(&p, 128, 64) == 0;
    free(p);
#endif
    return whole;
}

static int
try_texts(void)
{
    int whole = 1;
#if defined(__USE_XOPEN2K8)
    char *copy = strdup("abc");
    whole = whole && copy != NULL && strcmp(copy, "abc") == 0;
    free(copy);
    copy = strndup("abcdef", 2);
    whole = whole && copy != NULL && strcmp(copy, "ab") == 0;
    free(copy);
#endif
#if defined(__USE_GNU)
    char *text = NULL;
    whole = whole && asprintf(&text, "%d %s", 42, "x") == 4 &&
            strcmp(text, "42 x") == 0;
    free(text);
#endif
    return whole;
}

static int
try_extra(void)
{
    int whole = 1;
#ifdef DBGMALLOC_EXTRA
    char *p = xstrdup("text");
    p = xrealloc(p, 100);
    whole = strcmp(p, "text") == 0;
    p = recalloc(p, 300);
    whole = whole && p[299] == 0 && strcmp(p, "text") == 0;
    free(p);
    free(xmalloc(10));
    free(xcalloc(3, 3));
    free(xstrndup("text", 2));
#endif
    return whole;
}

static int
count_visits(const struct dbgmalloc_info *info, void *context)
{
    *(int *)context += info->is_live;
    return 0;
}

static int
try_interface(void)
{
    char options[100];
    int visits = 0;
    size_t blocks = 7;
    struct dbgmalloc_info info;
    struct dbgmalloc_stats stats;
    unsigned mark = dbgmalloc_mark();
    char *p = dbgmalloc_malloc_at("file", 12, 100);
    int whole = p != NULL;

    info.struct_size = sizeof info;
    stats.struct_size = sizeof stats;
    whole = whole && dbgmalloc_check(p) == 0;
    whole = whole && dbgmalloc_check_all() == 0;
    whole = whole && dbgmalloc_check_range(p, 100, 0) == 0;
    (void)dbgmalloc_options(options, sizeof options);
    if (dbgmalloc_active()) {
        whole = whole && dbgmalloc_examine(p + 3, &info) == 0 &&
                info.size == 100 && info.offset == 3 && info.is_live &&
                info.made.line == 12 && strcmp(info.made.file, "file") == 0;
        whole =
            whole && dbgmalloc_walk(count_visits, &visits, 0) > 0 && visits > 0;
        whole = whole && dbgmalloc_count_since(mark, 0, &blocks) == 100 &&
                blocks == 1;
        whole =
            whole && dbgmalloc_get_stats(&stats) == 0 && stats.blocks_live > 0;
    }
    dbgmalloc_message("%s %d", "text", 3);
    whole = whole && dbgmalloc_version()[0] != '\0';
    whole = whole && dbgmalloc_strerror(dbgmalloc_errno()) != NULL;
    whole = whole && dbgmalloc_push("top=3") == 0 && dbgmalloc_pop() == 0;
    dbgmalloc_free_at("file", 13, p);
    DBGMALLOC_ASSERT_NO_LEAKS(mark);
    return whole;
}

int
main(int argc, char **argv)
{
    (void)argv;
    if (!try_members() || !try_calls(argc) || !try_texts() || !try_extra() ||
        !try_interface()) {
        puts("a call did not do what it says");
        return 1;
    }
    return 0;
}
