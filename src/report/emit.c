/*
 * report/emit.c - JSON, one value after the other.
 */
#include "report/emit.h"

#include "base/format.h"
#include "os/process.h"
#include "report/words.h"

void
emit_begin(struct emit *emit, struct buffer *out)
{
    *emit = (struct emit){.out = out};
}

/* The end of the line, and the blanks of that depth before the next. */
static void
add_line_end(struct emit *emit)
{
    static const char blanks[2 * EMIT_DEPTH_MAX + 1] =
        "                                ";

    buffer_char(emit->out, '\n');
    buffer_add(emit->out, blanks, 2 * (size_t)emit->depth);
}

/* The comma after the value before, the line, and the key. */
static void
start_value(struct emit *emit, const char *key)
{
    if (emit->depth > 0) {
        bool *has_items = &emit->has_items[emit->depth - 1];

        if (*has_items)
            buffer_char(emit->out, ',');
        if (emit->compact == 0)
            add_line_end(emit);
        else if (*has_items)
            buffer_char(emit->out, ' ');
        *has_items = true;
    }
    if (key != NULL) {
        buffer_char(emit->out, '"');
        buffer_text(emit->out, key);
        buffer_add(emit->out, "\": ", 3);
    }
}

static void
open_value(struct emit *emit, const char *key, char open, char close)
{
    start_value(emit, key);
    BUG_IF(emit->depth == EMIT_DEPTH_MAX);
    buffer_char(emit->out, open);
    emit->close[emit->depth] = close;
    emit->has_items[emit->depth] = false;
    emit->depth++;
}

void
emit_object(struct emit *emit, const char *key)
{
    open_value(emit, key, '{', '}');
}

void
emit_list(struct emit *emit, const char *key)
{
    open_value(emit, key, '[', ']');
}

void
emit_object_compact(struct emit *emit, const char *key)
{
    emit_object(emit, key);
    if (emit->compact == 0)
        emit->compact = emit->depth;
}

void
emit_list_compact(struct emit *emit, const char *key)
{
    emit_list(emit, key);
    if (emit->compact == 0)
        emit->compact = emit->depth;
}

void
emit_close(struct emit *emit)
{
    bool is_compact = emit->compact != 0;

    BUG_IF(emit->depth == 0);
    if (emit->compact == emit->depth)
        emit->compact = 0;
    emit->depth--;
    if (!is_compact && emit->has_items[emit->depth])
        add_line_end(emit);
    buffer_char(emit->out, emit->close[emit->depth]);
}

void
emit_end(struct emit *emit)
{
    while (emit->depth > 0)
        emit_close(emit);
    buffer_char(emit->out, '\n');
}

static void
add_escaped(struct buffer *out, unsigned char c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if (c == (unsigned char)letters[i]) {
            buffer_char(out, '\\');
            buffer_char(out, letters[i + 1]);
            return;
        }
    }
    buffer_print(out, "\\u%04x", (unsigned)c);
}

/* How many bytes of `text` from its start on stand for themselves. */
static size_t
plain_run(const unsigned char *text)
{
    size_t n = 0;

    while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' &&
           text[n] != '\\')
        n++;
    return n;
}

void
emit_text(struct emit *emit, const char *key, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    start_value(emit, key);
    if (text == NULL) {
        buffer_text(emit->out, "null");
        return;
    }
    buffer_char(emit->out, '"');
    while (*c != '\0') {
        size_t n = plain_run(c);

        if (n == 0)
            n = words_character((const char *)c);
        if (n == 0 || *c < 0x20 || *c == '"' || *c == '\\' || *c == 0x7f) {
            add_escaped(emit->out, *c);
            c++;
        } else {
            buffer_add(emit->out, c, n);
            c += n;
        }
    }
    buffer_char(emit->out, '"');
}

void
emit_raw(struct emit *emit, const char *key, const char *json, size_t n)
{
    start_value(emit, key);
    buffer_add(emit->out, json, n);
}

void
emit_number(struct emit *emit, const char *key, uint64_t value)
{
    start_value(emit, key);
    buffer_number(emit->out, value);
}

void
emit_signed(struct emit *emit, const char *key, int64_t value)
{
    start_value(emit, key);
    buffer_print(emit->out, "%ld", (long)value);
}

void
emit_bool(struct emit *emit, const char *key, bool value)
{
    start_value(emit, key);
    buffer_text(emit->out, value ? "true" : "false");
}

void
emit_address(struct emit *emit, const char *key, uint64_t addr)
{
    start_value(emit, key);
    buffer_print(emit->out, "\"0x%lx\"", (unsigned long)addr);
}
