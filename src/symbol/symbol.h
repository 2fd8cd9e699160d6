/*
 * symbol/symbol.h - the door of symbol: address to function, file and line, or
 * to variable.
 *
 * Owns: what was read of each module's files, lazily, in memory of our own, and
 * its lock. Given an address and the generation it was captured in, it says
 * which functions it stands for: the one whose code it is, and, innermost
 * first, those that were inlined there. The program's heap is used by
 * __cxa_demangle alone (symbol/demangle.h), with none of our locks held.
 *
 * "No information" is not a failure: a frame then says less (only the module,
 * or not even that), and symbol_lack says why.
 *
 * Locks: one, rank SYMBOL, taken inside each function.
 * Reading order: symbol.h, object.h (a module's files), index.h (their debug
 * information by address), demangle.h, resolve.c.
 */
#ifndef SYMBOL_SYMBOL_H
#define SYMBOL_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/module.h"
#include "symbol/demangle.h"
#include "symbol/runtime.h"

/* More frames than any compiler inlines into one another at one place. */
#define SYMBOL_FRAMES_MAX 64

/* One function at an address. Texts live until symbol_release. */
struct symbol_frame {
    const char *function;        /* as in the source; NULL = unknown */
    const char *linkage;         /* as the linker has it, where it was
                                    demangled; else NULL */
    uint64_t function_offset;    /* bytes from its start; 0 for inlined ones */
    const char *file;            /* as the compiler was given it, with its
                                 directory; NULL = unknown */
    uint32_t line;               /* 0 = unknown */
    uint32_t column;             /* 0 = unknown */
    bool is_inlined;             /* into the next frame */
    const struct module *module; /* NULL = in none */
    uint64_t module_offset; /* the address as linked: what addr2line takes */
};

/*
 * symbol_resolve - name the call that returns to `addr`.
 *
 * addr: a return address; what is looked up is the byte before it.
 * generation: of the module list when it was captured (trace.generation), or
 * MODULES_NOW (0).
 * max: room at `out_frames`, 1..SYMBOL_FRAMES_MAX; outer frames are left out if
 * there are more.
 * Returns the number of frames, innermost first, at least 1: the last is the
 * function that the code belongs to.
 *
 * Thread: any.   Signal: no.   Locks: symbol.   Cost: the first look-up in a
 * module reads its symbol table, the first in a source file its lines.
 */
size_t symbol_resolve(uintptr_t addr, uint32_t generation,
                      struct symbol_frame *out_frames, size_t max);

/* symbol_resolve_exact - like symbol_resolve, for an address that is itself the
 * instruction: the place of a fault, a function's entry. */
size_t symbol_resolve_exact(uintptr_t addr, uint32_t generation,
                            struct symbol_frame *out_frames, size_t max);

/*
 * symbol_resolve_in - name the address `offset` (as linked, looked up as it
 * is) of a module that need not be loaded in this process.
 *
 * module: its path and build-id say which file to read; it must live until
 * symbol_release.
 */
size_t symbol_resolve_in(const struct module *module, uint64_t offset,
                         struct symbol_frame *out_frames, size_t max);

/* A variable of static storage. Texts live until symbol_release. */
struct symbol_variable {
    const char *name;            /* as in the source; NULL = unknown */
    uint64_t name_offset;        /* bytes from its start */
    const struct module *module; /* NULL = in none */
    uint64_t module_offset;      /* the address as linked */
};

/* symbol_find_variable - the module whose data is at `addr` now and, where it
 * is to be named, the variable.   Thread: any.   Signal: no.   Locks: symbol,
 * to name it.   Cost: then it reads the module's symbol table. */
void symbol_find_variable(uintptr_t addr, bool is_named,
                          struct symbol_variable *out_variable);

/* symbol_module - the module that `addr`, a return address, lay in; NULL if
 * there is none.   Thread: any.   Signal: yes.   Locks: none. */
const struct module *symbol_module(uintptr_t addr, uint32_t generation);

/* symbol_modules - call `visit` for each module that is or was loaded, until it
 * returns false.   Thread: any.   Signal: yes.   Locks: none. */
void symbol_modules(bool (*visit)(const struct module *module, void *context),
                    void *context);

/*
 * symbol_lack - why frames of `module` say less than they could: "file not
 * found", "file was replaced", "no debug information", ...; NULL if nothing is
 * lacking or nothing was looked up in it.
 */
const char *symbol_lack(const struct module *module);

/* Where files and lines are looked up; elsewhere function names alone are,
 * which is far quicker. */
enum symbol_lines {
    SYMBOL_LINES_ALL,
    SYMBOL_LINES_PROGRAM, /* not in the runtime (symbol/runtime.h) */
    SYMBOL_LINES_NONE
};

/* symbol_set_lines - SYMBOL_LINES_ALL is the default. Takes effect for what was
 * not yet looked up.   Thread: any.   Signal: yes.   Locks: none. */
void symbol_set_lines(enum symbol_lines lines);

/* symbol_release - give back all memory and files; every text from here is then
 * invalid. Call it when a report is done.   Locks: symbol. */
void symbol_release(void);

/* freeze, thaw for fork and stop-the-world; reset in the forked child. */
void symbol_freeze(void);
void symbol_thaw(void);
void symbol_reset(void);

#endif
