/*
 * leak/world.h - stop all other threads of the process, without ptrace.
 *
 * Each thread gets a signal whose handler notes where the thread was and waits.
 * The signal is one that the program does nothing with: SIGURG, which does
 * nothing unless a program asks for it (debuggers pass it on unasked), else a
 * real-time signal without a handler. A system call that it interrupts goes on
 * as if nothing had been: the kernel restarts most, and the handler the others.
 *
 * A thread that blocks the signal is not sent one (it would find it pending, or
 * in its sigwait); if it sleeps in the kernel, /proc says where its stack is.
 * All of it is bounded in time: what did not answer is named in the outcome.
 *
 * Locks: the caller holds what the stopped threads may hold and it needs
 * itself: the heap's locks at least. Between world_stop and world_resume it
 * must not call what takes others, libc's for one.
 * Source: signals to stop threads are as old as collectors for threads
 * (Boehm, Weiser 1988); ours are the restart of calls, and the rest.
 */
#ifndef LEAK_WORLD_H
#define LEAK_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/tasks.h"

enum world_answer {
    WORLD_ASKED,  /* nothing known yet */
    WORLD_PARKED, /* it waits in our handler */
    WORLD_KERNEL, /* it blocks the signal and sleeps: `look` tells where */
    WORLD_MISSED, /* it runs, or nothing can be learnt of it */
    WORLD_OURS,   /* the library's own thread: not stopped */
    WORLD_GONE    /* it ended */
};

struct world_thread {
    int tid;
    enum world_answer answer;
    uintptr_t sp;        /* 0 unknown; the interrupted code's, less the bytes
                             under it that are in use */
    uintptr_t tp;        /* thread pointer; 0 unknown */
    uintptr_t frame_low; /* PARKED: the kernel's frame with the registers */
    uintptr_t frame_high;
    struct tasks_look look; /* the last */
    struct tasks_look sent; /* as it was before the signal; world.c's */
    bool is_out;    /* a signal may be on its way to it, or was not answered */
    bool is_second; /* an earlier one was, when the last was sent */
    _Atomic uintptr_t note; /* of the handshake: see world.c */
};

struct world {
    struct world_thread *threads;
    size_t count;
    size_t capacity;
    unsigned parked, kernel, missed; /* how many answered so */
    int error;  /* -errno where the threads cannot be listed, else 0 */
    int signal; /* that was used, 0 for none */
};

/*
 * world_stop - stop every thread but the calling one; give up when for
 * `most_ns` none answered any more.
 *
 * ours: the id of the library's own thread, or 0.
 * *out_world: what became of each; valid until the next stop.
 * Returns 0, or -errno where no thread was stopped.
 * Thread: one at a time.   Signal: no.   Locks: held, see above.
 */
int MUST_CHECK world_stop(int ours, uint64_t most_ns, struct world *out_world);

/* world_resume - let them go on. */
void world_resume(void);

/* world_is_alone - true if there is no other thread but `ours`; false where
 * that cannot be told. */
bool world_is_alone(int ours);

/* world_child - in a child that is a copy of this process: nothing is
 * stopped. */
void world_child(void);

#endif
