/*
 * dwarf/frame.h - the unwind table of a module: which entry is for a pc.
 *
 * Reads .eh_frame and its search table .eh_frame_hdr, from memory or a file.
 * The table is searched by halves where it is sorted in the usual form, else
 * .eh_frame is read from its start.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing.
 * Source: Linux Standard Base 5, Core, sec. 10.5 and 10.6 (.eh_frame,
 * .eh_frame_hdr, pointer encodings); DWARF 5, sec. 6.4.
 */
#ifndef DWARF_FRAME_H
#define DWARF_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"

/* The bytes that hold both sections, and the table's places in them. */
struct frame_table {
    const unsigned char *bytes;
    size_t size;
    uint64_t addr;          /* of bytes[0], as pc-relative pointers see it */
    uint64_t header_addr;   /* of .eh_frame_hdr; what data-relative ones see */
    uint64_t frames_addr;   /* of .eh_frame */
    uint64_t search_offset; /* of the sorted table in bytes */
    uint64_t search_count;  /* 0 = there is none: read .eh_frame through */
};

/* An entry (FDE) with what its common part (CIE) says. */
struct frame_entry {
    uint64_t start;         /* pcs [start, end) */
    uint64_t end;
    uint64_t code_align;
    int64_t data_align;
    uint32_t return_register; /* DWARF number */
    bool is_signal;         /* the frame of a signal handler's caller */
    bool has_b_key;         /* aarch64: signed with the B key */
    uint8_t pointer_encoding;
    struct cursor_bytes common;       /* instructions of the CIE */
    struct cursor_bytes instructions; /* and of the FDE */
    uint64_t instructions_addr;       /* where the latter lie */
    uint64_t common_addr;
};

/*
 * frame_open - read the header of an unwind table.
 *
 * bytes, size, addr: memory (or file contents) that holds .eh_frame_hdr and
 * .eh_frame, and its address; nothing outside is read. A module's whole mapping
 * from its first to its last segment will do if every byte of it is readable.
 * header_addr: where .eh_frame_hdr is (PT_GNU_EH_FRAME).
 * Returns 0; -EINVAL if it is malformed or points outside.
 */
int MUST_CHECK frame_open(const void *bytes, size_t size, uint64_t addr,
                          uint64_t header_addr, struct frame_table *out_table);

/* frame_open_raw - the same without a search table, for .eh_frame alone. */
int MUST_CHECK frame_open_raw(const void *bytes, size_t size, uint64_t addr,
                              uint64_t frames_addr,
                              struct frame_table *out_table);

/*
 * frame_find - the entry for `pc`.
 *
 * Returns 0; -ENOENT if there is none; -EINVAL if the table is malformed,
 * -ENOTSUP if the entry needs something that nobody uses.
 * Cost: O(log n).
 */
int MUST_CHECK frame_find(const struct frame_table *table, uint64_t pc,
                          struct frame_entry *out_entry);

/*
 * frame_pointer - read a pointer in `encoding` (DW_EH_PE_*) at the cursor,
 * which is at `field_addr`. Indirect ones give the address of the pointer.
 * Sets c->failed for unknown encodings.
 */
uint64_t frame_pointer(struct cursor *c, uint8_t encoding, uint64_t field_addr,
                       uint64_t data_addr);

#endif
