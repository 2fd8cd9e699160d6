/*
 * os/slice.c - the descriptors that are left in the rseq area.
 */
#include "os/slice.h"

/* struct rseq_cs of the kernel's interface, version 0. */
struct descriptor {
    uint32_t version;
    uint32_t flags;
    uint64_t start_ip;
    uint64_t post_commit_offset;
    uint64_t abort_ip;
} __attribute__((aligned(32)));

/* Offset of the descriptor word in struct rseq. */
#define WORD_OFFSET 8

/* glibc's; absent before 2.35. The size is 0 where registration failed or was
 * turned off. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

struct slice_base slice_base;

/* Written once, by slice_start; the kernel reads them. */
static struct descriptor descriptors[SLICE_KINDS];

void
slice_start(void)
{
    if (&__rseq_offset == NULL || &__rseq_size == NULL || __rseq_size == 0)
        return;
    for (unsigned i = 0; i < SLICE_KINDS; i++) {
        descriptors[i].start_ip = (uint64_t)(uintptr_t)arch_slice_code;
        descriptors[i].post_commit_offset = ARCH_SLICE_CODE_BYTES;
        descriptors[i].abort_ip = (uint64_t)(uintptr_t)arch_slice_abort;
        slice_base.marks[i] = (uint64_t)(uintptr_t)&descriptors[i];
    }
    slice_base.offset = __rseq_offset + WORD_OFFSET;
}
