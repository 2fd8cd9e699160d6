/*
 * track/foreign.c - blocks that another allocator owns.
 */
#include "track/foreign.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "meta/meta.h"
#include "os/lock.h"
#include "os/page.h"
#include "stack/stack.h"
#include "track/alloc.h"
#include "track/policy.h"
#include "track/stamp.h"
#include "track/tally.h"
#include "track/track.h"
#include "track/unseen.h"

#define SHARDS 256u
#define FIRST_COUNT 128u

/* A block. `addr` 0: the place is empty. */
struct entry {
    uintptr_t addr;
    uint64_t size; /* bytes requested */
    uint32_t alloc_stack;
    uint32_t time;      /* a stamp */
    uint32_t mark;      /* in force when it was made */
    uint16_t thread;    /* ours; 0 unknown */
    uint8_t origin;     /* enum origin */
    uint8_t align_log2; /* 0: the default */
};

static_assert(sizeof(struct entry) == 32, "two entries a cache line");

struct shard {
    CACHE_ALIGNED struct lock lock;
    struct entry *entries; /* a power of two of them */
    uint32_t count;
    uint32_t used;
};

/* Each guarded by its own lock. */
static struct shard shards[SHARDS];

_Atomic uint32_t foreign_mode_now;

/* Written once, by track_observe. */
static struct track_allocator real;

/* Atomic sums. */
static _Atomic uint64_t unknown_blocks[TRACK_UNKNOWN_CLASSES];
static _Atomic uint64_t unknown_bytes[TRACK_UNKNOWN_CLASSES];
static _Atomic uint64_t replaced;
static _Atomic uint64_t missed;

void
track_observe(const struct track_allocator *allocator)
{
    real = *allocator;
    for (unsigned i = 0; i < SHARDS; i++)
        shards[i].lock.rank = LOCK_RANK_TRACK;
    atomic_store(&foreign_mode_now, FOREIGN_RECORD);
}

/* ---- the table ---- */

static uint64_t
hash_of(uintptr_t addr)
{
    return hash_u64(addr >> 4);
}

static struct shard *
shard_of(uint64_t hash)
{
    return &shards[hash >> 56];
}

static_assert(SHARDS == 256, "the top byte of the hash is the shard");

/* A call on a nested self interrupted this thread, perhaps right here. */
static bool
enter_shard(const struct self *self, struct shard *shard)
{
    if (UNLIKELY(self->outer != NULL))
        return lock_try(&shard->lock);
    lock_take(&shard->lock);
    return true;
}

/* Where `addr` is, or the empty place where it would go. */
static uint32_t
place_of(const struct shard *shard, uintptr_t addr, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (shard->count - 1);

    while (shard->entries[at].addr != 0 && shard->entries[at].addr != addr)
        at = (at + 1) & (shard->count - 1);
    return at;
}

static bool
grow(struct shard *shard)
{
    uint32_t count = shard->count == 0 ? FIRST_COUNT : shard->count * 2;
    struct shard bigger = {.count = count};

    if (count == 0)
        return false;
    bigger.entries = meta_map(count * sizeof(struct entry));
    if (bigger.entries == NULL)
        return false;
    for (uint32_t i = 0; i < shard->count; i++) {
        const struct entry *entry = &shard->entries[i];

        if (entry->addr != 0)
            bigger
                .entries[place_of(&bigger, entry->addr, hash_of(entry->addr))] =
                *entry;
    }
    if (shard->entries != NULL)
        meta_unmap(shard->entries, shard->count * sizeof(struct entry));
    shard->entries = bigger.entries;
    shard->count = count;
    return true;
}

/* Put the block in; *out_old is what was there at its address. Returns 1 if
 * something was, 0 if not, -1 if there is no room for it. */
static int
insert(const struct self *self, const struct entry *entry,
       struct entry *out_old)
{
    uint64_t hash = hash_of(entry->addr);
    struct shard *shard = shard_of(hash);
    int result = -1;

