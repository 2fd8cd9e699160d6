/*
 * track/flaw.c - findings of what heap/inspect.c looks for.
 */
#include "track/flaw.h"

#include <stdatomic.h>
#include <string.h>

#include "base/format.h"
#include "meta/vector.h"
#include "track/trouble.h"

#define FLAWS_PER_CHECK 64

/* The origin of a record that was lost. */
#define ORIGIN_LOST 0xffu

static void
fill(struct finding *finding, struct self *self, const struct heap_flaw *flaw,
     enum origin call, const void *caller)
{
    trouble_init(finding, self, FINDING_OWN_DAMAGE, call, caller, flaw->at);
    finding->place = FINDING_PLACE_OURS;
    (void)format_text(finding->note, sizeof(finding->note), "%s is 0x%lx",
                      flaw->what, (unsigned long)flaw->value);
}

/* The record as it was in one moment; it may change meanwhile, for good. */
static bool
is_flawed(const struct slot *slot, struct heap_flaw *out_flaw)
{
    struct record record, again;

    for (int i = 0; i < 3; i++) {
        memcpy(&record, slot->record, sizeof(record));
        if (LIKELY(!heap_record_flaw(slot, &record, out_flaw)))
            return false;
        atomic_thread_fence(memory_order_acquire);
        memcpy(&again, slot->record, sizeof(again));
        if (memcmp(&record, &again, sizeof(record)) == 0)
            return true;
    }
    return false;
}

bool
flaw_is_lost(const struct slot *slot)
{
    return slot->record->origin == ORIGIN_LOST &&
           atomic_load_explicit(&slot->record->state, memory_order_relaxed) ==
               BLOCK_NEVER;
}

bool
flaw_find(struct self *self, const struct slot *slot, enum origin call,
          const char *during, const void *caller, struct finding *finding)
{
    struct heap_flaw flaw;
    size_t n;

    if (LIKELY(!is_flawed(slot, &flaw)))
        return false;
    fill(finding, self, &flaw, call, caller);
    if (during != NULL)
        finding->during = during;
    n = strlen(finding->note);
    (void)format_text(finding->note + n, sizeof(finding->note) - n,
                      "; its slot is the %zu bytes at 0x%zx",
                      (size_t)(slot->end - slot->start), (size_t)slot->start);
    slot->record->origin = ORIGIN_LOST;
    slot->record->size = 0;
    slot->record->offset = 0;
    atomic_store_explicit(&slot->record->state, BLOCK_NEVER,
                          memory_order_release);
    return true;
}

bool
flaw_raise(struct self *self, const struct slot *slot, enum origin call,
           const void *caller)
{
    struct finding finding;

    if (LIKELY(!flaw_find(self, slot, call, NULL, caller, &finding)))
        return false;
    trouble_raise(self, &finding);
    return true;
}

/* ---- the heap ---- */

static void
keep(const struct heap_flaw *flaw, void *context)
{
    struct vector *flaws = context;
    struct heap_flaw *kept =
        flaws->count < FLAWS_PER_CHECK ? vector_add(flaws) : NULL;

    if (kept != NULL)
        *kept = *flaw;
}

unsigned
flaw_check(struct self *self, const char *during, const void *caller)
{
    struct vector flaws = VECTOR_INIT(struct heap_flaw);
    unsigned count;

    heap_inspect(self->outer == NULL ? &self->cache : NULL, keep, &flaws);
    count = (unsigned)flaws.count;
    for (unsigned i = 0; i < count; i++) {
        struct finding finding;

        fill(&finding, self, &VECTOR_AT(&flaws, struct heap_flaw, i),
             ORIGIN_CHECK, caller);
        finding.during = during;
        trouble_raise(self, &finding);
    }
    vector_fini(&flaws);
    return count;
}
