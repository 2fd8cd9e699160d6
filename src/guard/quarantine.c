/*
 * guard/quarantine.c - the front of each thread and the two tails.
 */
#include "guard/quarantine.h"

#include <string.h>

#include "conf/conf.h"
#include "meta/pool.h"
#include "os/lock.h"
#include "os/process.h"

/* A front holds at most its part of the bound, so that many threads do not
 * hold many times as much. */
#define FRONT_SHARE 16
/* Big blocks may always hold their part. */
#define BIG_SHARE 4
/* What a block with closed pages costs: its descriptor, and eight bytes of
 * page table for each OS page. */
#define CLOSED_COST 512
#define CLOSED_SHARE 512
/* Address space that closed blocks may take, where the process has a limit:
 * this part of it. */
#define SPACE_SHARE 8
#define SPACE_MOST (UINT64_C(1) << 37)

/* A queue of batches; all members under quarantine_lock. */
struct tail {
    struct quarantine_batch *first;
    struct quarantine_batch *last;
    uint64_t blocks;
    uint64_t bytes; /* what its blocks count for */
    uint64_t space; /* the big tail: address space of its blocks */
};

static struct lock quarantine_lock = LOCK_INIT(LOCK_RANK_GUARD);

/* Under quarantine_lock. */
static struct tail small_tail, big_tail;
static struct pool batches = POOL_INIT(struct quarantine_batch);

/* Written by quarantine_copied, in a child with one thread. */
static bool is_lost;

/* ---- what a block counts for ---- */

static bool
is_big(const struct slot *slot)
{
    return slot->span->kind != SPAN_SLOTS;
}

static uint64_t
charge_of(const struct slot *slot)
{
    if (heap_is_closed(slot))
        return CLOSED_COST + slot->span->bytes / CLOSED_SHARE;
    return slot->end - slot->start;
}

static uint64_t
bytes_most(void)
{
    uint64_t bytes = conf_now()->quarantine.bytes;

    return bytes == 0 ? UINT64_MAX : bytes;
}

static uint64_t
blocks_most(void)
{
    uint64_t blocks = conf_now()->quarantine.blocks;

    return blocks == 0 ? UINT64_MAX : blocks;
}

/* Locks: held. */
static uint64_t
space_most(void)
{
    static uint64_t most; /* computed once, under the lock */

    if (most == 0) {
        most = process_address_limit() / SPACE_SHARE + 1;
        most = most < SPACE_MOST ? most : SPACE_MOST;
    }
    return most;
}

/* ---- the lock and the batches ---- */

static bool
enter(bool nested)
{
    if (is_lost)
        return false;
    if (nested)
        return lock_try(&quarantine_lock);
    lock_take(&quarantine_lock);
    return true;
}

static void
leave(void)
{
    lock_give(&quarantine_lock);
}

/* Locks: held. */
static struct quarantine_batch *
take_batch(void)
{
    struct quarantine_batch *batch = pool_take(&batches);

    if (batch != NULL) {
        uint64_t most = blocks_most() / FRONT_SHARE + 1;

        batch->next = NULL;
        batch->bytes = 0;
        batch->bytes_most = bytes_most() / FRONT_SHARE;
        batch->count_most =
            most < QUARANTINE_BATCH ? (uint32_t)most : QUARANTINE_BATCH;
        batch->count = 0;
        batch->first = 0;
    }
    return batch;
}

void
quarantine_give(struct quarantine_batch *batch, bool nested)
{
    /* Where the lock is not to be had the batch is lost: 1 KiB, rarely. */
    if (!enter(nested))
        return;
    pool_give(&batches, batch);
    leave();
}

/* ---- the tails; locks: held ---- */

static void
append(struct tail *tail, struct quarantine_batch *batch)
{
    batch->next = NULL;
    if (tail->last != NULL)
        tail->last->next = batch;
    else
        tail->first = batch;
    tail->last = batch;
    tail->blocks += batch->count - batch->first;
    tail->bytes += batch->bytes;
}

static struct quarantine_batch *
remove_first(struct tail *tail)
{
    struct quarantine_batch *batch = tail->first;

    tail->first = batch->next;
    if (tail->first == NULL)
        tail->last = NULL;
    tail->blocks -= batch->count - batch->first;
    tail->bytes -= batch->bytes;
    return batch;
}

static bool
is_over(void)
{
    return small_tail.bytes + big_tail.bytes > bytes_most() ||
           small_tail.blocks + big_tail.blocks > blocks_most() ||
           big_tail.space > space_most();
}

/* Move the oldest big block to the batch `out`, which has room. */
static void
let_big_go(struct quarantine_batch *out)
{
    struct quarantine_batch *batch = big_tail.first;
    quarantine_slot held = batch->slots[batch->first];
    struct slot slot;
    uint64_t charge;

    heap_slot_at(quarantine_span(held), quarantine_index(held), &slot);
    charge = charge_of(&slot);
    big_tail.space -= slot.span->bytes;
    big_tail.blocks--;
    big_tail.bytes -= charge;
    batch->bytes -= charge;
    out->slots[out->count++] = held;
    if (++batch->first == batch->count) {
        (void)remove_first(&big_tail); /* it is `batch` */
        pool_give(&batches, batch);
    }
}

/* True if the next to go is a big block. */
static bool
is_big_next(void)
{
    if (big_tail.first == NULL)
        return false;
    return small_tail.first == NULL || big_tail.space > space_most() ||
           big_tail.bytes > bytes_most() / BIG_SHARE ||
           big_tail.blocks > blocks_most() / BIG_SHARE;
}

