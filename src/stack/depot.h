/*
 * stack/depot.h - the stack depot: each different trace, kept once.
 *
 * Tables of growing size, each filled to 70 % and then only read. A trace's
 * place in its table is its id. An entry is claimed by a compare-and-swap of
 * its hash and published by storing its trace; nobody ever waits. Two threads
 * that insert one new trace at the moment a table fills up may give it two
 * ids: reports group such twins again.
 *
 * With each trace go its totals, for "what did this call do in all".
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: ours; one 16-byte probe per look-up instead of a trie's probe per
 * frame.
 */
#ifndef STACK_DEPOT_H
#define STACK_DEPOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/trace.h"

/* What the calls with one trace made; each is a sum of additions by any
 * thread. (What was freed of it is that less what is live.) */
struct depot_totals {
    _Atomic uint64_t alloc_count, alloc_bytes;
};

/*
 * depot_insert - the id of the trace of these return addresses, made if it is
 * new.
 *
 * pc, count: innermost first; count may be 0 if `file` is given.
 * file, line: as in struct trace; `file` is compared by its text.
 * Returns STACK_ID_NONE where memory runs out.
 *
 * Equal addresses are another trace where another module was loaded there: the
 * module list (elf/modules.h) is asked, once for a trace and an epoch of it. A
 * module that was unloaded and loaded again is the same, if it has a build-id.
 */
stack_id depot_insert(const uintptr_t *pc, uint32_t count, const char *file,
                      unsigned line);

/*
 * depot_find_hash - the id of a trace by the hash of its addresses alone
 * (memo_hash, memo_finish), with file and line as above.
 *
 * Returns STACK_ID_NONE if it is not there. Two traces of one hash are one: in
 * a million traces the chance of that is 1 in 10^7.
 */
stack_id depot_find_hash(uint64_t hash, const char *file, unsigned line);

/* depot_insert_hash - depot_insert of a trace that depot_find_hash has just not
 * found. hash: of `pc`, as there. */
stack_id depot_insert_hash(uint64_t hash, const uintptr_t *pc, uint32_t count,
                           const char *file, unsigned line);

/* depot_find - the trace named `id`, or NULL (also for one that another thread
 * is just making). */
const struct trace *depot_find(stack_id id);

/* depot_totals - the totals of `id`, or NULL for STACK_ID_NONE. */
struct depot_totals *depot_totals(stack_id id);

/* depot_each - call `visit` for each trace, with its totals, until it returns
 * false. A visitor that need not look into the trace had better not: it was
 * mostly not touched for long. */
void depot_each(bool (*visit)(stack_id id, const struct depot_totals *totals,
                              const struct trace *trace, void *context),
                void *context);

/* depot_count - different traces so far. */
uint64_t depot_count(void);

/* depot_lost - traces that could not be kept for want of memory. */
uint64_t depot_lost(void);

#endif
