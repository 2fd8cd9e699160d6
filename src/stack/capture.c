/*
 * stack/capture.c - from the place of a call to its stack id.
 */
#include "stack/stack.h"

#include <elf.h>
#include <string.h>

#include "base/hash.h"
#include "elf/elf.h"
#include "os/page.h"
#include "os/process.h"
#include "stack/unwind.h"

/* In a debug build one capture in so many is compared with a full walk. */
#define CHECK_INTERVAL 61

uint32_t stack_depth;

/* The epoch that the cache of rules is of. Atomic. */
static _Atomic uint32_t rules_epoch;

void
stack_set_depth(uint32_t depth)
{
    /* The return address alone needs no walk. */
    if (depth == 1)
        depth = 0;
    stack_depth = depth < MEMO_TRACE_MOST ? depth : MEMO_TRACE_MOST;
}

/* ---- the thread's sites ---- */

void
stack_count_many(stack_id id, uint64_t blocks, uint64_t bytes)
{
    struct depot_totals *totals = depot_totals(id);

    if (totals == NULL)
        return;
    atomic_fetch_add_explicit(&totals->alloc_count, blocks,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&totals->alloc_bytes, bytes,
                              memory_order_relaxed);
}

static void
tell_depot(struct stack_site *site)
{
    if (site->allocs == 0)
        return;
    stack_count_many(site->id, site->allocs, site->bytes);
    site->allocs = 0;
    site->bytes = 0;
}

static void
remember(struct stack_cache *cache, uint32_t at, uint64_t key, stack_id id)
{
    struct stack_site *site = &cache->sites[at];

    tell_depot(site);
    site->key = key;
    site->id = id;
    cache->last = site;
}

void
stack_count_slow(stack_id id, size_t size)
{
    stack_count_many(id, 1, size);
}

static void
forget_sites(struct stack_cache *cache)
{
    for (uint32_t i = 0; i < STACK_CACHE_COUNT; i++) {
        tell_depot(&cache->sites[i]);
        cache->sites[i].key = 0;
        cache->sites[i].id = STACK_ID_NONE;
    }
}

void
stack_forget(struct stack_cache *cache)
{
    memo_forget(&cache->memo);
    memset(&cache->bounds, 0, sizeof(cache->bounds));
}

/*
 * Modules come and go by the dynamic loader's hand, which allocates and frees
 * as it does so: after each change it calls us once more. So while there were
 * no calls from its code, nothing changed, and the list need not be asked.
 * Until it is known where that code is, and where it is not known at all (a
 * static program), every call counts as the loader's. Written in this order,
 * by any thread, with what is always the same.
 */
static _Atomic uintptr_t loader_start;
static _Atomic uintptr_t loader_size = UINTPTR_MAX;
static _Atomic uint32_t loader_calls;

static void
find_loader(void)
{
    uintptr_t base = process_aux(AT_BASE);
    const struct module *module;

    if (base == 0 || loader_size != UINTPTR_MAX)
        return;
    module = modules_find(base, MODULES_NOW);
    if (module == NULL)
        return;
    atomic_store(&loader_start, module->start);
    atomic_store(&loader_size, module->end - module->start);
}

/*
 * The loader was at work. If something went, what is known of addresses may be
 * wrong: drop it. A change that could not be looked at yet counts as that,
 * until it was.
 */
static COLD void
notice_loader(struct stack_cache *cache, uint32_t calls)
{
    uint32_t generation = modules_generation();
    bool is_current = modules_is_current(generation);
    uint32_t epoch = modules_epoch();

    cache->loader_calls = is_current ? calls : calls - 1;
    find_loader();
    if (is_current && epoch == cache->epoch)
        return;
    memo_forget(&cache->memo);
    forget_sites(cache);
    if (!is_current || atomic_load(&rules_epoch) != epoch) {
        rowcache_clear();
        if (is_current)
            atomic_store(&rules_epoch, epoch);
    }
    cache->epoch = epoch;
}

static ALWAYS_INLINE void
look_at_loader(struct stack_cache *cache, uintptr_t pc)
{
    uintptr_t start = atomic_load_explicit(&loader_start, memory_order_relaxed);
    uint32_t calls;

    if (UNLIKELY(pc - start <
                 atomic_load_explicit(&loader_size, memory_order_relaxed)))
        atomic_fetch_add_explicit(&loader_calls, 1, memory_order_relaxed);
    calls = atomic_load_explicit(&loader_calls, memory_order_relaxed);
    if (UNLIKELY(calls != cache->loader_calls))
        notice_loader(cache, calls);
}

/* ---- a single return address ---- */

NOINLINE stack_id
stack_capture_slow(struct stack_cache *cache, const void *caller,
                   const char *file, unsigned line)
{
    uintptr_t pc = stack_pc(caller);
    uint64_t key = pc;
    uint32_t at;
    stack_id id;

    look_at_loader(cache, pc);
    if (file != NULL)
        key = hash_add(hash_add(pc, (uintptr_t)file), line) | UINT64_C(1) << 63;
    at = stack_cache_index(key);
    if (cache->sites[at].key == key && cache->sites[at].id != STACK_ID_NONE) {
        cache->last = &cache->sites[at];
        return cache->sites[at].id;
    }
    cache->last = &cache->sites[0];
    id = depot_insert(&pc, 1, file, line);
    if (id != STACK_ID_NONE)
        remember(cache, at, key, id);
    return id;
}

