/*
 * monitor/growth.h - the periodic leak report: what grows first.
 */
#ifndef MONITOR_GROWTH_H
#define MONITOR_GROWTH_H

#include "model/snapshot.h"

/*
 * growth_report - write the report of report-every: what was allocated and not
 * freed, the sites that grew most since the last such report first, and among
 * equal ones those with the oldest block.
 *
 * Thread: our own.   Signal: no.   Locks: monitor.
 */
void growth_report(void);

/* growth_order - put the grouped snapshot's entries into that order and
 * remember their bytes for the next time. Locks: held: monitor. */
void growth_order(struct snapshot *snapshot);

#endif
