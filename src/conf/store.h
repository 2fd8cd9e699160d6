/*
 * conf/store.h - texts that option values point to.
 *
 * A fixed store, because options are read before there is a heap to ask. A
 * text put here stays for the life of the process, so readers of the options
 * may keep the pointer. Equal texts share one place, so options that are set
 * and put back many times do not fill it.
 *
 * All functions: Locks: held: conf_lock.   Signal: no.
 */
#ifndef CONF_STORE_H
#define CONF_STORE_H

#include <stddef.h>

/* Room for all texts, their NULs included, bytes. */
#define STORE_SIZE ((size_t)16 * 1024)

/* store_text - a lasting copy of the `n` bytes at `text` (which hold no NUL),
 * terminated; NULL where the store has no room. */
const char *store_text(const char *text, size_t n);

/* store_mark - how much is taken, bytes, for store_rewind. */
size_t store_mark(void);

/* store_rewind - forget the texts put since `mark` was taken; no value that
 * lasts may point to one. */
void store_rewind(size_t mark);

#endif
