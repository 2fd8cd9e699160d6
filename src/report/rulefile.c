/*
 * report/rulefile.c - suppressions as they are written down.
 *
 * A block that has a mistake is skipped up to its closing brace: half a stack
 * would silence more than was meant.
 */
#include "report/rulefile.h"

#include <errno.h>
#include <string.h>

#include "base/attr.h"
#include "base/format.h"
#include "base/text.h"
#include "os/file.h"

/* More frames than any tool writes; a block may have fewer. */
#define STEPS_MOST 512

/* A message, cut to this; process_warn cuts it too. */
#define SAID_MAX 256

/* One line, without blanks at its ends. */
struct piece {
    const char *text;
    size_t n;
};

struct parser {
    struct rulefile *into;
    const char *file; /* in the region */
    const char *next;
    const char *end;
    unsigned line;
    bool failed; /* memory ran out */
};

/* ---- lines ---- */

/* The next line that is neither empty nor a comment; false at the end. */
static bool
next_line(struct parser *parser, struct piece *out)
{
    while (parser->next < parser->end) {
        size_t left = (size_t)(parser->end - parser->next);
        const char *newline = memchr(parser->next, '\n', left);

        out->text = parser->next;
        out->n = newline != NULL ? (size_t)(newline - parser->next) : left;
        parser->next += out->n + (newline != NULL);
        parser->line++;
        text_trim(&out->text, &out->n);
        if (out->n > 0 && out->text[0] != '#')
            return true;
    }
    return false;
}

static bool
is_piece(const struct piece *piece, const char *text)
{
    return text_is_equal_n(text, piece->text, piece->n);
}

/* True, and the rest in *out_rest, if the piece begins with `prefix`. */
static bool
has_prefix(const struct piece *piece, const char *prefix,
           struct piece *out_rest)
{
    size_t n = strlen(prefix);

    if (piece->n < n || memcmp(piece->text, prefix, n) != 0)
        return false;
    out_rest->text = piece->text + n;
    out_rest->n = piece->n - n;
    text_trim(&out_rest->text, &out_rest->n);
    return true;
}

/* Cut the piece before the next `c`; false, and all of it, if there is none. */
static bool
cut_at(struct piece *piece, char c, struct piece *out_before)
{
    const char *at = memchr(piece->text, c, piece->n);
    size_t n = at != NULL ? (size_t)(at - piece->text) : piece->n;

    out_before->text = piece->text;
    out_before->n = n;
    piece->text += n + (at != NULL);
    piece->n -= n + (at != NULL);
    text_trim(&out_before->text, &out_before->n);
    text_trim(&piece->text, &piece->n);
    return at != NULL;
}

static void
complain(struct parser *parser, const char *before, const struct piece *piece,
         const char *after)
{
    char shown[96];
    char said[SAID_MAX];

    (void)text_copy_n(shown, sizeof(shown), piece->text, piece->n);
    for (char *c = shown; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    (void)format_text(said, sizeof(said), "%s%s%s", before, shown, after);
    parser->into->complain(parser->file, parser->line, said);
}

static void
complain_plain(struct parser *parser, const char *what)
{
    parser->into->complain(parser->file, parser->line, what);
}

static void
complain_end(struct parser *parser)
{
    complain_plain(parser, "no '}' ends the block");
}

static const char *
keep(struct parser *parser, const struct piece *piece)
{
    const char *kept =
        region_text(&parser->into->region, piece->text, piece->n);

    if (kept == NULL)
        parser->failed = true;
    return kept;
}

/* Put a copy of `rule` among the others. */
static void
add_rule(struct parser *parser, const struct rule *rule)
{
    struct rule *kept = region_take(&parser->into->region, sizeof(*kept),
                                    _Alignof(struct rule));
    struct rule **place =
        kept != NULL ? vector_add(&parser->into->rules) : NULL;

    if (place == NULL) {
        parser->failed = true;
        return;
    }
    memcpy(kept, rule, sizeof(*kept));
    *place = kept;
}

/* ---- kinds of finding ---- */

/* The kinds of finding whose key matches `pattern`, as bits. */
static uint64_t
findings_like(const char *pattern)
{
    uint64_t kinds = 0;

    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        if (text_match(pattern, finding_key((enum finding_kind)i)))
            kinds |= UINT64_C(1) << i;
    }
    return kinds;
}