    if (!enter_shard(self, shard))
        return -1;
    if (LIKELY(shard->used < shard->count / 4 * 3) || grow(shard)) {
        struct entry *place =
            &shard->entries[place_of(shard, entry->addr, hash)];

        result = place->addr != 0;
        *out_old = *place;
        *place = *entry;
        shard->used += result == 0;
    }
    lock_give(&shard->lock);
    return result;
}

/* The places after a hole whose entries would not be found any more move up. */
static void
close_hole(struct shard *shard, uint32_t hole)
{
    uint32_t mask = shard->count - 1;
    uint32_t at = hole;

    for (;;) {
        uint32_t home;

        at = (at + 1) & mask;
        if (shard->entries[at].addr == 0)
            break;
        home = (uint32_t)hash_of(shard->entries[at].addr) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            shard->entries[hole] = shard->entries[at];
            hole = at;
        }
    }
    shard->entries[hole].addr = 0;
}

/* Take the block at `addr` out; false if it is not in the table. */
static bool
take(const struct self *self, uintptr_t addr, struct entry *out)
{
    uint64_t hash = hash_of(addr);
    struct shard *shard = shard_of(hash);
    bool found = false;

    if (!enter_shard(self, shard))
        return false;
    if (shard->count != 0) {
        uint32_t at = place_of(shard, addr, hash);

        found = shard->entries[at].addr != 0;
        if (found) {
            *out = shard->entries[at];
            close_hole(shard, at);
            shard->used--;
        }
    }
    lock_give(&shard->lock);
    return found;
}

/* ---- blocks ---- */

static void
count_freed(struct self *self, const struct entry *entry)
{
    if (entry->origin != ORIGIN_INTERNAL)
        tally_free(&self->tally, entry->size);
}

/* The block is made: record and count it. */
static void
note_made(struct self *self, void *p, size_t size, size_t align,
          enum origin origin, const void *caller)
{
    struct entry entry = {.addr = (uintptr_t)p, .size = size};
    struct entry old;
    int result;

    if (alloc_is_unrecorded(self))
        origin = ORIGIN_INTERNAL;
    entry.alloc_stack = alloc_capture_block(self, caller, size);
    entry.time = self_stamp(self);
    entry.mark = atomic_load_explicit(&alloc_mark, memory_order_relaxed);
    entry.thread = self->short_number;
    entry.origin = (uint8_t)origin;
    entry.align_log2 = align == 0 ? 0 : (uint8_t)bits_log2_floor(align);
    result = insert(self, &entry, &old);
    if (UNLIKELY(result < 0)) {
        atomic_fetch_add(&missed, 1);
        return;
    }
    if (UNLIKELY(result > 0)) {
        atomic_fetch_add(&replaced, 1);
        count_freed(self, &old);
        if (old.origin != ORIGIN_INTERNAL)
            unseen_note(self, old.alloc_stack);
    }
    if (LIKELY(origin != ORIGIN_INTERNAL)) {
        self->tally.calls[origin]++;
        tally_alloc(&self->tally, size);
        alloc_count(self, entry.alloc_stack, size);
    }
}

static void *
make(size_t size, size_t align, bool zero)
{
    void *p = NULL;

    if (align <= 16)
        return zero ? real.calloc(1, size) : real.malloc(size);
    if (align < sizeof(void *) || real.posix_memalign(&p, align, size) != 0)
        return NULL;
    if (zero)
        memset(p, 0, size);
    return p;
}

/* Enter, if blocks are recorded; NULL if not. */
static ALWAYS_INLINE struct self *
enter(void)
{
    if (UNLIKELY(atomic_load_explicit(&foreign_mode_now,
                                      memory_order_relaxed) != FOREIGN_RECORD))
        return NULL;
    return self_enter();
}

void *
foreign_alloc(size_t size, size_t align, bool zero, enum origin origin,
              const void *caller)
{
    void *p = make(size, align, zero);
    struct self *self = LIKELY(p != NULL) ? enter() : NULL;

    if (LIKELY(self != NULL)) {
        note_made(self, p, size, align, origin, caller);
        self_leave(self);
    }
    return p;
}

