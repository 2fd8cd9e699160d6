/*
 * An object in a namespace of its own brings a libc and a malloc of its own:
 * both heaps live side by side, as long as each frees its own.
 */
#include "plugin.h"

int
main(void)
{
    const char *path = plugin_path();
    struct plugin plugin =
        plugin_use(dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL));
    void *theirs[100];
    void *ours[100];
    for (size_t i = 0; i < 100; i++) {
        theirs[i] = plugin.make(i * 20 + 1);
        ours[i] = keep(malloc(i * 20 + 1));
        PROVE(theirs[i] != NULL && ours[i] != NULL);
        memset(ours[i], 'o', i * 20 + 1);
    }
    for (size_t i = 0; i < 100; i++) {
        PROVE(prove_filled(theirs[i], 'p', i * 20 + 1));
        PROVE(prove_filled(ours[i], 'o', i * 20 + 1));
        plugin.end(theirs[i]);
        free(ours[i]);
    }
    PROVE(dlclose(plugin.handle) == 0);
    return 0;
}
