/*
 * model/trace.h - a trace: the return addresses that lead to a call.
 *
 * A trace is made once (stack/depot), never changes and is never freed, so a
 * pointer to one is valid for ever. A trace that the header dbgmalloc.h marked
 * also has the file and line of the call itself.
 */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include <stdint.h>

/* The 32-bit name of a trace in the stack depot; 0 is "no trace". */
typedef uint32_t stack_id;

#define STACK_ID_NONE 0u

struct trace {
    stack_id id;
    uint32_t count;      /* addresses in pc, innermost first; may be 0 */
    uint32_t generation; /* of the module list when it was captured */
    uint32_t line;       /* with file: the line of the call */
    const char *file;    /* where the call stands in the source, or NULL */
    uintptr_t pc[];      /* return addresses: look them up at pc - 1 */
};

#endif
