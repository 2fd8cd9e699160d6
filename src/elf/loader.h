/*
 * elf/loader.h - what the dynamic loader has in memory now, read from outside.
 *
 * libc's own way, dl_iterate_phdr, takes a lock that a thread inside dlopen may
 * hold while it allocates, so it must not be called from within malloc. This
 * reads the list that the loader keeps for debuggers, without a lock, by copies
 * that cannot fault, and notices when it was changing meanwhile.
 *
 * Source: System V ABI, DT_DEBUG; struct r_debug of <link.h>; gdb manual,
 * "Files" (the rendezvous structure).
 */
#ifndef ELF_LOADER_H
#define ELF_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* One object as the loader lists it. */
struct loader_object {
    uintptr_t base;       /* load bias */
    uintptr_t dynamic;    /* its dynamic section, or 0 */
    const char *name;     /* the loader's text; read it by page_read only */
    uintptr_t header;     /* its ELF header where that is known, or 0 */
    bool is_main;
    bool is_vdso;
    uint8_t space;        /* 0: the program's namespace; others: dlmopen's */
};

/*
 * loader_each - call `visit` for each object that is loaded now.
 *
 * A static program has two: itself and the vDSO.
 * Returns 0; -EAGAIN if the list is or was changing (objects were visited that
 * may be half there: forget them); or what `visit` returned, if not 0.
 * Thread: any.   Signal: yes.   Locks: none.
 */
int MUST_CHECK loader_each(int (*visit)(const struct loader_object *, void *),
                           void *context);

/*
 * loader_signature - a number that changes when an object comes or goes; 0
 * for ever where that cannot be seen cheaply.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Cost: a few loads.
 */
uint32_t loader_signature(void);

/* What dl_iterate_phdr counts. */
struct loader_counts {
    uint64_t added;       /* objects ever loaded */
    uint64_t removed;     /* objects ever unloaded */
};

/*
 * loader_calibrate - learn where the loader counts, so that loader_signature
 * works from now on, and give the counts.
 *
 * Thread: one at a time.   Signal: no.   Locks: the loader's own: never call it
 * from inside malloc or with a lock of ours held.
 */
void loader_calibrate(struct loader_counts *out_counts);

#endif
