/*
 * front/api.c - dbgmalloc.h: set-up, checks and looking at blocks.
 *
 * Each function starts the library if need be and keeps errno: a program may
 * call them anywhere in its own error handling.
 */
#include "front/front.h"

#include "dbgmalloc.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/funcs.h"
#include "front/hooks.h"
#include "front/start.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Room for "log=" and a path, each byte escaped. */
#define API_OPTION_MAX (2 * 4096 + 8)

/* ---- set-up ---- */

EXPORT const char *
dbgmalloc_version(void)
{
    return DBGMALLOC_VERSION;
}

EXPORT int
dbgmalloc_active(void)
{
    return start_is_ready() && track_is_recording();
}

/* Other layers read the options anew; monitor may make a thread, which
 * allocates. */
static void
apply_change(void)
{
    int saved_errno = errno;

    track_options_changed();
    track_internal_begin();
    monitor_options_changed();
    funcs_update();
    track_internal_end();
    errno = saved_errno;
}

EXPORT int
dbgmalloc_setup(const char *options)
{
    int bad;

    if (!start_is_ready())
        return hooks_set_error(DBGMALLOC_E_BUSY);
    bad = conf_apply(options);
    apply_change();
    return hooks_set_error(bad != 0 ? DBGMALLOC_E_OPTIONS : DBGMALLOC_E_NONE);
}

EXPORT size_t
dbgmalloc_options(char *buffer, size_t size)
{
    if (!start_is_ready()) {
        if (size > 0)
            *buffer = '\0';
        return 0;
    }
    return conf_text(buffer, size);
}

EXPORT int
dbgmalloc_push(const char *options)
{
    int bad;

    if (!start_is_ready())
        return hooks_set_error(DBGMALLOC_E_BUSY);
    bad = conf_push(options);
    if (bad == -ENOSPC)
        return hooks_set_error(DBGMALLOC_E_FULL);
    apply_change();
    return hooks_set_error(bad != 0 ? DBGMALLOC_E_OPTIONS : DBGMALLOC_E_NONE);
}

EXPORT int
dbgmalloc_pop(void)
{
    if (!start_is_ready())
        return hooks_set_error(DBGMALLOC_E_BUSY);
    if (conf_pop() != 0)
        return hooks_set_error(DBGMALLOC_E_EMPTY);
    apply_change();
    return DBGMALLOC_E_NONE;
}

EXPORT int
dbgmalloc_record(int on)
{
    return start_is_ready() && track_record(on != 0);
}

EXPORT int
dbgmalloc_record_thread(int on)
{
    return start_is_ready() && track_record_thread(on != 0);
}

EXPORT void
dbgmalloc_shutdown(void)
{
    int saved_errno = errno;
    LEAK_CALLER(caller);

    if (start_is_ready())
        (void)start_finish(&caller); /* what remains is in the report */
    errno = saved_errno;
}

/* "log=" and the path, its commas and backslashes escaped as the grammar of
 * the options wants it; false if it does not fit. */
static bool
log_option(const char *path, char *buffer, size_t size)
{
    size_t n = 4;

    if (size < 5)
        return false;
    memcpy(buffer, "log=", n);
    for (; *path != '\0'; path++) {
        if (n + 3 > size)
            return false;
        if (*path == ',')
            buffer[n++] = '\\';
        buffer[n++] = *path;
    }
    buffer[n] = '\0';
    return true;
}

EXPORT int
dbgmalloc_reopen_log(const char *path)
{
    char option[API_OPTION_MAX];

    if (!start_is_ready())
        return hooks_set_error(DBGMALLOC_E_BUSY);
    if (path != NULL &&
        (!log_option(path, option, sizeof(option)) || conf_apply(option) != 0))
        return hooks_set_error(DBGMALLOC_E_OPTIONS);
    report_reopen();
    return DBGMALLOC_E_NONE;
}

/* ---- verify ---- */

