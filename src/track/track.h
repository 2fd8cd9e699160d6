/*
 * track/track.h - the door of track: a block from its allocation to its free.
 *
 * Purpose: joins the heap (memory), the stack (who calls), the guard (bytes
 * around the block) and the record of each block, decides what is a finding,
 * and counts. It is what malloc does when it is more than malloc.
 *
 * Owns: the selves (one per thread, track/self.h), the tallies, the numbering
 * of threads, marks. The live set is the heap's records: nothing else lists
 * the blocks.
 *
 * Invariants: a block's record is LIVE from the end of track_alloc to the
 * state change in track_free, and that change happens once. A call that finds
 * itself inside the library already (a signal handler that interrupted malloc,
 * a callback, a thread that has ended) works on a self taken from the pool, so
 * no structure is ever entered twice.
 *
 * Locks: none on the fast path. Reading order: self.h, alloc.c, free.c,
 * resize.c, live.c (look-ups and walks), tally.h, audit.c (checks),
 * trouble.c (findings and reactions).
 */
#ifndef TRACK_TRACK_H
#define TRACK_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/block.h"
#include "model/counter.h"
#include "model/finding.h"
#include "model/snapshot.h"
#include "os/arch/arch.h"
#include "track/room.h"

/* No size, no alignment given by the caller of a free. */
#define TRACK_NOT_GIVEN SIZE_MAX

/*
 * track_start - start the heap and everything under it from conf_now().
 *
 * Called once, by whichever entry point runs first; idempotent after that.
 * Thread: one at a time (front serialises it).
 */
void track_start(void);

/* The functions of another allocator that makes the program's blocks; the first
 * five must be there. */
struct track_allocator {
    void *(*malloc)(size_t size);
    void (*free)(void *p);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *p, size_t size);
    int (*posix_memalign)(void **out, size_t align, size_t size);
    size_t (*malloc_usable_size)(void *p); /* or NULL */
};

/*
 * track_observe - the blocks are `allocator`'s: calls pass through to it and
 * leave a record (track/foreign.h). Before track_start.
 *
 * Thread: one at a time.
 */
void track_observe(const struct track_allocator *allocator);

/* track_is_observing - true after track_observe. */
bool track_is_observing(void);

/* track_sample - the option `sample` that is in force: bytes for each that is
 * drawn, 0 where every block has its stack. */
uint64_t track_sample(void);

/* track_watch - record the blocks of the other allocator, or let the calls pass
 * through unseen; then what was recorded is forgotten.   Signal: no. */
void track_watch(bool on);

struct track_observed {
    uint64_t known;         /* blocks recorded now */
    uint64_t unknown_freed; /* frees of blocks that were not recorded */
    uint64_t replaced;      /* addresses that came again without a free */
    uint64_t missed;        /* blocks that could not be recorded */
    uint64_t table_bytes;   /* memory of the records */
};

void track_observed(struct track_observed *out_counts);

/* Frees of blocks that were not recorded are told apart by the size of what was
 * freed: 32 bytes a class to 1 KiB, then four classes a doubling. */
#define TRACK_UNKNOWN_CLASSES 128u

/* track_unknown_class - the class of `size`. */
unsigned track_unknown_class(uint64_t size);

/* track_unknown - blocks and bytes of the class that were freed so; bytes as
 * the allocator counts them. Always 0 where the heap is ours. */
void track_unknown(unsigned class, uint64_t *out_blocks, uint64_t *out_bytes);

/* track_unseen - how many blocks that the stack made were freed by a road that
 * was not seen, as far as that came to light (track/unseen.h). */
uint64_t track_unseen(stack_id stack);

/* track_is_recording - true where every block has a record: false in a plain
 * allocator (preset off, or a program that `only` leaves out). */
bool track_is_recording(void);

/*
 * track_alloc - make a block.
 *
 * size:   bytes requested, any (0 gives a unique block of 0 bytes).
 * align:  bytes, a power of two; 0 for the default of 16.
 * zero:   the block is to read as zero.
 * caller: the frame of the entry point (ARCH_FRAME), here and below; NULL for
 *         what the program did not ask for.
 * Returns the block, or NULL where no memory can be had (the caller sets
 * errno), or a limit, a size or an option refuses it.
 *
 * Thread: any.   Signal: yes.   Locks: none on the fast path, else heap.
 */
void *track_alloc(size_t size, size_t align, bool zero, enum origin origin,
                  const void *caller);

/*
 * track_free - end a block; anything that is no live block gives a finding and
 * is left alone.
 *
 * p: any value; NULL does nothing (but see error-free-null).
 * size, align: what a sized or aligned free was told, or TRACK_NOT_GIVEN.
 * Thread: any.   Signal: yes.
 */
void track_free(void *p, enum origin call, size_t size, size_t align,
                const void *caller);

/*
 * track_zero_size - realloc was asked for 0 bytes of a block, which it ends:
 * raises the finding that zero-size asks for.   Thread: any.   Signal: yes.
 */
void track_zero_size(enum origin call, const void *caller);

