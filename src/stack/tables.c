/*
 * stack/tables.c - glibc's list first, then ours.
 */
#include "stack/tables.h"

#include <elf.h>

#include "elf/elf.h"
#include "os/process.h"

/* struct dl_find_object of glibc's dlfcn.h, which older headers lack. */
struct found_object {
    unsigned long long flags;
    void *map_start;
    void *map_end;
    void *link_map;
    void *eh_frame; /* PT_GNU_EH_FRAME: the search table */
    unsigned long long reserved[7];
};

extern int _dl_find_object(void *address, struct found_object *result)
    __attribute__((weak, visibility("default")));

/* Without a loader (a static program) libc calls malloc to make that list, and
 * cannot be asked before it is made. */
static bool
find_by_loader(uintptr_t place, struct frame_table *out_table)
{
    struct found_object found;

    if (_dl_find_object == NULL || process_aux(AT_BASE) == 0 ||
        _dl_find_object((void *)place, &found) != 0 || found.eh_frame == NULL)
        return false;
    return frame_open(found.map_start,
                      (uintptr_t)found.map_end - (uintptr_t)found.map_start,
                      (uintptr_t)found.map_start, (uintptr_t)found.eh_frame,
                      out_table) == 0;
}

static bool
find_by_modules(uintptr_t place, struct frame_table *out_table)
{
    const struct module *module = modules_find(place, MODULES_NOW);
    const unsigned char *header;
    size_t size;

    if (module == NULL || !modules_unwind_table(module, &header, &size))
        return false;
    return frame_open((const void *)module->start, module->end - module->start,
                      module->start, (uintptr_t)header, out_table) == 0;
}

bool
tables_find(uintptr_t place, struct frame_table *out_table)
{
    return find_by_loader(place, out_table) ||
           find_by_modules(place, out_table);
}
