/*
 * elf/imports.c - redirect functions by the import slots of loaded modules.
 *
 * Each module is looked at twice: first for what it defines, so that of a slot
 * that is not bound yet it can be said where it will lead; then for its slots.
 * What was found is kept per module, in the order of the list of modules, which
 * only grows; a module is looked at again if a slot that held a hook does not
 * any more (it was closed and opened again).
 */
#include "elf/imports.h"

#include <elf.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "elf/dynamic.h"
#include "elf/loader.h"
#include "elf/modules.h"
#include "os/arch/arch.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/page.h"
#include "os/process.h"

#define WORDS ((IMPORTS_HOOKS_MAX + 63) / 64)
#define NONE UINT32_MAX
#define VERSION_MAX 64

/* A module whose pages are not read-only yet is waited for so long; then it is
 * taken as it is, for somebody may have made them writable, and looked at
 * again and again until it is as old as this. */
#define UNREADY_WAIT_NS UINT64_C(10000000)
#define UNREADY_AGAIN_NS UINT64_C(2000000000)

/* What is known of a module. */
struct known {
    const struct module *module;
    uint64_t defines[WORDS]; /* a bit a hook's name */
    uintptr_t slot;          /* one that was redirected; 0: none was */
    uint64_t unready_ns;     /* when it was found so first; 0: never */
    bool is_read;            /* `defines` is filled in */
    bool is_done;
};

/* 0: nobody is here; BUSY: a thread applies or undoes; else the number of
 * threads that close modules. Atomic; a futex. */
#define BUSY UINT32_MAX
static _Atomic uint32_t imports_word;

/* The thread that made it BUSY; atomic. */
static _Atomic uintptr_t imports_owner;

/* ---- one at a time ---- */

static bool
try_enter(void)
{
    uint32_t nobody = 0;

    if (!atomic_compare_exchange_strong(&imports_word, &nobody, BUSY))
        return false;
    atomic_store(&imports_owner, arch_thread_pointer());
    return true;
}

static void
leave(void)
{
    atomic_store(&imports_owner, 0);
    atomic_store(&imports_word, 0);
    lock_wake(&imports_word, INT32_MAX);
}

void
imports_close_begin(void)
{
    uint32_t word = atomic_load(&imports_word);

    for (;;) {
        if (word == BUSY &&
            atomic_load(&imports_owner) == arch_thread_pointer())
            return; /* a handler that interrupted us: we write nothing now */
        if (word == BUSY)
            (void)lock_wait(&imports_word, BUSY, 0); /* looked at again */
        else if (atomic_compare_exchange_weak(&imports_word, &word, word + 1))
            return;
        word = atomic_load(&imports_word);
    }
}

void
imports_close_end(void)
{
    uint32_t word = atomic_load(&imports_word);

    /* None in a child that was forked from within a dlclose. */
    while (word != 0 && word != BUSY &&
           !atomic_compare_exchange_weak(&imports_word, &word, word - 1))
        continue;
}

void
imports_child(void)
{
    atomic_store(&imports_owner, 0);
    atomic_store(&imports_word, 0);
}

/* ---- hooks by name ---- */

static size_t
index_start(const char *name)
{
    return hash_bytes(name, strlen(name)) % IMPORTS_INDEX_SIZE;
}

void
imports_init(struct imports *imports, const struct imports_hook *hooks,
             size_t count)
{
    BUG_IF(count > IMPORTS_HOOKS_MAX);
    memset(imports, 0, sizeof *imports);
    imports->hooks = hooks;
    imports->count = count;
    imports->modules = (struct vector)VECTOR_INIT(struct known);
    for (size_t i = 0; i < count; i++) {
        size_t at = index_start(hooks[i].name);

        if (i > 0 && text_is_equal(hooks[i].name, hooks[i - 1].name))
            continue;
        while (imports->index[at] != 0)
            at = (at + 1) % IMPORTS_INDEX_SIZE;
        imports->index[at] = (uint8_t)(i + 1);
    }
}

/* The first hook named `name`, or NONE. */
static uint32_t
find_hook(const struct imports *imports, const char *name)
{
    size_t at = index_start(name);

    for (; imports->index[at] != 0; at = (at + 1) % IMPORTS_INDEX_SIZE) {
        uint32_t i = imports->index[at] - 1u;

        if (strcmp(imports->hooks[i].name, name) == 0)
            return i;
    }
    return NONE;
}

