/*
 * symbol/resolve.c - address to function, file and line.
 *
 * What was resolved is kept until symbol_release, since the stacks of a report
 * share most of their frames: `answers` maps module and offset to a list of
 * frames. C++ names are demangled with no lock held, as that calls the
 * program's malloc; should two threads do so for one address, the second
 * answer is thrown away.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "meta/table.h"
#include "os/lock.h"
#include "symbol/object.h"
#include "symbol/symbol.h"

/* A demangled name, at most; longer ones are cut. */
#define RESOLVE_NAME_MAX 4096

/* What the answers of one report may take, bytes; past it frames are still
 * found, each time anew, but their C++ names stay mangled. */
#define RESOLVE_MEMORY_MAX ((size_t)128 << 20)

struct answer {
    struct answer *next; /* with the same hash */
    const struct module *module;
    uint64_t offset;
    uint32_t count;
    struct symbol_frame frames[];
};

static struct lock lock = LOCK_INIT(LOCK_RANK_SYMBOL);

/* Under the lock. */
static struct {
    struct region region;
    struct table answers; /* hash to struct answer */
    struct table names;   /* hash of a text to the text */
    size_t bytes;
} memory = {.region = REGION_INIT, .answers = TABLE_INIT, .names = TABLE_INIT};

/* Set by symbol_set_lines; atomic. */
static _Atomic(enum symbol_lines) lines_wanted;

static void *
take_memory(size_t size, size_t align)
{
    if (memory.bytes > RESOLVE_MEMORY_MAX)
        return NULL;
    memory.bytes += size;
    return region_take(&memory.region, size, align);
}

/* A copy of `text` that lives until symbol_release, shared with equal ones;
 * NULL if memory is out. */
static const char *
keep_text(const char *text)
{
    size_t n = strlen(text);
    uint64_t key = hash_bytes(text, n);
    uint64_t value;
    char *copy;

    if (table_find(&memory.names, key, &value) &&
        text_is_equal((const char *)(uintptr_t)value, text))
        return (const char *)(uintptr_t)value;
    copy = take_memory(n + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n + 1);
    if (table_insert(&memory.names, key, (uintptr_t)copy) != 0)
        memory.bytes += n; /* It is not shared: the next takes as much. */
    return copy;
}

static uint64_t
answer_key(const struct module *module, uint64_t offset)
{
    return hash_add(hash_u64((uintptr_t)module), offset);
}

static const struct answer *
find_answer(const struct module *module, uint64_t offset)
{
    uint64_t value;

    if (!table_find(&memory.answers, answer_key(module, offset), &value))
        return NULL;
    for (const struct answer *a = (const struct answer *)(uintptr_t)value;
         a != NULL; a = a->next) {
        if (a->module == module && a->offset == offset)
            return a;
    }
    return NULL;
}

static void
keep_answer(const struct module *module, uint64_t offset,
            const struct symbol_frame *frames, size_t count)
{
    uint64_t key = answer_key(module, offset);
    struct answer *answer = take_memory(
        sizeof *answer + count * sizeof frames[0], _Alignof(struct answer));
    uint64_t value = 0;

    if (answer == NULL)
        return;
    (void)table_find(&memory.answers, key, &value);
    answer->next = (struct answer *)(uintptr_t)value;
    answer->module = module;
    answer->offset = offset;
    answer->count = (uint32_t)count;
    memcpy(answer->frames, frames, count * sizeof frames[0]);
    /* Where memory is out the answer is not found, and looked up again. */
    if (table_insert(&memory.answers, key, (uintptr_t)answer) != 0)
        memory.bytes = RESOLVE_MEMORY_MAX + 1;
}

/* A file's path as the compiler knew it. NULL if it did not, or memory is
 * out. */
static const char *
keep_path(const struct index_frame *frame)
{
    const char *name = frame->file.name;
    const char *directory = frame->file.directory;
    const char *top = frame->directory;
    char path[RESOLVE_NAME_MAX];

    if (name == NULL)
        return NULL;
    if (name[0] == '/' || (directory == NULL && top == NULL))
        return keep_text(name);
    if (directory != NULL && (directory[0] == '/' || top == NULL))
        (void)format_text(path, sizeof path, "%s/%s", directory, name);
    else if (directory != NULL)
        (void)format_text(path, sizeof path, "%s/%s/%s", top, directory, name);
    else
        (void)format_text(path, sizeof path, "%s/%s", top, name);
    return keep_text(path);
}

