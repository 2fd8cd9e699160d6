/*
 * elf/imports.h - redirect functions by the import slots of loaded modules.
 *
 * A call from one module to another goes through a word of the caller's that
 * the loader filled with the function's address. Here such words are found by
 * the symbol's name and made to lead to a hook: nothing is recompiled, code is
 * not touched, and what is not redirected costs nothing. Slots are changed by
 * one aligned store, so threads that call meanwhile get the old function or
 * the hook, and never anything else.
 *
 * A slot is redirected only if it leads to the module that defines `original`,
 * or is still to be bound and would be bound to it: another library's function
 * of the same name stays what it is. The old content of a slot is not what the
 * hook goes on to (it may be a stub of lazy binding): the hook has `original`.
 * Our own module and the dynamic loader are left alone, and so are modules that
 * the loader is still working on.
 *
 * Where the loader made the slot's page read-only (RELRO), it is writable for
 * the moment of the store. Undo gives a slot back only if it still holds the
 * hook.
 *
 * Locks: a word of its own, never waited for: imports_apply is refused while
 * another thread is at it, or closes a module (imports_close_begin).
 */
#ifndef ELF_IMPORTS_H
#define ELF_IMPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/vector.h"

#define IMPORTS_HOOKS_MAX 192
#define IMPORTS_INDEX_SIZE 512

/* One function. Hooks of one name, for several versions, follow one another,
 * the one for any version last. */
struct imports_hook {
    const char *name;
    const char *version; /* that the import asks for; NULL: any, or none */
    const void *hook;
    const void *original; /* what the name stands for; NULL: nothing is done */
};

/* A set of hooks and how far it was applied. Written by the thread that
 * applies it. */
struct imports {
    const struct imports_hook *hooks; /* must live as long as it is applied */
    size_t count;                     /* <= IMPORTS_HOOKS_MAX */
    uint8_t index[IMPORTS_INDEX_SIZE];
    struct vector modules;      /* what is known of each, oldest first */
    _Atomic uint32_t signature; /* the loader's, at the last full apply */
    uint32_t redirected;        /* slots, in all */
    uint32_t refused;           /* slots that could not be written */
};

/* imports_init - begin with a table of hooks. */
void imports_init(struct imports *imports, const struct imports_hook *hooks,
                  size_t count);

/*
 * imports_resolve - set each hook's `original`: the function that its name
 * stands for in the program's namespace, in the order of loading, our own
 * module not looked at; NULL if no module defines it as a plain function.
 *
 * For where our own reference does not tell (malloc is ours). Call
 * modules_refresh before.   Thread: any.   Signal: no.   Locks: none.
 * Cost: the tables of each module are copied once, however many names there
 * are.
 */
void imports_resolve(struct imports_hook *hooks, size_t count);

/* imports_is_ours - true if `name` stands for our own module's function in the
 * program's namespace. As imports_resolve. */
bool imports_is_ours(const char *name);

/*
 * imports_apply - redirect the slots of all loaded modules that are not
 * redirected yet.
 *
 * Returns 0; -EAGAIN if the loader is at work, some module is not ready, or
 * another thread is here (call again later); -ENOMEM.
 * Thread: any.   Signal: yes.   Locks: elf, tried.
 */
int imports_apply(struct imports *imports);

/* imports_is_due - true if modules came or went since the last imports_apply
 * that returned 0.   Signal: yes.   Cost: a few loads. */
bool imports_is_due(const struct imports *imports);

/* imports_undo - give every slot that holds a hook its function back. Returns
 * as imports_apply. */
int imports_undo(struct imports *imports);

/*
 * imports_close_begin, imports_close_end - around a dlclose: no slot is written
 * meanwhile, so none is in a module that is just unmapped.
 *
 * Waits for an imports_apply of another thread.   Signal: no.
 */
void imports_close_begin(void);
void imports_close_end(void);

/* imports_child - in a forked child: no other thread is at it. */
void imports_child(void);

#endif