/* What memcheck calls a kind of error, and our keys for it. An empty list: it
 * finds that and we do not. */
static const struct {
    const char *kind; /* shell-like pattern */
    const char *said; /* what we write for it */
    const char *keys[6];
} memcheck_kinds[] = {
    {"Free",
     "Free",
     {"*-free", "realloc-*", "size-mismatch", "align-mismatch",
      "usable-size-bad", NULL}},
    {"Addr*",
     "Addr1",
     {"overrun", "underrun", "write-after-free", "check-*", "access-*", NULL}},
    {"Overlap", "Overlap", {"overlap*", NULL}},
    {"Fishy*", "FishyValue", {"size-overflow", NULL}},
    {"ReallocZero", "ReallocZero", {"zero-size", NULL}},
    {"BadSize", "BadSize", {"zero-size", "size-mismatch", NULL}},
    {"BadAlign", "BadAlign", {"bad-align", "align-mismatch", NULL}},
    {"Value*", NULL, {NULL}},
    {"Cond", NULL, {NULL}},
    {"Jump", NULL, {NULL}},
    {"Param", NULL, {NULL}},
    {"User", NULL, {NULL}},
    {"CoreError", NULL, {NULL}},
};

/* Returns false if memcheck has no such kind. */
static bool
read_memcheck_kind(const char *kind, struct rule *rule)
{
    if (text_is_equal(kind, "Leak")) {
        rule->leaks = RULE_ALL_LEAKS;
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(memcheck_kinds); i++) {
        if (!text_match(memcheck_kinds[i].kind, kind))
            continue;
        for (const char *const *key = memcheck_kinds[i].keys; *key != NULL;
             key++)
            rule->findings |= findings_like(*key);
        return true;
    }
    return false;
}

/* ---- a line of LSan's ---- */

/* Kinds of the other sanitizers, which may share a file with LSan. */
static const char *const other_kinds[] = {"race",
                                          "race_top",
                                          "mutex",
                                          "thread",
                                          "signal",
                                          "deadlock",
                                          "called_from_lib",
                                          "vptr_check",
                                          "interceptor_name",
                                          "interceptor_via_fun",
                                          "interceptor_via_lib",
                                          "odr_violation",
                                          "alloc_dealloc_mismatch"};

static bool
is_other_kind(const struct piece *kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(other_kinds); i++) {
        if (is_piece(kind, other_kinds[i]))
            return true;
    }
    return false;
}

static void
parse_finding(struct parser *parser, const struct piece *line,
              struct piece rest)
{
    struct rule rule = {.file = parser->file, .line = parser->line};
    struct piece key;
    char pattern[64];

    (void)cut_at(&rest, ':', &key);
    (void)text_copy_n(pattern, sizeof(pattern), key.text, key.n);
    rule.findings = findings_like(pattern);
    if (key.n == 0 || rule.findings == 0) {
        complain(parser, "no kind of finding is called '", &key, "'");
        return;
    }
    if (rest.n == 0) {
        complain(parser, "a pattern is missing after '", line, "'");
        return;
    }
    rule.name = keep(parser, line);
    rule.anywhere = keep(parser, &rest);
    if (!parser->failed)
        add_rule(parser, &rule);
}

static void
parse_line(struct parser *parser, const struct piece *line)
{
    struct rule rule = {
        .file = parser->file, .line = parser->line, .leaks = RULE_ALL_LEAKS};
    struct piece rest = *line;
    struct piece kind;

    if (!cut_at(&rest, ':', &kind)) {
        complain(parser, "neither 'leak:PATTERN' nor a block in braces: '",
                 line, "'");
        return;
    }
    if (is_piece(&kind, "finding")) {
        parse_finding(parser, line, rest);
        return;
    }
    if (is_other_kind(&kind))
        return;
    if (!is_piece(&kind, "leak")) {
        complain(parser, "unknown kind of suppression '", &kind,
                 "' (leak:PATTERN, finding:KEY:PATTERN)");
        return;
    }
    if (rest.n == 0) {
        complain(parser, "a pattern is missing after '", line, "'");
        return;
    }
    rule.name = keep(parser, line);
    rule.anywhere = keep(parser, &rest);
    if (!parser->failed)
        add_rule(parser, &rule);
}