/* What the debug information says. Returns the number of frames, or 0. */
static size_t
look_up_lines(struct object *object, const struct module *module,
              uint64_t offset, struct symbol_frame *frames)
{
    struct index_frame found[SYMBOL_FRAMES_MAX];
    size_t count = object_frames(object, offset, found, SYMBOL_FRAMES_MAX);

    for (size_t i = 0; i < count; i++) {
        frames[i] = (struct symbol_frame){.function = found[i].function,
                                          .file = keep_path(&found[i]),
                                          .line = found[i].line,
                                          .column = found[i].column,
                                          .is_inlined = found[i].is_inlined,
                                          .module = module,
                                          .module_offset = offset};
        if (!found[i].is_inlined && found[i].function != NULL)
            frames[i].function_offset = offset - found[i].low;
    }
    return count;
}

static bool
is_mangled(const char *name)
{
    return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/* A symbol's name without its version. */
static const char *
keep_symbol(const char *symbol)
{
    char name[RESOLVE_NAME_MAX];
    const char *version = strchr(symbol, '@');
    const char *kept;

    if (version == NULL || version == symbol)
        return symbol;
    (void)text_copy_n(name, sizeof name, symbol, (size_t)(version - symbol));
    kept = keep_text(name);
    return kept != NULL ? kept : symbol;
}

static bool
has_lines(const struct module *module)
{
    enum symbol_lines wanted = atomic_load(&lines_wanted);

    return wanted == SYMBOL_LINES_ALL ||
           (wanted == SYMBOL_LINES_PROGRAM && !runtime_is_module(module->path));
}

/* What the module's files say of `offset`; names still mangled. The lock is
 * held. Returns the number of frames, at least 1. */
static size_t
look_up(const struct module *module, uint64_t offset, bool is_listed,
        struct symbol_frame *frames)
{
    struct object *object = object_find(module, is_listed);
    struct symbol_frame *outermost;
    struct symtab_entry entry;
    size_t count = 0;

    frames[0] =
        (struct symbol_frame){.module = module, .module_offset = offset};
    if (object == NULL)
        return 1;
    if (has_lines(module))
        count = look_up_lines(object, module, offset, frames);
    if (count == 0)
        count = 1;
    outermost = &frames[count - 1];
    /* The symbol table knows functions that have no debug information, says in
     * full what that calls "operator()", and has the name that others call
     * where glibc has one for itself. */
    if (!outermost->is_inlined &&
        object_function(object, offset, &entry) == 0 &&
        (outermost->function == NULL ||
         text_has_prefix(outermost->function, "__GI_") ||
         (is_mangled(entry.name) && !is_mangled(outermost->function)))) {
        outermost->function = keep_symbol(entry.name);
        outermost->function_offset = offset - entry.addr;
    }
    return count;
}

/* Demangle the names of `frames`; no lock is held. */
static void
demangle_frames(struct symbol_frame *frames, size_t count)
{
    char name[RESOLVE_NAME_MAX];

    for (size_t i = 0; i < count; i++) {
        const char *kept;

        if (frames[i].function == NULL ||
            !demangle_name(frames[i].function, name, sizeof name))
            continue;
        lock_take(&lock);
        kept = keep_text(name);
        lock_give(&lock);
        if (kept != NULL) {
            frames[i].linkage = frames[i].function;
            frames[i].function = kept;
        }
    }
}

/* Copy the innermost `max` of `count` frames out. Where a look-up was made of
 * the byte before, the caller's address is said, not ours. */
static size_t
give_frames(const struct symbol_frame *frames, size_t count, uint64_t moved,
            struct symbol_frame *out_frames, size_t max)
{
    if (count > max)
        count = max;
    for (size_t i = 0; i < count; i++) {
        out_frames[i] = frames[i];
        out_frames[i].module_offset += moved;
        if (!frames[i].is_inlined && frames[i].function != NULL)
            out_frames[i].function_offset += moved;
    }
    return count;
}

/* moved: how far before the address asked for `offset` is, 0 or 1. */
static size_t
resolve(const struct module *module, uint64_t offset, uint64_t moved,
        bool is_listed, struct symbol_frame *out_frames, size_t max)
{
    struct symbol_frame frames[SYMBOL_FRAMES_MAX];
    const struct answer *answer;
    size_t count;

    lock_take(&lock);
    answer = find_answer(module, offset);
    if (answer != NULL) {
        count =
            give_frames(answer->frames, answer->count, moved, out_frames, max);
        lock_give(&lock);
        return count;
    }
    count = look_up(module, offset, is_listed, frames);
    lock_give(&lock);

    demangle_frames(frames, count);

    lock_take(&lock);
    if (find_answer(module, offset) == NULL)
        keep_answer(module, offset, frames, count);
    lock_give(&lock);
    return give_frames(frames, count, moved, out_frames, max);
}

static size_t
resolve_address(uintptr_t addr, uint64_t moved, uint32_t generation,
                struct symbol_frame *out_frames, size_t max)
{
    const struct module *module;

    if (max == 0)
        return 0;
    if (addr < moved)
        moved = 0;
    /* Waits for nobody, so that this works from within malloc too. */
    (void)modules_generation();
    module = modules_find(addr - moved, generation);
    if (module == NULL) {
        out_frames[0] = (struct symbol_frame){.module_offset = addr};
        return 1;
    }
    return resolve(module, addr - moved - module->base, moved, true, out_frames,
                   max);
}

size_t
symbol_resolve(uintptr_t addr, uint32_t generation,
               struct symbol_frame *out_frames, size_t max)
{
    return resolve_address(addr, 1, generation, out_frames, max);
}

size_t
symbol_resolve_exact(uintptr_t addr, uint32_t generation,
                     struct symbol_frame *out_frames, size_t max)
{
    return resolve_address(addr, 0, generation, out_frames, max);
}

size_t
symbol_resolve_in(const struct module *module, uint64_t offset,
                  struct symbol_frame *out_frames, size_t max)
{
    return max == 0 ? 0 : resolve(module, offset, 0, false, out_frames, max);
}

void
symbol_find_variable(uintptr_t addr, bool is_named,
                     struct symbol_variable *out_variable)
{
    char name[RESOLVE_NAME_MAX];
    struct symbol_variable *variable = out_variable;
    struct object *object;
    struct symtab_entry entry;

    *variable = (struct symbol_variable){.module_offset = addr};
    (void)modules_generation();
    variable->module = modules_find(addr, MODULES_NOW);
    if (variable->module == NULL)
        return;
    variable->module_offset = addr - variable->module->base;
    if (!is_named)
        return;
    lock_take(&lock);
    object = object_find(variable->module, true);
    if (object != NULL &&
        object_variable(object, variable->module_offset, &entry) == 0) {
        variable->name = keep_symbol(entry.name);
        variable->name_offset = variable->module_offset - entry.addr;
    }
    lock_give(&lock);
    if (variable->name == NULL ||
        !demangle_name(variable->name, name, sizeof name))
        return;
    lock_take(&lock);
    variable->name = keep_text(name);
    lock_give(&lock);
}

const struct module *
symbol_module(uintptr_t addr, uint32_t generation)
{
    (void)modules_generation();
    return modules_find(addr != 0 ? addr - 1 : 0, generation);
}

void
symbol_modules(bool (*visit)(const struct module *module, void *context),
               void *context)
{
    (void)modules_generation();
    modules_each(visit, context);
}

const char *
symbol_lack(const struct module *module)
{
    const char *lack;

    lock_take(&lock);
    lack = object_lack(module);
    lock_give(&lock);
    return lack;
}

void
symbol_set_lines(enum symbol_lines lines)
{
    atomic_store(&lines_wanted, lines);
}

void
symbol_release(void)
{
    lock_take(&lock);
    object_close_all();
    table_fini(&memory.answers);
    table_fini(&memory.names);
    region_fini(&memory.region);
    memory.bytes = 0;
    lock_give(&lock);
}

/* symbol_freeze took the lock: it does not where a signal handler that forks
 * interrupted the holder. Written while frozen. */
static bool is_frozen;

void
symbol_freeze(void)
{
    is_frozen = !lock_is_mine(&lock);
    if (is_frozen)
        lock_take(&lock);
    modules_freeze();
}

void
symbol_thaw(void)
{
    modules_thaw();
    if (is_frozen)
        lock_give(&lock);
}

void
symbol_reset(void)
{
    lock_reset(&lock);
    modules_reset();
}
