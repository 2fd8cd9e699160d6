/*
 * report/hexrows.c - bytes of memory as rows of hexadecimal and text.
 *
 *   0x7f0000001010 |61 61 61 61 61 61 61 61  61 61|78 79 fd fd fd fd  aaaa...
 *                                                  ^^ ^^
 */
#include "report/hexrows.h"

#include <stdbool.h>

#define ROW 16u

static bool
is_shown(const struct hexrows *rows, uintptr_t addr)
{
    return addr >= rows->addr && addr - rows->addr < rows->count;
}

static bool
is_damaged(const struct hexrows *rows, uintptr_t addr)
{
    return is_shown(rows, addr) && addr - rows->addr < 64 &&
           (rows->damaged >> (addr - rows->addr) & 1) != 0;
}

/* What stands before the byte at `addr`: a bar where the block begins or
 * ends. */
static char
bar_before(const struct hexrows *rows, uintptr_t addr)
{
    bool is_edge = (rows->start != 0 && addr == rows->start) ||
                   (rows->end != 0 && addr == rows->end);

    return is_edge ? '|' : ' ';
}

static void
add_bytes(struct buffer *out, const struct hexrows *rows, uintptr_t row)
{
    for (unsigned i = 0; i < ROW; i++) {
        uintptr_t addr = row + i;

        if (i == ROW / 2)
            buffer_char(out, ' ');
        buffer_char(out, bar_before(rows, addr));
        if (is_shown(rows, addr))
            buffer_print(out, "%02x", (unsigned)rows->bytes[addr - rows->addr]);
        else
            buffer_text(out, "  ");
    }
}

static void
add_text(struct buffer *out, const struct hexrows *rows, uintptr_t row)
{
    buffer_text(out, "  ");
    for (unsigned i = 0; i < ROW; i++) {
        uintptr_t addr = row + i;
        unsigned char c;

        if (!is_shown(rows, addr)) {
            /* Blanks at the end of a line are of no use to anybody. */
            if (addr < rows->addr)
                buffer_char(out, ' ');
            continue;
        }
        c = rows->bytes[addr - rows->addr];
        buffer_char(out, c >= 0x20 && c < 0x7f ? (char)c : '.');
    }
}

static void
add_marks(struct buffer *out, const struct hexrows *rows, uintptr_t row,
          size_t column)
{
    size_t blanks = column;
    bool has_marks = false;

    for (unsigned i = 0; i < ROW; i++) {
        if (i == ROW / 2)
            blanks++;
        blanks++;
        if (!is_damaged(rows, row + i)) {
            blanks += 2;
            continue;
        }
        buffer_print(out, "%*s^^", (int)blanks, "");
        blanks = 0;
        has_marks = true;
    }
    if (has_marks)
        buffer_char(out, '\n');
}

void
hexrows_add(struct buffer *out, const struct hexrows *rows, unsigned indent)
{
    uintptr_t last;

    if (rows->count == 0)
        return;
    last = (rows->addr + rows->count - 1) & ~(uintptr_t)(ROW - 1);
    for (uintptr_t row = rows->addr & ~(uintptr_t)(ROW - 1);; row += ROW) {
        size_t start = out->count;
        size_t column;

        buffer_print(out, "%*s0x%012lx ", (int)indent, "", (unsigned long)row);
        column = out->count - start;
        add_bytes(out, rows, row);
        add_text(out, rows, row);
        buffer_char(out, '\n');
        add_marks(out, rows, row, column);
        if (row == last)
            break;
    }
}
