/*
 * tool/remotewalk.c - one frame after the other, by the unwind tables of the
 * target's modules (DWARF 5, sec. 6.4), with its memory read from outside.
 *
 * A frame that lies in no module is compiled at run time (a JIT): it ends the
 * walk, and what was seen so far decides, for no allocator or loader calls such
 * code.
 */
#include "tool/remotewalk.h"

#include <string.h>

#include "os/remote.h"

#define FRAMES_MOST 512

struct walk {
    const struct remotemap *map;
    uint64_t values[CFI_REGISTERS_MAX];
    bool is_known[CFI_REGISTERS_MAX];
    uint64_t pc;
    bool is_exact; /* pc is where it stands, not a return address */
};

static const char *const allocator_names[] = {
    "malloc",        "free",           "calloc",
    "realloc",       "reallocarray",   "memalign",
    "aligned_alloc", "posix_memalign", "valloc",
    "pvalloc",       "cfree",          "malloc_trim",
    "malloc_info",   "malloc_stats",   "mallinfo",
    "mallinfo2",     "mallopt",        "malloc_usable_size",
    "_Znwm",         "_Znam",          "_ZdlPv",
    "_ZdaPv"};

static const char *const fork_names[] = {
    "fork",         "_Fork",          "vfork",  "__libc_fork",   "posix_spawn",
    "posix_spawnp", "pthread_create", "exit",   "_exit",         "quick_exit",
    "abort",        "pthread_exit",   "execve", "clone",         "daemon",
    "forkpty",      "system",         "popen",  "__cxa_finalize"};

static bool
read_memory(void *data, uint64_t addr, unsigned size, uint64_t *out_value)
{
    const struct walk *walk = data;
    uint64_t value = 0;

    if (size > sizeof(value) ||
        remote_read(walk->map->pid, (uintptr_t)addr, &value, size) != size)
        return false;
    *out_value = value;
    return true;
}

static bool
read_register(void *data, uint32_t number, uint64_t *out_value)
{
    const struct walk *walk = data;

    if (number >= CFI_REGISTERS_MAX || !walk->is_known[number])
        return false;
    *out_value = walk->values[number];
    return true;
}

static bool
evaluate(struct walk *walk, const unsigned char *bytes, size_t size,
         bool has_cfa, uint64_t cfa, uint64_t *out_value)
{
    const struct expr_context context = {.read_memory = read_memory,
                                         .read_register = read_register,
                                         .data = walk,
                                         .has_cfa = has_cfa,
                                         .cfa = cfa};
    const struct cursor_bytes expression = {bytes, size};

    return expr_evaluate(expression, &context, out_value) == 0;
}

/* The caller's value of one register; false if it cannot be known. */
static bool
undo_register(struct walk *walk, const struct cfi_rule *rule, uint32_t number,
              uint64_t cfa, uint64_t *out_value)
{
    uint64_t addr;

    switch (rule->kind) {
    case CFI_OFFSET:
        return read_memory(walk, cfa + (uint64_t)rule->u.offset, 8, out_value);
    case CFI_VAL_OFFSET:
        *out_value = cfa + (uint64_t)rule->u.offset;
        return true;
    case CFI_REGISTER:
        return read_register(walk, (uint32_t)rule->u.offset, out_value);
    case CFI_EXPRESSION:
        return evaluate(walk, rule->u.bytes, rule->size, true, cfa, &addr) &&
               read_memory(walk, addr, 8, out_value);
    case CFI_VAL_EXPRESSION:
        return evaluate(walk, rule->u.bytes, rule->size, true, cfa, out_value);
    case CFI_UNDEFINED:
        return false;
    default:
        return read_register(walk, number, out_value);
    }
}

