/*
 * report/suppress.c - the suppressions in force.
 *
 * Naming a frame may mean reading a file's debug information, so stacks are
 * named only where a rule could match: the built-in rules are tried only where
 * the module that they begin with is in the stack. Each address is named once.
 */
#include "report/suppress.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/text.h"
#include "conf/conf.h"
#include "meta/meta.h"
#include "os/process.h"
#include "report/names.h"
#include "report/report.h"
#include "report/rulefile.h"

/* The longest path of a file of suppressions, its NUL included. */
#define PATH_ROOM 4096

/* ---- built-in rules ---- */

#define ANY                                                                    \
    {                                                                          \
        .kind = RULE_ANY                                                       \
    }
#define CALL(of_module, of_function)                                           \
    {                                                                          \
        .kind = RULE_CALL_IN, .text = of_function, .module = of_module         \
    }
#define BUILTIN_LEAKS                                                          \
    (1u << LEAK_OUTSTANDING | 1u << LEAK_POSSIBLE | 1u << LEAK_REACHABLE)
#define BUILTIN(key, ...)                                                      \
    {.name = key,                                                              \
     .leaks = BUILTIN_LEAKS,                                                   \
     .steps = (const struct rule_step[]){__VA_ARGS__},                         \
     .step_count = sizeof((const struct rule_step[]){__VA_ARGS__}) /           \
                   sizeof(struct rule_step)},

/* Only their counts change, atomically. */
static struct rule builtin[] = {
#include "report/suppressions.def"
};

#undef BUILTIN
#undef CALL
#undef ANY

/* ---- the rules of the files ---- */

struct set {
    const char *paths; /* the option they were read for */
    struct rulefile file;
    bool has_findings; /* some rule is for findings */
    bool has_leaks;
};

/* Published whole and never changed or freed: readers take no lock. */
static _Atomic(struct set *) current;

/* Findings that were kept back. */
static _Atomic uint64_t kept_back;

static void
complain(const char *file, unsigned line, const char *what)
{
    process_warn("suppressions in %s, line %u: %s", file, line, what);
}

static void
read_file(struct set *set, const char *path)
{
    int error = rulefile_read(&set->file, path);

    if (error == -ENOMEM)
        process_warn("suppressions in %s: no memory for all of them", path);
    else if (error != 0)
        process_warn("suppressions in %s cannot be read (error %d)", path,
                     -error);
}

static void
read_all(struct set *set)
{
    const char *paths = set->paths;

    while (paths != NULL && *paths != '\0') {
        const char *colon = strchr(paths, ':');
        size_t n = colon != NULL ? (size_t)(colon - paths) : strlen(paths);
        char path[PATH_ROOM];

        if (text_copy_n(path, sizeof(path), paths, n) < sizeof(path))
            read_file(set, path);
        paths += n + (colon != NULL);
    }
    for (size_t i = 0; i < set->file.rules.count; i++) {
        const struct rule *rule = VECTOR_AT(&set->file.rules, struct rule *, i);

        set->has_findings = set->has_findings || rule->findings != 0;
        set->has_leaks = set->has_leaks || rule->leaks != 0;
    }
}

static bool
is_read(const struct set *set, const char *paths)
{
    if (set == NULL || set->paths == NULL || paths == NULL)
        return (set == NULL || set->paths == NULL) && paths == NULL;
    return text_is_equal(set->paths, paths);
}

void
suppress_update(void)
{
    for (;;) {
        /* Texts of options live for ever. */
        const char *paths = conf_now()->suppress;
        struct set *set;

        if (is_read(atomic_load(&current), paths))
            return;
        set = meta_map(sizeof(*set));
        if (set == NULL) {
            process_warn("no memory for suppressions");
            return;
        }
        set->paths = paths;
        set->file = (struct rulefile)RULEFILE_INIT(complain);
        read_all(set);
        atomic_store(&current, set);
    }
}

void
report_options_changed(void)
{
    suppress_update();
}

uint64_t
suppress_findings(void)
{
    return atomic_load(&kept_back);
}

void
suppress_forget(void)
{
    atomic_store(&kept_back, 0);
}

/* ---- stacks in words ---- */

/* Where the words of an address are: the first of its places, and how many. */
#define KNOWN_SHIFT 8

