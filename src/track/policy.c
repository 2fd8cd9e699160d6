/*
 * track/policy.c - limits, watches, the transaction log and the checks that
 * come due with the calls.
 */
#include "track/policy.h"

#include <stdatomic.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "conf/conf.h"
#include "guard/guard.h"
#include "os/process.h"
#include "report/report.h"
#include "stack/stack.h"
#include "track/alloc.h"
#include "track/annotate.h"
#include "track/audit.h"
#include "track/foreign.h"
#include "track/inject.h"
#include "track/protect.h"
#include "track/retire.h"
#include "track/stamp.h"
#include "track/tally.h"
#include "track/track.h"
#include "track/trouble.h"

/* Why `attention` is not 0. */
enum attention {
    ATTENTION_LIMITS = 1, /* limit, max-alloc, seq, fail */
    ATTENTION_TRANS = 2,
    ATTENTION_HEAP = 4, /* check-heap with interval=N */
    ATTENTION_HOOK = 8,
    ATTENTION_START = 16,
    ATTENTION_ADDR = 32,
    ATTENTION_ANNOTATE = 64, /* some thread names or ignores its blocks */
    ATTENTION_PROTECT = 128, /* some block is not to be changed */
    ATTENTION_SLICES = 256   /* check-heap with interval=auto */
};

struct policy policy;

/* Set by the program, read with one load. */
static _Atomic(void (*)(const struct track_event *)) event_hook;

/* What makes calls be numbered. */
#define ATTENTION_NUMBERED (ATTENTION_TRANS | ATTENTION_HEAP | ATTENTION_START)

/* Calls since the start, and allocations of them; counted only while something
 * needs them. */
static _Atomic uint64_t operations;
static _Atomic uint64_t allocations;
static _Atomic uint64_t allocated_bytes;

/* start= was met: checks and log-trans are on. */
static _Atomic bool has_started;

/* How often the watched block was used. */
static _Atomic uint64_t touches;

#define FILL_STANDARD 0xDF

/* What was filled with another byte, or not at all, is not to be verified: its
 * stamp tells it. A cached stamp is at most as late as this one. */
static void
set_fill(int fill)
{
    static bool is_set; /* by policy_read, which one thread runs at a time */

    if (fill == policy.fill && is_set)
        return;
    policy.fill_since = is_set ? stamp_now() + 1 : 0;
    atomic_thread_fence(memory_order_seq_cst);
    policy.fill = fill;
    is_set = true;
}

static void
read_memory(const struct conf *conf)
{
    unsigned memory = 0;
    int fill = conf->free_blank;

    if (conf->alloc_blank >= 0)
        memory |= POLICY_ALLOC_BLANK;
    if (conf->check_blank)
        memory |= POLICY_CHECK_BLANK;
    if (conf->quarantine.bytes != 0 || conf->quarantine.blocks != 0)
        memory |= POLICY_QUARANTINE;
    if (conf->never_reuse)
        memory |= POLICY_SPEND;
    if (guardpage_is_on())
        memory |= guardpage_is_all() ? POLICY_GUARD_ALL : POLICY_GUARD_SOME;
    if (fill < 0 &&
        (memory & (POLICY_CHECK_BLANK | POLICY_QUARANTINE | POLICY_SPEND)) != 0)
        fill = FILL_STANDARD;
    if (fill >= 0)
        memory |= POLICY_FILL;
    if (!policy.records)
        memory = 0;
    set_fill((memory & POLICY_FILL) != 0 ? fill : -1);
    policy.memory = memory;
}

bool
policy_is_filled(uint32_t stamp)
{
    return policy.fill_since == 0 || (int32_t)(stamp - policy.fill_since) >= 0;
}

void
policy_close_light(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    policy.is_light = false;
}

