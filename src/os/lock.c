/*
 * os/lock.c - the futex mutex, the freeze, and the order of ranks.
 *
 * The word is 0 free, else its holder's mark, plus 1 if it is perhaps waited
 * for. Who finds it taken spins a little, then adds the 1 and sleeps; who gives
 * a lock that had the 1 wakes one sleeper, which takes it with the 1, since it
 * cannot know whether it was the last. The mark comes and goes with the lock in
 * one instruction, so a handler always knows whether what it interrupted holds
 * it, also before `owner` is written and after it is cleared.
 */
#include "os/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <time.h>

#include "os/call.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/signal.h"

/* About a microsecond: longer than a short critical section, far shorter than
 * a sleep and a wake. */
#define SPINS 40

/* The thread that holds every lock (see lock.h), or 0. Atomic. */
static _Atomic uintptr_t frozen_by;

/* is_frozen_by_me - true if takes and gives of this thread do nothing. */
static inline bool
is_frozen_by_me(void)
{
    uintptr_t frozen = atomic_load_explicit(&frozen_by, memory_order_relaxed);

    return UNLIKELY(frozen != 0) && frozen == arch_thread_pointer();
}

/* lock_hurry_begin. */
static __thread bool is_hurried, has_hurried_on;

/* What it waits at a time. */
#define HURRY_STEP_NS UINT64_C(100000)

#define WAITED UINT32_C(1)

/* my_mark - even, not 0, and the same for no two threads but by a chance that
 * `owner` rules out. */
static inline uint32_t
my_mark(void)
{
    return (uint32_t)(arch_thread_pointer() >> 6 << 1) | UINT32_C(0x80000000);
}

#ifdef DBGMALLOC_DEBUG

/* How many locks of each rank this thread holds. Its own thread only; a
 * handler that interrupts it leaves the counts as it found them. */
static __thread uint16_t held[LOCK_RANK_FRONT + 1];

/* check_order - stop if taking `lock` now could close a circle. A lock that is
 * all zero has no rank and is not checked. */
static void
check_order(const struct lock *lock, bool same_rank_allowed)
{
    BUG_IF(lock_is_mine(lock));
    BUG_IF((unsigned)lock->rank > LOCK_RANK_FRONT);
    if (lock->rank == 0)
        return;
    for (unsigned rank = 1; rank <= (unsigned)lock->rank; rank++) {
        bool same = rank == (unsigned)lock->rank;

        BUG_IF(held[rank] != 0 && !(same && same_rank_allowed));
    }
}

static void
note_taken(const struct lock *lock)
{
    held[lock->rank]++;
}

static void
note_given(const struct lock *lock)
{
    BUG_IF(held[lock->rank] == 0);
    held[lock->rank]--;
}

#else

static inline void
check_order(const struct lock *lock, bool same_rank_allowed)
{
    (void)lock;
    (void)same_rank_allowed;
}

static inline void
note_taken(const struct lock *lock)
{
    (void)lock;
}

static inline void
note_given(const struct lock *lock)
{
    (void)lock;
}

#endif

static inline bool
try_word(struct lock *lock)
{
    uint32_t free = 0;

    return atomic_compare_exchange_strong_explicit(
        &lock->word, &free, my_mark(), memory_order_acquire,
        memory_order_relaxed);
}

static inline void
become_owner(struct lock *lock)
{
    atomic_store_explicit(&lock->owner, arch_thread_pointer(),
                          memory_order_relaxed);
    note_taken(lock);
}

/* take_slowly - spin, then sleep, until the lock is ours. */
static void COLD
take_slowly(struct lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        arch_pause();
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
            try_word(lock))
            return;
    }
    for (;;) {
        uint32_t word = 0;

        if (atomic_compare_exchange_strong_explicit(
                &lock->word, &word, my_mark() | WAITED, memory_order_acquire,
                memory_order_relaxed))
            return;
        if ((word & WAITED) == 0 &&
            !atomic_compare_exchange_strong(&lock->word, &word, word | WAITED))
            continue;
        /* However the wait ends, the next round finds out how things stand. */
        (void)lock_wait(&lock->word, word | WAITED, 0);
    }
}

