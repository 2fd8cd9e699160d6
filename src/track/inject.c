/*
 * track/inject.c - fault injection.
 *
 * Which allocation fails is decided by its number, a hash of its number and the
 * seed, its size or its place; so a run with one thread fails again in the same
 * places.
 */
#include "track/inject.h"

#include <stdatomic.h>

#include "base/format.h"
#include "base/hash.h"
#include "conf/conf.h"
#include "meta/buffer.h"
#include "os/process.h"
#include "report/report.h"
#include "track/alloc.h"
#include "track/policy.h"
#include "track/trouble.h"

#define MILLION 1000000

/* Verdicts on traces that are remembered, for FILE:LINE. */
#define VERDICTS 1024

/* Allocations seen, those of the size or from FILE:LINE, and failures made;
 * atomic. */
static _Atomic uint64_t seen;
static _Atomic uint64_t seen_such;
static _Atomic uint64_t injected;

/* What the latest failure was; atomic one by one, a note may mix two. */
static _Atomic stack_id last_stack;
static _Atomic uint64_t last_size;

/* Read once, from seed= or at random. Atomic; 0: not yet. */
static _Atomic uint64_t random_start;

static uint64_t
random_of(uint64_t number)
{
    uint64_t start = atomic_load_explicit(&random_start, memory_order_relaxed);

    if (start == 0) {
        uint64_t none = 0;

        start = conf_now()->seed != 0 ? conf_now()->seed : process_random() | 1;
        if (!atomic_compare_exchange_strong(&random_start, &none, start))
            start = none;
    }
    return hash_add(start, number);
}

/*
 * Is any frame of the trace at that line? Naming one is slow, so the answer is
 * kept by stack id: the word's low half is the id, then comes the line, and its
 * top bit is the answer.
 */
static bool
is_there(struct self *self, const struct conf_fail *fail, stack_id id)
{
    static _Atomic uint64_t verdicts[VERDICTS];
    _Atomic uint64_t *verdict = &verdicts[id % VERDICTS];
    uint64_t known = atomic_load_explicit(verdict, memory_order_relaxed);
    uint64_t key = (uint64_t)fail->line << 32 | id;
    bool is_here;

    if ((known & INT64_MAX) == key)
        return (known >> 63) != 0;
    self_internal_begin(self);
    is_here = policy_is_site(fail->file, fail->line, depot_find(id));
    self_internal_end(self);
    atomic_store_explicit(verdict, (uint64_t)is_here << 63 | key,
                          memory_order_relaxed);
    return is_here;
}

static void
remember(struct self *self, size_t size, enum origin origin, stack_id id,
         const void *caller)
{
    struct finding finding;

    trouble_init(&finding, self, FINDING_INJECTED, origin, caller, 0);
    finding.trace = depot_find(id);
    finding.length = size;
    finding.place = FINDING_PLACE_UNKNOWN;
    finding.is_notice = true;
    (void)format_text(finding.note, sizeof(finding.note),
                      "failure %lu that fail= asked for",
                      (unsigned long)atomic_fetch_add(&injected, 1) + 1);
    trouble_raise(self, &finding);
    atomic_store(&last_stack, id);
    atomic_store(&last_size, size);
}

/* Of the allocations that are meant, is this the one? */
static bool
is_turn(const struct conf_fail *fail)
{
    return fail->n == 0 || atomic_fetch_add(&seen_such, 1) + 1 == fail->n;
}

bool
inject_is_due(struct self *self, size_t size, enum origin origin,
              const void *caller)
{
    const struct conf_fail *fail = &conf_now()->fail;
    uint64_t number = atomic_fetch_add(&seen, 1) + 1;
    struct self_note note = self->note;
    stack_id id = STACK_ID_NONE;
    bool is_due = false;

    switch (fail->kind) {
    case CONF_FAIL_COUNT:
        is_due = number == fail->n;
        break;
    case CONF_FAIL_SHARE:
        is_due = random_of(number) % MILLION < fail->n;
        break;
    case CONF_FAIL_SIZE:
        is_due = size >= fail->size && is_turn(fail);
        break;
    case CONF_FAIL_SITE:
        id = alloc_capture(self, caller, size);
        self->note = note; /* the block itself is still to be made */
        is_due = is_there(self, fail, id) && is_turn(fail);
        break;
    default:
        break;
    }
    if (!is_due)
        return false;
    if (id == STACK_ID_NONE)
        id = alloc_capture(self, caller, size);
    remember(self, size, origin, id, caller);
    return true;
}

void
inject_note(char *buffer, size_t size)
{
    const struct trace *trace = depot_find(atomic_load(&last_stack));
    struct buffer text = BUFFER_INIT;

    buffer[0] = '\0';
    if (atomic_load(&injected) == 0)
        return;
    buffer_print(&text, "before, failure %lu of fail= was made, of %lu bytes",
                 (unsigned long)atomic_load(&injected),
                 (unsigned long)atomic_load(&last_size));
    if (trace != NULL) {
        buffer_text(&text, " at ");
        report_frame_text(&text, trace, 0);
    }
    if (!text.failed)
        (void)format_text(buffer, size, "%s", text.bytes);
    buffer_fini(&text);
}