static const char *
keep(struct suppress_words *words, const char *text, bool *failed)
{
    const char *kept;

    if (text == NULL)
        return NULL;
    kept = region_text(&words->region, text, strlen(text));
    if (kept == NULL)
        *failed = true;
    return kept;
}

/* Name entry `i` of the trace: adds its frames to `places`. */
static bool
name_entry(struct suppress_words *words, const struct trace *trace, uint32_t i,
           uint64_t *out_where)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);
    size_t first = words->places.count;
    bool failed = false;

    for (unsigned k = 0; k < count; k++) {
        const struct names_frame *frame = &scratch.frames[k];
        struct rule_place *place = vector_add(&words->places);

        if (place == NULL)
            return false;
        place->function = keep(words, frame->function, &failed);
        place->linkage = keep(words, frame->linkage, &failed);
        place->file = keep(words, frame->file, &failed);
        place->module = keep(words, frame->module, &failed);
        place->line = frame->line;
    }
    *out_where = (uint64_t)first << KNOWN_SHIFT | count;
    return !failed;
}

static bool
add_entry(struct suppress_words *words, const struct trace *trace, uint32_t i)
{
    /* The header's line belongs to this call alone. */
    bool is_common = i < trace->count && (i > 0 || trace->file == NULL);
    uint64_t key = 0;
    uint64_t where;

    if (is_common)
        key = hash_add(hash_u64(trace->pc[i]), trace->generation);
    if (!is_common || !table_find(&words->known, key, &where)) {
        if (!name_entry(words, trace, i, &where))
            return false;
        if (is_common && table_insert(&words->known, key, where) != 0)
            return false;
    }
    for (uint64_t k = 0; k < (where & ((1u << KNOWN_SHIFT) - 1)); k++) {
        struct rule_place *place = vector_add(&words->stack);

        if (place == NULL)
            return false;
        *place = VECTOR_AT(&words->places, struct rule_place,
                           (where >> KNOWN_SHIFT) + k);
    }
    return true;
}

bool
suppress_stack(struct suppress_words *words, const struct trace *trace)
{
    uint32_t count = names_count(trace);

    vector_clear(&words->stack);
    for (uint32_t i = 0; i < count; i++) {
        if (!add_entry(words, trace, i))
            return false;
    }
    return true;
}

struct rule_place
suppress_entry(enum origin origin)
{
    static const char *const linkages[ORIGIN__COUNT] = {
        [ORIGIN_NEW] = "_Znwm",
        [ORIGIN_NEW_ARRAY] = "_Znam",
        [ORIGIN_NEW_ALIGNED] = "_ZnwmSt11align_val_t",
        [ORIGIN_NEW_ARRAY_ALIGNED] = "_ZnamSt11align_val_t",
        [ORIGIN_DELETE] = "_ZdlPv",
        [ORIGIN_DELETE_ARRAY] = "_ZdaPv",
    };

    return (struct rule_place){
        .function = block_origin_name(origin),
        .linkage = (unsigned)origin < ORIGIN__COUNT ? linkages[origin] : NULL};
}

void
suppress_words_fini(struct suppress_words *words)
{
    region_fini(&words->region);
    table_fini(&words->known);
    vector_fini(&words->places);
    vector_fini(&words->stack);
}

/* ---- leaks ---- */

/* One pass over a snapshot. */
struct pass {
    struct snapshot *snapshot;
    struct set *set; /* or NULL */
    struct suppress_words words;
    struct table used; /* address of a rule -> its index in
                                    snapshot->rules */
};

/* Whether a rule of ours could match, by the modules of the stack alone. */
static bool
may_be_builtin(const struct snapshot_entry *entry)
{
    const struct trace *trace = entry->trace;
    struct names_module found;

    if ((BUILTIN_LEAKS >> entry->kind & 1) == 0)
        return false;
    for (uint32_t i = 0; trace != NULL && i < trace->count; i++) {
        const char *module;

        if (!names_module_of(trace->pc[i], trace->generation, &found))
            continue;
        module = text_base_name(found.path);
        for (size_t k = 0; k < ARRAY_COUNT(builtin); k++) {
            const struct rule_step *step = builtin[k].steps;

            if (step->kind == RULE_ANY)
                step++;
            else if (i > 0)
                continue;
            /* Every program has libc at the end of its stacks: there it says
             * nothing unless it is the caller, too. */
            if (i > 0 && text_has_prefix(step->module, "libc."))
                continue;
            if (text_match(step->module, module))
                return true;
        }
    }
    return false;
}

