/*
 * monitor/growth.h - what grows: the history of each stack, and what it says.
 *
 * Now and then the live bytes of every stack that has any are written down,
 * first often, then ever more seldom: the history covers the whole life of the
 * process in a fixed number of points. A report judges by it (model/curve.h).
 *
 * Owns: the history, up to GROWTH_STACKS_MAX stacks of 512 bytes each.
 * Locks: held: monitor, in all functions but growth_report.
 */
#ifndef MONITOR_GROWTH_H
#define MONITOR_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Stacks that have a history; later ones have none, and no verdict by it. */
#define GROWTH_STACKS_MAX ((size_t)128 * 1024)

/* The first time between two looks (course.h). */
#define GROWTH_STEP_NS UINT64_C(250000000)

/* Less time than this is not enough to say that something keeps growing. */
#define GROWTH_SPAN_NS UINT64_C(30000000000)

/*
 * growth_report - write the report of report-every: what was allocated and not
 * freed, the sites that grew most since the last such report first, and among
 * equal ones those with the oldest block.
 *
 * Thread: our own.   Signal: no.   Locks: monitor.
 */
void growth_report(void);

/* growth_goes_on - while a scan is waited for: write down what is due. Always
 * true. */
bool growth_goes_on(void);

/* growth_order - put the grouped snapshot's entries into that order and
 * remember their bytes for the next time. */
void growth_order(struct snapshot *snapshot);

/*
 * growth_sample - take a look if one is due at `now_ns` (clock_now).
 *
 * Returns when the next one is due.   Cost: a walk over all traces.
 */
uint64_t growth_sample(uint64_t now_ns);

/*
 * growth_judge - fill the `growth` of each entry of a grouped snapshot, from
 * the history and what is live now.
 *
 * Without history there are counts, and the verdict on what is lost. Before the
 * history spans GROWTH_SPAN_NS nothing is called growing: what is filled only
 * once grows too while that lasts.
 */
void growth_judge(struct snapshot *snapshot, uint64_t now_ns);

/*
 * growth_choose - of what is reachable, or perhaps freed unseen, keep the
 * entries that grow; the others count as not listed.
 *
 * snapshot: judged. What is lost stays.
 */
void growth_choose(struct snapshot *snapshot);

/* growth_forget - drop the history: in a forked child, at the beginning and end
 * of an attachment, and for tests. */
void growth_forget(void);

#endif
