/*
 * leak/classify.h - from marks to kinds.
 *
 * Thread: one at a time.   Locks: held: the heap's.
 */
#ifndef LEAK_CLASSIFY_H
#define LEAK_CLASSIFY_H

#include <stdint.h>

#include "base/attr.h"
#include "leak/leak.h"

/* classify_rest - after all that is REACHED was marked: mark what is POSSIBLE,
 * and give every lost block its leader. */
void classify_rest(void);

/* classify_kind - as leak_kind. */
enum leak_kind classify_kind(uintptr_t addr, uintptr_t *out_leader);

/* classify_end - forget the leaders. */
void classify_end(void);

#endif
