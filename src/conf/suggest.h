/*
 * conf/suggest.h - "did you mean".
 *
 * For conf's own files only.
 */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include <stddef.h>

/*
 * suggest_name - what the `n` bytes at `name`, which are no known name, were
 * most likely meant to be.
 *
 * Options, presets (those of the rc files too) and aliases are looked at, and
 * "no-" before an option that can be turned off. Returns the name, in
 * `buffer`, or NULL if none is near.
 * Locks: held: conf_lock.
 */
const char *suggest_name(const char *name, size_t n, char *buffer, size_t size);

#endif
