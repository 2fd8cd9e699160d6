/*
 * symbol/namebuf.h - a name being written into a buffer of fixed size.
 *
 * What does not fit is counted and dropped; namebuf_finish then ends the text
 * in "...". All functions: Thread: owner. Signal: yes. Locks: none.
 */
#ifndef SYMBOL_NAMEBUF_H
#define SYMBOL_NAMEBUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct namebuf {
    char *text;
    size_t size;    /* bytes at text, > 0 */
    size_t count;   /* bytes written; may be past size */
};

static inline void
namebuf_char(struct namebuf *name, char c)
{
    if (name->count + 1 < name->size)
        name->text[name->count] = c;
    name->count++;
}

static inline void
namebuf_text(struct namebuf *name, const char *text)
{
    for (; *text != 0; text++)
        namebuf_char(name, *text);
}

/* namebuf_number - `value` in the base `radix`, 2..16. */
static inline void
namebuf_number(struct namebuf *name, uint64_t value, unsigned radix)
{
    char digits[64];
    size_t n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % radix];
        value /= radix;
    } while (value != 0);
    while (n > 0)
        namebuf_char(name, digits[--n]);
}

/* namebuf_code_point - one code point as UTF-8, an invalid one as U+FFFD. */
static inline void
namebuf_code_point(struct namebuf *name, uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        namebuf_char(name, (char)c);
    } else if (c < 0x800) {
        namebuf_char(name, (char)(0xc0 | c >> 6));
        namebuf_char(name, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        namebuf_char(name, (char)(0xe0 | c >> 12));
        namebuf_char(name, (char)(0x80 | (c >> 6 & 0x3f)));
        namebuf_char(name, (char)(0x80 | (c & 0x3f)));
    } else {
        namebuf_char(name, (char)(0xf0 | c >> 18));
        namebuf_char(name, (char)(0x80 | (c >> 12 & 0x3f)));
        namebuf_char(name, (char)(0x80 | (c >> 6 & 0x3f)));
        namebuf_char(name, (char)(0x80 | (c & 0x3f)));
    }
}

/* namebuf_finish - terminate the text; mark one that was cut. */
static inline void
namebuf_finish(struct namebuf *name)
{
    if (name->count < name->size) {
        name->text[name->count] = 0;
        return;
    }
    name->text[name->size - 1] = 0;
    if (name->size > 3)
        memcpy(name->text + name->size - 4, "...", 4);
}

#endif
