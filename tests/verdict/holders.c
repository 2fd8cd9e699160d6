/*
 * holders.c - a block that is freed while a global array, a member of another
 * block and a local variable point to it, and is then used.
 *
 * usage: holders free | write | read | global | clean
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char *name;
};

char *table[8];
static struct node *list;
static char names[64];

/* The compiler is not to know that the block is gone. */
static char *volatile last;

static __attribute__((noinline)) char *
make(void)
{
    char *made = malloc(100);
    table[3] = made + 10;
    list = calloc(1, sizeof *list);
    list->name = made;
    last = made;
    return made;
}

/* A stack that holds no pointer of the functions before. */
static __attribute__((noinline)) void
clear(void)
{
    volatile char room[4096];
    memset((char *)room, 0, sizeof room);
}

static void
nothing_points_to_it(void)
{
    table[3] = NULL;
    list->name = NULL;
    last = NULL;
}

int
main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    free(make());
    clear();
    if (strcmp(what, "free") == 0) {
        free(table[3] - 10);
    } else if (strcmp(what, "write") == 0) {
        memset(table[3], 1, 4);
    } else if (strcmp(what, "read") == 0) {
        return last[3];
    } else if (strcmp(what, "global") == 0) {
        free(names + 8);
    } else if (strcmp(what, "clean") == 0) {
        *last = 1;
        nothing_points_to_it();
    }
    return 0;
}
