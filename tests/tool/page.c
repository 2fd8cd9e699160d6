/*
 * page.c - a program with something to look at: a list that grows, a cache that
 * is filled and cut down, buffers that are lost, a block that is freed twice.
 *
 * Its marks are set where it is linked with the library or runs under it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern unsigned dbgmalloc_mark(void) __attribute__((weak));

struct session {
    struct session *next;
    char *name;
    char buffer[200];
};

static struct session *sessions;
static char *cache[64];
static volatile int sink;

static char *
copy_name(const char *name)
{
    char *copy = malloc(strlen(name) + 1);

    return copy == NULL ? NULL : strcpy(copy, name);
}

static __attribute__((noinline)) void
open_session(int number)
{
    struct session *session = malloc(sizeof(*session));
    char name[64];

    if (session == NULL)
        exit(1);
    snprintf(name, sizeof(name), "session number %d", number);
    session->name = copy_name(name);
    session->next = sessions;
    sessions = session;
}

static __attribute__((noinline)) void
fill_cache(int number)
{
    int place = number % 64;

    free(cache[place]);
    cache[place] = malloc((size_t)(1000 + 700 * place));
}

/* The answer is made, and forgotten. */
static __attribute__((noinline)) void
answer_request(int number)
{
    char *volatile answer = malloc((size_t)(300 + number % 900));

    if (answer != NULL)
        answer[0] = 1;
    sink += number;
    answer = NULL;
}

static __attribute__((noinline)) void
parse_request(int number)
{
    char *text = malloc((size_t)(20 + number % 100));

    sink += text != NULL;
    free(text);
    if (number % 3 == 0)
        answer_request(number);
}

static __attribute__((noinline)) void
serve(int number)
{
    if (number % 5 == 0)
        open_session(number);
    fill_cache(number);
    parse_request(number);
}

static __attribute__((noinline)) void
close_twice(void)
{
    char *volatile block = malloc(40);

    free(block);
    free(block);
}

int
main(void)
{
    const struct timespec step = {0, 2000000};

    for (int i = 0; i < 300; i++) {
        if (i % 100 == 50 && dbgmalloc_mark != NULL)
            (void)dbgmalloc_mark();
        for (int k = 0; k < 10; k++)
            serve(10 * i + k);
        nanosleep(&step, NULL);
    }
    close_twice();
    return 0;
}
