/*
 * track/access.c - what a call is about to do with memory, against the block
 * that the memory is in.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "base/format.h"
#include "base/text.h"
#include "report/report.h"
#include "track/alloc.h"
#include "track/live.h"
#include "track/track.h"
#include "track/trouble.h"

HOT size_t
track_room(const void *p)
{
    uintptr_t addr = arch_strip_tag((uintptr_t)p);
    struct slot slot;
    uintptr_t user;
    size_t size;

    if (!heap_find(addr, &slot) || slot.record == NULL)
        return SIZE_MAX;
    switch (atomic_load_explicit(&slot.record->state, memory_order_acquire)) {
    case BLOCK_LIVE:
        break;
    case BLOCK_NEVER:
        return SIZE_MAX;
    default:
        return 0;
    }
    user = live_user(&slot);
    size = heap_block_size(&slot);
    return addr - user < size ? size - (addr - user) : 0;
}

/* The block that `p` is in or nearest to. */
static void
describe(struct finding *finding, const void *p)
{
    finding->has_block = track_examine((uintptr_t)p, &finding->block);
    if (!finding->has_block) {
        report_place(finding);
        return;
    }
    finding->place = FINDING_PLACE_BLOCK;
    finding->offset = (ptrdiff_t)(finding->addr - finding->block.addr);
}

/*
 * The header's macro checks a call before it is made, and the call itself may
 * be redirected too: what the macro told is not told again. True if this is
 * news; a macro's file and line go to the finding's trace.
 */
static bool
is_news(struct self *self, struct finding *finding, const void *p,
        const void *caller)
{
    if (self->note.file != NULL && self->note.is_explicit) {
        finding->trace = depot_find(alloc_capture(self, caller, 0));
        self->told = p;
        return true;
    }
    if (self->told != p)
        return true;
    self->told = NULL;
    return false;
}

COLD void
track_wrong_access(const void *p, size_t n, enum finding_access access,
                   bool is_text, const char *during, const void *caller)
{
    struct self *self = self_enter();
    struct finding finding;

    if (self == NULL)
        return;
    trouble_init(&finding, self, FINDING_BAD_READ, ORIGIN_CHECK, caller,
                 arch_strip_tag((uintptr_t)p));
    finding.during = during;
    finding.access = access;
    finding.length = n;
    describe(&finding, p);
    if (finding.has_block && finding.block.state != BLOCK_LIVE)
        finding.kind = FINDING_USE_AFTER_FREE;
    else if (access == FINDING_ACCESS_WRITE)
        finding.kind = FINDING_BAD_WRITE;
    if (is_text && finding.kind == FINDING_BAD_READ)
        (void)text_copy(finding.note, sizeof(finding.note),
                        "the string has no terminating NUL inside its block");
    if (is_news(self, &finding, p, caller))
        trouble_raise(self, &finding);
    self_leave(self);
}

COLD void
track_wrong_overlap(const void *target, const void *source, size_t n,
                    size_t common, const char *during, const void *caller)
{
    struct self *self = self_enter();
    struct finding finding;

    if (self == NULL)
        return;
    trouble_init(&finding, self, FINDING_OVERLAP, ORIGIN_CHECK, caller,
                 arch_strip_tag((uintptr_t)target));
    finding.during = during;
    finding.length = n;
    finding.size_given = common;
    describe(&finding, target);
    (void)format_text(finding.note, sizeof(finding.note), "the source is %p",
                      source);
    if (is_news(self, &finding, target, caller))
        trouble_raise(self, &finding);
    self_leave(self);
}
