/*
 * report/line.c - one line of the log, with what log-prefix asks for.
 */
#include <stdarg.h>

#include "base/format.h"
#include "conf/conf.h"
#include "meta/buffer.h"
#include "os/clock.h"
#include "os/thread.h"
#include "report/emit.h"
#include "report/log.h"
#include "report/render.h"
#include "report/report.h"

/* Lines longer than this go through a buffer of our own. */
#define LINE_SIZE 1024

/* Lines said so far, and when the first was; guarded by report_lock. */
static uint64_t line_count;
static uint64_t first_ns;

/* Elapsed time with microseconds: lines stand close together. */
static size_t
add_elapsed(char *text, size_t size, uint64_t ns)
{
    return format_text(text, size, "%lu.%06lu ",
                       (unsigned long)(ns / 1000000000),
                       (unsigned long)(ns / 1000 % 1000000));
}

/* Held: report. Returns the length, which is under `size`. */
static size_t
make_prefix(char *text, size_t size)
{
    unsigned prefix = conf_now()->log_prefix;
    uint64_t now = clock_now();
    char when[32];
    size_t n = 0;

    if (line_count++ == 0)
        first_ns = now;
    text[0] = '\0';
    if (log_is_stderr())
        n += format_text(text + n, size - n, "dbgmalloc: ");
    if (prefix & CONF_PREFIX_TIME)
        n += format_text(text + n, size - n, "%s ",
                         clock_text(when, sizeof(when), clock_unix()));
    if (prefix & CONF_PREFIX_ELAPSED)
        n += add_elapsed(text + n, size - n, now - first_ns);
    if (prefix & CONF_PREFIX_PID)
        n += format_text(text + n, size - n, "p%d ", thread_process_id());
    if (prefix & CONF_PREFIX_TID)
        n += format_text(text + n, size - n, "t%d ", thread_id());
    if (prefix & CONF_PREFIX_SEQ)
        n +=
            format_text(text + n, size - n, "%lu: ", (unsigned long)line_count);
    return n;
}

/* In a log of JSON a line is a document of its own, so that the log stays one
 * stream of documents. */
static void
add_document(struct buffer *out, const char *text)
{
    struct emit emit;

    emit_begin(&emit, out);
    emit_object(&emit, NULL);
    emit_text(&emit, "line", text);
    emit_end(&emit);
}

/* A line that is too long, or of JSON. Where memory runs out, what there is of
 * it is said. `n` bytes of prefix are at `prefix`. */
static void
make_long(struct buffer *out, const char *prefix, size_t n, const char *format,
          va_list values)
{
    struct buffer text = BUFFER_INIT;

    buffer_add(&text, prefix, n);
    buffer_print_v(&text, format, values);
    if (text.bytes != NULL && render_format() == REPORT_JSON) {
        add_document(out, text.bytes);
    } else if (text.bytes != NULL) {
        buffer_add(out, text.bytes, text.count);
        buffer_char(out, '\n');
    }
    buffer_fini(&text);
}

void
report_line_v(const char *format, va_list values)
{
    struct buffer out = BUFFER_INIT;
    char line[LINE_SIZE];
    const char *bytes = line;
    va_list again;
    enum log_hold hold = log_hold();
    size_t prefix = 0;
    size_t n;

    va_copy(again, values);
    /* Without the lock nothing may be counted: the line goes to fd 2 bare. */
    if (hold != LOG_HOLD_NONE)
        prefix = make_prefix(line, sizeof(line) / 4);
    n = prefix +
        format_text_v(line + prefix, sizeof(line) - prefix, format, values);
    if (n < sizeof(line) - 1 && !render_is_document(render_format())) {
        line[n++] = '\n';
    } else {
        make_long(&out, line, prefix, format, again);
        bytes = out.bytes;
        n = out.count;
    }
    va_end(again);
    if (hold == LOG_HOLD_NONE) {
        log_stderr(bytes, n);
    } else {
        (void)log_put(bytes, n); /* it has said so itself */
        log_release(hold);
    }
    buffer_fini(&out);
}

void
report_line(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    report_line_v(format, values);
    va_end(values);
}
