/*
 * symbol/rust.c - Rust's v0 mangling, read back.
 *
 * v0 names are a prefix grammar with references back into the text already
 * read. The reader below follows the grammar of RFC 2603 one function a rule
 * and prints as it reads; `skipping` reads without printing. References can
 * make the output exponentially longer than the text, so the whole work is
 * bounded as well as the depth.
 */
#include "symbol/rust.h"

#include <stdint.h>

#include "symbol/namebuf.h"
#include "symbol/punycode.h"

#define RUST_DEPTH_MAX 128
#define RUST_WORK_MAX 20000
#define RUST_PUNYCODE_MAX 128

struct reader {
    const char *text;      /* after "_R" */
    size_t size;
    size_t at;
    struct namebuf out;
    unsigned depth;
    unsigned work;
    uint64_t bound_lifetimes;
    bool is_open;          /* see read_open_path */
    bool skipping;
    bool failed;
};

/* ---- Output. ---- */

static void
put_char(struct reader *r, char c)
{
    if (!r->skipping)
        namebuf_char(&r->out, c);
}

static void
put_text(struct reader *r, const char *text)
{
    for (; *text != 0; text++)
        put_char(r, *text);
}

static void
put_number(struct reader *r, uint64_t value, unsigned radix)
{
    if (!r->skipping)
        namebuf_number(&r->out, value, radix);
}

static void
put_code_point(struct reader *r, uint32_t c)
{
    if (!r->skipping)
        namebuf_code_point(&r->out, c);
}

/* ---- Input. ---- */

static char
peek(const struct reader *r)
{
    return r->at < r->size ? r->text[r->at] : 0;
}

static char
next(struct reader *r)
{
    if (r->at >= r->size) {
        r->failed = true;
        return 0;
    }
    return r->text[r->at++];
}

static bool
take(struct reader *r, char c)
{
    if (peek(r) != c || r->at >= r->size)
        return false;
    r->at++;
    return true;
}

static bool
enter(struct reader *r)
{
    if (r->failed || r->depth >= RUST_DEPTH_MAX || r->work >= RUST_WORK_MAX) {
        r->failed = true;
        return false;
    }
    r->depth++;
    r->work++;
    return true;
}

/* base-62-number: digits ended by "_"; "_" alone is 0. */
static uint64_t
read_base62(struct reader *r)
{
    uint64_t value = 0;

    if (take(r, '_'))
        return 0;
    while (!r->failed && !take(r, '_')) {
        char c = next(r);
        unsigned digit;

        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'z')
            digit = (unsigned)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'Z')
            digit = (unsigned)(c - 'A') + 36;
        else {
            r->failed = true;
            return 0;
        }
        if (value > (UINT64_MAX - digit - 1) / 62) {
            r->failed = true;
            return 0;
        }
        value = value * 62 + digit;
    }
    return value + 1;
}

/* An optional number after `tag`: 0 where it is absent. */
static uint64_t
read_optional(struct reader *r, char tag)
{
    uint64_t value;

    if (!take(r, tag))
        return 0;
    value = read_base62(r);
    return value + 1;
}

struct identifier {
    const char *text;
    size_t size;
    bool is_punycode;
    uint64_t disambiguator;
};

static struct identifier
read_bare_identifier(struct reader *r)
{
    struct identifier id = {.text = "", .is_punycode = take(r, 'u')};

    if (peek(r) < '0' || peek(r) > '9') {
        r->failed = true;
        return id;
    }
    if (!take(r, '0')) {
        while (peek(r) >= '0' && peek(r) <= '9' && id.size < r->size)
            id.size = id.size * 10 + (size_t)(next(r) - '0');
    }
    (void)take(r, '_');
    if (id.size > r->size - r->at) {
        r->failed = true;
        id.size = 0;
        return id;
    }
    id.text = r->text + r->at;
    r->at += id.size;
    return id;
}

static struct identifier
read_identifier(struct reader *r)
{
    uint64_t disambiguator = read_optional(r, 's');
    struct identifier id = read_bare_identifier(r);

    id.disambiguator = disambiguator;
    return id;
}

static bool
put_punycode(struct reader *r, const struct identifier *id)
{
    uint32_t points[RUST_PUNYCODE_MAX];
    int count = punycode_decode(id->text, id->size, '_', points,
                                RUST_PUNYCODE_MAX);

    for (int i = 0; i < count; i++)
        put_code_point(r, points[i]);
    return count >= 0;
}

static void
put_identifier(struct reader *r, const struct identifier *id)
{
    if (r->skipping)
        return;
    if (id->is_punycode && put_punycode(r, id))
        return;
    if (id->is_punycode)
        put_text(r, "punycode{");
    for (size_t i = 0; i < id->size; i++)
        put_char(r, id->text[i]);
    if (id->is_punycode)
        put_char(r, '}');
}

