/*
 * victim.c - a program that uses every way into the heap and survives a
 * refusal at any of them. Ends with 0 if all went well, with 3 and a line
 * "refused" if the system refused memory and the program noticed; anything
 * else is a fault.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 100 };

static _Atomic int refused;

/* Of a large block its ends are used alone: the program is run hundreds of
 * times. */
enum { ENDS = 8192 };

static void
fill(char *p, size_t size)
{
    char value = (char)(size & 0x7f);

    memset(p, value, size < ENDS ? size : ENDS);
    if (size > ENDS)
        memset(p + size - ENDS, value, ENDS);
}

/* What is had is whole to its last byte; a refusal sets errno. */
static void *
checked(void *p, size_t size)
{
    if (p == NULL) {
        if (errno != ENOMEM)
            _exit(4);
        refused = 1;
        return NULL;
    }
    fill(p, size);
    return p;
}

static void
expect(const char *p, size_t size)
{
    for (size_t i = 0; p != NULL && i < size; i++) {
        if (size > 2 * ENDS && i == ENDS)
            i = size - ENDS;
        if (p[i] != (char)(size & 0x7f))
            _exit(5);
    }
}

static void *
work(void *context)
{
    static const size_t sizes[] = {1, 24, 100, 500, 3000, 20000, 70000,
                                   300000, 1500000, 5000000};
    char *blocks[COUNT];
    size_t had[COUNT];

    (void)context;
    for (int i = 0; i < COUNT; i++) {
        had[i] = sizes[i % 10];
        if (i % 50 >= 20 && had[i] > 20000)
            had[i] = 60;
        errno = 0;
        if (i % 3 == 0)
            blocks[i] = checked(calloc(1, had[i]), had[i]);
        else if (i % 3 == 1)
            blocks[i] = checked(malloc(had[i]), had[i]);
        else
            blocks[i] = checked(aligned_alloc(64, had[i]), had[i]);
    }
    for (int i = 0; i < COUNT; i += 2) {
        char *p;

        if (blocks[i] == NULL)
            continue;
        errno = 0;
        p = realloc(blocks[i], had[i] * 2);
        if (p == NULL) {
            if (errno != ENOMEM)
                _exit(6);
            refused = 1;
        } else {
            blocks[i] = p;
            expect(p, had[i]);
            had[i] *= 2;
            fill(p, had[i]);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        expect(blocks[i], had[i]);
        free(blocks[i]);
    }
    return NULL;
}

int
main(void)
{
    pthread_t thread;
    void *p;

    work(NULL);
    if (pthread_create(&thread, NULL, work, NULL) == 0)
        pthread_join(thread, NULL);
    else
        refused = 1;
    if (posix_memalign(&p, (size_t)1 << 20, 100) == 0)
        free(p);
    else
        refused = 1;
    if (refused)
        (void)!write(2, "refused\n", 8);
    return refused ? 3 : 0;
}
