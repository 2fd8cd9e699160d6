/*
 * symbol/rust.h - Rust's v0 mangling, read back.
 */
#ifndef SYMBOL_RUST_H
#define SYMBOL_RUST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * rust_demangle - read a v0 name, given without its "_R".
 *
 * size: bytes at `buffer`, > 0; a name that does not fit is cut and ends in
 * "...".
 * Returns false, and `buffer` untouched, if it is not one.
 * Thread: any.   Signal: yes.   Locks: none.   Cost: bounded in depth and work.
 * Source: Rust RFC 2603; rustc book, "v0 Symbol Format".
 */
bool rust_demangle(const char *name, char *buffer, size_t size);

#endif
