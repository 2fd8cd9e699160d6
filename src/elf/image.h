/*
 * elf/image.h - an ELF file as bytes: its headers, sections and notes.
 *
 * The bytes may be a file mapped by os/file.h or anything else, and are not
 * trusted: whatever they hold, nothing outside them is read. Only files of the
 * process' own kind are taken: 64 bits, in the byte order of this CPU.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing;
 * what they give out points into the image and lives as long as its bytes.
 * Source: System V ABI, chapters 4 and 5; GNU notes and links: binutils and gdb
 * manuals.
 */
#ifndef ELF_IMAGE_H
#define ELF_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct image {
    const unsigned char *bytes;
    size_t size;
    uint16_t type;             /* ET_EXEC, ET_DYN, ET_REL, ET_CORE */
    uint16_t machine;          /* EM_* */
    uint64_t segments_offset;
    uint32_t segment_count;    /* all of them lie inside the bytes */
    uint64_t sections_offset;
    uint32_t section_count;    /* all of the headers lie inside; 0 = none */
    const char *section_names; /* NULL if there are none */
    size_t section_names_size;
};

/* One section. */
struct image_section {
    const char *name;           /* terminated; "" if it has no valid one */
    uint32_t index;
    uint32_t type;              /* SHT_* */
    uint64_t flags;             /* SHF_* */
    uint64_t addr;              /* as linked */
    uint64_t size;              /* bytes: of `bytes`, or of memory (NOBITS) */
    uint64_t entry_size;
    uint32_t link;
    uint32_t info;
    const unsigned char *bytes; /* NULL where the file holds none of it */
};

/* A reference to another file: .gnu_debuglink or .gnu_debugaltlink. */
struct image_link {
    const char *path;          /* terminated */
    uint32_t checksum;         /* debuglink: CRC-32 of the file */
    const unsigned char *id;   /* altlink: its build-id */
    size_t id_size;            /* bytes */
};

/*
 * image_open - read the headers of the `size` bytes at `bytes`.
 *
 * Returns 0; -ENOEXEC if it is no ELF file, -ENOTSUP if it is one for another
 * kind of machine, -EINVAL if its headers point outside of it.
 */
int MUST_CHECK image_open(const void *bytes, size_t size,
                          struct image *out_image);

/* image_segment - program header `i`. Returns 0, or -EINVAL past the last. */
int MUST_CHECK image_segment(const struct image *image, uint32_t i,
                             Elf64_Phdr *out_segment);

/* image_section - section `i`. Returns 0, or -EINVAL if there is none or it
 * lies outside of the file. */
int MUST_CHECK image_section(const struct image *image, uint32_t i,
                             struct image_section *out_section);

/* image_find_section - the first section named `name` that lies in the file.
 * Returns 0 or -ENOENT. */
int MUST_CHECK image_find_section(const struct image *image, const char *name,
                                  struct image_section *out_section);

/* image_find_type - the first section of type `type`. Returns 0 or -ENOENT. */
int MUST_CHECK image_find_type(const struct image *image, uint32_t type,
                               struct image_section *out_section);

/*
 * image_note - the descriptor of the first note of `type` by `owner` in the
 * `size` bytes of notes at `notes`.
 *
 * align: 4, or 8 for segments of that alignment.
 * Returns 0 and *out_bytes, *out_size; -ENOENT if there is none.
 */
int MUST_CHECK image_note(const unsigned char *notes, size_t size, size_t align,
                          const char *owner, uint32_t type,
                          const unsigned char **out_bytes, size_t *out_size);

/* image_build_id - the linker's name of this build (NT_GNU_BUILD_ID), from
 * sections or, without those, segments. Returns 0 or -ENOENT. */
int MUST_CHECK image_build_id(const struct image *image,
                              const unsigned char **out_id, size_t *out_size);

/* image_debug_link - where .gnu_debuglink says that the debug information is.
 * Returns 0, or -ENOENT (none, or malformed). */
int MUST_CHECK image_debug_link(const struct image *image,
                                struct image_link *out_link);

/* image_alt_link - the file shared with other debug files (dwz), as
 * .gnu_debugaltlink names it. Returns 0 or -ENOENT. */
int MUST_CHECK image_alt_link(const struct image *image,
                              struct image_link *out_link);

/* image_string - the text at `offset` of the `size` bytes at `table`, or NULL
 * if it begins or ends outside. */
const char *image_string(const void *table, size_t size, uint64_t offset);

#endif
