/*
 * Blocks made by an object that has since been unloaded stay blocks: they are
 * resized and freed, and the report names what it can of their sites.
 */
#include "plugin.h"

int
main(void)
{
    const char *path = plugin_path();
    void *blocks[20];
    for (size_t i = 0; i < 20; i++) {
        struct plugin plugin = plugin_use(dlopen(path, RTLD_NOW));
        blocks[i] = plugin.make(100 + i);
        plugin.end(plugin.make(50));
        PROVE(dlclose(plugin.handle) == 0);
        PROVE(prove_filled(blocks[i], 'p', 100 + i));
    }
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = realloc(blocks[i], 5000);
        PROVE(prove_filled(blocks[i], 'p', 100 + i));
        free(blocks[i]);
    }
    /* The other ten are still held when the report is made. */
    return prove_filled(blocks[15], 'p', 115) ? 0 : 1;
}
