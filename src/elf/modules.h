/*
 * elf/modules.h - the modules that are or were loaded.
 *
 * A list that only grows: a module that is closed stays in it, marked, so that
 * a frame in it can still be named; an address that was reused is told apart by
 * generation. The generation counts changes of what is loaded; whoever captures
 * a trace notes modules_generation() with it and hands it to modules_find.
 *
 * A module that is closed and opened again at its old place is the same module
 * again, so a program may do that for ever in bounded memory.
 *
 * Locks: one of rank ELF, never held while calling out.
 */
#ifndef ELF_MODULES_H
#define ELF_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/module.h"
#include "os/file.h"

/* For modules_find: as it is now. */
#define MODULES_NOW 0u

/* One loaded piece of a module. */
struct modules_segment {
    uintptr_t start;
    uintptr_t end;        /* of memory, not only of what the file fills */
    uint64_t offset;      /* of `start` in the file */
    uint32_t flags;       /* PF_R, PF_W, PF_X */
};

/*
 * modules_generation - the generation now; first brings the list up to date if
 * something was loaded or unloaded and that can be done without waiting.
 *
 * Returns 1 or more.
 * Thread: any.   Signal: yes.   Locks: elf, if free.   Cost: a few loads; after
 * a change about 1 us per module, once.
 */
uint32_t modules_generation(void);

/* modules_is_current - true if the list is that of `generation`, which
 * modules_generation just gave: the loader was at work if not.
 * Signal: yes. */
bool modules_is_current(uint32_t generation);

/* modules_epoch - the generation at which a module was last unloaded, 0 for
 * never: what was learnt of an address in an earlier one may be wrong now.
 * Current after modules_generation.   Signal: yes. */
uint32_t modules_epoch(void);

/*
 * modules_refresh - bring the list up to date, waiting for the loader.
 *
 * Call it once at start, then before a report.
 * Returns 0; -EAGAIN if another thread is just loading (the list is then as it
 * was before); -ENOMEM.
 * Thread: any.   Signal: no.   Locks: elf, the loader's: never from inside
 * malloc, nor with a lock held that malloc takes.
 */
int modules_refresh(void);

/*
 * modules_find - the module that `addr` lay in at `generation`.
 *
 * generation: as noted with the address, or MODULES_NOW.
 * Returns NULL if there was none, or if it is not certain which one.
 * Thread: any.   Signal: yes.   Locks: none.   Cost: O(log n).
 */
const struct module *modules_find(uintptr_t addr, uint32_t generation);

/* modules_each - call `visit` for each module, closed ones too, newest first,
 * until it returns false.   Signal: yes.   Locks: none. */
void modules_each(bool (*visit)(const struct module *module, void *context),
                  void *context);

/* modules_is_loaded - true while the module is not closed. */
bool modules_is_loaded(const struct module *module);

/* modules_segments - the loaded pieces of `module`, in the order of its
 * headers. Returns their number. */
size_t modules_segments(const struct module *module,
                        const struct modules_segment **out_segments);

/* modules_unwind_table - the memory of the module's .eh_frame_hdr
 * (PT_GNU_EH_FRAME); false if it has none. Only while it is loaded. */
bool modules_unwind_table(const struct module *module,
                          const unsigned char **out_bytes, size_t *out_size);

/* modules_dynamic - the module's dynamic section in memory, or NULL. Only while
 * it is loaded. */
const void *modules_dynamic(const struct module *module);

/* modules_relro - the pages of the module that the loader makes read-only once
 * it has filled them (PT_GNU_RELRO); false if there are none. */
bool modules_relro(const struct module *module, uintptr_t *out_start,
                   uintptr_t *out_end);

/* modules_is_file - true if `identity` may be the file that was loaded: where a
 * module has no build-id, this is all that tells. */
bool modules_is_file(const struct module *module,
                     const struct file_identity *identity);

/* freeze, thaw for fork and stop-the-world; reset in the forked child. */
void modules_freeze(void);
void modules_thaw(void);
void modules_reset(void);

#endif