static int
clamp_count(unsigned n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

EXPORT int
dbgmalloc_check(const void *p)
{
    if (!start_is_ready())
        return 0;
    return clamp_count(track_check_block(p, "dbgmalloc_check", FRONT_CALLER));
}

EXPORT int
dbgmalloc_check_all(void)
{
    if (!start_is_ready())
        return 0;
    return clamp_count(track_check_all("dbgmalloc_check_all", FRONT_CALLER));
}

EXPORT int
dbgmalloc_check_range(const void *p, size_t n, int flags)
{
    static const char during[] = "dbgmalloc_check_range";
    struct block block;

    if (!start_is_ready())
        return 0;
    if ((flags & DBGMALLOC_STRICT) && track_is_recording() &&
        !track_examine((uintptr_t)p, &block)) {
        struct finding finding = {.kind = FINDING_CHECK_FOREIGN,
                                  .call = ORIGIN_CHECK,
                                  .during = during,
                                  .addr = (uintptr_t)p,
                                  .length = n};

        report_place(&finding);
        track_raise(&finding);
        return 1;
    }
    return clamp_count(track_check_range(p, n, during, FRONT_CALLER));
}

/* ---- look ---- */

static void
fill_info(const struct block *block, uintptr_t addr,
          struct dbgmalloc_info *out_info)
{
    bool is_live = block->state == BLOCK_LIVE;

    memset(out_info, 0, sizeof(*out_info));
    out_info->block = (const void *)block->addr;
    out_info->size = block->size;
    out_info->offset = (ptrdiff_t)(addr - block->addr);
    out_info->is_live = is_live;
    out_info->thread = block->thread;
    out_info->free_thread = is_live ? 0 : block->free_thread;
    out_info->mark = track_block_mark(block);
    out_info->age_ns = track_age_ns(block);
    out_info->function = block_origin_name(block->origin);
    hooks_place(block->alloc, &out_info->made);
    hooks_place(block->freed, &out_info->freed);
}

/* The caller's struct may be that of an older or a newer header: it gets the
 * members that both know, and keeps its size. */
static void
copy_out(void *target, size_t target_size, void *source, size_t source_size)
{
    size_t n = target_size < source_size ? target_size : source_size;

    memcpy(source, &n, sizeof(n));
    memcpy(target, source, n);
    memcpy(target, &target_size, sizeof(target_size));
}

EXPORT int
dbgmalloc_examine(const void *p, struct dbgmalloc_info *info)
{
    struct dbgmalloc_info full;
    struct block block;

    if (info == NULL || info->struct_size < sizeof(info->struct_size))
        return hooks_set_error(DBGMALLOC_E_ARGUMENT);
    if (!start_is_ready() || !track_is_recording())
        return hooks_set_error(DBGMALLOC_E_NO_RECORDS);
    if (!track_examine((uintptr_t)p, &block))
        return hooks_set_error(DBGMALLOC_E_NOT_FOUND);
    fill_info(&block, (uintptr_t)p, &full);
    copy_out(info, info->struct_size, &full, sizeof(full));
    return DBGMALLOC_E_NONE;
}

struct api_walk {
    dbgmalloc_visit *visit;
    void *context;
};

static bool
visit_block(const struct block *block, void *context)
{
    const struct api_walk *walk = context;
    struct dbgmalloc_info info;

    fill_info(block, block->addr, &info);
    info.struct_size = sizeof(info);
    return walk->visit(&info, walk->context) == 0;
}

static unsigned
walk_flags(int flags)
{
    unsigned wanted = 0;

    if (flags & DBGMALLOC_FREED)
        wanted |= TRACK_WALK_FREED;
    if ((flags & DBGMALLOC_LIVE) || wanted == 0)
        wanted |= TRACK_WALK_LIVE;
    return wanted;
}

EXPORT size_t
dbgmalloc_walk(dbgmalloc_visit *visit, void *context, int flags)
{
    struct api_walk walk = {.visit = visit, .context = context};
    uint64_t visited = 0;

    if (visit == NULL || !start_is_ready())
        return 0;
    if (monitor_walk(walk_flags(flags), visit_block, &walk, &visited) != 0)
        (void)hooks_set_error(DBGMALLOC_E_NO_MEMORY);
    return (size_t)visited;
}

EXPORT int
dbgmalloc_get_stats(struct dbgmalloc_stats *stats)
{
    uint64_t c[COUNTER__COUNT] = {0};
    struct dbgmalloc_stats full;

    if (stats == NULL || stats->struct_size < sizeof(stats->struct_size))
        return hooks_set_error(DBGMALLOC_E_ARGUMENT);
    if (start_is_ready())
        track_counters(c);
    full = (struct dbgmalloc_stats){
        .calls_malloc = c[COUNTER_CALLS_MALLOC],
        .calls_calloc = c[COUNTER_CALLS_CALLOC],
        .calls_realloc = c[COUNTER_CALLS_REALLOC],
        .calls_aligned = c[COUNTER_CALLS_ALIGNED],
        .calls_new = c[COUNTER_CALLS_NEW],
        .calls_free = c[COUNTER_CALLS_FREE],
        .calls_delete = c[COUNTER_CALLS_DELETE],
        .blocks_allocated = c[COUNTER_BLOCKS_ALLOCATED],
        .bytes_allocated = c[COUNTER_BYTES_ALLOCATED],
        .blocks_freed = c[COUNTER_BLOCKS_FREED],
        .bytes_freed = c[COUNTER_BYTES_FREED],
        .blocks_live = c[COUNTER_BLOCKS_LIVE],
        .bytes_live = c[COUNTER_BYTES_LIVE],
        .blocks_peak = c[COUNTER_BLOCKS_PEAK],
        .bytes_peak = c[COUNTER_BYTES_PEAK],
        .peak_time_ns = c[COUNTER_PEAK_TIME],
        .failures = c[COUNTER_FAILURES],
        .findings = c[COUNTER_FINDINGS],
        .threads = c[COUNTER_THREADS],
        .heap_reserved = c[COUNTER_HEAP_RESERVED],
        .heap_committed = c[COUNTER_HEAP_COMMITTED],
        .own_memory = c[COUNTER_META]};
    copy_out(stats, stats->struct_size, &full, sizeof(full));
    return DBGMALLOC_E_NONE;
}

EXPORT size_t
dbgmalloc_error_count(void)
{
    return start_is_ready() ? (size_t)track_finding_count(FINDING__COUNT) : 0;
}
