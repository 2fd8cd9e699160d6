/*
 * report/rulegen.c - ready-made suppressions.
 *
 * What is written here rulefile.c reads, and valgrind and LSan do: functions
 * go by the name that the linker has, which C++ code never shares, and frames
 * without a name by their module.
 */
#include "report/rulegen.h"

#include "base/hash.h"
#include "conf/conf.h"
#include "meta/table.h"
#include "report/names.h"
#include "report/render.h"
#include "report/rule.h"
#include "report/rulefile.h"
#include "report/suppress.h"
#include "report/words.h"

bool
rulegen_is_wanted(void)
{
    return conf_now()->suppress_generate != CONF_SUPPRESS_GENERATE_OFF;
}

static const char *
function_of(const struct rule_place *place)
{
    return place->linkage != NULL ? place->linkage : place->function;
}

/* The innermost frame that has a name; NULL if there is none. */
static const struct rule_place *
first_named(const struct suppress_words *words)
{
    for (size_t i = 0; i < words->stack.count; i++) {
        const struct rule_place *place =
            &VECTOR_AT(&words->stack, struct rule_place, i);

        if (function_of(place) != NULL)
            return place;
    }
    return NULL;
}

/* One line of a block. Control characters, which no rule can hold, are any. */
static void
add_pattern(struct buffer *out, const char *key, const char *text)
{
    buffer_print(out, "   %s:", key);
    for (; *text != '\0'; text++)
        buffer_char(out,
                    (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    buffer_char(out, '\n');
}

static void
add_place(struct buffer *out, const struct rule_place *place)
{
    if (function_of(place) != NULL)
        add_pattern(out, "fun", function_of(place));
    else
        add_pattern(out, "obj", place->module != NULL ? place->module : "*");
}

/* "{", a name, the kind; the caller adds what is between, and add_frames. */
static void
add_head(struct buffer *out, const char *what, const struct rule_place *named,
         const char *memcheck_kind)
{
    buffer_print(out, "{\n   %s", what);
    if (named != NULL) {
        buffer_text(out, " in ");
        words_safe(out, named->function);
    }
    buffer_print(out, "\n   Memcheck:%s\n", memcheck_kind);
}

static void
add_frames(struct buffer *out, enum origin origin,
           const struct suppress_words *words)
{
    struct rule_place called = suppress_entry(origin);

    add_place(out, &called);
    for (size_t i = 0; i < words->stack.count && i + 1 < RULEGEN_FRAMES_MAX;
         i++)
        add_place(out, &VECTOR_AT(&words->stack, struct rule_place, i));
    buffer_text(out, "}\n");
}

static void
add_leak(struct buffer *out, const struct snapshot_entry *entry,
         struct suppress_words *words)
{
    const struct rule_place *named;

    if (!suppress_stack(words, entry->trace)) {
        out->failed = true;
        return;
    }
    named = first_named(words);
    if (words->stack.count == 0)
        return;
    if (conf_now()->suppress_generate == CONF_SUPPRESS_GENERATE_LSAN) {
        if (named != NULL)
            buffer_print(out, "leak:^%s$\n", named->function);
        return;
    }
    add_head(out, "leak", named, "Leak");
    buffer_print(
        out, "   match-leak-kinds: %s\n",
        entry->kind == LEAK_OUTSTANDING ? "all" : render_leak_key(entry->kind));
    add_frames(out, entry->origin, words);
}

void
rulegen_leak(struct buffer *out, const struct snapshot_entry *entry)
{
    struct suppress_words words = SUPPRESS_WORDS_INIT;

    add_leak(out, entry, &words);
    suppress_words_fini(&words);
}

void
rulegen_leaks(struct buffer *out, const struct snapshot *snapshot)
{
    struct suppress_words words = SUPPRESS_WORDS_INIT;
    struct table said = TABLE_INIT; /* hashes of the rules */
    struct buffer text = BUFFER_INIT;

    if (!rulegen_is_wanted() || snapshot->entries.count == 0)
        return;
    buffer_text(out, "\nsuppressions for the leaks above:\n");
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        uint64_t key, value;

        buffer_clear(&text);
        add_leak(&text,
                 &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i),
                 &words);
        if (text.count == 0)
            continue;
        /* Two lines of one function give the same rule. */
        key = hash_bytes(text.bytes, text.count);
        if (table_find(&said, key, &value))
            continue;
        if (table_insert(&said, key, 1) != 0)
            out->failed = true;
        buffer_add(out, text.bytes, text.count);
    }
    out->failed = out->failed || text.failed;
    suppress_words_fini(&words);
    table_fini(&said);
    buffer_fini(&text);
}

void
rulegen_finding(struct buffer *out, const struct finding *finding)
{
    struct suppress_words words = SUPPRESS_WORDS_INIT;
    const char *kind = rulefile_memcheck_kind(finding->kind);
    const struct rule_place *named;

    if (!rulegen_is_wanted())
        return;
    if (suppress_stack(&words, finding->trace) && words.stack.count > 0) {
        named = first_named(&words);
        if (kind != NULL &&
            conf_now()->suppress_generate != CONF_SUPPRESS_GENERATE_LSAN) {
            add_head(out, finding_key(finding->kind), named, kind);
            add_frames(out, finding->call, &words);
        } else if (named != NULL) {
            buffer_print(out, "finding:%s:^%s$\n", finding_key(finding->kind),
                         named->function);
        }
    }
    suppress_words_fini(&words);
}