/* Without the allocator's word for it, all are of the least class. */
static void
note_unknown(const void *p)
{
    size_t size = real.malloc_usable_size != NULL
                      ? real.malloc_usable_size((void *)(uintptr_t)p)
                      : 0;
    unsigned class = track_unknown_class(size);

    atomic_fetch_add_explicit(&unknown_blocks[class], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&unknown_bytes[class], size,
                              memory_order_relaxed);
}

/* Take the record of a block that is about to go; true if there was one. */
static bool
note_going(struct self *self, const void *p, struct entry *out_entry)
{
    if (take(self, (uintptr_t)p, out_entry))
        return true;
    note_unknown(p);
    return false;
}

void
foreign_free(void *p, enum origin call, const void *caller)
{
    struct self *self = p != NULL ? enter() : NULL;
    struct entry entry;

    (void)caller; /* who frees is not kept */
    if (LIKELY(self != NULL)) {
        if (note_going(self, p, &entry)) {
            if (entry.origin != ORIGIN_INTERNAL)
                self->tally.calls[call]++;
            count_freed(self, &entry);
        }
        self_leave(self);
    }
    real.free(p);
}

void *
foreign_resize(void *p, size_t size, bool zero_tail, enum origin origin,
               const void *caller)
{
    struct self *self = enter();
    bool was_known = false;
    struct entry entry, old;
    void *q;

    if (self != NULL) {
        was_known = note_going(self, p, &entry);
        self_leave(self);
    }
    q = real.realloc(p, size);
    if (q != NULL && zero_tail && was_known && size > entry.size)
        memset((char *)q + entry.size, 0, size - (size_t)entry.size);
    self = enter();
    if (self == NULL)
        return q;
    if (q == NULL && size != 0 && was_known) {
        (void)insert(self, &entry, &old); /* it is as it was */
    } else {
        if (was_known)
            count_freed(self, &entry);
        if (q != NULL)
            note_made(self, q, size, 0, origin, caller);
    }
    self_leave(self);
    return q;
}

size_t
foreign_usable_size(const void *p)
{
    struct block block;

    if (real.malloc_usable_size != NULL)
        return real.malloc_usable_size((void *)(uintptr_t)p);
    return foreign_find((uintptr_t)p, &block) ? block.size : 0;
}

/* ---- looking ---- */

static void
describe(const struct entry *entry, struct block *out_block)
{
    *out_block = (struct block){
        .addr = entry->addr,
        .size = entry->size,
        .slot = entry->addr,
        .slot_size = entry->size,
        .state = BLOCK_LIVE,
        .origin = (enum origin)entry->origin,
        .thread = entry->thread,
        .time_ns = stamp_to_ns(entry->time),
        .alloc = depot_find(entry->alloc_stack),
        .align = entry->align_log2 == 0 ? 0 : (size_t)1 << entry->align_log2,
        .mark = entry->mark};
}

bool
foreign_find(uintptr_t addr, struct block *out_block)
{
    uint64_t hash = hash_of(addr);
    struct shard *shard = shard_of(hash);
    bool found = false;

    if (!lock_try(&shard->lock)) {
        if (lock_is_mine(&shard->lock))
            return false;
        lock_take(&shard->lock);
    }
    if (shard->count != 0) {
        const struct entry *entry =
            &shard->entries[place_of(shard, addr, hash)];

        found = entry->addr != 0 && entry->origin != ORIGIN_INTERNAL;
        if (found)
            describe(entry, out_block);
    }
    lock_give(&shard->lock);
    return found;
}

/* A copy of the shard's entries, so that `visit` runs without its lock; NULL
 * where there are none or no memory. */
static struct entry *
copy_shard(struct shard *shard, uint32_t *out_count)
{
    struct entry *copy = NULL;

    lock_take(&shard->lock);
    if (shard->used != 0)
        copy = meta_map(shard->count * sizeof(struct entry));
    if (copy != NULL)
        memcpy(copy, shard->entries, shard->count * sizeof(struct entry));
    *out_count = shard->count;
    lock_give(&shard->lock);
    return copy;
}

