/*
 * track/protect.c - closing blocks to writes, and comparing their ends.
 */
#include "track/protect.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bits.h"
#include "base/list.h"
#include "meta/pool.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "os/lock.h"
#include "os/page.h"
#include "os/process.h"
#include "track/foreign.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/track.h"
#include "track/trouble.h"

/* A copy of up to so many bytes is kept in the entry itself. */
#define ROOM_BYTES 128

/* The part of vm.max_map_count that read-only ranges may take: each cuts a
 * mapping in three. */
#define RANGES_SHARE 16

/* No larger copies are kept: of a block whose pages the kernel does not close,
 * there would be one of all of it. */
#define COPY_MOST ((size_t)1 << 20)

struct entry {
    struct list_node link;
    uintptr_t user;
    size_t size;
    uintptr_t from; /* read-only pages: [from, to); none: both the block's */
    uintptr_t to;   /* end */
    uint8_t *copy;  /* of what lies before `from`, then of what from `to` on */
    uint8_t room[ROOM_BYTES];
};

static struct lock protect_lock = LOCK_INIT(LOCK_RANK_TRACK);

/* Under protect_lock. */
static struct table by_user = TABLE_INIT;
static struct pool entries = POOL_INIT(struct entry);
static struct list_node all = {.next = &all, .prev = &all}; /* oldest first */
static size_t range_count;

/* Set once, by the first block. */
static _Atomic bool is_used;

/* Written by protect_copied, in a child with one thread. */
static bool is_lost;

bool
protect_is_used(void)
{
    return atomic_load_explicit(&is_used, memory_order_relaxed);
}

static bool
enter(const struct self *self)
{
    if (is_lost)
        return false;
    if (self->outer != NULL)
        return lock_try(&protect_lock);
    lock_take(&protect_lock);
    return true;
}

/* ---- entries; locks: held ---- */

static struct entry *
find(uintptr_t user)
{
    uint64_t value;

    return table_find(&by_user, user, &value) ? (void *)(uintptr_t)value : NULL;
}

static size_t
head_size(const struct entry *entry)
{
    return entry->from - entry->user;
}

static size_t
copy_size(const struct entry *entry)
{
    return entry->size - (entry->to - entry->from);
}

static void
renew(struct entry *entry)
{
    size_t head = head_size(entry);

    memcpy(entry->copy, (const void *)entry->user, head);
    memcpy(entry->copy + head, (const void *)entry->to,
           copy_size(entry) - head);
}

/* The pages that are the block's alone. */
static void
close_pages(struct entry *entry)
{
    uintptr_t end = entry->user + entry->size;
    uintptr_t from = bits_align_up(entry->user, page_size());
    uintptr_t to = bits_align_down(end, page_size());

    entry->from = entry->to = end;
    if (from >= to ||
        range_count >= (size_t)process_max_maps() / RANGES_SHARE ||
        page_make_readonly((void *)from, to - from) != 0)
        return;
    range_count++;
    entry->from = from;
    entry->to = to;
}

static bool
open_pages(struct entry *entry)
{
    if (entry->from == entry->to)
        return true;
    if (page_unprotect((void *)entry->from, entry->to - entry->from) != 0)
        return false;
    range_count--;
    entry->from = entry->to = entry->user + entry->size;
    return true;
}

static void
drop(struct entry *entry, size_t size)
{
    list_remove(&entry->link);
    (void)table_remove(&by_user, entry->user); /* it is there */
    if (entry->copy != NULL && entry->copy != entry->room)
        meta_unmap(entry->copy, size);
    pool_give(&entries, entry);
}

/* The block is open again, or the entry is left. */
static bool
lift(struct entry *entry)
{
    size_t size = copy_size(entry);

    if (!open_pages(entry))
        return false;
    drop(entry, size);
    return true;
}