/* ---- The grammar. ---- */

static void read_path(struct reader *r, bool in_value);
static void read_type(struct reader *r);
static void read_const(struct reader *r, bool in_value);

/* A reference: read `rule` again from an earlier place. */
static void
read_back(struct reader *r, void (*rule)(struct reader *, bool), bool flag)
{
    size_t tag_at = r->at - 1;
    uint64_t target = read_base62(r);
    size_t back = r->at;

    if (r->failed || target >= tag_at) {
        r->failed = true;
        return;
    }
    r->at = (size_t)target;
    rule(r, flag);
    r->at = back;
}

static void
read_type_rule(struct reader *r, bool unused_flag)
{
    (void)unused_flag;
    read_type(r);
}

static void
put_lifetime(struct reader *r, uint64_t index)
{
    if (index == 0) {
        put_text(r, "'_");
        return;
    }
    if (index > r->bound_lifetimes) {
        r->failed = true;
        return;
    }
    put_char(r, '\'');
    put_char(r, (char)('a' + (r->bound_lifetimes - index) % 26));
}

/* An optional binder: "for<'a, 'b> ". Returns how many it binds. */
static uint64_t
read_binder(struct reader *r)
{
    uint64_t count = read_optional(r, 'G');

    if (count == 0 || r->failed)
        return 0;
    if (count > 26) {
        r->failed = true;
        return 0;
    }
    put_text(r, "for<");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            put_text(r, ", ");
        r->bound_lifetimes++;
        put_lifetime(r, 1);
    }
    put_text(r, "> ");
    return count;
}

static void
read_generic_arg(struct reader *r)
{
    if (take(r, 'L'))
        put_lifetime(r, read_base62(r));
    else if (take(r, 'K'))
        read_const(r, false);
    else
        read_type(r);
}

/* Arguments up to "E"; the number read. */
static unsigned
read_list(struct reader *r, void (*item)(struct reader *), const char *between)
{
    unsigned count = 0;

    while (!r->failed && !take(r, 'E')) {
        if (count++ > 0)
            put_text(r, between);
        item(r);
    }
    return count;
}

/* The place of an impl block: read, never shown. */
static void
skip_impl_path(struct reader *r)
{
    bool was_skipping = r->skipping;

    r->skipping = true;
    (void)read_optional(r, 's');
    read_path(r, false);
    r->skipping = was_skipping;
}

static void
read_nested_path(struct reader *r, bool in_value)
{
    char space = next(r);
    struct identifier id;

    if (!((space >= 'a' && space <= 'z') || (space >= 'A' && space <= 'Z'))) {
        r->failed = true;
        return;
    }
    read_path(r, in_value);
    id = read_identifier(r);
    if (space >= 'A' && space <= 'Z') {
        /* Made by the compiler: {closure#0}, {shim:vtable#0}. */
        put_text(r, "::{");
        if (space == 'C')
            put_text(r, "closure");
        else if (space == 'S')
            put_text(r, "shim");
        else
            put_char(r, space);
        if (id.size > 0)
            put_char(r, ':');
        put_identifier(r, &id);
        put_char(r, '#');
        put_number(r, id.disambiguator, 10);
        put_char(r, '}');
    } else if (id.size > 0) {
        put_text(r, "::");
        put_identifier(r, &id);
    }
}

static void
read_path(struct reader *r, bool in_value)
{
    char tag = next(r);
    struct identifier id;

    if (!enter(r))
        return;
    switch (tag) {
    case 'C': /* crate root */
        id = read_identifier(r);
        put_identifier(r, &id);
        break;
    case 'M': /* <T> */
    case 'X': /* <T as Trait>, in an impl */
        skip_impl_path(r);
        /* fall through */
    case 'Y': /* <T as Trait> */
        put_char(r, '<');
        read_type(r);
        if (tag != 'M') {
            put_text(r, " as ");
            read_path(r, false);
        }
        put_char(r, '>');
        break;
    case 'N':
        read_nested_path(r, in_value);
        break;
    case 'I':
        read_path(r, in_value);
        put_text(r, in_value ? "::<" : "<");
        (void)read_list(r, read_generic_arg, ", ");
        put_char(r, '>');
        break;
    case 'B':
        read_back(r, read_path, in_value);
        break;
    default:
        r->failed = true;
    }
    r->depth--;
}

