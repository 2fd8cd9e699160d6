/*
 * elf/elf.h - the door of elf: ELF files and loaded modules.
 *
 * Owns: the list of modules that are or were loaded (modules.h) and its lock.
 * Gives: ELF files as bounded bytes (image.h), functions by address from their
 * symbol tables (symtab.h), the files that hold their debug information
 * (debugfile.h), sections inflated (inflate.h). Nothing here uses the program's
 * heap; only modules_refresh takes the loader's lock.
 *
 * Invariant: no byte of a file makes anything here read outside of it.
 * Locks: one, rank ELF, in modules.c.
 * Reading order: image.h, symtab.h, loader.h, modules.h, inflate.h,
 * debugfile.h.
 */
#ifndef ELF_ELF_H
#define ELF_ELF_H

#include "elf/debugfile.h"
#include "elf/dynamic.h"
#include "elf/image.h"
#include "elf/imports.h"
#include "elf/inflate.h"
#include "elf/modules.h"
#include "elf/symtab.h"

#endif
