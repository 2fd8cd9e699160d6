/*
 * symbol/runtime.h - what belongs to the runtime: the C and C++ libraries and
 * the loader, which a program has without having written any of it.
 *
 * All functions: Thread: any. Signal: yes. Locks: none.
 */
#ifndef SYMBOL_RUNTIME_H
#define SYMBOL_RUNTIME_H

#include <stdbool.h>

/* runtime_is_module - true if the file at `path` is a part of the runtime, by
 * the name that its ABI gives it. */
bool runtime_is_module(const char *path);

/* runtime_is_loader - true if it is the loader, which asks for memory for
 * nobody but itself. */
bool runtime_is_loader(const char *path);

/*
 * runtime_is_keeper - true if what `function`, one of the runtime's, asks for
 * is for the runtime's own use: a stream's buffer, a table of locales.
 *
 * function: as the linker knows it.
 */
bool runtime_is_keeper(const char *function);

#endif
