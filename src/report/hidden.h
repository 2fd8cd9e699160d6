/*
 * report/hidden.h - what a report does not show: frames of the runtime and of
 * our own (hide-runtime), and blocks that the runtime keeps for itself.
 *
 * All functions: Thread: any. Signal: no. Locks: those of symbol.
 */
#ifndef REPORT_HIDDEN_H
#define REPORT_HIDDEN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "model/trace.h"

/* Entries of a trace for which it is noted whether they are shown; the ones
 * behind are. */
#define HIDDEN_MAX 256

struct hidden {
    uint64_t bits[HIDDEN_MAX / 64];
    uint32_t count; /* of the bits that are set */
};

/*
 * hidden_frames - which entries of `trace` not to show.
 *
 * Of the runtime's functions that call one another, the one that the program
 * called is shown; those that called the program (before main, a thread's
 * first) are not, nor is any of our own. Never all of them.
 */
void hidden_frames(const struct trace *trace, struct hidden *out);

static inline bool
hidden_is(const struct hidden *hidden, uint32_t i)
{
    return i < HIDDEN_MAX && (hidden->bits[i / 64] >> (i % 64) & 1) != 0;
}

/* hidden_is_kept - true if a block made at `trace` is the runtime's own: see
 * symbol/runtime.h. */
bool hidden_is_kept(const struct trace *trace);

#endif