static const struct rule *
find_rule(struct pass *pass, const struct snapshot_entry *entry, bool is_own)
{
    struct rule_place called = suppress_entry(entry->origin);
    const struct rule_place *places = pass->words.stack.items;
    size_t count = pass->words.stack.count;

    for (size_t i = 0; pass->set != NULL && i < pass->set->file.rules.count;
         i++) {
        struct rule *rule = VECTOR_AT(&pass->set->file.rules, struct rule *, i);

        if ((rule->leaks >> entry->kind & 1) != 0 &&
            rule_match(rule, &called, places, count)) {
            atomic_fetch_add(&rule->hits, 1);
            return rule;
        }
    }
    for (size_t i = 0; is_own && i < ARRAY_COUNT(builtin); i++) {
        if (rule_match(&builtin[i], NULL, places, count)) {
            atomic_fetch_add(&builtin[i].hits, 1);
            return &builtin[i];
        }
    }
    return NULL;
}

/* The snapshot's line for `rule`, made if need be; NULL without memory. */
static struct snapshot_rule *
rule_line(struct pass *pass, const struct rule *rule)
{
    struct vector *lines = &pass->snapshot->rules;
    struct snapshot_rule *line;
    uint64_t at;

    if (table_find(&pass->used, (uintptr_t)rule, &at))
        return &VECTOR_AT(lines, struct snapshot_rule, at);
    line = vector_add(lines);
    if (line == NULL)
        return NULL;
    line->name = snapshot_text(pass->snapshot, rule->name);
    line->file =
        rule->file != NULL ? snapshot_text(pass->snapshot, rule->file) : NULL;
    line->line = rule->line;
    if (table_insert(&pass->used, (uintptr_t)rule, lines->count - 1) != 0)
        pass->snapshot->is_partial = true; /* it will have several lines */
    return line;
}

static void
take_out(struct pass *pass, const struct snapshot_entry *entry,
         const struct rule *rule)
{
    struct snapshot *snapshot = pass->snapshot;
    struct snapshot_rule *line = rule_line(pass, rule);

    if (line != NULL) {
        line->leaks.blocks += entry->blocks;
        line->leaks.bytes += entry->bytes;
    }
    snapshot->suppressed.blocks += entry->blocks;
    snapshot->suppressed.bytes += entry->bytes;
    snapshot->selected.blocks -= entry->blocks;
    snapshot->selected.bytes -= entry->bytes;
    snapshot->kinds[entry->kind].blocks -= entry->blocks;
    snapshot->kinds[entry->kind].bytes -= entry->bytes;
}

static const struct rule *
judge(struct pass *pass, const struct snapshot_entry *entry)
{
    bool is_own = may_be_builtin(entry);

    if ((pass->set == NULL || !pass->set->has_leaks) && !is_own)
        return NULL;
    if (!suppress_stack(&pass->words, entry->trace)) {
        /* Half a stack is not judged: it is listed. */
        pass->snapshot->is_partial = true;
        return NULL;
    }
    return find_rule(pass, entry, is_own);
}

/* Hits are those since the start, so that a rule for findings is known too. */
static void
list_rules(struct pass *pass)
{
    for (size_t i = 0; pass->set != NULL && i < pass->set->file.rules.count;
         i++) {
        const struct rule *rule =
            VECTOR_AT(&pass->set->file.rules, struct rule *, i);
        struct snapshot_rule *line = rule_line(pass, rule);

        if (line == NULL) {
            pass->snapshot->is_partial = true;
            return;
        }
        line->hits = atomic_load(&rule->hits);
    }
    for (size_t i = 0; i < ARRAY_COUNT(builtin); i++) {
        uint64_t at;

        if (table_find(&pass->used, (uintptr_t)&builtin[i], &at))
            VECTOR_AT(&pass->snapshot->rules, struct snapshot_rule, at).hits =
                atomic_load(&builtin[i].hits);
    }
}

/* What became of an entry. */
struct fate {
    const struct rule *rule; /* that takes it out, or NULL */
    uint32_t place;          /* as another entry names it from now on */
};

/* The fate of the entry that hangs over this one, or NULL. Indirect entries
 * come after definite ones, so it is known. */
