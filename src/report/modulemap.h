/*
 * report/modulemap.h - which files the addresses of a report lie in, so that
 * they can be named later, elsewhere (symbols=raw).
 *
 * All functions: Thread: any. Signal: no. Locks: none.
 */
#ifndef REPORT_MODULEMAP_H
#define REPORT_MODULEMAP_H

#include "meta/buffer.h"
#include "report/emit.h"

/* modulemap_text, modulemap_json - each module that is or was loaded: where,
 * from which file, of which build. Nothing where the option does not ask. */
void modulemap_text(struct buffer *out);
void modulemap_json(struct emit *emit);

#endif
