/*
 * track/trouble.h - findings: filling them in and making them known.
 */
#ifndef TRACK_TROUBLE_H
#define TRACK_TROUBLE_H

#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "model/finding.h"
#include "track/self.h"

/*
 * trouble_init - a finding of `kind`, noticed in `call` from `caller` by the
 * thread of `self`, about `addr`.
 */
void trouble_init(struct finding *finding, struct self *self,
                  enum finding_kind kind, enum origin call,
                  const void *caller, uintptr_t addr);

/* trouble_bytes - copy what the memory around [addr, addr + n) holds, as far
 * as it can be read, and mark the bytes there that differ from the fence. */
void trouble_bytes(struct finding *finding, uintptr_t addr, size_t n);

/* trouble_fill_bytes - the same, marking what differs from a fill. */
void trouble_fill_bytes(struct finding *finding, uintptr_t addr, size_t n,
                        uint8_t fill);

/* trouble_raise - as track_raise, by a thread that is inside already: counts,
 * reports, calls the program's hook and reacts as on-error says. */
void trouble_raise(struct self *self, struct finding *finding);

#endif
