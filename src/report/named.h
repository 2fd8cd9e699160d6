/*
 * report/named.h - names for a snapshot that came from a file.
 *
 * They are those that the file has; for what has none, or is better known from
 * the directory that the user names, the modules' files are read, if their
 * build-ids are those of the modules.
 *
 * Owns: which snapshot is in force. Thread: one at a time.   Locks: symbol.
 */
#ifndef REPORT_NAMED_H
#define REPORT_NAMED_H

#include "base/attr.h"
#include "model/snapshot.h"

/*
 * named_use - from now on names_ functions name addresses of `snapshot`, which
 * codec_decode filled and which lives until another is named, or NULL.
 */
void named_use(const struct snapshot *snapshot);

/* named_set_directory - where to look for the files of modules first: as
 * DIR/path/of/module, then as DIR/module. NULL: nowhere. */
void named_set_directory(const char *directory);

#endif
