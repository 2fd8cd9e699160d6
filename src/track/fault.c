/*
 * track/fault.c - a memory fault in words: what lies at the address, and which
 * block it is in, behind, or was.
 */
#include <stdatomic.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/page.h"
#include "report/report.h"
#include "track/inject.h"
#include "track/live.h"
#include "track/protect.h"
#include "track/track.h"
#include "track/trouble.h"

/* So far behind (or before) the end of a slot an address still counts as past
 * the end of its block: guard pages, and what a loop overshoots by. */
#define NEAR_PAGES 16

/* So far from the stack pointer a fault is one of the stack's: what a frame may
 * skip. */
#define STACK_REACH ((uintptr_t)256 << 10)

/* The block whose slot holds `addr`, or ends shortly before it. */
static bool
find_block(uintptr_t addr, struct slot *out_slot)
{
    size_t page = page_size();

    if (heap_find(addr, out_slot))
        return true;
    for (size_t i = 1; i <= NEAR_PAGES && addr > i * page; i++) {
        if (heap_find(addr - i * page, out_slot))
            return out_slot->end <= addr;
    }
    return heap_find(addr + page, out_slot);
}

/* Fills in the block; false if there is none. */
static bool
describe_block(struct finding *finding)
{
    struct slot slot;

    if (!find_block(finding->addr, &slot) || slot.record == NULL ||
        atomic_load(&slot.record->state) == BLOCK_NEVER ||
        slot.record->origin == ORIGIN_INTERNAL)
        return false;
    live_describe(&slot, &finding->block);
    finding->has_block = true;
    finding->place = FINDING_PLACE_BLOCK;
    finding->offset = (ptrdiff_t)(finding->addr - finding->block.addr);
    if (finding->block.state != BLOCK_LIVE)
        finding->kind = FINDING_USE_AFTER_FREE;
    else if (finding->offset >= 0 &&
             (size_t)finding->offset < finding->block.size)
        finding->kind = protect_covers(finding->addr)
                            ? FINDING_PROTECTED_WRITE
                            : FINDING_FAULT; /* closed by the program itself */
    else if (finding->access == FINDING_ACCESS_WRITE)
        finding->kind = FINDING_BAD_WRITE;
    else
        finding->kind = FINDING_BAD_READ;
    return true;
}

/* An address in no block. */
static void
describe_place(struct finding *finding, const struct arch_context *context)
{
    uintptr_t addr = finding->addr;
    uintptr_t distance =
        addr > context->sp ? addr - context->sp : context->sp - addr;

    if (heap_was_used(addr)) {
        finding->place = FINDING_PLACE_OURS;
        return;
    }
    report_place(finding);
    if (distance >= STACK_REACH || page_is_readable((const void *)addr, 1))
        return;
    /* The stack pointer is off the end of the stack itself, by the size of the
     * frame: somewhere above it there is stack. */
    for (uintptr_t above = STACK_REACH / 256; above <= STACK_REACH; above *= 4)
        if (page_is_readable((const void *)(context->sp + above), 1))
            finding->place = FINDING_PLACE_STACK;
}

void
track_fault(const struct track_fault *fault)
{
    struct self *self = self_enter();
    struct finding finding;

    if (self == NULL)
        return;
    memset(&finding, 0, sizeof(finding));
    finding.kind = FINDING_FAULT;
    finding.call = ORIGIN_CHECK;
    finding.during = fault->signal;
    finding.thread = self->number;
    finding.tid = self->tid;
    finding.time_ns = clock_now();
    finding.addr = arch_strip_tag(fault->addr);
    finding.access = fault->access;
    finding.is_fatal = true;
    finding.stack = fault->context.sp;
    finding.trace = depot_find(stack_capture_fault(fault->ucontext));
    finding.place = FINDING_PLACE_UNKNOWN;
    if (fault->has_addr && !describe_block(&finding))
        describe_place(&finding, &fault->context);
    inject_note(finding.note, sizeof(finding.note));
    if (!fault->has_addr && finding.note[0] == '\0' && fault->is_memory)
        (void)format_text(finding.note, sizeof(finding.note),
                          "the CPU does not tell the address: it is no "
                          "address at all, perhaps a fill pattern or text");
    /* Its own thread was busy in the library when it happened. */
    if (self->outer != NULL && !finding.has_block && finding.note[0] == '\0')
        (void)text_copy(finding.note, sizeof(finding.note),
                        "it happened inside dbgmalloc, or in a handler that "
                        "it called: its own memory may be overwritten");
    trouble_raise(self, &finding);
    self_leave(self);
}
