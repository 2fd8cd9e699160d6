/*
 * front/hooks.c - the program's own hooks, and the latest error.
 *
 * A hook is the program's code, called from inside the library: it may set
 * errno, so that is kept; what it allocates is the library's (track sees to
 * that).
 */
#include "front/hooks.h"

#include "base/attr.h"
#include "track/track.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

/* Atomic: set by any thread, called by any other. */
static _Atomic(dbgmalloc_event_hook *) hooks_event;
static _Atomic(dbgmalloc_error_handler *) hooks_handler;

/* DBGMALLOC_E_..., of the process; atomic. */
static _Atomic int hooks_error;

static const struct {
    int number;
    const char *title;
} hooks_api_errors[] = {
#define API_ERROR(id, number, key, title) {number, title},
#include "model/apierrors.def"
#undef API_ERROR
};

/* The numbers of the tables are the header's. */
#define API_ERROR(id, number, key, title)                                      \
    static_assert(DBGMALLOC_E_##id == (number), key);
#include "model/apierrors.def"
#undef API_ERROR
#define FINDING(id, key, title)                                                \
    static_assert((int)DBGMALLOC_E_##id ==                                     \
                      FINDING_NUMBER_FIRST + (int)FINDING_##id,                \
                  key);
#include "model/findings.def"
#undef FINDING

int
hooks_set_error(int error)
{
    if (error != DBGMALLOC_E_NONE)
        atomic_store(&hooks_error, error);
    return error;
}

void
hooks_place(const struct trace *trace, struct dbgmalloc_place *out_place)
{
    out_place->file = NULL;
    out_place->line = 0;
    out_place->pc = NULL;
    if (trace == NULL)
        return;
    out_place->file = trace->file;
    out_place->line = trace->line;
    if (trace->count > 0)
        out_place->pc = (const void *)trace->pc[0];
}

static void
call_handler(dbgmalloc_error_handler *handler, const struct finding *finding)
{
    struct dbgmalloc_finding public = {.struct_size = sizeof(public),
                                       .error = finding_number(finding->kind),
                                       .key = finding_key(finding->kind),
                                       .title = finding_title(finding->kind),
                                       .during = finding->during,
                                       .number = finding->number,
                                       .addr = (const void *)finding->addr,
                                       .length = finding->length};

    hooks_place(finding->trace, &public.place);
    if (finding->has_block) {
        public.block = (const void *)finding->block.addr;
        public.size = finding->block.size;
        hooks_place(finding->block.alloc, &public.made);
        hooks_place(finding->block.freed, &public.freed);
    }
    handler(&public);
}

void
hooks_finding(const struct finding *finding)
{
    dbgmalloc_error_handler *handler = atomic_load(&hooks_handler);
    int saved_errno = errno;

    (void)hooks_set_error(finding_number(finding->kind));
    if (finding->kind == FINDING_ADDR_WATCH ||
        finding->kind == FINDING_SEQ_WATCH)
        dbgmalloc_on_alloc();
    else
        dbgmalloc_on_error();
    if (handler != NULL)
        call_handler(handler, finding);
    errno = saved_errno;
}

static void
call_event_hook(const struct track_event *event)
{
    dbgmalloc_event_hook *hook = atomic_load(&hooks_event);
    struct dbgmalloc_event public = {.struct_size = sizeof(public),
                                     .function = block_origin_name(event->call),
                                     .block = event->p,
                                     .old = event->old,
                                     .size = event->size,
                                     .align = event->align};
    int saved_errno = errno;

    if (hook == NULL)
        return; /* taken away meanwhile by another thread */
    hooks_place(event->trace, &public.place);
    hook(&public);
    errno = saved_errno;
}

EXPORT dbgmalloc_event_hook *
dbgmalloc_set_event_hook(dbgmalloc_event_hook *hook)
{
    dbgmalloc_event_hook *earlier = atomic_exchange(&hooks_event, hook);

    track_set_event_hook(hook != NULL ? call_event_hook : NULL);
    return earlier;
}

EXPORT dbgmalloc_error_handler *
dbgmalloc_set_error_handler(dbgmalloc_error_handler *handler)
{
    return atomic_exchange(&hooks_handler, handler);
}

/* The asm keeps the calls: a debugger must find one to stop at. */
EXPORT NOINLINE void
dbgmalloc_on_error(void)
{
    __asm__ volatile("");
}

EXPORT NOINLINE void
dbgmalloc_on_alloc(void)
{
    __asm__ volatile("" ::: "memory");
}

EXPORT int
dbgmalloc_errno(void)
{
    return atomic_load(&hooks_error);
}

EXPORT const char *
dbgmalloc_strerror(int error)
{
    for (size_t i = 0; i < ARRAY_COUNT(hooks_api_errors); i++) {
        if (hooks_api_errors[i].number == error)
            return hooks_api_errors[i].title;
    }
    for (int i = 0; i < FINDING__COUNT; i++) {
        if (finding_number((enum finding_kind)i) == error)
            return finding_title((enum finding_kind)i);
    }
    return "unknown error";
}
