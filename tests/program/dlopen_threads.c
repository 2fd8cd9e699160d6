/*
 * args: 100
 * long: 300
 * An object is loaded and unloaded again and again while other threads
 * allocate and walk the list of objects, allocating in the callback.
 */
#include <link.h>
#include <pthread.h>

#include "plugin.h"

static volatile int stop;

static int
visit(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    free(keep(malloc(100)));
    return 0;
}

static void *
churn(void *argument)
{
    uint64_t seed = 9;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        free(keep(malloc(prove_random(&seed) % 2000)));
    return argument;
}

static void *
walk(void *argument)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        PROVE(dl_iterate_phdr(visit, NULL) == 0);
    return argument;
}

int
main(int argc, char **argv)
{
    long times = prove_argument(argc, argv, 300);
    const char *path = plugin_path();
    pthread_t threads[2];
    PROVE(pthread_create(&threads[0], NULL, churn, NULL) == 0);
    PROVE(pthread_create(&threads[1], NULL, walk, NULL) == 0);
    for (long n = 0; n < times; n++) {
        struct plugin plugin = plugin_use(dlopen(path, RTLD_NOW));
        plugin.end(plugin.make(1000));
        PROVE(dlclose(plugin.handle) == 0);
        PROVE(dlopen("/nowhere/no-such-object.so", RTLD_NOW) == NULL);
        PROVE(dlerror() != NULL);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    PROVE(pthread_join(threads[0], NULL) == 0);
    PROVE(pthread_join(threads[1], NULL) == 0);
    return 0;
}