static int
insert(uintptr_t user, size_t size)
{
    struct entry *entry = pool_take(&entries);
    size_t need;

    if (entry == NULL)
        return -ENOMEM;
    entry->user = user;
    entry->size = size;
    entry->copy = NULL;
    if (table_insert(&by_user, user, (uintptr_t)entry) != 0) {
        pool_give(&entries, entry);
        return -ENOMEM;
    }
    list_insert_last(&all, &entry->link);
    close_pages(entry);
    need = copy_size(entry);
    if (need <= COPY_MOST)
        entry->copy = need <= ROOM_BYTES ? entry->room : meta_map(need);
    if (entry->copy == NULL) {
        (void)lift(entry); /* else the pages stay as they are */
        return -ENOMEM;
    }
    renew(entry);
    return 0;
}

/* ---- comparing; locks: held ---- */

/* The byte of the copy that is `at`'s; `at` is no read-only one. */
static uint8_t
byte_of(const struct entry *entry, uintptr_t at)
{
    size_t gap = at < entry->from ? 0 : entry->to - entry->from;

    return entry->copy[at - entry->user - gap];
}

struct change {
    uintptr_t first;
    uintptr_t last;
    size_t count;
};

static bool
find_change(const struct entry *entry, struct change *out_change)
{
    struct change change = {0, 0, 0};
    uintptr_t end = entry->user + entry->size;

    if (memcmp((const void *)entry->user, entry->copy, head_size(entry)) == 0 &&
        memcmp((const void *)entry->to, entry->copy + head_size(entry),
               end - entry->to) == 0)
        return false;
    for (uintptr_t at = entry->user; at < end; at++) {
        if (at == entry->from && entry->to < end)
            at = entry->to;
        else if (at == entry->from)
            break;
        if (*(const volatile uint8_t *)at == byte_of(entry, at))
            continue;
        if (change.count++ == 0)
            change.first = at;
        change.last = at;
    }
    *out_change = change;
    return change.count != 0;
}

static void
copy_bytes(const struct entry *entry, const struct change *change,
           struct finding *finding)
{
    uintptr_t from = change->first & ~(uintptr_t)15;

    from = from > entry->user + 16 ? from - 16 : entry->user & ~(uintptr_t)15;
    finding->bytes_addr = from;
    finding->bytes_count =
        page_read(finding->bytes, (const void *)from, sizeof(finding->bytes));
    for (size_t i = 0; i < finding->bytes_count; i++) {
        uintptr_t at = from + i;

        if (at < entry->user || at >= entry->user + entry->size ||
            (at >= entry->from && at < entry->to))
            continue;
        if (finding->bytes[i] != byte_of(entry, at))
            finding->bytes_damaged |= (uint64_t)1 << i;
    }
}

static void
describe(struct finding *finding, uintptr_t addr, const struct slot *slot)
{
    finding->has_block = true;
    finding->place = FINDING_PLACE_BLOCK;
    live_describe(slot, &finding->block);
    finding->offset = (ptrdiff_t)(addr - finding->block.addr);
}

/* What the program wrote is what the block holds from now on. */
static bool
inspect(struct self *self, struct entry *entry, enum origin call,
        const char *during, const void *caller, struct finding *finding)
{
    struct change change;
    struct slot slot;

    if (!live_find((const void *)entry->user, &slot) ||
        !find_change(entry, &change))
        return false;
    trouble_init(finding, self, FINDING_PROTECTED_WRITE, call, caller,
                 change.first);
    if (during != NULL)
        finding->during = during;
    finding->access = FINDING_ACCESS_WRITE;
    finding->length = change.count;
    describe(finding, change.first, &slot);
    copy_bytes(entry, &change, finding);
    renew(entry);
    return true;
}

/* ---- the program's wishes ---- */

static void
begin_use(void)
{
    if (!atomic_exchange(&is_used, true))
        policy_read();
}

