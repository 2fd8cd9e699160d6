/*
 * subject.c [queue] [lost] - a program that is to be attached to, and to be
 * judged. It always has what must not be accused: a cache that is full and
 * whose entries are replaced, a table that is filled in the first seconds, a
 * buffer that is emptied by turns, blocks that do not last, and blocks that go
 * by an address of free that was taken before anybody came. With `queue` it
 * adds to a list that nobody drains, with `lost` it forgets every 20th block of
 * a place.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_SIZE 1000
#define WARM_UP_SIZE 500
#define SAW_SIZE 300
#define KEPT_SIZE 50

struct node {
    struct node *next;
    char text[200];
};

static struct node *first;
static void *cache[CACHE_SIZE];
static void *warm_up[WARM_UP_SIZE];
static unsigned warm;
static void *saw[SAW_SIZE];
static unsigned teeth;
static void *kept[KEPT_SIZE];
static unsigned kept_count;
static void (*volatile kept_free)(void *);
static void *volatile sink;

__attribute__((noinline)) static void
add_to_queue(void)
{
    struct node *node = malloc(sizeof(*node));

    if (node == NULL)
        return;
    node->next = first;
    first = node;
}

__attribute__((noinline)) static void
replace(unsigned i)
{
    free(cache[i % CACHE_SIZE]);
    cache[i % CACHE_SIZE] = malloc(100 + i % 300);
}

__attribute__((noinline)) static void
fill_once(void)
{
    if (warm < WARM_UP_SIZE)
        warm_up[warm++] = malloc(120);
}

__attribute__((noinline)) static void
saw_tooth(void)
{
    if (teeth == SAW_SIZE) {
        while (teeth > 0)
            free(saw[--teeth]);
    }
    saw[teeth++] = malloc(150);
}

__attribute__((noinline)) static void
drop_by_kept_address(void)
{
    if (kept_count == KEPT_SIZE) {
        while (kept_count > 0) {
            kept_free(kept[--kept_count]);
            kept[kept_count] = NULL;
        }
    }
    kept[kept_count] = malloc(1000 + 20 * (kept_count % 10));
    kept_count++;
}

__attribute__((noinline)) static void
forget(unsigned i)
{
    sink = malloc(300);
    if (i % 20 != 0)
        free(sink);
    sink = NULL;
}

__attribute__((noinline)) static void
work(void)
{
    void *blocks[10];

    for (int i = 0; i < 10; i++)
        blocks[i] = malloc(64 + (size_t)i * 50);
    sink = blocks[0];
    for (int i = 0; i < 10; i++)
        free(blocks[i]);
    sink = NULL;
}

int
main(int argc, char **argv)
{
    int has_queue = 0, has_lost = 0;

    for (int i = 1; i < argc; i++) {
        has_queue |= strcmp(argv[i], "queue") == 0;
        has_lost |= strcmp(argv[i], "lost") == 0;
    }
    kept_free = free;
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        replace(i);
    for (unsigned i = 1;; i++) {
        for (int k = 0; k < 5; k++)
            replace((unsigned)rand());
        fill_once();
        saw_tooth();
        drop_by_kept_address();
        work();
        if (has_queue && i % 3 == 0)
            add_to_queue();
        if (has_lost)
            forget(i);
        usleep(1000);
    }
}