/* ---- a block of valgrind's ---- */

/* Go on after the brace that closes this block. */
static void
skip_block(struct parser *parser)
{
    struct piece line;

    while (next_line(parser, &line)) {
        if (is_piece(&line, "}"))
            return;
    }
}

/* "Memcheck:Leak", "Memcheck,DRD:Leak". Returns false, and has complained, if
 * it is no such thing. A rule for other tools stays without kinds. */
static bool
parse_kind(struct parser *parser, const struct piece *line, struct rule *rule)
{
    struct piece rest = *line;
    struct piece tools, tool;
    char kind[64];
    bool is_ours = false;
    bool has_more;

    if (!cut_at(&rest, ':', &tools) || rest.n == 0) {
        complain(parser, "'Memcheck:KIND' was expected, not '", line, "'");
        return false;
    }
    do {
        has_more = cut_at(&tools, ',', &tool);
        is_ours = is_ours || is_piece(&tool, "Memcheck") ||
                  is_piece(&tool, "memcheck");
    } while (has_more);
    if (!is_ours)
        return true;
    (void)text_copy_n(kind, sizeof(kind), rest.text, rest.n);
    if (read_memcheck_kind(kind, rule))
        return true;
    complain(parser, "memcheck has no kind of error '", &rest, "'");
    return false;
}

static bool
parse_leak_kinds(struct parser *parser, struct piece list, struct rule *rule)
{
    struct piece kind;
    bool has_more;

    rule->leaks = 0;
    do {
        has_more = cut_at(&list, ',', &kind);
        if (is_piece(&kind, "definite"))
            rule->leaks |= 1u << LEAK_DEFINITE;
        else if (is_piece(&kind, "indirect"))
            rule->leaks |= 1u << LEAK_INDIRECT;
        else if (is_piece(&kind, "possible"))
            rule->leaks |= 1u << LEAK_POSSIBLE;
        else if (is_piece(&kind, "reachable"))
            rule->leaks |= 1u << LEAK_REACHABLE;
        else if (is_piece(&kind, "all"))
            rule->leaks = RULE_ALL_LEAKS;
        else if (!is_piece(&kind, "none")) {
            complain(parser, "unknown kind of leak '", &kind,
                     "' (definite, indirect, possible, reachable, all)");
            return false;
        }
    } while (has_more);
    /* Without a scan a block that was not freed may be any of them. */
    if (rule->leaks != 0)
        rule->leaks |= 1u << LEAK_OUTSTANDING;
    return true;
}

/* "src:FILE[:LINE]". */
static void
read_source(struct piece *source, struct rule_step *step)
{
    const char *colon = memrchr(source->text, ':', source->n);
    uint64_t number;

    if (colon == NULL ||
        text_read_u64(colon + 1, (size_t)(source->text + source->n - colon - 1),
                      &number) != 0 ||
        number > UINT32_MAX)
        return;
    step->line = (uint32_t)number;
    source->n = (size_t)(colon - source->text);
}

/* Returns false if the line is no frame. */
static bool
parse_step(struct parser *parser, const struct piece *line,
           struct rule_step *out_step)
{
    struct piece pattern;

    *out_step = (struct rule_step){.kind = RULE_ANY};
    if (is_piece(line, "..."))
        return true;
    if (has_prefix(line, "fun:", &pattern)) {
        out_step->kind = RULE_CALL;
    } else if (has_prefix(line, "obj:", &pattern)) {
        out_step->kind = RULE_OBJECT;
    } else if (has_prefix(line, "src:", &pattern)) {
        out_step->kind = RULE_SOURCE;
        read_source(&pattern, out_step);
    } else {
        return false;
    }
    if (pattern.n == 0)
        return false;
    out_step->text = keep(parser, &pattern);
    return true;
}

/* The frames up to the closing brace, in *rule. Returns false, and has
 * complained and skipped the block, if there is something else. */