void
policy_read(void)
{
    const struct conf *conf = conf_now();
    unsigned attention = 0;

    policy.mismatch = conf->check_mismatch;
    policy.alloc_blank = policy.records ? conf->alloc_blank : -1;
    read_memory(conf);
    policy.align = (size_t)conf->align;
    stack_set_depth((uint32_t)conf->stack);
    if (policy.records) {
        if (conf->limit != 0 || conf->max_alloc != 0 || conf->seq != 0 ||
            conf->fail.kind != CONF_FAIL_NONE)
            attention |= ATTENTION_LIMITS;
        if (conf->log_trans)
            attention |= ATTENTION_TRANS;
        if (conf->check_heap)
            attention |=
                conf->interval != 0 ? ATTENTION_HEAP : ATTENTION_SLICES;
        if (atomic_load(&event_hook) != NULL)
            attention |= ATTENTION_HOOK;
        if (conf->addr.addr != 0)
            attention |= ATTENTION_ADDR;
        if (annotate_is_used())
            attention |= ATTENTION_ANNOTATE;
        if (protect_is_used())
            attention |= ATTENTION_PROTECT;
        if (attention != 0 && conf->start.kind != CONF_START_NONE)
            attention |= ATTENTION_START;
    }
    atomic_store(&has_started, conf->start.kind == CONF_START_NONE);
    policy.quick_size = SIZECLASS_MAX - heap_layout.tail;
    if ((attention & ATTENTION_LIMITS) != 0 || policy.align > 16 ||
        (policy.memory & POLICY_GUARD_ALL) != 0 || heap_layout.shuffle ||
        foreign_is_on())
        policy.quick_size = 0;
    policy.is_usual = policy.records && policy.quick_size != 0 &&
                      policy.sample == 0 &&
                      heap_layout.tail == SLOTFENCE_BYTES &&
                      (policy.memory & ~POLICY_USUAL) == 0 &&
                      (attention & ~(unsigned)ATTENTION_SLICES) == 0;
    policy.is_light = policy.records && policy.quick_size != 0 &&
                      policy.sample != 0 && !guard_has_fences() &&
                      (policy.memory & ~(unsigned)POLICY_GUARD_SOME) == 0 &&
                      attention == 0 && conf->leak_age == 0;
    /* Of a mark made meanwhile, one of the two threads knows the other's. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&alloc_mark) != 0)
        policy_close_light();
    policy.is_slices_only = attention == ATTENTION_SLICES;
    policy.touches = (attention & (ATTENTION_ADDR | ATTENTION_PROTECT)) != 0;
    policy.attention = attention;
}

void
track_options_changed(void)
{
    unsigned before = policy.memory;
    struct self *self;

    policy_read();
    if ((before & ~policy.memory & POLICY_QUARANTINE) == 0)
        return;
    /* What is held has no reason to be any more. */
    self = self_enter();
    if (self == NULL)
        return;
    (void)retire_relieve(self, NULL); /* there may be nothing */
    self_leave(self);
}

void
track_set_event_hook(void (*hook)(const struct track_event *))
{
    atomic_store(&event_hook, hook);
    policy_read();
}

bool
policy_record(bool on)
{
    bool was = !policy.record_off;

    policy.record_off = !on;
    return was;
}

/* ---- before ---- */

/* allowed: the size that the option admits; 0 where it is not about that. */
static void
refuse(struct self *self, enum finding_kind kind, size_t size, size_t allowed,
       enum origin origin, const void *caller)
{
    struct finding finding;

    trouble_init(&finding, self, kind, origin, caller, 0);
    finding.length = size;
    finding.size_given = allowed;
    finding.place = FINDING_PLACE_UNKNOWN;
    trouble_raise(self, &finding);
}

static uint64_t
live_bytes(void)
{
    uint64_t counters[COUNTER__COUNT];

    track_counters(counters);
    return counters[COUNTER_BYTES_LIVE];
}

bool
policy_before(struct self *self, size_t size, enum origin origin,
              const void *caller)
{
    const struct conf *conf = conf_now();

    if (conf->max_alloc != 0 && size > conf->max_alloc) {
        refuse(self, FINDING_MAX_ALLOC, size, conf->max_alloc, origin, caller);
        return false;
    }
    if (conf->limit != 0 && size + live_bytes() > conf->limit) {
        refuse(self, FINDING_LIMIT, size, conf->limit, origin, caller);
        return false;
    }
    if (conf->seq != 0 && atomic_fetch_add(&allocations, 1) + 1 == conf->seq)
        refuse(self, FINDING_SEQ_WATCH, size, 0, origin, caller);
    return conf->fail.kind == CONF_FAIL_NONE || self->internal != 0 ||
           !inject_is_due(self, size, origin, caller);
}

/* C++'s new never gives NULL for a size, so its forms get a block whatever the
 * option says. */
static bool
is_new(enum origin origin)
{
    return origin == ORIGIN_NEW || origin == ORIGIN_NEW_ARRAY ||
           origin == ORIGIN_NEW_ALIGNED || origin == ORIGIN_NEW_ARRAY_ALIGNED;
}

bool
policy_zero(struct self *self, enum origin origin, const void *caller)
{
    unsigned wanted = conf_now()->zero_size;

    if (wanted == CONF_ZERO_SIZE_UNIQUE || self->internal != 0)
        return true;
    if (wanted != CONF_ZERO_SIZE_NULL && policy.records)
        refuse(self, FINDING_ZERO_SIZE, 0, 0, origin, caller);
    return wanted == CONF_ZERO_SIZE_WARN || is_new(origin);
}

void
track_zero_size(enum origin call, const void *caller)
{
    struct self *self;

    if (conf_now()->zero_size == CONF_ZERO_SIZE_UNIQUE)
        return;
    self = self_enter();
    if (self == NULL)
        return;
    (void)policy_zero(self, call, caller); /* the block goes either way */
    self_leave(self);
}

void
policy_failed(struct self *self, size_t size, enum origin origin,
              const void *caller)
{
    struct finding finding;

    if (conf_now()->oom != CONF_OOM_ABORT)
        return;
    trouble_init(&finding, self, FINDING_OUT_OF_MEMORY, origin, caller, 0);
    finding.size_given = size;
    finding.length = size;
    trouble_raise(self, &finding);
    process_abort();
}

