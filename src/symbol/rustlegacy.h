/*
 * symbol/rustlegacy.h - Rust's first mangling, read back.
 */
#ifndef SYMBOL_RUSTLEGACY_H
#define SYMBOL_RUSTLEGACY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * rustlegacy_demangle - read a legacy name, "_ZN...17h<16 hex digits>E". The
 * hash is left out.
 *
 * Returns false, and `buffer` untouched, if it is not one.
 * Thread: any.   Signal: yes.   Locks: none.   Source: the Rust compiler,
 * rustc_symbol_mangling::legacy, as its documentation describes it.
 */
bool rustlegacy_demangle(const char *name, char *buffer, size_t size);

#endif