/* The one of `first` and those after it that is for the import's version. */
static uint32_t
choose_version(const struct imports *imports, uint32_t first,
               const struct dynamic *dynamic, uint32_t symbol)
{
    const char *name = imports->hooks[first].name;
    char version[VERSION_MAX];

    if (imports->hooks[first].version == NULL)
        return first;
    dynamic_version(dynamic, symbol, version, sizeof version);
    for (uint32_t i = first;
         i < imports->count && text_is_equal(imports->hooks[i].name, name);
         i++) {
        const char *wanted = imports->hooks[i].version;

        if (wanted == NULL || text_is_equal(wanted, version))
            return i;
    }
    return NONE;
}

/* ---- what modules define ---- */

struct reading {
    const struct imports *imports;
    struct known *known;
};

static bool
note_definition(const char *name, const Elf64_Sym *symbol UNUSED, void *context)
{
    struct reading *reading = context;
    uint32_t hook = find_hook(reading->imports, name);

    if (hook != NONE)
        reading->known->defines[hook / 64] |= UINT64_C(1) << (hook % 64);
    return true;
}

static bool
is_defining(const struct known *known, uint32_t hook)
{
    return (known->defines[hook / 64] >> (hook % 64) & 1) != 0;
}

static bool
is_our_own(const struct module *module)
{
    uintptr_t ours = (uintptr_t)imports_apply;

    return ours >= module->start && ours < module->end;
}

/* Our own module, the loader and the kernel's: not to be touched. */
static bool
is_exempt(const struct module *module)
{
    uintptr_t loader = process_aux(AT_BASE);

    if (is_our_own(module))
        return true;
    if (loader != 0 && loader >= module->start && loader < module->end)
        return true;
    return module->path[0] == '[';
}

static bool
count_module(const struct module *module UNUSED, void *context)
{
    (*(size_t *)context)++;
    return true;
}

struct listing {
    struct vector *modules;
    size_t at; /* one past the place of the next */
    size_t old;
};

static bool
list_module(const struct module *module, void *context)
{
    struct listing *listing = context;

    if (listing->at == listing->old)
        return false;
    VECTOR_AT(listing->modules, struct known, --listing->at).module = module;
    return true;
}

/* Bring `modules` up to date with the list, which only grows, newest first. */
static int
list_modules(struct imports *imports)
{
    struct listing listing = {.modules = &imports->modules,
                              .old = imports->modules.count};
    size_t count = 0;
    size_t now = 0;

    modules_each(count_module, &count);
    while (imports->modules.count < count) {
        if (vector_add(&imports->modules) == NULL) {
            imports->modules.count = listing.old;
            return -ENOMEM;
        }
    }
    listing.at = count;
    modules_each(list_module, &listing);
    modules_each(count_module, &now);
    if (now != count) { /* one came meanwhile, and all are out of place */
        imports->modules.count = listing.old;
        return -EAGAIN;
    }
    return 0;
}

static void
read_definitions(struct imports *imports)
{
    for (size_t i = 0; i < imports->modules.count; i++) {
        struct known *known = &VECTOR_AT(&imports->modules, struct known, i);
        struct reading reading = {imports, known};
        struct dynamic dynamic;

        if (known->is_read || !modules_is_loaded(known->module) ||
            is_exempt(known->module) ||
            dynamic_open_module(known->module, &dynamic) != 0)
            continue;
        dynamic_each_definition(&dynamic, note_definition, &reading);
        dynamic_close(&dynamic);
        known->is_read = true;
    }
}

/* The module that an import of the name would be bound to: the first that
 * defines it in the program's namespace. */
static const struct module *
first_definer(const struct imports *imports, uint32_t hook)
{
    for (size_t i = 0; i < imports->modules.count; i++) {
        const struct known *known =
            &VECTOR_AT(&imports->modules, struct known, i);

        if (known->module->space == 0 && is_defining(known, hook) &&
            modules_is_loaded(known->module))
            return known->module;
    }
    return NULL;
}

/* ---- slots ---- */

struct pass {
    struct imports *imports;
    struct known *known;
    const struct dynamic *dynamic;
    uintptr_t relro_start; /* pages that are read-only now, or will be */
    uintptr_t relro_end;
    bool is_unready;
    bool is_undo;
};

