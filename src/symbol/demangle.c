/*
 * symbol/demangle.c - a linker's name turned into the one in the source.
 *
 * Rust's legacy mangling is C++'s with a hash as its last part and escapes of
 * its own, so it is tried first. Source: the Rust compiler's book, "Symbol
 * Mangling"; RFC 2603 for the v0 form (symbol/rust.c); Itanium C++ ABI, 5.1.
 */
#include "symbol/demangle.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "symbol/rust.h"
#include "symbol/rustlegacy.h"

/* __cxa_demangle takes time and stack in proportion to the text and to what it
 * repeats; names longer than this stay mangled. */
#define DEMANGLE_LENGTH_MAX 8192

/* The program's own, if it has a C++ runtime. Visible, since what is hidden is
 * never looked for outside of the library. */
extern char *__cxa_demangle(const char *name, char *buffer, size_t *size,
                            int *status)
    __attribute__((weak, visibility("default")));

/* Written once at start. */
static const struct demangle_hooks *_Atomic hooks;

void
demangle_set_hooks(const struct demangle_hooks *new_hooks)
{
    atomic_store(&hooks, new_hooks);
}

/* Copy, and say so if it was cut. */
static void
put_name(char *buffer, size_t size, const char *name)
{
    if (text_copy(buffer, size, name) >= size && size > 3)
        memcpy(buffer + size - 4, "...", 4);
}

static bool
demangle_cpp(const char *name, char *buffer, size_t size)
{
    const struct demangle_hooks *h = atomic_load(&hooks);
    char *(*find)(const char *, char *, size_t *, int *);
    char *result;
    int status = -1;

    if (h == NULL || strlen(name) > DEMANGLE_LENGTH_MAX)
        return false;
    find = h->find != NULL ? h->find : __cxa_demangle;
    if (find == NULL)
        return false;
    h->enter();
    result = find(name, NULL, NULL, &status);
    if (result != NULL && status == 0)
        put_name(buffer, size, result);
    if (result != NULL)
        h->give(result);
    h->leave();
    return result != NULL && status == 0;
}

bool
demangle_name(const char *name, char *buffer, size_t size)
{
    /* Some linkers and targets put one more underscore before. */
    if (text_has_prefix(name, "_R"))
        return rust_demangle(name + 2, buffer, size);
    if (text_has_prefix(name, "__R"))
        return rust_demangle(name + 3, buffer, size);
    if (!text_has_prefix(name, "_Z") && !text_has_prefix(name, "___Z"))
        return false;
    if (rustlegacy_demangle(name, buffer, size))
        return true;
    return demangle_cpp(name, buffer, size);
}