int
track_protect(const void *p)
{
    struct self *self = self_enter();
    struct entry *entry;
    struct slot slot;
    int error = -ENOENT;

    if (self == NULL)
        return -ENOMEM;
    if (!policy.records) {
        error = -ENOTSUP;
    } else if (live_find(p, &slot)) {
        begin_use();
        error = -ENOMEM;
        if (enter(self)) {
            entry = find((uintptr_t)p);
            if (entry != NULL) {
                renew(entry);
                error = 0;
            } else {
                error = insert((uintptr_t)p, heap_block_size(&slot));
            }
            lock_give(&protect_lock);
        }
    }
    self_leave(self);
    return error;
}

/* Raise what was found without the lock. */
static void
raise(struct self *self, struct finding *findings, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        trouble_raise(self, &findings[i]);
}

int
track_unprotect(const void *p, const void *caller)
{
    struct self *self = self_enter();
    struct finding finding;
    struct entry *entry;
    bool is_changed = false;
    int error = -ENOENT;

    if (self == NULL)
        return -ENOMEM;
    if (enter(self)) {
        entry = find((uintptr_t)p);
        if (entry != NULL) {
            is_changed = inspect(self, entry, ORIGIN_CHECK,
                                 "dbgmalloc_unprotect", caller, &finding);
            error = lift(entry) ? 0 : -ENOMEM;
        }
        lock_give(&protect_lock);
    }
    raise(self, &finding, is_changed);
    self_leave(self);
    return error;
}

bool
protect_end(struct self *self, const void *p, enum origin call,
            const void *caller)
{
    struct finding findings[2];
    struct entry *entry;
    bool is_open = true;
    unsigned count = 0;
    struct slot slot;

    if (!enter(self))
        return is_lost;
    entry = find((uintptr_t)p);
    if (entry != NULL && live_find(p, &slot)) {
        count = inspect(self, entry, call, NULL, caller, &findings[0]);
        trouble_init(&findings[count], self, FINDING_PROTECTED_FREE, call,
                     caller, (uintptr_t)p);
        describe(&findings[count++], (uintptr_t)p, &slot);
    }
    if (entry != NULL)
        is_open = lift(entry);
    lock_give(&protect_lock);
    raise(self, findings, count);
    return is_open;
}

unsigned
protect_check(struct self *self, size_t most, const char *during,
              const void *caller)
{
    struct vector findings = VECTOR_INIT(struct finding);
    unsigned count;

    if (!protect_is_used() || is_lost || !lock_try(&protect_lock))
        return 0;
    if (most > by_user.count)
        most = by_user.count;
    for (; most > 0; most--) {
        struct entry *entry = LIST_ITEM(list_first(&all), struct entry, link);
        struct finding finding, *kept;

        list_remove(&entry->link);
        list_insert_last(&all, &entry->link);
        if (!inspect(self, entry, ORIGIN_CHECK, during, caller, &finding))
            continue;
        kept = vector_add(&findings);
        if (kept != NULL)
            *kept = finding;
    }
    lock_give(&protect_lock);
    count = (unsigned)findings.count;
    raise(self, findings.items, count);
    vector_fini(&findings);
    return count;
}

bool
protect_covers(uintptr_t addr)
{
    bool is_covered = false;

    if (!protect_is_used() || is_lost || !lock_try(&protect_lock))
        return false;
    LIST_EACH (node, &all) {
        const struct entry *entry = LIST_ITEM(node, struct entry, link);

        if (addr >= entry->from && addr < entry->to)
            is_covered = true;
    }
    lock_give(&protect_lock);
    return is_covered;
}

/* ---- freeze ---- */

/* As in the quarantine: not where the thread held it already. Written while
 * frozen. */
static bool is_frozen;

void
protect_freeze(void)
{
    is_frozen = !is_lost && !lock_is_mine(&protect_lock);
    if (is_frozen)
        lock_take_to_freeze(&protect_lock);
}

void
protect_thaw(void)
{
    if (is_frozen)
        lock_give(&protect_lock);
}

void
protect_child(void)
{
    if (is_frozen)
        lock_reset(&protect_lock);
}

void
protect_copied(void)
{
    if (is_lost || lock_is_mine(&protect_lock))
        return;
    if (lock_try(&protect_lock))
        lock_give(&protect_lock);
    else
        is_lost = true;
}
