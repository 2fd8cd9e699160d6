/* sample.c - calls that are inlined in one another, for tests/oracle/run.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char *name;
    unsigned long hash;
};

static struct node *table[64];

#ifdef OTHER
unsigned long other_hash(const char *text);
#else
static inline unsigned long
other_hash(const char *text)
{
    unsigned long hash = 5381;

    while (*text != '\0')
        hash = hash * 33 + (unsigned char)*text++;
    return hash;
}
#endif

static inline struct node **
slot_of(unsigned long hash)
{
    return &table[hash % 64];
}

static inline char *
copy_text(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);

    if (copy == NULL)
        abort();
    return memcpy(copy, text, n);
}

static struct node *
insert(const char *name)
{
    struct node *node = malloc(sizeof *node);
    struct node **slot;

    if (node == NULL)
        abort();
    node->hash = other_hash(name);
    node->name = copy_text(name);
    slot = slot_of(node->hash);
    node->next = *slot;
    *slot = node;
    return node;
}

static const struct node *
find(const char *name)
{
    unsigned long hash = other_hash(name);

    for (const struct node *n = *slot_of(hash); n != NULL; n = n->next) {
        if (n->hash == hash && strcmp(n->name, name) == 0)
            return n;
    }
    return NULL;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
print_sorted(void)
{
    char *names[256];
    size_t count = 0;

    for (size_t i = 0; i < 64; i++) {
        for (struct node *n = table[i]; n != NULL && count < 256; n = n->next)
            names[count++] = n->name;
    }
    qsort(names, count, sizeof names[0], compare);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", names[i], i + 1 < count ? " " : "\n");
}

static void
remove_all(void)
{
    for (size_t i = 0; i < 64; i++) {
        while (table[i] != NULL) {
            struct node *n = table[i];

            table[i] = n->next;
            free(n->name);
            free(n);
        }
    }
}

int
main(int argc, char **argv)
{
    int missing = 0;

    for (int i = 0; i < argc; i++)
        insert(argv[i]);
    for (int i = 0; i < argc; i++)
        missing += find(argv[i]) == NULL;
    switch (argc % 4) {
    case 0: print_sorted(); break;
    case 1: printf("%d missing\n", missing); break;
    default: printf("%lu\n", other_hash(argv[0])); break;
    }
    remove_all();
    return missing;
}