static const struct fate *
fate_above(const struct vector *fates, const struct snapshot_entry *entry)
{
    if (entry->parent == SNAPSHOT_NO_ENTRY || entry->parent > fates->count)
        return NULL;
    return &VECTOR_AT(fates, struct fate, entry->parent - 1);
}

/* A rule takes out what hangs under an entry too. One that takes out only what
 * hangs there leaves the leader with less. */
static const struct rule *
judge_below(struct pass *pass, const struct fate *above,
            const struct snapshot_entry *entry)
{
    const struct rule *rule;
    struct snapshot_entry *leader;

    if (above != NULL && above->rule != NULL)
        return above->rule;
    rule = judge(pass, entry);
    if (rule == NULL || above == NULL)
        return rule;
    leader = &VECTOR_AT(&pass->snapshot->entries, struct snapshot_entry,
                        above->place - 1);
    /* Estimates may be of more than the whole. */
    leader->below_blocks -= entry->blocks < leader->below_blocks
                                ? entry->blocks
                                : leader->below_blocks;
    leader->below_bytes -=
        entry->bytes < leader->below_bytes ? entry->bytes : leader->below_bytes;
    return rule;
}

/* Take out what a rule covers and close the gaps. Without memory for the fates
 * all stays. */
static void
filter(struct pass *pass)
{
    struct vector fates = VECTOR_INIT(struct fate);
    struct vector *entries = &pass->snapshot->entries;
    size_t count = entries->count;
    size_t kept = 0;

    if (vector_reserve(&fates, count) != 0) {
        pass->snapshot->is_partial = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct snapshot_entry entry =
            VECTOR_AT(entries, struct snapshot_entry, i);
        const struct fate *above = fate_above(&fates, &entry);
        struct fate *fate = vector_add(&fates);

        if (fate == NULL)
            break; /* cannot be: there is room */
        fate->rule = judge_below(pass, above, &entry);
        if (fate->rule != NULL) {
            take_out(pass, &entry, fate->rule);
            continue;
        }
        if (above != NULL)
            entry.parent = above->place;
        VECTOR_AT(entries, struct snapshot_entry, kept++) = entry;
        fate->place = (uint32_t)kept;
    }
    entries->count = kept;
    vector_fini(&fates);
}

void
report_suppress(struct snapshot *snapshot)
{
    struct pass pass = {.snapshot = snapshot,
                        .set = atomic_load(&current),
                        .words = SUPPRESS_WORDS_INIT,
                        .used = TABLE_INIT};
    bool is_session = names_begin();

    filter(&pass);
    list_rules(&pass);
    snapshot->findings_suppressed = suppress_findings();
    names_end(is_session);
    suppress_words_fini(&pass.words);
    table_fini(&pass.used);
}

/* ---- findings ---- */

static bool
is_noticed_like(const struct rule *rule, const struct finding *finding,
                const struct trace *trace, struct suppress_words *words)
{
    struct rule_place called = suppress_entry(finding->call);

    return suppress_stack(words, trace) &&
           rule_match(rule, &called, words->stack.items, words->stack.count);
}

/* A block that is overrun is noticed where it is freed, so what identifies it
 * is where it was made. */
static bool
is_finding_like(const struct rule *rule, const struct finding *finding,
                struct suppress_words *words)
{
    if ((rule->findings >> finding->kind & 1) == 0)
        return false;
    if (is_noticed_like(rule, finding, finding->trace, words))
        return true;
    return rule->anywhere != NULL && finding->has_block &&
           is_noticed_like(rule, finding, finding->block.alloc, words);
}

bool
report_is_suppressed(const struct finding *finding)
{
    struct set *set = atomic_load(&current);
    struct suppress_words words = SUPPRESS_WORDS_INIT;
    bool is_suppressed = false;
    bool is_session;

    if (LIKELY(set == NULL || !set->has_findings))
        return false;
    is_session = names_begin();
    for (size_t i = 0; i < set->file.rules.count && !is_suppressed; i++) {
        struct rule *rule = VECTOR_AT(&set->file.rules, struct rule *, i);

        is_suppressed = is_finding_like(rule, finding, &words);
        if (is_suppressed)
            atomic_fetch_add(&rule->hits, 1);
    }
    names_end(is_session);
    suppress_words_fini(&words);
    if (is_suppressed)
        atomic_fetch_add(&kept_back, 1);
    return is_suppressed;
}