/* Take out what is over the bound; `all`: everything. */
static struct quarantine_batch *
let_go(bool all)
{
    struct quarantine_batch *out = NULL;

    while (all ? small_tail.first != NULL || big_tail.first != NULL
               : is_over()) {
        if (!is_big_next()) {
            struct quarantine_batch *batch;

            if (small_tail.first == NULL)
                break;
            batch = remove_first(&small_tail);
            /* One that is being filled with big blocks stays in front. */
            if (out != NULL) {
                batch->next = out->next;
                out->next = batch;
            } else {
                batch->next = NULL;
                out = batch;
            }
            continue;
        }
        if (out == NULL || out->count == QUARANTINE_BATCH) {
            struct quarantine_batch *more = take_batch();

            if (more == NULL)
                break;
            more->next = out;
            out = more;
        }
        let_big_go(out);
    }
    return out;
}

/* ---- coming in ---- */

static struct quarantine_batch *
insert_big(const struct slot *slot, bool nested, bool *out_held)
{
    struct quarantine_batch *batch, *out;
    uint64_t charge = charge_of(slot);

    *out_held = false;
    /* It would push everything else out and then go itself. */
    if (charge > bytes_most() / BIG_SHARE || !enter(nested))
        return NULL;
    batch = big_tail.last;
    if (batch == NULL || batch->count == QUARANTINE_BATCH) {
        batch = take_batch();
        if (batch == NULL) {
            leave();
            return NULL;
        }
        append(&big_tail, batch);
    }
    batch->slots[batch->count++] = quarantine_slot_of(slot->span, 0);
    batch->bytes += charge;
    big_tail.blocks++;
    big_tail.bytes += charge;
    big_tail.space += slot->span->bytes;
    *out_held = true;
    out = let_go(false);
    leave();
    return out;
}

static bool
is_full(const struct quarantine_batch *batch)
{
    return batch->count >= batch->count_most ||
           batch->bytes >= batch->bytes_most;
}

/* Put a full front in the tail; it leaves at once where the lock is not to be
 * had. */
static struct quarantine_batch *
flush(struct quarantine_front *front, bool nested)
{
    struct quarantine_batch *batch = front->batch, *out;

    front->batch = NULL;
    atomic_store_explicit(&front->bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&front->blocks, 0, memory_order_relaxed);
    if (batch == NULL || !enter(nested))
        return batch;
    append(&small_tail, batch);
    out = let_go(false);
    /* Its memory is at hand: it is the next front. */
    front->batch = take_batch();
    leave();
    return out;
}

struct quarantine_batch *
quarantine_insert(struct quarantine_front *front, const struct slot *slot,
                  bool nested, bool *out_held)
{
    struct quarantine_batch *batch = front->batch;

    if (is_big(slot))
        return insert_big(slot, nested, out_held);
    *out_held = false;
    if (UNLIKELY(batch == NULL)) {
        if (!enter(nested))
            return NULL;
        front->batch = batch = take_batch();
        leave();
        if (batch == NULL)
            return NULL;
    }
    *out_held = true;
    batch->slots[batch->count++] = quarantine_slot_of(slot->span, slot->index);
    batch->bytes += charge_of(slot);
    atomic_store_explicit(&front->bytes, batch->bytes, memory_order_relaxed);
    atomic_store_explicit(&front->blocks, batch->count, memory_order_relaxed);
    return LIKELY(!is_full(batch)) ? NULL : flush(front, nested);
}

struct quarantine_batch *
quarantine_hand_over(struct quarantine_front *front, bool nested)
{
    if (front->batch == NULL || front->batch->count == 0)
        return NULL;
    return flush(front, nested);
}

struct quarantine_batch *
quarantine_empty(struct quarantine_front *front, bool nested)
{
    struct quarantine_batch *out;

    if (!enter(nested))
        return NULL;
    if (front->batch != NULL && front->batch->count != 0) {
        append(&small_tail, front->batch);
        front->batch = NULL;
        atomic_store_explicit(&front->bytes, 0, memory_order_relaxed);
        atomic_store_explicit(&front->blocks, 0, memory_order_relaxed);
    }
    out = let_go(true);
    leave();
    return out;
}

void
quarantine_totals(uint64_t *out_blocks, uint64_t *out_bytes)
{
    /* Words that may be one change apart. */
    *out_blocks = small_tail.blocks + big_tail.blocks;
    *out_bytes = small_tail.bytes + big_tail.bytes;
}

/* ---- freeze ---- */

/* Whether quarantine_freeze took the lock: not where the thread held it
 * already, because a signal handler that forks interrupted it there. Written
 * while frozen. */
static bool is_frozen;

void
quarantine_freeze(void)
{
    is_frozen = !is_lost && !lock_is_mine(&quarantine_lock);
    if (is_frozen)
        lock_take_to_freeze(&quarantine_lock);
}

void
quarantine_thaw(void)
{
    if (is_frozen)
        lock_give(&quarantine_lock);
}

void
quarantine_child(void)
{
    if (is_frozen)
        lock_reset(&quarantine_lock);
}

void
quarantine_copied(void)
{
    if (is_lost || lock_is_mine(&quarantine_lock))
        return;
    if (lock_try(&quarantine_lock))
        lock_give(&quarantine_lock);
    else
        is_lost = true;
}
