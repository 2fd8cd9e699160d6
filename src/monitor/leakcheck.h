/*
 * monitor/leakcheck.h - a snapshot with leak kinds: which threads are stopped,
 * and who scans.
 *
 * Alone in the process, the calling thread scans by itself. Where there are
 * others, they are stopped for as long as it takes to make a copy of the
 * process, and the copy scans; it sends entries and totals through a pipe and
 * never touches the log or a lock. Where no copy can be made (no memory, a
 * sandbox), the threads stand still until the calling thread has scanned.
 *
 * Locks: held: monitor_lock.
 */
#ifndef MONITOR_LEAKCHECK_H
#define MONITOR_LEAKCHECK_H

#include <stdbool.h>

#include "base/attr.h"
#include "monitor/collect.h"

/* leakcheck_is_wanted - true if the options and the request ask for kinds. */
bool leakcheck_is_wanted(const struct collect_request *request);

/*
 * leakcheck_run - scan, and call `fill` (which collects and groups blocks)
 * while
 * the kinds are known.
 *
 * Where there was no scan, `fill` is called all the same, with
 * snapshot->scan.is_done false.
 */
void leakcheck_run(const struct collect_request *request,
                   struct snapshot *snapshot,
                   void (*fill)(const struct collect_request *request,
                                struct snapshot *snapshot));

#endif
