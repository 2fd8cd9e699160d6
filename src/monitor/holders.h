/*
 * monitor/holders.h - of a freed block that was used: who still points to it.
 *
 * The use is seen when it is too late; whose pointer it went by is not. So the
 * words that hold an address in the block are looked for in that moment, as
 * refs.h does, and told in the finding's note. A place that has none is told
 * of as well: a foreign address in a module's data is a variable.
 */
#ifndef MONITOR_HOLDERS_H
#define MONITOR_HOLDERS_H

#include "model/finding.h"

/*
 * holders_note - add to finding->note what is found; nothing, where there is
 * nothing.
 *
 * The first findings of a process only, each place once, and no more memory
 * than can be read in about a second.
 * Thread: any, with no lock of the heap's held.   Signal: as refs_find, but in
 * a handler that did not interrupt the library.   Locks: heap, symbol.
 */
void holders_note(struct finding *finding);

#endif