/*
 * track_resize - realloc's work on a live block or NULL.
 *
 * size > 0. On failure NULL, and the block is as it was.
 * zero_tail: bytes past the old size read as zero (recalloc).
 */
void *track_resize(void *p, size_t size, bool zero_tail, enum origin origin,
                   const void *caller);

/* track_usable_size - the bytes the program may use at `p`; 0 for NULL and,
 * with a finding, for what is no live block. */
size_t track_usable_size(const void *p, const void *caller);

/*
 * track_note - the header's macro says: the next call in this thread stands at
 * file:line. `value` is an argument of that call and `caller` the frame of the
 * note itself, or NULL; a call believes the note only if both fit.
 */
void track_note(const char *file, unsigned line, uintptr_t value,
                const void *caller);

/* track_explicit - the next call in this thread stands at file:line, without
 * a test: for the *_at functions. */
void track_explicit(const char *file, unsigned line);

/* ---- looking ---- */

/*
 * track_examine - the block that `addr` lies in or (freed, and its slot not
 * used again since) lay in; fences belong to their block.
 *
 * Returns false if there is none.   Thread: any.   Signal: yes.
 */
bool track_examine(uintptr_t addr, struct block *out_block);

/* Which blocks track_walk visits. */
enum track_walk_flag { TRACK_WALK_LIVE = 1, TRACK_WALK_FREED = 2 };

/*
 * track_walk - call `visit` for each block, in no order, until it returns
 * false.
 *
 * Other threads go on: a block that is allocated or freed meanwhile may or may
 * not be visited; each one visited was live at that instant. `visit` must not
 * allocate from the program's heap.
 * Returns the number of blocks visited.   Signal: no.   Locks: heap.
 */
uint64_t track_walk(unsigned flags,
                    bool (*visit)(const struct block *, void *), void *context);

/* track_age_ns - nanoseconds since `block` was made (a freed one: freed); 0
 * where that is not known. */
uint64_t track_age_ns(const struct block *block);

/* ---- checks; each returns the number of findings it raised ---- */

/* track_check_block - verify the live block at `p` (exactly its address). */
unsigned track_check_block(const void *p, const char *during,
                           const void *caller);

/* track_check_range - verify that [p, p + n) lies in one live block, or in no
 * block of ours at all. */
unsigned track_check_range(const void *p, size_t n, const char *during,
                           const void *caller);

/*
 * track_room - how many bytes the program may use from `p` on. Blocks have
 * records. See room_is_enough, too.
 *
 * Returns SIZE_MAX where `p` is in no block of ours (nothing is known then);
 * 0 where its block is freed, or `p` lies outside of what was asked for.
 * Thread: any.   Signal: yes.   Locks: none.   Cost: O(1).
 */
size_t track_room(const void *p);

/*
 * track_wrong_access - the call `during` is about to use `n` bytes at `p`,
 * which is more than track_room: raise what that is.
 *
 * is_text: it reads a string that has no end in its block.
 * Thread: any.   Signal: yes.   errno: untouched.
 */
void track_wrong_access(const void *p, size_t n, enum finding_access access,
                        bool is_text, const char *during, const void *caller);

/* track_wrong_overlap - the call `during` is about to copy `n` bytes between
 * places that have `common` bytes in common.   As track_wrong_access. */
void track_wrong_overlap(const void *target, const void *source, size_t n,
                         size_t common, const char *during,
                         const void *caller);

/* track_check_all - verify every fence and fill, and the heap's own
 * structures. */
unsigned track_check_all(const char *during, const void *caller);

/* ---- faults ---- */

/* What a handler of SIGSEGV or SIGBUS knows. */
struct track_fault {
    const char *signal;          /* "SIGSEGV" */
    bool is_memory;              /* a fault, not a signal that somebody sent */
    bool has_addr;               /* the CPU told the address */
    uintptr_t addr;
    enum finding_access access;
    struct arch_context context; /* of the instruction */
    const void *ucontext;        /* the handler's third argument */
};

/*
 * track_fault - say what a memory fault touched: which block, how far outside
 * of it, or what else. It counts as a finding and has no reaction: the process
 * ends of it anyhow.
 *
 * Thread: any.   Signal: yes; needs some 100 KiB of stack.
 */
void track_fault(const struct track_fault *fault);

/* track_thread_word - a word of the calling thread's, NULL at first, that a
 * later thread may find as it was left; NULL where the thread has ended. */
void **track_thread_word(void);

/* ---- counts ---- */

/* track_counters - the counters that track, heap, stack and meta keep (not the
 * process's resident memory). */
void track_counters(uint64_t out_counters[COUNTER__COUNT]);

/* track_histograms - allocations so far, and live blocks, by
 * snapshot_bucket(size). */
void track_histograms(uint64_t out_count[SNAPSHOT_BUCKETS],
                      uint64_t out_live[SNAPSHOT_BUCKETS]);

/* track_sites_each - call `visit` for each trace that ever allocated, with its
 * totals, until it returns false. */
void track_sites_each(bool (*visit)(const struct snapshot_site *, void *),
                      void *context);