static bool
parse_steps(struct parser *parser, struct piece line, struct rule *rule)
{
    struct vector steps = VECTOR_INIT(struct rule_step);
    struct rule_step *kept;
    bool is_right = true;

    while (!is_piece(&line, "}")) {
        struct rule_step *step =
            steps.count < STEPS_MOST ? vector_add(&steps) : NULL;

        if (step == NULL || !parse_step(parser, &line, step)) {
            complain(parser,
                     step == NULL ? "no room for another frame: '"
                                  : "no frame (fun:, obj:, src: or ...): '",
                     &line, "'");
            skip_block(parser);
            is_right = false;
            break;
        }
        if (!next_line(parser, &line)) {
            complain_end(parser);
            is_right = false;
            break;
        }
    }
    if (is_right && steps.count == 0) {
        complain_plain(parser, "a block without frames");
        is_right = false;
    }
    if (is_right) {
        kept = region_take(&parser->into->region, steps.count * sizeof(*kept),
                           _Alignof(struct rule_step));
        if (kept == NULL)
            parser->failed = true;
        else
            memcpy(kept, steps.items, steps.count * sizeof(*kept));
        rule->steps = kept;
        rule->step_count = (uint32_t)steps.count;
    }
    vector_fini(&steps);
    return is_right;
}

/* The line after the kind may be about it; then come the frames. */
static bool
parse_body(struct parser *parser, struct piece line, struct rule *rule)
{
    struct piece list;

    if (!has_prefix(&line, "match-leak-kinds:", &list))
        return parse_steps(parser, line, rule);
    if (!parse_leak_kinds(parser, list, rule)) {
        skip_block(parser);
        return false;
    }
    if (!next_line(parser, &line)) {
        complain_end(parser);
        return false;
    }
    return parse_steps(parser, line, rule);
}

static void
parse_block(struct parser *parser)
{
    struct rule rule = {.file = parser->file, .line = parser->line};
    struct piece name, kind, line;

    if (!next_line(parser, &name) || is_piece(&name, "}") ||
        !next_line(parser, &kind) || is_piece(&kind, "}")) {
        complain_plain(parser, "a block without a name or a kind");
        return;
    }
    if (!parse_kind(parser, &kind, &rule)) {
        skip_block(parser);
        return;
    }
    if (!next_line(parser, &line)) {
        complain_end(parser);
        return;
    }
    if (rule.leaks == 0 && rule.findings == 0) {
        /* Another tool's: its frames may be written in ways of its own. */
        if (!is_piece(&line, "}"))
            skip_block(parser);
        return;
    }
    rule.name = keep(parser, &name);
    if (parse_body(parser, line, &rule) && !parser->failed)
        add_rule(parser, &rule);
}

/* ---- a file ---- */

int
rulefile_parse(struct rulefile *into, const char *file, const char *text,
               size_t n)
{
    struct parser parser = {.into = into, .next = text, .end = text + n};
    struct piece line;

    parser.file = region_text(&into->region, file, strlen(file));
    if (parser.file == NULL)
        return -ENOMEM;
    while (!parser.failed && next_line(&parser, &line)) {
        if (is_piece(&line, "{"))
            parse_block(&parser);
        else
            parse_line(&parser, &line);
    }
    return parser.failed ? -ENOMEM : 0;
}

int
rulefile_read(struct rulefile *into, const char *path)
{
    struct file_map map;
    int result = file_map(path, &map);

    if (result == -ENODATA)
        return 0; /* an empty file has no rules */
    if (result != 0)
        return result;
    result = rulefile_parse(into, path, (const char *)map.bytes, map.size);
    file_unmap(&map);
    return result;
}

const char *
rulefile_memcheck_kind(enum finding_kind kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(memcheck_kinds); i++) {
        for (const char *const *key = memcheck_kinds[i].keys; *key != NULL;
             key++) {
            if (text_match(*key, finding_key(kind)))
                return memcheck_kinds[i].said;
        }
    }
    return NULL;
}

void
rulefile_fini(struct rulefile *rules)
{
    vector_fini(&rules->rules);
    region_fini(&rules->region);
}
