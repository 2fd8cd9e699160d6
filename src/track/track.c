/*
 * track/track.c - starting, marking, freezing; and the notes of the header.
 */
#include "track/track.h"

#include "conf/conf.h"
#include "guard/guard.h"
#include "report/report.h"
#include "track/alloc.h"
#include "track/foreign.h"
#include "track/policy.h"
#include "track/protect.h"
#include "track/retire.h"
#include "track/stamp.h"

/* log-admin: called with the arena's lock held, which report's locks may be
 * taken under. */
static void
log_span(enum heap_event event, uintptr_t start, size_t bytes,
         uint32_t slot_size)
{
    static const char *const words[] = {"arena reserved", "span opened",
                                        "span closed", "large block opened",
                                        "large block closed"};

    if (UNLIKELY(conf_now()->log_admin))
        report_line("%s: %zu bytes at 0x%zx%s%.0u", words[event], bytes,
                    (size_t)start, slot_size != 0 ? ", slots of " : "",
                    slot_size);
}

/* What naming a frame allocated. */
static void
give_internal(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

void
track_start(void)
{
    struct heap_layout layout;

    stamp_start();
    guard_start();
    guardpage_start();
    guard_plan(conf_now()->record && !foreign_is_on(), &layout);
    heap_start(&layout);
    policy.records = layout.records;
    sampler_start(conf_now()->sample, conf_now()->seed);
    policy.sample = sampler_interval();
    policy_read();
    report_set_demangler(track_internal_begin, track_internal_end,
                         give_internal);
    heap_set_event_hook(log_span);
    retire_start();
}

bool
track_is_recording(void)
{
    return policy.records || foreign_is_on();
}

bool
track_is_observing(void)
{
    return foreign_is_on();
}

uint64_t
track_sample(void)
{
    return policy.sample;
}

/* ---- notes ---- */

static void
leave_note(const char *file, unsigned line, uintptr_t value,
           const void *caller, bool is_explicit)
{
    struct self *self = self_enter();

    if (self == NULL)
        return;
    /* On a nested self the note could meet the wrong call. */
    if (self->outer == NULL) {
        self->note.line = line;
        self->note.value = value;
        self->note.pc = stack_pc(caller);
        self->note.is_explicit = is_explicit;
        self->note.file = file;
    }
    self_leave(self);
}

void
track_note(const char *file, unsigned line, uintptr_t value,
           const void *caller)
{
    leave_note(file, line, value, caller, false);
}

void
track_explicit(const char *file, unsigned line)
{
    leave_note(file, line, 0, NULL, true);
}

/* ---- marks and recording ---- */

uint32_t
track_mark(void)
{
    uint32_t mark = atomic_fetch_add(&alloc_mark, 1) + 1;

    policy_close_light();
    return mark;
}

bool
track_record(bool on)
{
    return policy_record(on);
}

/* ---- freeze ---- */

void
track_freeze(void)
{
    protect_freeze();
    foreign_freeze();
    quarantine_freeze();
    heap_freeze();
}

void
track_thaw(void)
{
    heap_thaw();
    quarantine_thaw();
    foreign_thaw();
    protect_thaw();
}

void
track_child(void)
{
    heap_child();
    quarantine_child();
    foreign_child();
    protect_child();
    self_child();
}

bool
track_is_inside(void)
{
    return self_current != NULL && self_current->busy;
}

void
track_copied(void)
{
    report_copied();
    heap_copied();
    quarantine_copied();
    protect_copied();
    foreign_child();
    self_child();
}
