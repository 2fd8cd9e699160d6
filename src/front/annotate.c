/*
 * front/annotate.c - dbgmalloc.h: names, and blocks that are kept on purpose.
 */
#include "front/front.h"

#include "dbgmalloc.h"
#include "track/track.h"
#include "leak/leak.h"
#include "front/hooks.h"
#include "front/start.h"

#include <errno.h>

/* 0, or `error` where it was refused. A plain allocator has no records to put
 * it into, and says so only of single blocks. */
static int
result_of(bool is_done, int error)
{
    if (is_done || (!track_is_recording() && error != DBGMALLOC_E_NOT_FOUND))
        return DBGMALLOC_E_NONE;
    return hooks_set_error(error);
}

EXPORT int
dbgmalloc_ignore(const void *p)
{
    return result_of(start_is_ready() && track_ignore(p),
                     DBGMALLOC_E_NOT_FOUND);
}

EXPORT int
dbgmalloc_ignore_begin(void)
{
    return result_of(start_is_ready() && track_ignore_begin(),
                     DBGMALLOC_E_EMPTY);
}

EXPORT int
dbgmalloc_ignore_end(void)
{
    return result_of(start_is_ready() && track_ignore_end(), DBGMALLOC_E_EMPTY);
}

EXPORT int
dbgmalloc_tag(const void *p, const char *name)
{
    struct block block;

    if (name == NULL || *name == '\0')
        return hooks_set_error(DBGMALLOC_E_ARGUMENT);
    if (!start_is_ready() || !track_examine((uintptr_t)p, &block) ||
        block.state != BLOCK_LIVE || block.addr != (uintptr_t)p)
        return hooks_set_error(DBGMALLOC_E_NOT_FOUND);
    return result_of(track_tag(p, name), DBGMALLOC_E_FULL);
}

EXPORT int
dbgmalloc_scope_begin(const char *name)
{
    if (name == NULL || *name == '\0')
        return hooks_set_error(DBGMALLOC_E_ARGUMENT);
    return result_of(start_is_ready() && track_scope_begin(name),
                     DBGMALLOC_E_FULL);
}

EXPORT int
dbgmalloc_scope_end(void)
{
    return result_of(start_is_ready() && track_scope_end(), DBGMALLOC_E_EMPTY);
}

static int
protect_result(int error)
{
    switch (error) {
    case 0:
        return DBGMALLOC_E_NONE;
    case -ENOENT:
        return hooks_set_error(DBGMALLOC_E_NOT_FOUND);
    case -ENOTSUP:
        return hooks_set_error(DBGMALLOC_E_NO_RECORDS);
    default:
        return hooks_set_error(DBGMALLOC_E_NO_MEMORY);
    }
}

EXPORT int
dbgmalloc_protect(const void *p)
{
    return protect_result(start_is_ready() ? track_protect(p) : -ENOTSUP);
}

EXPORT int
dbgmalloc_unprotect(const void *p)
{
    return protect_result(start_is_ready() ? track_unprotect(p, FRONT_CALLER)
                                           : -ENOTSUP);
}

EXPORT int
dbgmalloc_root_register(const void *p, size_t n)
{
    return result_of(start_is_ready() && leak_root_insert((uintptr_t)p, n) == 0,
                     DBGMALLOC_E_NO_MEMORY);
}

EXPORT int
dbgmalloc_root_unregister(const void *p)
{
    if (start_is_ready() && leak_root_remove((uintptr_t)p))
        return DBGMALLOC_E_NONE;
    return hooks_set_error(DBGMALLOC_E_NOT_FOUND);
}
