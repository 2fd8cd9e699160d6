/*
 * report/suppress.h - the suppressions in force: those of the option's files
 * and the built-in ones.
 *
 * Owns: the rules that were read, which live as long as the process, for a
 * report or a finding may be looking at them while the option changes.
 *
 * A leak is suppressed by its stack and its kind, a finding by the stack where
 * it was noticed or, for `finding:` lines, also by that of the block's
 * allocation. What is suppressed is counted and not said.
 */
#ifndef REPORT_SUPPRESS_H
#define REPORT_SUPPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "meta/region.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/trace.h"
#include "report/rule.h"

/*
 * suppress_update - read the files that the option `suppress` names, unless
 * they were read already. A file that cannot be read, or a line that is no
 * suppression, costs one line on fd 2.
 *
 * Thread: any.   Signal: no.   Locks: none.
 */
void suppress_update(void);

/* suppress_findings - findings kept back so far. Thread: any. Signal: yes. */
uint64_t suppress_findings(void);

/* suppress_forget - in a forked child: what was kept back is the parent's. */
void suppress_forget(void);

/* ---- stacks in words ---- */

/* Words of the frames that were looked up, kept while many stacks are. */
struct suppress_words {
    struct region region;
    struct table known;   /* address and generation -> where in `places` */
    struct vector places; /* struct rule_place */
    struct vector stack;  /* struct rule_place: of the trace asked for last */
};

#define SUPPRESS_WORDS_INIT                                                    \
    {                                                                          \
        .region = REGION_INIT, .known = TABLE_INIT,                            \
        .places = VECTOR_INIT(struct rule_place),                              \
        .stack = VECTOR_INIT(struct rule_place)                                \
    }

/*
 * suppress_stack - the trace's frames, innermost first, in words->stack.
 *
 * Returns false where memory runs out: what is there is part of it.
 * Inside names_begin and names_end.   Thread: owner.
 */
bool MUST_CHECK suppress_stack(struct suppress_words *words,
                               const struct trace *trace);

/* suppress_entry - the function that was called, as a frame: "malloc". */
struct rule_place suppress_entry(enum origin origin);

void suppress_words_fini(struct suppress_words *words);

#endif