static void
touch(struct self *self, const void *p, enum origin call, const void *caller)
{
    const struct conf *conf = conf_now();
    struct finding finding;

    if (conf->addr.addr == 0 || (uintptr_t)p != conf->addr.addr ||
        atomic_fetch_add(&touches, 1) + 1 != conf->addr.count)
        return;
    trouble_init(&finding, self, FINDING_ADDR_WATCH, call, caller,
                 (uintptr_t)p);
    finding.has_block = track_examine((uintptr_t)p, &finding.block);
    finding.place = FINDING_PLACE_BLOCK;
    trouble_raise(self, &finding);
}

bool
policy_touch(struct self *self, const void *p, enum origin call,
             const void *caller)
{
    touch(self, p, call, caller);
    return (policy.attention & ATTENTION_PROTECT) == 0 ||
           protect_end(self, p, call, caller);
}

/* ---- after ---- */

/* "file.c:12", by the file's last name, as a frame's words have it. */
bool
policy_is_site(const char *file, unsigned line, const struct trace *trace)
{
    char wanted[256];
    bool same = false;

    if (trace == NULL)
        return false;
    if (trace->file != NULL && trace->line == line &&
        text_is_equal(text_base_name(trace->file), text_base_name(file)))
        return true;
    (void)format_text(wanted, sizeof(wanted), "%s:%u)", text_base_name(file),
                      line);
    for (uint32_t i = trace->file != NULL ? 1 : 0; i < trace->count && !same;
         i++) {
        struct buffer text = BUFFER_INIT;

        report_frame_text(&text, trace, i);
        same = !text.failed && text.bytes != NULL &&
               strstr(text.bytes, wanted) != NULL;
        buffer_fini(&text);
    }
    return same;
}

/* The number of the call that is done, from 1 on; 0 where none are numbered. */
static uint64_t
number_call(void)
{
    if ((policy.attention & ATTENTION_NUMBERED) == 0)
        return 0;
    return atomic_fetch_add(&operations, 1) + 1;
}

uint64_t
policy_operation(bool is_going_on)
{
    if ((policy.attention & ATTENTION_NUMBERED) != 0)
        return atomic_load(&operations) + is_going_on;
    return (policy.attention & ATTENTION_SLICES) != 0 ? track_operations() : 0;
}

static bool
is_on(size_t size, stack_id stack, uint64_t number)
{
    const struct conf_start *start = &conf_now()->start;
    bool now = false;

    if (LIKELY(atomic_load_explicit(&has_started, memory_order_relaxed)))
        return true;
    switch (start->kind) {
    case CONF_START_COUNT:
        now = number > start->n;
        break;
    case CONF_START_SIZE:
        now = atomic_fetch_add(&allocated_bytes, size) + size >= start->n;
        break;
    case CONF_START_SITE:
        now = policy_is_site(start->file, start->line, depot_find(stack));
        break;
    default:
        now = true;
    }
    if (now)
        atomic_store(&has_started, true);
    return now;
}

static void
log_call(enum origin call, const void *p, const void *old, size_t size,
         size_t align, stack_id stack)
{
    const struct trace *trace = depot_find(stack);
    struct buffer text = BUFFER_INIT;

    if (p == NULL && old != NULL)
        buffer_print(&text, "%s(%p) of %zu bytes", block_origin_name(call), old,
                     size);
    else if (old != NULL)
        buffer_print(&text, "%s(%p, %zu) = %p", block_origin_name(call), old,
                     size, p);
    else if (align != 0)
        buffer_print(&text, "%s(%zu, align %zu) = %p", block_origin_name(call),
                     size, align, p);
    else
        buffer_print(&text, "%s(%zu) = %p", block_origin_name(call), size, p);
    if (trace != NULL && (trace->count != 0 || trace->file != NULL)) {
        buffer_text(&text, " at ");
        report_frame_text(&text, trace, 0);
    }
    if (!text.failed)
        report_line("%s", text.bytes);
    buffer_fini(&text);
}

void
policy_after(struct self *self, enum origin call, const void *p,
             const void *old, size_t size, size_t align, stack_id stack,
             const void *caller)
{
    void (*hook)(const struct track_event *) = atomic_load(&event_hook);
    uint64_t number;

    if (self->internal != 0)
        return;
    number = number_call();
    if (UNLIKELY(self->note_now != 0) && p != NULL)
        annotate_put(p, self->note_now, false);
    if (!is_on(size, stack, number))
        return;
    self_internal_begin(self);
    if ((policy.attention & ATTENTION_TRANS) != 0)
        log_call(call, p, old, size, align, stack);
    if (hook != NULL) {
        struct track_event event = {call, p,     old,
                                    size, align, depot_find(stack)};

        hook(&event);
    }
    self_internal_end(self);
    if ((policy.attention & ATTENTION_ADDR) != 0 && p != NULL)
        touch(self, p, call, caller);
    if ((policy.attention & ATTENTION_SLICES) != 0)
        audit_slice(self, caller);
    else if ((policy.attention & ATTENTION_HEAP) != 0 &&
             number % conf_now()->interval == 0)
        (void)audit_all(self, "heap check", caller); /* findings are raised */
}
