/*
 * report/words.c - numbers, blocks and texts as a person reads them.
 */
#include "report/words.h"

#include <string.h>

#include "base/format.h"

void
words_count(struct buffer *out, uint64_t n, const char *noun)
{
    buffer_print(out, "%'lu %s%s", (unsigned long)n, noun, n == 1 ? "" : "s");
}

void
words_bytes(struct buffer *out, uint64_t n)
{
    words_count(out, n, "byte");
}

void
words_total(struct buffer *out, uint64_t bytes, uint64_t blocks)
{
    words_bytes(out, bytes);
    buffer_text(out, " in ");
    words_count(out, blocks, "block");
}

void
words_time(struct buffer *out, uint64_t ns)
{
    char text[24];

    buffer_text(out, format_time(text, sizeof(text), ns));
}

void
words_address(struct buffer *out, uintptr_t addr)
{
    buffer_print(out, "0x%lx", (unsigned long)addr);
}

static bool
is_continued(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Source: The Unicode Standard, table 3-7. */
size_t
words_character(const char *character)
{
    const unsigned char *text = (const unsigned char *)character;
    unsigned char a = text[0];
    unsigned char b;

    if (a < 0x80)
        return 1;
    b = text[1];
    if (a < 0xc2 || a > 0xf4 || !is_continued(b))
        return 0;
    if (a < 0xe0)
        return 2;
    if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ||
        (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ||
        !is_continued(text[2]))
        return 0;
    if (a < 0xf0)
        return 3;
    return is_continued(text[3]) ? 4 : 0;
}

/* How many bytes of `text` from its start on are plain ASCII: they are copied
 * at once, for nearly all of a large report is made of them. */
static size_t
plain_run(const char *text)
{
    size_t n = 0;

    while (text[n] >= 0x20 && text[n] < 0x7f)
        n++;
    return n;
}

void
words_safe(struct buffer *out, const char *text)
{
    if (text == NULL)
        return;
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;
        size_t n = plain_run(text);

        if (n == 0)
            n = words_character(text);
        if (n == 0 || c < 0x20 || c == 0x7f) {
            buffer_print(out, "\\x%02x", (unsigned)c);
            text++;
        } else {
            buffer_add(out, text, n);
            text += n;
        }
    }
}

bool
words_contain(const char *bytes, size_t n, const char *wanted, size_t length)
{
    for (size_t i = 0; i + length <= n; i++) {
        if (memcmp(bytes + i, wanted, length) == 0)
            return true;
    }
    return false;
}
