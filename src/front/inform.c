/*
 * front/inform.c - dbgmalloc.h: marks, reports and messages.
 */
#include "front/front.h"

#include "dbgmalloc.h"
#include "os/process.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/hooks.h"
#include "front/start.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of one message, its NUL included. */
#define INFORM_MESSAGE_MAX 1001

/* What the flags of this interface ask for. */
static struct collect_request
request_of(int flags, unsigned mark)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    request.mark = mark;
    request.with_freed = (flags & DBGMALLOC_FREED) != 0;
    request.without_live = request.with_freed && !(flags & DBGMALLOC_LIVE);
    if ((flags & DBGMALLOC_ALL) || mark != 0) {
        request.age_ns = 0;
        request.size_min = 0;
        request.size_max = UINT64_MAX;
    }
    return request;
}

/* The calling thread makes a report already (this is a hook, or a handler that
 * interrupted one). */
static bool
is_refused(int result)
{
    if (result == 0)
        return false;
    (void)hooks_set_error(DBGMALLOC_E_BUSY);
    return true;
}

static size_t
count_blocks(const struct collect_request *request, size_t *out_bytes)
{
    struct snapshot_total total = {0};

    *out_bytes = 0;
    if (!start_is_ready() || is_refused(monitor_count(request, &total)))
        return 0;
    *out_bytes = (size_t)total.bytes;
    return (size_t)total.blocks;
}

static size_t
write_report(const struct collect_request *request)
{
    struct snapshot_total total = {0};
    int result;

    if (!start_is_ready())
        return 0;
    track_internal_begin();
    result = monitor_report(request, &total);
    track_internal_end();
    return is_refused(result) ? 0 : (size_t)total.blocks;
}

/* ---- marks ---- */

EXPORT unsigned
dbgmalloc_mark(void)
{
    unsigned mark;

    if (!start_is_ready())
        return 0;
    mark = track_mark();
    monitor_mark(mark);
    return mark;
}

EXPORT size_t
dbgmalloc_count_since(unsigned mark, int flags, size_t *out_blocks)
{
    struct collect_request request = request_of(flags | DBGMALLOC_ALL, mark);
    size_t bytes;
    size_t blocks = count_blocks(&request, &bytes);

    if (out_blocks != NULL)
        *out_blocks = blocks;
    return bytes;
}

EXPORT size_t
dbgmalloc_log_since(unsigned mark, int flags)
{
    struct collect_request request = request_of(flags | DBGMALLOC_ALL, mark);
    size_t bytes;

    if (count_blocks(&request, &bytes) == 0)
        return 0;
    return write_report(&request);
}

EXPORT void
dbgmalloc_assert_no_leaks_(const char *file, unsigned line, unsigned mark)
{
    size_t blocks = dbgmalloc_log_since(mark, DBGMALLOC_LIVE);

    if (blocks == 0)
        return;
    process_warn("%s:%u: %zu block%s made since mark %u not freed", file, line,
                 blocks, blocks == 1 ? "" : "s", mark);
    process_abort();
}

/* ---- reports ---- */

EXPORT size_t
dbgmalloc_leak_check(int flags)
{
    struct collect_request request = request_of(flags & DBGMALLOC_ALL, 0);
    size_t bytes;
    LEAK_CALLER(caller);

    request.caller = &caller;
    return count_blocks(&request, &bytes);
}

EXPORT size_t
dbgmalloc_log_leaks(int flags)
{
    struct collect_request request = request_of(flags & DBGMALLOC_ALL, 0);
    LEAK_CALLER(caller);

    request.caller = &caller;
    return write_report(&request);
}

EXPORT void
dbgmalloc_log_stats(void)
{
    struct collect_request request = request_of(0, 0);

    request.with_leaks = false;
    request.with_stats = true;
    (void)write_report(&request); /* it lists no blocks */
}

/* The text is made by libc, which knows all conversions, floating-point ones
 * too; this is the program's call, made outside the library. */
EXPORT void
dbgmalloc_vmessage(const char *format, va_list values)
{
    char text[INFORM_MESSAGE_MAX];
    int saved_errno = errno;

    if (start_is_ready() && vsnprintf(text, sizeof(text), format, values) >= 0)
        report_line("%s", text);
    errno = saved_errno;
}

EXPORT void
dbgmalloc_message(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    dbgmalloc_vmessage(format, values);
    va_end(values);
}
