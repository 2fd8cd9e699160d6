/*
 * model/module.h - a module: one ELF object that is or was loaded.
 */
#ifndef MODEL_MODULE_H
#define MODEL_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_BUILD_ID_MAX 32

struct module {
    const char *path;        /* as the loader names it; the program's own path
                                for the main program; "[vdso]" */
    uintptr_t base;          /* load bias: address = base + file's p_vaddr */
    uintptr_t start;         /* first address of its mapping */
    uintptr_t end;           /* one past the last */
    uint32_t loaded;         /* generation of the list that saw it first */
    uint32_t unloaded;       /* generation that missed it; 0 while loaded */
    bool is_main;
    uint8_t space;           /* 0: the program's namespace; others: dlmopen's */
    uint8_t build_id_size;   /* bytes, 0 = it has none */
    uint8_t build_id[MODULE_BUILD_ID_MAX];
};

#endif
