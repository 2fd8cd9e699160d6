/*
 * report/names.h - addresses become words.
 *
 * A return address has one frame or, where calls were inlined, several. What
 * cannot be named is shown as module and offset, or as the bare address; no
 * frame is left out.
 *
 * Owns: which resolver is in force, written once at start (the command names
 * the addresses of another process) and read by all; and how many sessions use
 * its texts (atomic).
 */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/buffer.h"
#include "model/trace.h"

/* One frame in words. Its texts live until the next call with the same
 * scratch, and no longer than the session. */
struct names_frame {
    uintptr_t address;        /* the return address; 0 = not known */
    const char *function;     /* or NULL */
    const char *linkage;      /* as the linker has it, if that differs, or
                                 NULL */
    uint64_t function_offset; /* bytes from the function's start */
    const char *file;         /* or NULL */
    uint32_t line;            /* 0 = not known */
    const char *module;       /* path, or NULL */
    uint64_t module_offset;   /* of the call, from the module's load bias */
    bool is_inlined;          /* into the next frame */
};

#define NAMES_INLINE_MAX 16
#define NAMES_TEXT_MAX 512

/* Which module an address lies in. */
struct names_module {
    const char *path;
    bool is_ours; /* the library itself */
};

/* Room for the frames of one address and their texts. */
struct names_scratch {
    struct names_frame frames[NAMES_INLINE_MAX];
    char module[NAMES_TEXT_MAX];
};

/*
 * A resolver fills scratch->frames, innermost first, for return address `pc`
 * as it was at `generation` of the module list, and returns how many it
 * filled, 1..NAMES_INLINE_MAX. frames[].address is set by the caller.
 */
struct names_resolver {
    unsigned (*resolve)(uintptr_t pc, uint32_t generation,
                        struct names_scratch *scratch);
    void (*release)(void); /* give back memory and all texts; or NULL */
    /* The module of return address `pc`, without naming it; NULL: none is
     * known. */
    bool (*module)(uintptr_t pc, uint32_t generation,
                   struct names_module *out_module);
};

/* names_use - name addresses by `resolver` from now on; NULL: by the modules
 * of this process.   Thread: one at a time. */
void names_use(const struct names_resolver *resolver);

/*
 * names_begin, names_end - a session: in between, texts of frames stay.
 *
 * Sessions of several threads go on side by side. Naming in a signal handler
 * that interrupted naming in the same thread gives bare addresses.
 * names_begin returns false where that is so; names_end takes what it
 * returned.   Thread: any.   Signal: yes.
 */
bool MUST_CHECK names_begin(void);
void names_end(bool is_session);

/* names_release - at the end of a report: let the resolver give back its
 * memory, unless another thread is in a session.   Signal: no. */
void names_release(void);

/* names_reset - in a forked child: the sessions of the parent's other threads
 * are gone. */
void names_reset(void);

/* names_address - the frames of return address `pc` at `generation`, as those
 * of a trace. Returns how many there are, at least 1. */
unsigned names_address(uintptr_t pc, uint32_t generation,
                       struct names_scratch *scratch);

/* names_count - how many entries of a trace have frames: its addresses, or
 * one where only the file is known. */
uint32_t names_count(const struct trace *trace);

/*
 * names_frames - the frames of entry `i` (under names_count) of `trace`.
 *
 * The innermost frame of a trace that the header marked has the header's file
 * and line. Returns how many there are, at least 1.
 */
unsigned names_frames(const struct trace *trace, uint32_t i,
                      struct names_scratch *scratch);

/* names_function - the function of entry `i`, whether or not the options want
 * names; NULL if it is not known. */
const char *names_function(const struct trace *trace, uint32_t i);

/* names_module_of - which module return address `pc` lies in; false if that is
 * not known.   Cost: O(log n). */
bool names_module_of(uintptr_t pc, uint32_t generation,
                     struct names_module *out_module);

/* names_frame_text - "main (prog.c:12)", "foo+0x12 (libfoo.so.1)",
 * "libfoo.so.1+0x1234", "0x401234". */
void names_frame_text(struct buffer *out, const struct names_frame *frame);

/*
 * names_list - each frame on a line of its own, after `indent` blanks, but for
 * what hide-runtime leaves out.
 *
 * limit: entries to show; the rest is counted in a last line. 0: all, but of a
 * very deep stack the middle is only counted.
 */
void names_list(struct buffer *out, const struct trace *trace, unsigned indent,
                uint32_t limit);

/* names_chain - up to `limit` functions on one line, files without their
 * directories, "foo (foo.c:1) < main (main.c:2)", but for what hide-runtime
 * leaves out. */
void names_chain(struct buffer *out, const struct trace *trace,
                 uint32_t limit);

/*
 * names_site - " at main (prog.c:12)" and the end of the line where the trace
 * has one frame, " at:" and a list where it has more, "" and the end of the
 * line where it is not known. `after` stands before the end of the line.
 */
void names_site(struct buffer *out, const struct trace *trace,
                const char *after, unsigned indent);

/* names_brief - the innermost frame alone, "a place that was not recorded"
 * where there is none. */
void names_brief(struct buffer *out, const struct trace *trace);

#endif
