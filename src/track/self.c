/*
 * track/self.c - making, pooling and entering selves.
 */
#include "track/self.h"

#include "meta/region.h"
#include "os/thread.h"
#include "track/retire.h"
#include "track/track.h"

#define THREADS_REMEMBERED 65536u

/* What is known of a thread by its number; a slot is reused by the number
 * 65536 higher. Written by the thread itself when it gets or loses its self. */
struct thread_entry {
    _Atomic uint32_t number;
    _Atomic int tid; /* negative: ended */
};

__thread struct self *self_current;

struct self self_ended = {.busy = true};

/* Newest first; grows by compare-and-swap, never shrinks. */
static _Atomic(struct self *) all_selves;

bool self_is_alone = true;

/* The numbers given out so far. */
static _Atomic uint32_t thread_numbers;

/* Untouched pages of it cost nothing. */
static struct thread_entry threads[THREADS_REMEMBERED];

/* Written once, at start, before there are threads. */
static void (*thread_hook)(void);

void
track_set_thread_hook(void (*hook)(void))
{
    thread_hook = hook;
}

static struct self *
make_self(void)
{
    struct self *self = meta_map(sizeof(*self));
    static _Atomic unsigned arenas;

    if (self == NULL)
        return NULL;
    tcache_init(&self->cache, atomic_fetch_add(&arenas, 1));
    self->next = atomic_load(&all_selves);
    while (!atomic_compare_exchange_weak(&all_selves, &self->next, self))
        continue;
    return self;
}

static struct self *
take_self(void)
{
    for (struct self *self = atomic_load(&all_selves); self != NULL;
         self = self->next) {
        if (tcache_try_claim(&self->cache))
            return self;
    }
    return make_self();
}

void **
track_thread_word(void)
{
    struct self *self = self_current;

    return self == NULL || self == &self_ended ? NULL : &self->word;
}

static void
give_self(struct self *self)
{
    self->outer = NULL;
    self->internal = 0;
    self->record_off = false;
    self->scopes = 0;
    self->ignores = 0;
    self->note_now = 0;
    self->note.file = NULL;
    self->stamps.uses_left = 0;
    self->cache.is_nested = false;
    stack_forget(&self->stacks);
    self->busy = false;
    tcache_release(&self->cache);
}

/* A busy self of the pool, on behalf of a thread whose own cannot be used. */
static struct self *
enter_nested(struct self *outer)
{
    struct self *self = take_self();

    if (self == NULL)
        return NULL;
    self->busy = true;
    self->outer = outer;
    self->number = outer->number;
    self->short_number = outer->short_number;
    self->tid = outer->tid;
    self->internal = outer->internal;
    self->record_off = outer->record_off;
    self->cache.is_nested = true;
    return self;
}

static void
number_thread(struct self *self)
{
    struct thread_entry *entry;

    self->number = atomic_fetch_add(&thread_numbers, 1) + 1;
    self->short_number =
        self->number <= UINT16_MAX ? (uint16_t)self->number : 0;
    if (self->number > 1 && self_is_alone)
        self_is_alone = false;
    self->tid = thread_id();
    entry = &threads[self->number % THREADS_REMEMBERED];
    atomic_store(&entry->tid, self->tid);
    atomic_store(&entry->number, self->number);
}

struct self *
self_enter_slow(void)
{
    struct self *self = self_current;

    if (self != NULL)
        return enter_nested(self);
    self = take_self();
    if (self == NULL)
        return NULL;
    self->busy = true;
    if (self_current != NULL) {
        /* A signal handler ran since the test and got a self meanwhile. */
        give_self(self);
        return self_enter();
    }
    self_current = self;
    number_thread(self);
    /* Whatever the hook allocates finds this self busy. */
    if (thread_hook != NULL) {
        self->internal++;
        thread_hook();
        self->internal--;
    }
    return self;
}

void
self_leave_nested(struct self *self)
{
    give_self(self);
}

void
track_thread_end(void)
{
    struct self *self = self_current;
    struct thread_entry *entry;

    if (self == NULL || self == &self_ended || self->busy)
        return;
    self->busy = true;
    retire_hand_over(self);
    tcache_trim(&self->cache);
    tally_tell(&self->tally);
    entry = &threads[self->number % THREADS_REMEMBERED];
    if (atomic_load(&entry->number) == self->number)
        atomic_store(&entry->tid, -self->tid);
    self_current = &self_ended;
    give_self(self);
}

/* A nested call copies the depth from the thread's own self. */
static struct self *
internal_owner(struct self *self)
{
    struct self *mine = self_current;

    return mine != NULL && mine != &self_ended ? mine : self;
}

void
self_internal_begin(struct self *self)
{
    internal_owner(self)->internal++;
}

void
self_internal_end(struct self *self)
{
    internal_owner(self)->internal--;
}

void
track_internal_begin(void)
{
    struct self *self = self_enter();

    if (self == NULL)
        return;
    self_internal_begin(self);
    self_leave(self);
}

void
track_internal_end(void)
{
    struct self *self = self_enter();

    if (self == NULL)
        return;
    self_internal_end(self);
    self_leave(self);
}

uint32_t
track_thread_number(void)
{
    struct self *self = self_enter();
    uint32_t number = 0;

    if (self != NULL) {
        number = self->number;
        self_leave(self);
    }
    return number;
}

bool
track_record_thread(bool on)
{
    struct self *self = self_enter();
    bool was = true;

    if (self != NULL) {
        was = !self->record_off;
        self->record_off = !on;
        self_leave(self);
    }
    return was;
}

void
track_threads_each(bool (*visit)(const struct snapshot_thread *, void *),
                   void *context)
{
    uint32_t last = self_thread_count();
    uint32_t first =
        last > THREADS_REMEMBERED ? last - THREADS_REMEMBERED + 1 : 1;

    for (uint32_t number = first; number <= last; number++) {
        struct snapshot_thread thread = {.number = number, .alive = false};

        thread.tid = self_thread_tid(number, &thread.alive);
        if (thread.tid != 0 && !visit(&thread, context))
            return;
    }
}

void
self_each(void (*visit)(struct self *, void *), void *context)
{
    for (struct self *self = atomic_load(&all_selves); self != NULL;
         self = self->next)
        visit(self, context);
}

int
self_thread_tid(uint32_t number, bool *out_alive)
{
    const struct thread_entry *entry = &threads[number % THREADS_REMEMBERED];
    int tid;

    if (number == 0 || atomic_load(&entry->number) != number)
        return 0;
    tid = atomic_load(&entry->tid);
    *out_alive = tid > 0;
    return tid > 0 ? tid : -tid;
}

uint32_t
self_thread_count(void)
{
    return atomic_load(&thread_numbers);
}

void
self_child(void)
{
    struct self *mine = self_current;

    for (struct self *self = atomic_load(&all_selves); self != NULL;
         self = self->next) {
        struct thread_entry *entry =
            &threads[self->number % THREADS_REMEMBERED];

        if (self == mine) {
            self->tid = thread_id();
            atomic_store(&entry->tid, self->tid);
            continue;
        }
        if (atomic_load(&self->cache.claimed) == 0)
            continue;
        if (atomic_load(&entry->number) == self->number &&
            atomic_load(&entry->tid) > 0)
            atomic_store(&entry->tid, -atomic_load(&entry->tid));
        /* One that was inside may be half changed: nobody uses it again, and
         * what its spans hold stays where it is. */
        if (!self->busy)
            give_self(self);
    }
}
