/*
 * symbol/runtime.c - what belongs to the runtime.
 *
 * A module is told by its file's name, which is a part of its ABI: programs
 * name it so when they are linked. Nothing here looks at a program's name.
 */
#include "symbol/runtime.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/text.h"

/* What the names of the runtime's files begin with. */
static const char *const modules[] = {
    "libc.so.",      "libc-2.",        "libm.so.",      "libm-2.",
    "libmvec.so.",   "libpthread.so.", "libpthread-2.", "libdl.so.",
    "libdl-2.",      "librt.so.",      "librt-2.",      "libresolv.so.",
    "libnsl.so.",    "libnss_",        "libutil.so.",   "libanl.so.",
    "libgcc_s.so.",  "libgcc_s-",      "libstdc++.so.", "libc++.so.",
    "libc++abi.so.", "libsupc++.so.",  "libatomic.so.", "libunwind.so.",
    "ld-linux",      "ld64.so.",       "ld-2.",         "ld.so.",
    "ld-musl-",      "[vdso]",
};

static const char *const loaders[] = {"ld-linux", "ld64.so.", "ld-2.", "ld.so.",
                                      "ld-musl-"};

struct keeper {
    const char *name;
    bool is_prefix;
};

static const struct keeper keepers[] = {
#define KEEPER(name) {name, false},
#define KEEPERS(name) {name, true},
#include "symbol/keepers.def"
#undef KEEPER
#undef KEEPERS
};

static bool
has_prefix_of(const char *path, const char *const *prefixes, size_t count)
{
    const char *name = text_base_name(path);

    for (size_t i = 0; i < count; i++) {
        if (text_has_prefix(name, prefixes[i]))
            return true;
    }
    return false;
}

bool
runtime_is_module(const char *path)
{
    return has_prefix_of(path, modules, ARRAY_COUNT(modules));
}

bool
runtime_is_loader(const char *path)
{
    return has_prefix_of(path, loaders, ARRAY_COUNT(loaders));
}

bool
runtime_is_keeper(const char *function)
{
    for (size_t i = 0; i < ARRAY_COUNT(keepers); i++) {
        char behind;

        if (!text_has_prefix(function, keepers[i].name))
            continue;
        /* Compilers call a part of a function f.part.0, f.cold. */
        behind = function[strlen(keepers[i].name)];
        if (keepers[i].is_prefix || behind == '\0' || behind == '.')
            return true;
    }
    return false;
}