static bool
read_slot(uintptr_t slot, uintptr_t *out_value)
{
    return page_read(out_value, (const void *)slot, sizeof *out_value) ==
           sizeof *out_value;
}

static bool
is_in(const struct module *module, uintptr_t addr)
{
    return module != NULL && addr >= module->start && addr < module->end;
}

/* Does the slot lead, or will it be bound, to the hook's original? */
static bool
leads_to_original(const struct pass *pass, const struct dynamic_import *import,
                  uint32_t first, uint32_t hook, uintptr_t value)
{
    const struct module *own = pass->known->module;
    const struct module *home = modules_find(
        (uintptr_t)pass->imports->hooks[hook].original, MODULES_NOW);

    if (is_in(home, value) && (home != own || !import->is_lazy))
        return true;
    return import->is_lazy && is_in(own, value) && own->space == 0 &&
           home != NULL && first_definer(pass->imports, first) == home &&
           (own == home || !is_defining(pass->known, first));
}

/* Store `value`, in a page that may be read-only. */
static bool
write_slot(const struct pass *pass, uintptr_t slot, const void *value)
{
    void *page = (void *)(slot & ~((uintptr_t)page_size() - 1));

    if (slot < pass->relro_start || slot >= pass->relro_end) {
        __atomic_store_n((const void **)slot, value, __ATOMIC_RELEASE);
        return true;
    }
    /* Of an unready module the loader may still write to the page, or be about
     * to protect it. */
    if (pass->is_unready || page_unprotect(page, page_size()) != 0)
        return page_write_through((void *)slot, &value, sizeof value) == 0;
    __atomic_store_n((const void **)slot, value, __ATOMIC_RELEASE);
    /* It was read-only a moment ago, so the kernel has no reason to refuse; if
     * it does, the page is as good as without RELRO. */
    (void)!page_make_readonly(page, page_size());
    return true;
}

static bool
visit_import(const struct dynamic_import *import, void *context)
{
    struct pass *pass = context;
    struct imports *imports = pass->imports;
    uint32_t first = find_hook(imports, import->name);
    const struct imports_hook *hook;
    uint32_t chosen;
    uintptr_t value;

    if (first == NONE)
        return true;
    chosen = choose_version(imports, first, pass->dynamic, import->symbol);
    if (chosen == NONE || !read_slot(import->slot, &value))
        return true;
    hook = &imports->hooks[chosen];
    if (value == (uintptr_t)hook->hook) {
        if (pass->is_undo)
            imports->refused += !write_slot(pass, import->slot, hook->original);
        else
            pass->known->slot = import->slot;
        return true;
    }
    if (pass->is_undo || hook->original == NULL ||
        !leads_to_original(pass, import, first, chosen, value))
        return true;
    if (write_slot(pass, import->slot, hook->hook)) {
        pass->known->slot = import->slot;
        imports->redirected++;
    } else {
        imports->refused++;
    }
    return true;
}

/*
 * Is the loader done with the module, as far as can be told? What is to become
 * read-only is so by then. The byte asked about is one that nobody ever
 * changes: the first of the dynamic section.
 */
static bool
is_ready(struct pass *pass)
{
    const struct module *module = pass->known->module;
    const void *dynamic = modules_dynamic(module);

    if (!modules_relro(module, &pass->relro_start, &pass->relro_end)) {
        pass->relro_start = pass->relro_end = 0;
        return true;
    }
    if ((uintptr_t)dynamic < pass->relro_start ||
        (uintptr_t)dynamic >= pass->relro_end)
        dynamic = (const void *)pass->relro_start;
    return !page_is_writable(dynamic);
}

/* Does a slot that was redirected still lead to one of the hooks? */
static bool
is_still_done(const struct imports *imports, const struct known *known)
{
    uintptr_t value;

    if (known->slot == 0)
        return true;
    if (!read_slot(known->slot, &value))
        return false;
    for (size_t i = 0; i < imports->count; i++) {
        if (value == (uintptr_t)imports->hooks[i].hook)
            return true;
    }
    return false;
}

/* For how long the module has been unready. */
static uint64_t
unready_for(struct known *known)
{
    uint64_t now = clock_now();

    if (known->unready_ns == 0)
        known->unready_ns = now;
    return now - known->unready_ns;
}

