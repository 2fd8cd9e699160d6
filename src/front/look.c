/*
 * front/look.c - dbgmalloc.h: who points to a block, and the checks that the
 * macros of dbgmalloc_funcs.h ask for.
 */
#include "front/front.h"

#include "dbgmalloc.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/funcs.h"
#include "front/hooks.h"
#include "front/start.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* As dbgmalloc_funcs.h has them, which cannot be included here: its macros
 * would take the place of the functions. */
#define FUNC_TEXT 1
#define FUNC_APART 2
#define FUNC_APPEND 4
#define FUNC_ALL 8

EXPORT void dbgmalloc_func_(const char *file, unsigned line, const char *name,
                            const void *target, const void *source, size_t n,
                            int flags);
EXPORT int dbgmalloc_sprintf_(const char *file, unsigned line, char *target,
                              size_t n, const char *format, ...)
    PRINTF_LIKE(5, 6);
EXPORT int dbgmalloc_vsprintf_(const char *file, unsigned line, char *target,
                               size_t n, const char *format, va_list values)
    PRINTF_LIKE(5, 0);

/* ---- who points here? ---- */

struct look_refs {
    dbgmalloc_visit_ref *visit;
    void *context;
};

static bool
visit_ref(const struct refs_found *found, void *context)
{
    const struct look_refs *refs = context;
    struct dbgmalloc_ref ref = {.struct_size = sizeof(ref),
                                .at = (const void *)found->at,
                                .value = (const void *)found->value,
                                .module = found->module};

    switch (found->kind) {
    case REFS_GLOBAL:
        ref.kind = DBGMALLOC_REF_GLOBAL;
        break;
    case REFS_BLOCK:
        ref.kind = DBGMALLOC_REF_BLOCK;
        ref.block = (const void *)found->block.addr;
        ref.block_size = found->block.size;
        break;
    default:
        ref.kind = DBGMALLOC_REF_STACK;
    }
    return refs->visit(&ref, refs->context) == 0;
}

EXPORT size_t
dbgmalloc_find_refs(const void *p, dbgmalloc_visit_ref *visit, void *context)
{
    struct look_refs refs = {.visit = visit, .context = context};
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    struct refs_search search = {.from = (uintptr_t)p,
                                 .to = (uintptr_t)p + 1,
                                 .stack = frame + 2 * sizeof(void *)};
    struct block block;
    uint64_t visited = 0;

    if (visit == NULL || !start_is_ready())
        return 0;
    if (track_examine((uintptr_t)p, &block))
        refs_of_block(&search, &block);
    if (refs_find(&search, visit_ref, &refs, &visited) != 0)
        (void)hooks_set_error(DBGMALLOC_E_NO_MEMORY);
    return (size_t)visited;
}

/* ---- the calls that a program's own code makes of itself ---- */

/* What the header said of a call is known once it is wrong. */
struct look_call {
    const char *file;
    unsigned line;
    const char *name;
    const void *caller;
};

static void
uses(const struct look_call *call, const void *p, size_t n,
     enum finding_access access, bool is_text)
{
    if (LIKELY(n <= track_room(p)))
        return;
    track_explicit(call->file, call->line);
    track_wrong_access(p, n, access, is_text, call->name, call->caller);
}

/* The length of a text of at most `most` bytes in `room` bytes; a finding, if
 * it has no end there. */
static size_t
text_length(const struct look_call *call, const char *text, size_t most)
{
    size_t room = track_room(text);
    size_t length;

    if (room >= most)
        return strnlen(text, most);
    length = strnlen(text, room);
    if (length < room)
        return length;
    uses(call, text, room + 1, FINDING_ACCESS_READ, true);
    return strnlen(text, most);
}

EXPORT void
dbgmalloc_func_(const char *file, unsigned line, const char *name,
                const void *target, const void *source, size_t n, int flags)
{
    struct look_call call = {file, line, name, FRONT_CALLER};
    uintptr_t to = (uintptr_t)target;
    uintptr_t from = (uintptr_t)source;
    uintptr_t distance;
    size_t length = n;

    if (!start_is_ready() || !track_is_recording() ||
        (track_room(target) == SIZE_MAX && track_room(source) == SIZE_MAX))
        return;
    if (source != NULL && (flags & FUNC_TEXT) != 0) {
        length = text_length(&call, source, n);
        if (length < n || (flags & FUNC_APPEND) != 0)
            length++; /* its end */
    } else if (source != NULL) {
        uses(&call, source, n, FINDING_ACCESS_READ, false);
    }
    if (target == NULL)
        return;
    if ((flags & FUNC_APPEND) != 0)
        to += text_length(&call, target, SIZE_MAX);
    uses(&call, target,
         (flags & FUNC_ALL) != 0 ? n : to - (uintptr_t)target + length,
         FINDING_ACCESS_WRITE, false);
    distance = to > from ? to - from : from - to;
    if ((flags & FUNC_APART) != 0 && distance != 0 && distance < length) {
        track_explicit(file, line);
        track_wrong_overlap((const void *)to, source, length, length - distance,
                            name, call.caller);
    }
}

EXPORT int
dbgmalloc_vsprintf_(const char *file, unsigned line, char *target, size_t n,
                    const char *format, va_list values)
{
    struct look_call call = {file, line, n == SIZE_MAX ? "sprintf" : "snprintf",
                             FRONT_CALLER};
    int saved_errno = errno;

    if (start_is_ready() && track_is_recording() && n > track_room(target)) {
        va_list again;
        int length;

        va_copy(again, values);
        track_internal_begin();
        length = vsnprintf(NULL, 0, format, again);
        track_internal_end();
        va_end(again);
        errno = saved_errno;
        if (length >= 0)
            uses(&call, target, (size_t)length < n ? (size_t)length + 1 : n,
                 FINDING_ACCESS_WRITE, false);
    }
    return n == SIZE_MAX ? vsprintf(target, format, values)
                         : vsnprintf(target, n, format, values);
}

EXPORT int
dbgmalloc_sprintf_(const char *file, unsigned line, char *target, size_t n,
                   const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = dbgmalloc_vsprintf_(file, line, target, n, format, values);
    va_end(values);
    return length;
}
