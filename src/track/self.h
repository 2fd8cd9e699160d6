/*
 * track/self.h - a self: what a thread needs to allocate, and the guard
 * against entering it twice.
 *
 * The thread's one TLS word points to its self. `busy` is set while it is
 * inside the library; a call that finds it set (a signal handler that
 * interrupted malloc; code that the library itself calls) takes another self
 * from the pool for the length of the call. So does a thread that has ended.
 * A nested self never waits for a lock (struct tcache, is_nested).
 *
 * Selves are never freed; the pool is the list of all of them, and the cache's
 * `claimed` says which are in use.
 *
 * Leaving a signal handler by longjmp out of the allocator leaves `busy` set:
 * from then on that thread works on pooled selves, slower and still right.
 */
#ifndef TRACK_SELF_H
#define TRACK_SELF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "guard/guard.h"
#include "heap/heap.h"
#include "stack/stack.h"
#include "track/sampler.h"
#include "track/stamp.h"
#include "track/tally.h"

/* A note of the header's: see track_note. */
struct self_note {
    const char *file; /* NULL: no note */
    unsigned line;
    bool is_explicit; /* believe it unseen */
    uintptr_t value;
    uintptr_t pc; /* where the note was left; 0: by libc */
};

/* Scopes that a thread may have open. */
#define SELF_SCOPES_MAX 16

struct self {
    bool busy;         /* this thread is inside the library */
    bool record_off;   /* track_record_thread(false) */
    uint8_t scopes;    /* of track_scope_begin that are open */
    uint16_t note_now; /* annotate.h: of the blocks it makes now */
    uint16_t ignores;  /* of track_ignore_begin that are open */
    uint16_t scope[SELF_SCOPES_MAX]; /* numbers of names, innermost last */
    uint32_t number;                 /* of the thread: 1, 2, ... */
    uint16_t short_number; /* the same in 16 bits, 0 if it needs more */
    uint32_t internal;     /* depth of track_internal_begin */
    struct self *outer;    /* the self that was busy; nested selves only */
    struct self_note note;
    struct stamp_cache stamps;
    struct tcache cache;
    struct tally tally;
    struct stack_cache stacks;
    struct quarantine_front held;
    struct guardpage_turn turn;
    uint32_t until_slice; /* calls that pass before a slice of the heap may
                                be checked */
    struct sampler sampler;
    int tid;
    const void *giving; /* caller of a free that gives blank slots back */
    const void *told;  /* a wrong access of the header's, said already */
    void *word;        /* see track_thread_word */
    struct self *next; /* all selves; written once, before it is listed */
};

/* The calling thread's self; NULL before its first call, self_ended after its
 * end. Signal handlers of the thread read it too. */
extern __thread struct self *self_current
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* A self that is always busy: the thread runs no more code of ours. */
extern HIDDEN struct self self_ended;

/* No more than one thread of the program has ever been in the library. Becomes
 * false before the second one does anything else. */
extern HIDDEN bool self_is_alone;

/* self_enter_slow - self_enter where it is not one load and one store. */
struct self *self_enter_slow(void);

/* self_leave_nested - give a pooled self back. */
void self_leave_nested(struct self *self);

/*
 * self_enter - the self to work on; NULL if there is no memory for one.
 *
 * Thread: any.   Signal: yes.   Pair: self_leave.
 */
static ALWAYS_INLINE struct self *
self_enter(void)
{
    struct self *self = self_current;

    if (UNLIKELY(self == NULL || self->busy))
        return self_enter_slow();
    self->busy = true;
    atomic_signal_fence(memory_order_seq_cst);
    return self;
}

/* self_leave_own - self_leave where `self` is self_current. */
static ALWAYS_INLINE void
self_leave_own(struct self *self)
{
    atomic_signal_fence(memory_order_seq_cst);
    self->busy = false;
}

static ALWAYS_INLINE void
self_leave(struct self *self)
{
    if (UNLIKELY(self->outer != NULL)) {
        atomic_signal_fence(memory_order_seq_cst);
        self_leave_nested(self);
        return;
    }
    self_leave_own(self);
}

/* self_stamp - the stamp of this instant, mostly without reading a clock. */
static ALWAYS_INLINE uint32_t
self_stamp(struct self *self)
{
    return stamp_cached(&self->stamps, self->outer != NULL);
}

/* self_internal_begin, self_internal_end - what this thread allocates in
 * between is the library's own. `self` is the one it is inside on. */
void self_internal_begin(struct self *self);
void self_internal_end(struct self *self);

/* self_each - call `visit` for every self there is. */
void self_each(void (*visit)(struct self *, void *), void *context);

/* self_thread_tid - the kernel's id of our thread `number`; 0 unknown.
 * *out_alive: it has not ended, as far as we know. */
int self_thread_tid(uint32_t number, bool *out_alive);

/* self_thread_count - threads numbered so far. */
uint32_t self_thread_count(void);

/* self_child - in a forked child: the other threads are gone. Their selves,
 * unless they were inside the library, return to the pool. */
void self_child(void);

#endif