/* Every lock is held for much less than the time, unless its holder waits for
 * one of ours. A wake that comes here is one that another sleeper does not get:
 * it is passed on with the lock, or at the end. */
static void COLD
take_hurriedly(struct lock *lock)
{
    uint64_t end = clock_now() + LOCK_HURRY_NS;
    uint32_t mark = my_mark();

    while (!has_hurried_on) {
        uint32_t word = 0;

        if (atomic_compare_exchange_strong_explicit(&lock->word, &word, mark,
                                                    memory_order_acquire,
                                                    memory_order_relaxed)) {
            become_owner(lock);
            return;
        }
        mark |= WAITED;
        /* On a busy machine a short wait is a long one. */
        has_hurried_on = clock_now() >= end;
        (void)lock_wait(&lock->word, word, HURRY_STEP_NS); /* or not */
    }
    lock_wake(&lock->word, 1);
}

static void
take(struct lock *lock, bool same_rank_allowed)
{
    if (UNLIKELY(is_hurried)) {
        take_hurriedly(lock);
        return;
    }
    check_order(lock, same_rank_allowed);
    if (UNLIKELY(!try_word(lock)))
        take_slowly(lock);
    become_owner(lock);
}

void
lock_take(struct lock *lock)
{
    if (is_frozen_by_me())
        return;
    take(lock, false);
}

void
lock_take_to_freeze(struct lock *lock)
{
    if (is_frozen_by_me())
        return;
    take(lock, true);
}

bool
lock_try(struct lock *lock)
{
    if (is_frozen_by_me())
        return true;
    if (!try_word(lock))
        return false;
    become_owner(lock);
    return true;
}

void
lock_give(struct lock *lock)
{
    if (is_frozen_by_me() || (UNLIKELY(is_hurried) && !lock_is_mine(lock)))
        return;
    DEBUG_ASSERT(lock_is_mine(lock));
    note_given(lock);
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    if ((atomic_exchange_explicit(&lock->word, 0, memory_order_release) &
         WAITED) != 0)
        lock_wake(&lock->word, 1);
}

void
lock_take_masked(struct lock *lock)
{
    uint64_t mask;

    if (is_frozen_by_me())
        return;
    mask = signal_block_all();
    take(lock, false);
    lock->saved_mask = mask;
}

void
lock_give_masked(struct lock *lock)
{
    uint64_t mask;

    if (is_frozen_by_me())
        return;
    mask = lock->saved_mask;
    lock_give(lock);
    signal_restore(mask);
}

bool
lock_is_mine(const struct lock *lock)
{
    uintptr_t owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);

    return is_frozen_by_me() || owner == arch_thread_pointer() ||
           (owner == 0 && (word & ~WAITED) == my_mark());
}

void
lock_reset(struct lock *lock)
{
    if (atomic_load_explicit(&lock->owner, memory_order_relaxed) ==
        arch_thread_pointer())
        note_given(lock);
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    atomic_store_explicit(&lock->word, 0, memory_order_release);
}

void
lock_hurry_begin(void)
{
    is_hurried = true;
    has_hurried_on = false;
}

void
lock_hurry_end(void)
{
    is_hurried = false;
}

bool
lock_has_hurried_on(void)
{
    return is_hurried && has_hurried_on;
}

void
lock_freeze_begin(void)
{
    BUG_IF(atomic_load_explicit(&frozen_by, memory_order_relaxed) != 0);
    atomic_store_explicit(&frozen_by, arch_thread_pointer(),
                          memory_order_relaxed);
}

void
lock_freeze_end(void)
{
    BUG_IF(!is_frozen_by_me());
    atomic_store_explicit(&frozen_by, 0, memory_order_relaxed);
}

int
lock_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec limit = {
        .tv_sec = (time_t)(timeout_ns / UINT64_C(1000000000)),
        .tv_nsec = (long)(timeout_ns % UINT64_C(1000000000)),
    };

    return (int)CALL_4(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected,
                       timeout_ns == 0 ? NULL : &limit);
}

void
lock_wake(_Atomic uint32_t *word, int count)
{
    /* It can fail only where the memory is gone, and then nobody waits. */
    (void)CALL_3(SYS_futex, word, FUTEX_WAKE_PRIVATE, count);
}
