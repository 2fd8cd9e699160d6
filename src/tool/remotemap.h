/*
 * tool/remotemap.h - what is mapped in another process: its modules, by its
 * memory alone.
 *
 * Files are not opened: the target may have another root, and its files may
 * have been replaced or deleted since. What a loaded module needs to be found,
 * its dynamic symbols and its unwind table, lies in its memory.
 *
 * Everything in that memory is taken for hostile: it only makes something not
 * be found.   Thread: one at a time.
 */
#ifndef TOOL_REMOTEMAP_H
#define TOOL_REMOTEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"

/* One line of /proc/PID/maps. */
struct remotemap_region {
    uintptr_t start, end;
    bool readable, writable, executable, shared;
    uint64_t offset;
    uint64_t device, inode;
    char *path; /* "" for anonymous memory */
};

struct remotemap_module {
    const char *path;
    uintptr_t start, end;
    uintptr_t base;         /* load bias */
    uintptr_t dynamic;      /* address of its dynamic section, 0: none */
    uintptr_t frame_header; /* ... of .eh_frame_hdr, 0: none */
    bool is_main;
    bool is_loader; /* ld.so, or musl's libc, which is both */

    /* Read when first needed. */
    bool has_symbols, has_frames;
    unsigned char *symbols; /* Elf64_Sym */
    size_t symbol_count;
    char *strings;
    size_t strings_size;
    unsigned char *frame_bytes;
    struct frame_table frames;
};

/* What the kernel told the program at its start. No two programs that a process
 * runs are told the same, with random addresses; before the kernel has loaded
 * the program and its loader, all is zero. */
struct remotemap_start {
    uint64_t headers; /* AT_PHDR */
    uint64_t loader;  /* AT_BASE */
    uint64_t random;  /* AT_RANDOM */
};

struct remotemap {
    int pid;
    struct remotemap_start start;
    struct remotemap_region *regions;
    size_t region_count;
    struct remotemap_module *modules;
    size_t module_count;
};

/* remotemap_read - read what process `pid` has mapped now. Returns 0 or a
 * negative errno (-EAGAIN: it calls exec again and again); remotemap_fini after
 * 0. Of a process that is in the midst of an exec there may be nothing. */
int MUST_CHECK remotemap_read(int pid, struct remotemap *out_map);
void remotemap_fini(struct remotemap *map);

/* remotemap_is_current - false if the process has called exec since. */
bool remotemap_is_current(const struct remotemap *map);

/* remotemap_region - the mapping that `addr` lies in, or NULL. */
const struct remotemap_region *remotemap_region(const struct remotemap *map,
                                                uintptr_t addr);

/* remotemap_module - the module that `addr` lies in, or NULL. */
struct remotemap_module *remotemap_module(const struct remotemap *map,
                                          uintptr_t addr);

/* remotemap_symbol - the address of the function that `module` defines and
 * exports as `name`, 0 if it does not. */
uintptr_t remotemap_symbol(const struct remotemap *map,
                           struct remotemap_module *module, const char *name);

/* remotemap_is_named - true if `module` exports the function at `addr` under
 * one of `count` names. */
bool remotemap_is_named(const struct remotemap *map,
                        struct remotemap_module *module, uintptr_t addr,
                        const char *const *names, size_t count);

/* remotemap_libc - the module that defines `name` and is neither the program
 * nor ours: libc, for a name that only libc has. NULL if there is none. */
struct remotemap_module *remotemap_libc(const struct remotemap *map,
                                        const char *name,
                                        uintptr_t *out_address);

/* remotemap_frames - the module's unwind table, or NULL. */
const struct frame_table *remotemap_frames(const struct remotemap *map,
                                           struct remotemap_module *module);

/* remotemap_warm - copy the symbols and unwind tables of all modules, so that
 * no thread is stopped while it is done. */
void remotemap_warm(const struct remotemap *map);

#endif
