/* The program of suppress.sh: it leaks in two places and frees twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile hidden;

__attribute__((noinline, noclone)) void
leak_known(void)
{
    hidden = malloc(100);
    hidden = malloc(100);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline, noclone)) void
leak_new(void)
{
    hidden = malloc(30);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline, noclone)) void
free_twice(void)
{
    void *p = malloc(8);

    hidden = p;
    free(p);
    p = hidden;
    free(p);
    __asm__ volatile("" ::: "memory");
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "known") == 0)
            leak_known();
        else if (strcmp(argv[i], "new") == 0)
            leak_new();
        else if (strcmp(argv[i], "twice") == 0)
            free_twice();
    }
    hidden = NULL;
    return 0;
}
