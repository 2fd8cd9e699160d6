/*
 * stack/unwind.h - undo one frame: find its rule, or do it by all registers.
 *
 * Two ways to the same end. The quick one keeps three registers (pc, stack
 * pointer, frame pointer) and a rule of 28 bits (rowcache.h), which is right
 * for all but a frame in thousands. The full one keeps every register that a
 * function saves for its caller and follows whatever DWARF can say; it is also
 * what the quick one is checked against.
 *
 * What cannot be undone with certainty ends a trace: rather no frame than a
 * wrong one.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: DWARF 5, sec. 6.4; LSB Core 5, sec. 10.6.
 */
#ifndef STACK_UNWIND_H
#define STACK_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"
#include "stack/bounds.h"
#include "stack/rowcache.h"

/*
 * unwind_resolve - the rule at `place`, from its module's unwind table; put
 * into the cache unless it is ROWCACHE_NONE.
 *
 * place: within the instruction that runs: a return address less 1, or where a
 * signal interrupted.   Cost: about 1 us.
 */
uint32_t unwind_resolve(uintptr_t place);

/* unwind_rule - the rule at `place`, mostly from the cache. */
static ALWAYS_INLINE uint32_t
unwind_rule(uintptr_t place)
{
    uint32_t rule = rowcache_find(place);

    return LIKELY(rule != 0) ? rule : unwind_resolve(place);
}

/*
 * unwind_step - go from a frame to its caller's by all the registers.
 *
 * registers: of the frame; become the caller's.
 * is_exact: the frame was interrupted, its pc is where it will go on; becomes
 *           so for the caller's.
 * Returns false, and changes nothing, if there is no caller or none that is
 * known.   Cost: about 1 us.
 */
bool unwind_step(struct arch_registers *registers, bool *is_exact,
                 struct bounds *bounds);

/*
 * unwind_signal - go from a signal handler's trampoline to what the signal
 * interrupted.
 *
 * sp: of the trampoline's frame.
 * Returns false if the kernel's frame cannot be read.
 */
bool unwind_signal(uintptr_t sp, struct bounds *bounds,
                   struct arch_registers *out_registers);

#endif