/* ---- a stack ---- */

/* The trace is not in the thread's cache. hash: what memo_walk said; key: of
 * the site that it will be. */
static NOINLINE stack_id
find(struct stack_cache *cache, const void *caller, uint64_t hash,
     const char *file, unsigned line, uint64_t key)
{
    uintptr_t pc[MEMO_TRACE_MOST];
    uint32_t count;
    stack_id id;

    cache->last = &cache->sites[0];
    if (hash == 0) {
        count = memo_full(&cache->bounds, caller, stack_depth, pc);
        return depot_insert(pc, count, file, line);
    }
    id = depot_find_hash(hash, file, line);
    if (id == STACK_ID_NONE) {
        count = memo_copy(&cache->memo, stack_depth, pc);
        id = depot_insert_hash(hash, pc, count, file, line);
    }
    if (id != STACK_ID_NONE)
        remember(cache, stack_cache_index(key), key, id);
    return id;
}

#ifdef DBGMALLOC_DEBUG
/* What the quick walk found is what the full one finds. */
static NOINLINE void
cross_check(struct stack_cache *cache, const void *caller)
{
    static _Atomic uint32_t captures;
    uintptr_t quick[MEMO_TRACE_MOST];
    uintptr_t full[MEMO_TRACE_MOST];
    uint32_t quick_count, count;

    if (atomic_fetch_add(&captures, 1) % CHECK_INTERVAL != 0)
        return;
    quick_count = memo_copy(&cache->memo, stack_depth, quick);
    count = memo_full(&cache->bounds, caller, stack_depth, full);
    /* A full walk that did not get out of the library says nothing. */
    if (count == 1 && quick_count > 1)
        return;
    BUG_IF(count != quick_count);
    BUG_IF(memcmp(quick, full, count * sizeof(*full)) != 0);
}
#endif

static ALWAYS_INLINE uint64_t
walk(struct stack_cache *cache, const void *caller)
{
    uint64_t hash;

    look_at_loader(cache, arch_frame_pc(caller));
    hash = memo_walk(&cache->memo, &cache->bounds, caller, stack_depth);
#ifdef DBGMALLOC_DEBUG
    if (hash != 0)
        cross_check(cache, caller);
#endif
    return hash;
}

/* The id of the trace that was walked, at whose site `key` stands. */
static ALWAYS_INLINE stack_id
look_up(struct stack_cache *cache, const void *caller, uint64_t hash,
        const char *file, unsigned line, uint64_t key)
{
    uint32_t at = stack_cache_index(key);

    if (UNLIKELY(cache->sites[at].key != key || hash == 0))
        return find(cache, caller, hash, file, line, key);
    cache->last = &cache->sites[at];
    return cache->sites[at].id;
}

HOT stack_id
stack_capture_deep(struct stack_cache *cache, const void *caller)
{
    uint64_t hash = walk(cache, caller);

    return look_up(cache, caller, hash, NULL, 0, hash);
}

NOINLINE stack_id
stack_capture_noted(struct stack_cache *cache, const void *caller,
                    const char *file, unsigned line)
{
    uint64_t hash = walk(cache, caller);
    uint64_t key = hash_add(hash_add(hash, (uintptr_t)file), line);

    return look_up(cache, caller, hash, file, line, key);
}

/* ---- where a signal came ---- */

/* Nothing is at the pc: a call to nowhere left its return address on the
 * stack, or there is no telling. */
static bool
undo_call(struct arch_registers *registers)
{
    uintptr_t sp = registers->value[ARCH_REGISTER_SP];
    uintptr_t pc;

    if (page_read(&pc, (const void *)sp, sizeof(pc)) != sizeof(pc) ||
        modules_find(pc, MODULES_NOW) == NULL)
        return false;
    registers->pc = pc;
    registers->value[ARCH_REGISTER_SP] = sp + sizeof(pc);
    return true;
}

stack_id
stack_capture_fault(const void *ucontext)
{
    uintptr_t pc[MEMO_TRACE_MOST];
    struct arch_registers registers = {0};
    struct bounds bounds = {0};
    uint32_t depth = stack_depth != 0 ? stack_depth : 1;
    bool is_exact = true;
    uint32_t count = 0;

    (void)modules_generation(); /* brings the list up to date, if it can */
    arch_registers_read(ucontext, &registers);
    if (!page_is_readable((const void *)registers.pc, 1)) {
        if (!undo_call(&registers))
            return STACK_ID_NONE;
        is_exact = false;
    }
    do {
        /* What was interrupted has not called: +1, as traces have it. */
        pc[count++] = registers.pc + (is_exact ? 1 : 0);
    } while (count < depth && unwind_step(&registers, &is_exact, &bounds) &&
             registers.pc != 0);
    return depot_insert(pc, count, NULL, 0);
}