/* Go to the caller. Returns 1; 0 at the outermost frame; -1 if lost. */
static int
undo_frame(struct walk *walk, const struct frame_entry *entry,
           const struct cfi_row *row)
{
    uint64_t values[CFI_REGISTERS_MAX];
    bool is_known[CFI_REGISTERS_MAX];
    uint32_t link = entry->return_register;
    uint64_t cfa;

    if (row->cfa_is_expression) {
        if (!evaluate(walk, row->cfa_bytes.bytes, row->cfa_bytes.size, false, 0,
                      &cfa))
            return -1;
    } else if (read_register(walk, row->cfa_register, &cfa)) {
        cfa += (uint64_t)row->cfa_offset;
    } else {
        return -1;
    }
    if (link >= CFI_REGISTERS_MAX)
        return -1;
    if (row->rules[link].kind == CFI_UNDEFINED)
        return 0;
    for (uint32_t i = 0; i < CFI_REGISTERS_MAX; i++) {
        values[i] = 0;
        is_known[i] = undo_register(walk, &row->rules[i], i, cfa, &values[i]);
    }
    if (row->rules[ARCH_REGISTER_SP].kind == CFI_UNSPECIFIED) {
        values[ARCH_REGISTER_SP] = cfa;
        is_known[ARCH_REGISTER_SP] = true;
    }
    if (!is_known[link])
        return -1;
    /* A stack grows down: who goes the other way is lost, or was given another
     * stack, which only a signal frame may have. */
    if (!entry->is_signal && cfa <= walk->values[ARCH_REGISTER_SP])
        return -1;
    memcpy(walk->values, values, sizeof(values));
    memcpy(walk->is_known, is_known, sizeof(is_known));
    walk->pc = arch_strip_tag((uintptr_t)values[link]);
    walk->is_exact = entry->is_signal;
    return walk->pc == 0 ? 0 : 1;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the function that begins at `start` says of the thread. */
static enum remotewalk_place
place_of(const struct walk *walk, struct remotemap_module *module,
         uintptr_t start)
{
    if (module->is_loader)
        return REMOTEWALK_IN_LOADER;
    if (remotemap_is_named(walk->map, module, start, allocator_names,
                           COUNT(allocator_names)))
        return REMOTEWALK_IN_ALLOCATOR;
    /* A library that brings a malloc is an allocator, whatever its functions
     * are called; libc and the program are more than that. */
    if (!module->is_main &&
        remotemap_symbol(walk->map, module, "malloc") != 0 &&
        remotemap_symbol(walk->map, module, "__libc_start_main") == 0)
        return REMOTEWALK_IN_ALLOCATOR;
    if (remotemap_is_named(walk->map, module, start, fork_names,
                           COUNT(fork_names)))
        return REMOTEWALK_IN_FORK;
    return REMOTEWALK_SAFE;
}

enum remotewalk_place
remotewalk_place(const struct remotemap *map,
                 const struct arch_remote *registers)
{
    struct walk walk = {.map = map, .is_exact = true};

    for (uint32_t i = 0; i < CFI_REGISTERS_MAX; i++)
        walk.is_known[i] = arch_remote_read(registers, i, &walk.values[i]);
    walk.pc = arch_remote_pc(registers);
    for (unsigned depth = 0; depth < FRAMES_MOST; depth++) {
        uint64_t at = walk.is_exact ? walk.pc : walk.pc - 1;
        struct remotemap_module *module = remotemap_module(map, (uintptr_t)at);
        const struct frame_table *table;
        enum remotewalk_place place;
        struct frame_entry entry;
        struct cfi_row row;
        int went;

        if (module == NULL)
            return REMOTEWALK_SAFE;
        table = remotemap_frames(map, module);
        if (table == NULL || frame_find(table, at, &entry) != 0 ||
            cfi_row_at(&entry, at, &row) != 0) {
            if (module->is_loader)
                return REMOTEWALK_IN_LOADER;
            return depth == 0 ? REMOTEWALK_LOST : REMOTEWALK_SAFE;
        }
        place = place_of(&walk, module, (uintptr_t)entry.start);
        if (place != REMOTEWALK_SAFE)
            return place;
        went = undo_frame(&walk, &entry, &row);
        if (went == 0)
            return REMOTEWALK_SAFE;
        if (went < 0)
            return REMOTEWALK_LOST;
    }
    return REMOTEWALK_SAFE;
}

const char *
remotewalk_words(enum remotewalk_place place)
{
    switch (place) {
    case REMOTEWALK_IN_LOADER:
        return "in the dynamic loader";
    case REMOTEWALK_IN_ALLOCATOR:
        return "in its allocator";
    case REMOTEWALK_IN_FORK:
        return "making a process or a thread, or ending";
    case REMOTEWALK_LOST:
        return "in code that cannot be unwound";
    default:
        return "at a safe point";
    }
}
