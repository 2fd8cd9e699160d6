/*
 * leak/interior.c - pointers into the middle of a block that are as good as
 * pointers to its first byte.
 */
#include "leak/interior.h"

#include <elf.h>
#include <errno.h>

#include "elf/elf.h"
#include "meta/vector.h"
#include "leak/careful.h"

#define WORD sizeof(uintptr_t)

/* An array's elements begin behind a cookie: eight bytes, or as many as their
 * alignment where that is more. */
#define COOKIE_MOST ((size_t)64)

/* The string's length, capacity and reference count. */
#define STRING_HEAD (3 * WORD)

/* Entries of a table that are looked at; what a class inherits may leave some
 * of them empty. */
#define TABLE_LOOK 3

/* Words of an aligned part that may hold the block's own address. */
#define NOTE_LOOK 4

/* A loaded segment. */
struct piece {
    uintptr_t start, end;
    bool is_code;
};

/* Of the one scan that runs: the segments of all modules. */
static struct vector interior_pieces = VECTOR_INIT(struct piece);

static bool
add_module(const struct module *module, void *context)
{
    const struct modules_segment *segments;
    size_t count;

    (void)context;
    if (!modules_is_loaded(module))
        return true;
    count = modules_segments(module, &segments);
    for (size_t i = 0; i < count; i++) {
        struct piece *piece = vector_add(&interior_pieces);

        if (piece == NULL)
            return false;
        piece->start = segments[i].start;
        piece->end = segments[i].end;
        piece->is_code = (segments[i].flags & PF_X) != 0;
    }
    return true;
}

static int
compare_pieces(const void *a, const void *b)
{
    const struct piece *left = a;
    const struct piece *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

int
interior_begin(void)
{
    modules_each(add_module, NULL);
    vector_sort(&interior_pieces, compare_pieces);
    return 0;
}

void
interior_end(void)
{
    vector_fini(&interior_pieces);
}

static const struct piece *
find_piece(uintptr_t addr)
{
    size_t low = 0;
    size_t high = interior_pieces.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct piece *piece =
            &VECTOR_AT(&interior_pieces, struct piece, middle);

        if (piece->end <= addr)
            low = middle + 1;
        else if (piece->start > addr)
            high = middle;
        else
            return piece;
    }
    return NULL;
}

/* A word of a block, which can be read as far as the block goes. */
static __attribute__((no_sanitize("address"))) uintptr_t
word_at(uintptr_t addr)
{
    return *(const uintptr_t *)addr;
}

/*
 * A table of virtual functions lies in a module outside its code (where it was
 * relocated, in a part that was writable at first), and leads into code.
 */
static bool
is_table(uintptr_t addr)
{
    const struct piece *piece = find_piece(addr);
    unsigned code = 0;

    if (piece == NULL || piece->is_code || addr % WORD != 0)
        return false;
    for (size_t i = 0; i < TABLE_LOOK; i++) {
        uintptr_t at = addr + i * WORD;
        const struct piece *target;

        if (at + WORD > piece->end)
            break;
        target = find_piece(word_at(at));
        code += target != NULL && target->is_code;
    }
    return code > 0;
}

/* `new T[n]` gave the program what lies behind the cookie. Every element is as
 * long as the next, so the number divides the rest. */
static bool
is_array(const struct shadow_block *block, size_t offset)
{
    uintptr_t count = word_at(block->addr + offset - WORD);
    size_t bytes = block->size - offset;

    if (offset < WORD || offset > COOKIE_MOST || (offset & (offset - 1)) != 0)
        return false;
    return count > 0 && count <= bytes && bytes % count == 0;
}

/* The characters follow the head and end with a NUL. */
static bool
is_string(const struct shadow_block *block, size_t offset)
{
    uintptr_t length = word_at(block->addr);
    uintptr_t capacity = word_at(block->addr + WORD);

    return offset == STRING_HEAD && length > 0 && length <= capacity &&
           block->size > STRING_HEAD &&
           capacity <= block->size - STRING_HEAD - 1;
}

/* The block begins with the number of bytes that follow (sqlite and others that
 * keep the size themselves). */
static bool
is_sized(const struct shadow_block *block, size_t offset)
{
    return offset == sizeof(uint64_t) &&
           word_at(block->addr) == block->size - sizeof(uint64_t);
}

/* Whoever aligns a block by hand keeps a pointer to the aligned part, and in
 * it,
 * or right before it, the address to be freed: malloc wrappers do, and the
 * loader's index of modules. */
static bool
is_noted(const struct shadow_block *block, uintptr_t value)
{
    uintptr_t end = block->addr + block->size;

    for (size_t i = 0; i <= NOTE_LOOK; i++) {
        uintptr_t at = value - WORD + i * WORD;

        if (at + WORD <= end && word_at(at) == block->addr)
            return true;
    }
    return false;
}

/* A pointer to a second base class points to that part of the object, which
 * begins with a table as the object itself does. */
static bool
is_base(const struct shadow_block *block, size_t offset)
{
    return offset % WORD == 0 && offset + WORD <= block->size &&
           is_table(word_at(block->addr)) &&
           is_table(word_at(block->addr + offset));
}

bool
interior_is_start(const struct shadow_block *block, uintptr_t value)
{
    size_t offset = value - block->addr;

    if (block->size < 2 * WORD || offset % WORD != 0 ||
        careful_is_barred(block->addr, block->addr + block->size) ||
        (shadow_has_places() &&
         !careful_is_here(block->addr, block->addr + block->size)))
        return false;
    return is_sized(block, offset) || is_array(block, offset) ||
           is_string(block, offset) || is_noted(block, value) ||
           is_base(block, offset);
}