static const char *
basic_type(char tag)
{
    /* By letter, 'a' to 'z'; NULL where the letter means something else. */
    static const char *const names[26] = {
        "i8",    "bool", "char", "f64",   "str",  "f32", NULL,   "u8", "isize",
        "usize", NULL,   "i32",  "u32",   "i128", "u128", "_",   NULL, NULL,
        "i16",   "u16",  "()",   "...",   NULL,   "i64", "u64",  "!"};

    return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

static void
read_fn_type(struct reader *r)
{
    uint64_t bound = read_binder(r);

    if (take(r, 'U'))
        put_text(r, "unsafe ");
    if (take(r, 'K')) {
        struct identifier abi = {.text = "C", .size = 1};

        if (!take(r, 'C'))
            abi = read_bare_identifier(r);
        put_text(r, "extern \"");
        /* In the mangled form "-" is "_". */
        for (size_t i = 0; i < abi.size; i++)
            put_char(r, abi.text[i] == '_' ? '-' : abi.text[i]);
        put_text(r, "\" ");
    }
    put_text(r, "fn(");
    (void)read_list(r, read_type, ", ");
    put_char(r, ')');
    if (!take(r, 'u')) {
        put_text(r, " -> ");
        read_type(r);
    }
    r->bound_lifetimes -= bound;
}

/* A path whose generic arguments stay open for associated types; then
 * r->is_open says that it printed "<". */
static void
read_open_path(struct reader *r, bool unused_flag)
{
    if (!enter(r))
        return;
    r->is_open = false;
    if (take(r, 'B')) {
        read_back(r, read_open_path, unused_flag);
    } else if (take(r, 'I')) {
        read_path(r, false);
        put_char(r, '<');
        (void)read_list(r, read_generic_arg, ", ");
        r->is_open = true;
    } else {
        read_path(r, false);
    }
    r->depth--;
}

static void
read_dyn_trait(struct reader *r)
{
    bool is_open;

    read_open_path(r, false);
    is_open = r->is_open;
    while (!r->failed && take(r, 'p')) {
        struct identifier name;

        put_text(r, is_open ? ", " : "<");
        is_open = true;
        name = read_bare_identifier(r);
        put_identifier(r, &name);
        put_text(r, " = ");
        read_type(r);
    }
    if (is_open)
        put_char(r, '>');
}

static void
read_dyn_type(struct reader *r)
{
    uint64_t bound;
    uint64_t lifetime;

    put_text(r, "dyn ");
    bound = read_binder(r);
    (void)read_list(r, read_dyn_trait, " + ");
    r->bound_lifetimes -= bound;
    if (!take(r, 'L')) {
        r->failed = true;
        return;
    }
    lifetime = read_base62(r);
    if (lifetime != 0) {
        put_text(r, " + ");
        put_lifetime(r, lifetime);
    }
}

static void
read_reference(struct reader *r, bool is_mutable)
{
    put_char(r, '&');
    if (take(r, 'L')) {
        uint64_t lifetime = read_base62(r);

        if (lifetime != 0) {
            put_lifetime(r, lifetime);
            put_char(r, ' ');
        }
    }
    if (is_mutable)
        put_text(r, "mut ");
    read_type(r);
}

static void
read_type(struct reader *r)
{
    char tag = next(r);
    const char *basic = basic_type(tag);

    if (!enter(r))
        return;
    if (basic != NULL) {
        put_text(r, basic);
        r->depth--;
        return;
    }
    switch (tag) {
    case 'A':
    case 'S':
        put_char(r, '[');
        read_type(r);
        if (tag == 'A') {
            put_text(r, "; ");
            read_const(r, true);
        }
        put_char(r, ']');
        break;
    case 'T':
        put_char(r, '(');
        if (read_list(r, read_type, ", ") == 1)
            put_char(r, ',');
        put_char(r, ')');
        break;
    case 'R':
    case 'Q':
        read_reference(r, tag == 'Q');
        break;
    case 'P':
    case 'O':
        put_text(r, tag == 'P' ? "*const " : "*mut ");
        read_type(r);
        break;
    case 'F':
        read_fn_type(r);
        break;
    case 'D':
        read_dyn_type(r);
        break;
    case 'B':
        read_back(r, read_type_rule, false);
        break;
    default: /* A named type. */
        r->at--;
        read_path(r, false);
    }
    r->depth--;
}

/* The hex digits of a constant, to "_": how many, and the value of the last 16
 * of them. */
static bool
read_hex(struct reader *r, uint64_t *out_value, size_t *out_count)
{
    size_t start = r->at;
    char c;

    *out_value = 0;
    while ((c = next(r)) != '_') {
        if (r->failed || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            r->failed = true;
            return false;
        }
        *out_value = *out_value << 4 |
                     (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out_count = r->at - 1 - start;
    return true;
}

static void
read_const_number(struct reader *r, bool is_signed)
{
    uint64_t value;
    size_t count;

    if (is_signed && take(r, 'n'))
        put_char(r, '-');
    if (!read_hex(r, &value, &count))
        return;
    if (count <= 16)
        put_number(r, value, 10);
    else
        put_text(r, "0x...");
}

static void
read_const_char(struct reader *r)
{
    uint64_t value;
    size_t count;

    if (!read_hex(r, &value, &count))
        return;
    put_char(r, '\'');
    if (value < 0x20 || value == 0x7f || value == '\'' || value == '\\') {
        put_text(r, "\\u{");
        put_number(r, value, 16);
        put_char(r, '}');
    } else {
        put_code_point(r, value > 0x10ffff ? 0xfffd : (uint32_t)value);
    }
    put_char(r, '\'');
}

/* A str constant: UTF-8 bytes in hex, as long as the text; not shown. */
static void
read_const_text(struct reader *r)
{
    uint64_t value;
    size_t count;

    if (read_hex(r, &value, &count))
        put_text(r, "\"...\"");
}

static void
read_const_item(struct reader *r)
{
    read_const(r, true);
}

static void
read_const_field(struct reader *r)
{
    struct identifier name = read_identifier(r);

    put_identifier(r, &name);
    put_text(r, ": ");
    read_const(r, true);
}

/* A constant of a struct or enum: its path, then how its fields are given. */
static void
read_const_variant(struct reader *r)
{
    char kind;

    read_path(r, true);
    kind = next(r);
    if (kind == 'T') {
        put_char(r, '(');
        (void)read_list(r, read_const_item, ", ");
        put_char(r, ')');
    } else if (kind == 'S') {
        put_text(r, " { ");
        (void)read_list(r, read_const_field, ", ");
        put_text(r, " }");
    } else if (kind != 'U') {
        r->failed = true;
    }
}

/* The constants that hold others; outside of a value they stand in braces. */
static void
read_const_compound(struct reader *r, char tag, bool in_value)
{
    if (!in_value)
        put_char(r, '{');
    switch (tag) {
    case 'R':
        if (take(r, 'e')) {
            read_const_text(r);
            break;
        }
        /* fall through */
    case 'Q':
        put_text(r, tag == 'R' ? "&" : "&mut ");
        read_const(r, true);
        break;
    case 'A':
        put_char(r, '[');
        (void)read_list(r, read_const_item, ", ");
        put_char(r, ']');
        break;
    case 'T':
        put_char(r, '(');
        if (read_list(r, read_const_item, ", ") == 1)
            put_char(r, ',');
        put_char(r, ')');
        break;
    case 'V':
        read_const_variant(r);
        break;
    case 'e':
        put_char(r, '*');
        read_const_text(r);
        break;
    default:
        r->failed = true;
    }
    if (!in_value)
        put_char(r, '}');
}

static void
read_const(struct reader *r, bool in_value)
{
    char tag = next(r);
    uint64_t value;
    size_t count;

    if (!enter(r))
        return;
    switch (tag) {
    case 'p':
        put_char(r, '_');
        break;
    case 'h': case 't': case 'm': case 'y': case 'o': case 'j':
        read_const_number(r, false);
        break;
    case 'a': case 's': case 'l': case 'x': case 'n': case 'i':
        read_const_number(r, true);
        break;
    case 'b':
        if (read_hex(r, &value, &count))
            put_text(r, value != 0 ? "true" : "false");
        break;
    case 'c':
        read_const_char(r);
        break;
    case 'B':
        read_back(r, read_const, in_value);
        break;
    default:
        read_const_compound(r, tag, in_value);
    }
    r->depth--;
}

/* How much of the name is mangled: up to the first character that no mangled
 * name has. What follows (".llvm.123") was added by the compiler. */
static size_t
mangled_size(const char *name)
{
    size_t n = 0;

    while ((name[n] >= '0' && name[n] <= '9') ||
           (name[n] >= 'a' && name[n] <= 'z') ||
           (name[n] >= 'A' && name[n] <= 'Z') || name[n] == '_')
        n++;
    return n;
}

bool
rust_demangle(const char *name, char *buffer, size_t size)
{
    struct reader r = {.text = name, .size = mangled_size(name),
                       .out = {.text = buffer, .size = size},
                       .skipping = true};

    if (name[r.size] != 0 && name[r.size] != '.' && name[r.size] != '$')
        return false;
    if (peek(&r) < 'A' || peek(&r) > 'Z')
        return false; /* A later version of the format has a number here. */
    /* Once without printing, so that `buffer` stays whole on failure. */
    read_path(&r, true);
    if (r.failed)
        return false;
    if (r.at < r.size && peek(&r) >= 'A' && peek(&r) <= 'Z')
        read_path(&r, false); /* the crate that made this instance */
    if (r.failed || r.at != r.size)
        return false;
    r.at = 0;
    r.work = 0;
    r.skipping = false;
    read_path(&r, true); /* As before: it cannot fail now. */
    namebuf_finish(&r.out);
    return true;
}