/* One module. Returns 0, or -EAGAIN if it is to be looked at again. */
static int
pass_over(struct imports *imports, struct known *known, bool is_undo)
{
    struct dynamic dynamic;
    struct pass pass = {.imports = imports,
                        .known = known,
                        .dynamic = &dynamic,
                        .is_undo = is_undo};
    uint64_t age = 0;

    pass.is_unready = !is_ready(&pass);
    if (pass.is_unready && !is_undo) {
        age = unready_for(known);
        if (age < UNREADY_WAIT_NS)
            return -EAGAIN;
    }
    if (dynamic_open_module(known->module, &dynamic) == 0) {
        known->slot = 0;
        dynamic_each_import(&dynamic, visit_import, &pass);
        dynamic_close(&dynamic);
    }
    known->is_done = !pass.is_unready || is_undo || age >= UNREADY_AGAIN_NS;
    return known->is_done ? 0 : -EAGAIN;
}

static int
pass_over_all(struct imports *imports, bool is_undo)
{
    int result = 0;

    for (size_t i = 0; i < imports->modules.count; i++) {
        struct known *known = &VECTOR_AT(&imports->modules, struct known, i);

        if (!modules_is_loaded(known->module) || is_exempt(known->module) ||
            (!is_undo && known->is_done && is_still_done(imports, known)))
            continue;
        if (pass_over(imports, known, is_undo) != 0)
            result = -EAGAIN;
    }
    return result;
}

int
imports_apply(struct imports *imports)
{
    uint32_t signature;
    int error;

    if (!try_enter())
        return -EAGAIN;
    signature = loader_signature();
    (void)modules_generation(); /* brings the list up to date, if it can */
    error = list_modules(imports);
    if (error == 0) {
        read_definitions(imports);
        error = pass_over_all(imports, false);
    }
    if (error == 0 && signature == loader_signature())
        atomic_store(&imports->signature, signature);
    leave();
    return error;
}

bool
imports_is_due(const struct imports *imports)
{
    return atomic_load_explicit(&imports->signature, memory_order_relaxed) !=
           loader_signature();
}

int
imports_undo(struct imports *imports)
{
    int error;

    if (!try_enter())
        return -EAGAIN;
    error = pass_over_all(imports, true);
    vector_fini(&imports->modules);
    atomic_store(&imports->signature, 0);
    imports->redirected = 0;
    leave();
    return error;
}

/* ---- what a name stands for ---- */

struct search {
    struct imports names; /* by its index names are found */
    bool with_own;
    const struct module *module;
    /* Of each name: in the oldest module so far, and that module. */
    const void *found[IMPORTS_HOOKS_MAX];
    const struct module *where[IMPORTS_HOOKS_MAX];
};

static bool
match_definition(const char *name, const Elf64_Sym *symbol, void *context)
{
    struct search *search = context;
    uint32_t hook;

    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
        return true;
    hook = find_hook(&search->names, name);
    /* Of several versions in one module the first counts. */
    if (hook == NONE || search->where[hook] == search->module)
        return true;
    search->found[hook] =
        (const void *)(search->module->base + symbol->st_value);
    search->where[hook] = search->module;
    return true;
}

static bool
search_module(const struct module *module, void *context)
{
    struct search *search = context;
    struct dynamic dynamic;

    if (module->space != 0 || !modules_is_loaded(module) ||
        (is_exempt(module) && !(search->with_own && is_our_own(module))) ||
        dynamic_open_module(module, &dynamic) != 0)
        return true;
    search->module = module;
    dynamic_each_definition(&dynamic, match_definition, search);
    dynamic_close(&dynamic);
    return true;
}

void
imports_resolve(struct imports_hook *hooks, size_t count)
{
    struct search search = {.with_own = false};

    imports_init(&search.names, hooks, count);
    /* Newest first, so the last that is found was loaded first. */
    modules_each(search_module, &search);
    for (size_t i = 0; i < count; i++)
        hooks[i].original =
            search.found[find_hook(&search.names, hooks[i].name)];
}

bool
imports_is_ours(const char *name)
{
    const struct imports_hook hook = {.name = name};
    struct search search = {.with_own = true};

    imports_init(&search.names, &hook, 1);
    modules_each(search_module, &search);
    return search.where[0] != NULL && is_our_own(search.where[0]);
}