/* track_threads_each - the threads seen (the latest of them, where there were
 * very many). */
void track_threads_each(bool (*visit)(const struct snapshot_thread *, void *),
                        void *context);

/* track_finding_count - findings so far, of one kind or, for FINDING__COUNT,
 * of all. */
uint64_t track_finding_count(enum finding_kind kind);

/* track_operations - allocations and frees so far (approximate while other
 * threads run). */
uint64_t track_operations(void);

/* track_start_unix_ns, track_elapsed_ns - when track_start ran, and how long
 * ago that is. */
uint64_t track_start_unix_ns(void);
uint64_t track_elapsed_ns(void);

/* ---- marks ---- */

/* track_mark - begin a new mark; blocks made from now on are "since" it.
 * Marks are 1, 2, ...   Thread: any.   Signal: yes. */
uint32_t track_mark(void);

/* track_block_mark - the mark that was in force when `addr`'s live block was
 * made; 0 before the first. */
uint32_t track_block_mark(const struct block *block);

/* ---- what the program says of its blocks ---- */

/* track_ignore - reports pass over the live block at `p`. track_tag - `name`,
 * cut to 63 bytes, is its name. False if it is no live block, or 511 names are
 * in use.   Thread: any.   Signal: no. */
bool track_ignore(const void *p);
bool track_tag(const void *p, const char *name);

/* track_ignore_begin, track_ignore_end - what this thread makes in between is
 * ignored. They nest. track_scope_begin, track_scope_end: likewise, it has
 * `name`; the innermost of up to 16 counts. False if there is no room, or no
 * pair. */
bool track_ignore_begin(void);
bool track_ignore_end(void);
bool track_scope_begin(const char *name);
bool track_scope_end(void);

/*
 * track_protect - nobody is to change, free or resize the live block at `p`:
 * whoever does is a finding. Of a block that is protected already, what it
 * holds now counts. Returns 0, -ENOENT (no live block), -ENOTSUP (no records),
 * -ENOMEM.
 *
 * track_unprotect - that ends; what was changed is raised. Returns 0, -ENOENT,
 * or -ENOMEM: the kernel does not open its pages.
 * Thread: any.   Signal: no.   Locks: track.
 */
int MUST_CHECK track_protect(const void *p);
int MUST_CHECK track_unprotect(const void *p, const void *caller);

/* track_name - name number `number` (block.name), or NULL. Lives for ever. */
const char *track_name(uint32_t number);

/* ---- this thread ---- */

/* track_thread_number - our number of the calling thread: 1, 2, ... */
uint32_t track_thread_number(void);

/* track_internal_begin, track_internal_end - what this thread allocates in
 * between belongs to the library: plain memory, not recorded as the program's.
 * They nest. */
void track_internal_begin(void);
void track_internal_end(void);

/* track_record - turn the recording of new blocks on or off, for the process
 * or the calling thread; returns the earlier state. Blocks made while it is
 * off are plain memory: not in reports, still checked on free. */
bool track_record(bool on);
bool track_record_thread(bool on);

/* track_thread_end - the calling thread runs no more code of the program's:
 * its self goes back to the pool. Later calls by it still work. */
void track_thread_end(void);

/* track_set_thread_hook - `hook` is called once in each thread that gets a
 * self, so that front can arrange for track_thread_end. It may allocate. */
void track_set_thread_hook(void (*hook)(void));

/* ---- hooks of the program's ---- */

struct track_event {
    enum origin call;
    const void *p;      /* the block made, or freed */
    const void *old;    /* realloc: the block it was */
    size_t size;
    size_t align;
    const struct trace *trace;
};

/* track_set_event_hook - call `hook` after every event (NULL: none). What it
 * allocates is internal. */
void track_set_event_hook(void (*hook)(const struct track_event *));

/* track_set_finding_hook - call `hook` for each finding, before the reaction of
 * on-error. */
void track_set_finding_hook(void (*hook)(const struct finding *));

/* track_set_note_hook - call `hook` for each finding before it is told, to add
 * to its note; not where a signal handler interrupted the library. Once, at
 * start. */
void track_set_note_hook(void (*hook)(struct finding *));

/* track_raise - make a finding known: numbered, given its time and thread,
 * counted, reported, hooked, reacted to. For checks outside track. */
void track_raise(struct finding *finding);

/* track_options_changed - read conf_now() again (after setup, push, pop). */
void track_options_changed(void);

/* ---- freeze: fork and stop-the-world ---- */

/* track_freeze - take every lock of heap, stack and track in layer order;
 * track_thaw gives them back; track_child does so in a forked child, where the
 * other threads are gone: what they were inside is written off. */
void track_freeze(void);
void track_thaw(void);
void track_child(void);

/* track_is_inside - true if the thread is inside the library: in a signal
 * handler, that it interrupted it there. */
bool track_is_inside(void);

/* track_copied - in a child that was made without freezing (_Fork, clone) and
 * has a copy of our memory: the other threads are gone, whatever they held. */
void track_copied(void);

#endif
