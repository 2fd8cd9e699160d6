/*
 * Under LD_AUDIT, where static TLS is scarce and a second libc is loaded, the
 * program starts and allocates, in threads too.
 */
#include <pthread.h>

#include "plugin.h"

static void *
work(void *argument)
{
    for (size_t i = 0; i < 2000; i++)
        free(keep(malloc(i)));
    return argument;
}

int
main(int argc, char **argv)
{
    if (argc == 1) {
        const char *audit = getenv("AUDIT");
        char name[] = "ld_audit";
        char again[] = "again";
        char *const arguments[] = {name, again, NULL};
        if (audit == NULL)
            PROVE_SKIP("AUDIT does not name the auditing library");
        PROVE(setenv("LD_AUDIT", audit, 1) == 0);
        PROVE(execv("/proc/self/exe", arguments) == 0);
    }
    PROVE(strcmp(argv[1], "again") == 0);
    struct plugin plugin = plugin_use(dlopen(plugin_path(), RTLD_NOW));
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        PROVE(pthread_create(&thread, NULL, work, NULL) == 0);
        plugin.end(plugin.make(4000));
        PROVE(pthread_join(thread, NULL) == 0);
    }
    return 0;
}
