/*
 * plugin.h - load the plugin: what the programs that use one share. The
 * driver puts its path into the environment as PLUGIN.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "prove.h"

struct plugin {
    void *handle;
    void *(*make)(size_t n);
    void (*end)(void *p);
};

static inline const char *
plugin_path(void)
{
    const char *path = getenv("PLUGIN");
    if (path == NULL)
        PROVE_SKIP("PLUGIN does not name the plugin");
    return path;
}

static inline struct plugin
plugin_use(void *handle)
{
    struct plugin plugin = {.handle = handle, .make = NULL, .end = NULL};
    PROVE(handle != NULL);
    void *make = dlsym(handle, "plugin_make");
    void *end = dlsym(handle, "plugin_end");
    PROVE(make != NULL && end != NULL);
    memcpy(&plugin.make, &make, sizeof make);
    memcpy(&plugin.end, &end, sizeof end);
    return plugin;
}

#endif
