/*
 * os/lock.h - locks that a fork, a signal handler and a layer order can trust.
 *
 * A lock is a futex word; zero-initialised is unlocked. Its owner is known by
 * arch_thread_pointer(), so a lock can say "you hold me already". Each lock has
 * a rank, the line of its layer in src/LAYERS; with --enable-debug, taking a
 * lock asserts that its rank is lower than that of any lock held already
 * (layers on earlier lines have lower ranks).
 *
 * Frozen: lock_freeze_begin marks the calling thread as the one that holds
 * every lock (front/fork takes them all by then). Until lock_freeze_end, takes
 * and gives by that thread do nothing: handlers that run between fork's prepare
 * and its end may allocate.
 *
 * Source: Drepper, Futexes Are Tricky, 2011 (mutex 2).
 */
#ifndef OS_LOCK_H
#define OS_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Ranks: the line of the layer in src/LAYERS, checked by tests/lint. */
enum lock_rank {
    LOCK_RANK_OS = 2,
    LOCK_RANK_META = 3,
    LOCK_RANK_CONF = 4,
    LOCK_RANK_MODEL = 5,
    LOCK_RANK_ELF = 7,
    LOCK_RANK_SYMBOL = 8,
    LOCK_RANK_REPORT = 9,
    LOCK_RANK_HEAP = 10,
    LOCK_RANK_STACK = 11,
    LOCK_RANK_GUARD = 12,
    LOCK_RANK_TRACK = 13,
    LOCK_RANK_LEAK = 14,
    LOCK_RANK_MONITOR = 15,
    LOCK_RANK_FRONT = 16
};

struct lock {
    _Atomic uint32_t word;    /* 0 free, else who holds it: see lock.c */
    enum lock_rank rank;
    _Atomic uintptr_t owner;  /* arch_thread_pointer of the holder, or 0 */
    uint64_t saved_mask;      /* the holder's signal mask; holder only */
};

#define LOCK_INIT(r) {.word = 0, .rank = (r), .owner = 0, .saved_mask = 0}

/*
 * lock_take - wait for the lock and take it.
 *
 * Thread: any, not while holding it.   Signal: no: a handler uses lock_try.
 */
void lock_take(struct lock *lock);

/*
 * lock_take_to_freeze - lock_take for a layer that takes all its locks at once:
 * other locks of the same rank may be held. The layer always takes its locks in
 * one order of its own. Released by lock_give.
 */
void lock_take_to_freeze(struct lock *lock);

/* lock_try - take the lock if it is free; false if not (the caller may itself
 * be what interrupted the holder).  Signal: yes. */
bool MUST_CHECK lock_try(struct lock *lock);

/* lock_give - release a lock taken by lock_take or lock_try. */
void lock_give(struct lock *lock);

/*
 * lock_take_masked - lock_take with all signals blocked until
 * lock_give_masked, so that no handler can run inside. For slow paths whose
 * data a handler needs too. Costs two system calls.
 */
void lock_take_masked(struct lock *lock);
void lock_give_masked(struct lock *lock);

/* lock_is_mine - true if the calling thread holds it.  Signal: yes. */
bool lock_is_mine(const struct lock *lock);

/* lock_reset - make the lock free, whoever held it: in a forked child. */
void lock_reset(struct lock *lock);

/*
 * lock_hurry_begin, lock_hurry_end - of the calling thread: in between a lock
 * that is not to be had within LOCK_HURRY_NS is not taken, nor any after it,
 * and to give one that was not taken does nothing.
 *
 * For a signal handler that wants locks, though what it interrupted may hold
 * one that their holders wait for; the order of ranks is not checked.
 * lock_has_hurried_on: one was not taken.   Signal: yes.
 */
#define LOCK_HURRY_NS UINT64_C(100000000)
void lock_hurry_begin(void);
void lock_hurry_end(void);
bool lock_has_hurried_on(void);

/* lock_freeze_begin, lock_freeze_end - see above. One thread at a time. */
void lock_freeze_begin(void);
void lock_freeze_end(void);

/* lock_wait - sleep while *word is `expected`, at most timeout_ns (0: no
 * limit). Returns 0, -EAGAIN, -EINTR or -ETIMEDOUT.  Signal: yes. */
int lock_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns);

/* lock_wake - wake up to `count` threads in lock_wait on `word`.
 * Signal: yes. */
void lock_wake(_Atomic uint32_t *word, int count);

#endif
