/*
 * front/funcs.c - check-funcs: which calls are redirected, and when.
 *
 * Modules that are loaded later are noticed by what the program does with
 * them: before each dlopen, dlsym and dlclose, and before calls that take their
 * time anyhow (read, sprintf ...), the loader's counters are looked at.
 * Nothing can be done right after a dlopen: the hook must not stand between
 * dlopen and its caller, whose place it needs (RPATH, the namespace), so it
 * ends in a jump.
 */
#include "front/funcs.h"

#include "os/process.h"
#include "conf/conf.h"
#include "elf/elf.h"
#include "track/track.h"

#include <elf.h>
#include <errno.h>
#include <stdatomic.h>

/* How often a scan that met the loader at work is tried again at once. */
#define FUNCS_TRIES 4

static const struct imports_hook funcs_hooks[] = {
#define FUNC(name, version)                                                    \
    {#name, version, (const void *)funcs_##name, (const void *)name},
#define ALIAS(name, version, as)                                               \
    {#name, version, (const void *)funcs_##as, (const void *)as},
#include "front/funcs.def"
#undef FUNC
#undef ALIAS
};

/* Guarded by imports' own word. */
static struct imports funcs_imports;

/* Atomic: the option is on and slots are redirected. */
static _Atomic bool funcs_is_on;

static void
turn_on(void)
{
    int error;

    imports_init(&funcs_imports, funcs_hooks, ARRAY_COUNT(funcs_hooks));
    error = modules_refresh();
    for (unsigned i = 0; i < FUNCS_TRIES && error == 0; i++) {
        error = imports_apply(&funcs_imports);
        if (error == 0)
            break;
        if (error == -EAGAIN)
            error = 0; /* what was not ready is so at a later call */
    }
    atomic_store(&funcs_is_on, true);
    if (error != 0)
        process_warn("check-funcs: the imports of the program could not be "
                     "read (error %d)",
                     -error);
    if (process_aux(AT_BASE) == 0)
        process_warn("check-funcs: this is a static program: only its calls "
                     "with DBGMALLOC_FUNC_CHECK are checked");
    if (funcs_imports.refused != 0)
        process_warn("check-funcs: %u calls could not be redirected: the "
                     "kernel refuses to change their slots",
                     (unsigned)funcs_imports.refused);
}

static void
turn_off(void)
{
    atomic_store(&funcs_is_on, false);
    for (unsigned i = 0; i < FUNCS_TRIES; i++) {
        if (imports_undo(&funcs_imports) == 0)
            return;
    }
}

void
funcs_update(void)
{
    bool is_wanted = conf_now()->check_funcs && track_is_recording();

    if (is_wanted == atomic_load(&funcs_is_on))
        return;
    if (is_wanted)
        turn_on();
    else
        turn_off();
}

void
funcs_child(void)
{
    imports_child();
}

void
funcs_refresh(void)
{
    if (UNLIKELY(imports_is_due(&funcs_imports)) &&
        atomic_load_explicit(&funcs_is_on, memory_order_relaxed))
        (void)imports_apply(&funcs_imports); /* else at the next call */
}

/* ---- modules that come and go ---- */

void *
funcs_dlopen(const char *path, int flags)
{
    funcs_refresh();
    return dlopen(path, flags);
}

void *
funcs_dlmopen(Lmid_t space, const char *path, int flags)
{
    funcs_refresh();
    return dlmopen(space, path, flags);
}

void *
funcs_dlsym(void *handle, const char *name)
{
    funcs_refresh();
    return dlsym(handle, name);
}

void *
funcs_dlvsym(void *handle, const char *name, const char *version)
{
    funcs_refresh();
    return dlvsym(handle, name, version);
}

/* dlclose has no use for its caller. */
int
funcs_dlclose(void *handle)
{
    int result;

    funcs_refresh();
    imports_close_begin();
    result = dlclose(handle);
    imports_close_end();
    return result;
}
