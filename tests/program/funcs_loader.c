/*
 * Under check-funcs the loader's functions know their caller: RTLD_NEXT means
 * the object after the caller's, and a library is looked for where the caller's
 * own path says. Libraries come and go in several threads meanwhile.
 *
 * opts: check-funcs
 * link: export
 */
#include <pthread.h>

#include "prove.h"

/* The program's own function of that name comes first. */
long
strtol(const char *text, char **end, int base)
{
    long (*next)(const char *, char **, int);
    void *found = dlsym(RTLD_NEXT, "strtol");
    PROVE(found != NULL && found != (void *)strtol);
    memcpy(&next, &found, sizeof next);
    return next(text, end, base);
}

static void *
load(void *path)
{
    for (int i = 0; i < 200; i++) {
        void *handle = dlopen((const char *)path, RTLD_NOW | RTLD_LOCAL);
        PROVE(handle != NULL);
        PROVE(dlsym(handle, "no_such_name_in_it") == NULL);
        PROVE(dlclose(handle) == 0);
    }
    return NULL;
}

int
main(void)
{
    const char *plugin = getenv("PLUGIN");
    pthread_t threads[3];
    PROVE(strtol((char *)keep((void *)"12"), NULL, 10) == 12);
    PROVE(dlsym(RTLD_DEFAULT, "strtol") == (void *)strtol);
    if (plugin == NULL)
        PROVE_SKIP("PLUGIN is not set");
    for (int i = 0; i < 3; i++)
        PROVE(pthread_create(&threads[i], NULL, load, (void *)plugin) == 0);
    for (int i = 0; i < 3; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    return 0;
}
