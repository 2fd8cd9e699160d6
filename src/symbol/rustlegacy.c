/*
 * symbol/rustlegacy.c - Rust's first mangling, read back.
 *
 * It looks like C++'s nested names, _ZN <length> <part> ... E, with "h" and 16
 * hex digits as the last part and escapes between dollar signs.
 */
#include "symbol/rustlegacy.h"

#include <stdint.h>
#include <string.h>

#include "symbol/namebuf.h"

static const struct {
    const char *escape;
    char c;
} escapes[] = {{"$SP$", '@'}, {"$BP$", '*'}, {"$RF$", '&'}, {"$LT$", '<'},
               {"$GT$", '>'}, {"$LP$", '('}, {"$RP$", ')'}, {"$C$", ','}};

/* One part of a legacy path, unescaped. */
static void
put_legacy_part(struct namebuf *out, const char *text, size_t n)
{
    size_t i = 0;

    /* "_$" only keeps the part from beginning with "$". */
    if (n >= 2 && text[0] == '_' && text[1] == '$')
        i = 1;
    while (i < n) {
        bool found = false;
        uint32_t point = 0;
        size_t end = i + 2;

        for (size_t e = 0; e < sizeof escapes / sizeof escapes[0]; e++) {
            size_t length = strlen(escapes[e].escape);

            if (length <= n - i &&
                memcmp(text + i, escapes[e].escape, length) == 0) {
                namebuf_char(out, escapes[e].c);
                i += length;
                found = true;
                break;
            }
        }
        if (found)
            continue;
        if (n - i >= 4 && text[i] == '$' && text[i + 1] == 'u') {
            while (end < n && text[end] != '$' && end - i < 9) {
                char c = text[end++];

                point = point << 4 |
                        (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
            }
            namebuf_code_point(out, point);
            i = end + 1;
        } else if (n - i >= 2 && text[i] == '.' && text[i + 1] == '.') {
            namebuf_text(out, "::");
            i += 2;
        } else {
            namebuf_char(out, text[i]);
            i++;
        }
    }
}

static bool
is_hash(const char *text, size_t n)
{
    if (n != 17 || text[0] != 'h')
        return false;
    for (size_t i = 1; i < n; i++) {
        if (!((text[i] >= '0' && text[i] <= '9') ||
              (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    }
    return true;
}

/* Walk the parts; print them all but the hash if `out` is not NULL. Returns the
 * number of parts if the last is a hash, else 0. */
static unsigned
walk_legacy(const char *at, struct namebuf *out, unsigned parts)
{
    unsigned count = 0;
    bool ends_in_hash = false;

    while (*at != 'E') {
        size_t n = 0;

        if (*at < '1' || *at > '9')
            return 0;
        while (*at >= '0' && *at <= '9' && n < 100000)
            n = n * 10 + (size_t)(*at++ - '0');
        if (strnlen(at, n) < n)
            return 0;
        ends_in_hash = is_hash(at, n);
        if (out != NULL && count + 1 < parts) {
            if (count > 0)
                namebuf_text(out, "::");
            put_legacy_part(out, at, n);
        }
        count++;
        at += n;
    }
    if (at[1] != 0 && at[1] != '.')
        return 0;
    return ends_in_hash && count >= 2 ? count : 0;
}

bool
rustlegacy_demangle(const char *name, char *buffer, size_t size)
{
    struct namebuf out = {.text = buffer, .size = size};
    unsigned parts;

    while (*name == '_')
        name++;
    if (name[0] != 'Z' || name[1] != 'N')
        return false;
    parts = walk_legacy(name + 2, NULL, 0);
    if (parts == 0)
        return false;
    (void)walk_legacy(name + 2, &out, parts);
    namebuf_finish(&out);
    return true;
}