uint64_t
foreign_walk(bool (*visit)(const struct block *, void *), void *context)
{
    uint64_t visited = 0;
    bool goes_on = true;

    for (unsigned i = 0; i < SHARDS && goes_on; i++) {
        uint32_t count;
        struct entry *entries = copy_shard(&shards[i], &count);

        for (uint32_t j = 0; entries != NULL && j < count && goes_on; j++) {
            struct block block;

            if (entries[j].addr == 0 || entries[j].origin == ORIGIN_INTERNAL)
                continue;
            describe(&entries[j], &block);
            visited++;
            goes_on = visit(&block, context);
        }
        if (entries != NULL)
            meta_unmap(entries, count * sizeof(struct entry));
    }
    return visited;
}

/* Classes of one width up to here, which is 2 to the power of CLASS_LOG2. */
#define CLASS_EVEN 1024u
#define CLASS_LOG2 10u
#define CLASS_WIDTH 32u

unsigned
track_unknown_class(uint64_t size)
{
    unsigned log2, class;

    if (size < CLASS_EVEN)
        return (unsigned)size / CLASS_WIDTH;
    log2 = bits_log2_floor(size);
    class = CLASS_EVEN / CLASS_WIDTH + (log2 - CLASS_LOG2) * 4 +
            (unsigned)(size >> (log2 - 2) & 3);
    return class < TRACK_UNKNOWN_CLASSES ? class : TRACK_UNKNOWN_CLASSES - 1;
}

void
track_unknown(unsigned class, uint64_t *out_blocks, uint64_t *out_bytes)
{
    *out_blocks = atomic_load(&unknown_blocks[class]);
    *out_bytes = atomic_load(&unknown_bytes[class]);
}

void
track_observed(struct track_observed *out_counts)
{
    struct track_observed counts = {.replaced = atomic_load(&replaced),
                                    .missed = atomic_load(&missed)};

    for (unsigned i = 0; i < TRACK_UNKNOWN_CLASSES; i++)
        counts.unknown_freed += atomic_load(&unknown_blocks[i]);

    /* Each word is read whole; the sum is of no single moment. */
    for (unsigned i = 0; i < SHARDS; i++) {
        counts.known += __atomic_load_n(&shards[i].used, __ATOMIC_RELAXED);
        counts.table_bytes +=
            __atomic_load_n(&shards[i].count, __ATOMIC_RELAXED) *
            sizeof(struct entry);
    }
    *out_counts = counts;
}

/* ---- the end of watching; fork ---- */

/* The blocks of the table are written off as freed, so that the totals of each
 * trace say what is known to live: nothing. */
static void
empty_shard(struct self *self, struct shard *shard)
{
    struct entry *entries;
    uint32_t count;

    lock_take(&shard->lock);
    entries = shard->entries;
    count = shard->count;
    shard->entries = NULL;
    shard->count = shard->used = 0;
    lock_give(&shard->lock);
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].addr != 0)
            count_freed(self, &entries[i]);
    }
    if (entries != NULL)
        meta_unmap(entries, count * sizeof(struct entry));
}

void
track_watch(bool on)
{
    struct self *self;

    if (!foreign_is_on())
        return;
    atomic_store(&foreign_mode_now, on ? FOREIGN_RECORD : FOREIGN_PASS);
    if (on)
        return;
    self = self_enter();
    if (self == NULL)
        return;
    for (unsigned i = 0; i < SHARDS; i++)
        empty_shard(self, &shards[i]);
    self_leave(self);
    unseen_forget();
}

void
foreign_freeze(void)
{
    for (unsigned i = 0; i < SHARDS && foreign_is_on(); i++)
        lock_take_to_freeze(&shards[i].lock);
    unseen_freeze();
}

void
foreign_thaw(void)
{
    unseen_thaw();
    for (unsigned i = SHARDS; i-- > 0 && foreign_is_on();)
        lock_give(&shards[i].lock);
}

void
foreign_child(void)
{
    for (unsigned i = 0; i < SHARDS; i++)
        lock_reset(&shards[i].lock);
    unseen_child();
}
