/*
 * symbol/demangle.h - a linker's name turned into the one in the source.
 *
 * C++ is read by the program's own __cxa_demangle, where it has one; Rust, both
 * manglings, by code of ours. Everything else stays as it is.
 */
#ifndef SYMBOL_DEMANGLE_H
#define SYMBOL_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * What __cxa_demangle needs, since it allocates from the program's heap: the
 * caller of symbol marks itself as inside the library while it runs. `find`
 * may be NULL: then the program's own is used (a weak reference).
 */
struct demangle_hooks {
    char *(*find)(const char *name, char *buffer, size_t *size, int *status);
    void (*enter)(void);
    void (*leave)(void);
    void (*give)(void *p); /* free what __cxa_demangle returned */
};

/*
 * demangle_set_hooks - allow C++ names to be demangled; without hooks, or with
 * NULL, they stay mangled.
 *
 * hooks: must live for ever.   Thread: one at a time, at start.
 */
void demangle_set_hooks(const struct demangle_hooks *hooks);

/*
 * demangle_name - write the source's form of `name` to `buffer`.
 *
 * size: bytes at `buffer`, > 0; a longer name is cut and ends in "...".
 * Returns true; false, and `buffer` untouched, if `name` is not mangled or
 * nothing here can read it.
 * Thread: any.   Signal: no.   Locks: none, but see struct demangle_hooks.
 */
bool demangle_name(const char *name, char *buffer, size_t size);

#endif
