/*
 * model/control.h - the page that a process and the command that attached to it
 * share.
 *
 * It lies in a memory file of the process's, which the command opens through
 * /proc: no path and no socket is needed, so it works into containers. Each
 * word has one writer. The command may die at any time: when `beat` stands
 * still, the process ends the attachment itself.
 */
#ifndef MODEL_CONTROL_H
#define MODEL_CONTROL_H

#include <assert.h>
#include <stdint.h>

#define CONTROL_MAGIC UINT32_C(0x6c74436d) /* "mCtl" */
#define CONTROL_VERSION 1u
#define CONTROL_BYTES 4096u

/* Bits of `request`. */
enum control_request {
    CONTROL_REPORT = 1, /* a report now */
    CONTROL_DETACH = 2, /* give the slots back, let calls pass, be quiet */
    CONTROL_TABLE = 4   /* a report now, as a table of all stacks */
};

enum control_state {
    CONTROL_STARTING,
    CONTROL_WATCHING,
    CONTROL_DETACHED,
    CONTROL_FAILED /* nothing could be redirected */
};

struct control {
    /* The process's, written before anybody else sees the page. */
    uint32_t magic;
    uint32_t version;
    int32_t pid;    /* as the process sees itself */
    int32_t log_fd; /* its memory file for reports */

    /* The process's. */
    _Atomic uint32_t state;      /* enum control_state */
    _Atomic uint32_t reports;    /* written so far */
    _Atomic uint32_t done;       /* requests that were dealt with: a copy of
                                  `asked` */
    _Atomic uint32_t redirected; /* import slots */
    _Atomic uint32_t refused;    /* ... that could not be changed */
    _Atomic uint64_t live_blocks;
    _Atomic uint64_t live_bytes;
    _Atomic uint64_t calls;         /* allocations and frees recorded */
    _Atomic uint64_t unknown_freed; /* blocks older than the attachment */
    _Atomic uint64_t replaced;
    _Atomic uint64_t missed;
    _Atomic uint64_t own_bytes;         /* memory that the library uses */
    _Atomic uint64_t resident_at_start; /* bytes, when watching began */

    /* The command's. */
    _Atomic uint32_t request; /* enum control_request; the process clears */
    _Atomic uint32_t asked;   /* counts its requests */
    _Atomic uint32_t beat;    /* counts up while the command lives */
};

static_assert(sizeof(struct control) <= CONTROL_BYTES, "it is one page");

#endif
