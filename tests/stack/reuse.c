/*
 * reuse.c - three libraries that take turns at one address.
 *
 * usage: reuse ROUNDS LIBRARY...
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    void *seen = NULL;
    int reused = 0;

    for (int i = 0; i < rounds; i++) {
        void *library = dlopen(argv[2 + i % (argc - 2)], RTLD_NOW);
        void *(*work)(int);

        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
        *(void **)&work = dlsym(library, "work");
        reused += *(void **)&work == seen;
        seen = *(void **)&work;
        for (int k = 0; k < 20; k++)
            free(work(k));
        dlclose(library);
    }
    /* Else this proves nothing. */
    return reused > rounds / 4 ? 0 : 3;
}
