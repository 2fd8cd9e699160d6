/*
 * monitor/history.h - live bytes over time, and the marks, in bounded memory.
 *
 * Instants are taken at even distances. When there is no room for another,
 * every second one is dropped and the distance doubles: so the whole life of
 * the process is there at any time, at the finest distance that fits.
 */
#ifndef MONITOR_HISTORY_H
#define MONITOR_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

#define HISTORY_INSTANTS 512u
#define HISTORY_MARKS 64u

/* The distance at the start. */
#define HISTORY_STEP_NS UINT64_C(10000000)

/* history_is_wanted - true where the options ask for a form of report that
 * shows it. Thread: any. */
bool history_is_wanted(void);

/* history_add - note what is live now.   Locks: held: monitor. */
void history_add(void);

/* history_put - the same, of numbers given: nanoseconds since the start, bytes
 * and blocks. Locks: held: monitor. */
void history_put(const struct snapshot_instant *instant);

/* history_step_ns - the distance now.   Locks: held: monitor. */
uint64_t history_step_ns(void);

/* history_mark - note that mark `number` was set. The last HISTORY_MARKS are
 * kept.   Thread: any.   Signal: yes.   Locks: none. */
void history_mark(uint32_t number);

/* history_copy - append the history, what is live now and the marks to those
 * of the snapshot.   Locks: held: monitor. */
void history_copy(struct snapshot *snapshot);

/* history_forget - in a forked child: the history is the parent's, but for
 * where it stood.   Thread: one at a time. */
void history_forget(void);

#endif
