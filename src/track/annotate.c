/*
 * track/annotate.c - names of blocks and scopes; blocks that are ignored.
 *
 * Names are found by looking through all of them: there are few, and a scope
 * is begun seldom beside what is allocated in it.
 */
#include "track/annotate.h"

#include <stdatomic.h>
#include <string.h>

#include "base/text.h"
#include "track/alloc.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/track.h"

/* A slot is filled whole before its text is published; never changed. */
static char texts[ANNOTATE_NAMES_MAX][ANNOTATE_TEXT_MAX];
static _Atomic(const char *) names[ANNOTATE_NAMES_MAX];

/* Slots that were claimed. */
static _Atomic unsigned claimed;

/* Set once, by the first thread that gets a note. */
static _Atomic bool is_used;

bool
annotate_is_used(void)
{
    return atomic_load_explicit(&is_used, memory_order_relaxed);
}

/* Threads that name the same thing at the same moment may give it two numbers:
 * reports add by the text. */
unsigned
annotate_name(const char *name)
{
    char text[ANNOTATE_TEXT_MAX];
    unsigned count = atomic_load(&claimed);
    unsigned at;

    (void)text_copy(text, sizeof(text), name);
    if (count > ANNOTATE_NAMES_MAX)
        count = ANNOTATE_NAMES_MAX;
    for (unsigned i = 0; i < count; i++) {
        const char *there = atomic_load(&names[i]);

        if (there != NULL && text_is_equal(there, text))
            return i + 1;
    }
    at = atomic_fetch_add(&claimed, 1);
    if (at >= ANNOTATE_NAMES_MAX) {
        atomic_store(&claimed, ANNOTATE_NAMES_MAX);
        return 0;
    }
    memcpy(texts[at], text, sizeof(text));
    atomic_store(&names[at], texts[at]);
    return at + 1;
}

const char *
track_name(uint32_t number)
{
    if (number == 0 || number > ANNOTATE_NAMES_MAX)
        return NULL;
    return atomic_load(&names[number - 1]);
}

/* ---- one block ---- */

static bool
change(const void *p, unsigned keep, unsigned add)
{
    struct self *self = self_enter();
    struct history *history;
    struct slot slot;
    bool is_there = false;

    if (self == NULL)
        return false;
    if (policy.records && live_find(p, &slot)) {
        history = alloc_open_history(&slot);
        history->freed_thread =
            (uint16_t)((history->freed_thread & keep) | add);
        is_there = true;
    }
    self_leave(self);
    return is_there;
}

void
annotate_put(const void *p, unsigned note, bool is_renaming)
{
    struct history *history;
    struct slot slot;
    unsigned there;

    if (!live_find(p, &slot))
        return;
    history = alloc_open_history(&slot);
    there = history->freed_thread;
    if (note >> ANNOTATE_NAME_SHIFT == 0 ||
        (there >> ANNOTATE_NAME_SHIFT != 0 && !is_renaming))
        there |= note & ANNOTATE_IGNORED;
    else
        there = (there & (ANNOTATE_ALIGN_MASK | ANNOTATE_IGNORED)) | note;
    history->freed_thread = (uint16_t)there;
}

bool
track_ignore(const void *p)
{
    return change(p, ~0u, ANNOTATE_IGNORED);
}

bool
track_tag(const void *p, const char *name)
{
    unsigned number = annotate_name(name);

    return number != 0 && change(p, ANNOTATE_ALIGN_MASK | ANNOTATE_IGNORED,
                                 number << ANNOTATE_NAME_SHIFT);
}

/* ---- what a thread makes ---- */

/* Its note from its scopes. */
static void
renew(struct self *self)
{
    unsigned note = self->ignores > 0 ? ANNOTATE_IGNORED : 0;

    if (self->scopes > 0)
        note |= (unsigned)self->scope[self->scopes - 1] << ANNOTATE_NAME_SHIFT;
    self->note_now = (uint16_t)note;
    if (note != 0 && !atomic_exchange(&is_used, true))
        policy_read();
}

/* The self of code that runs in the program, not that of a handler which
 * interrupted the library. NULL: there is none; else self_leave. */
static struct self *
enter(void)
{
    struct self *self = self_enter();

    if (self != NULL && self->outer != NULL) {
        self_leave(self);
        self = NULL;
    }
    return self;
}

bool
track_ignore_begin(void)
{
    struct self *self = enter();

    if (self == NULL)
        return false;
    self->ignores++;
    renew(self);
    self_leave(self);
    return true;
}

bool
track_ignore_end(void)
{
    struct self *self = enter();
    bool is_open;

    if (self == NULL)
        return false;
    is_open = self->ignores > 0;
    if (is_open)
        self->ignores--;
    renew(self);
    self_leave(self);
    return is_open;
}

bool
track_scope_begin(const char *name)
{
    unsigned number = annotate_name(name);
    struct self *self = number != 0 ? enter() : NULL;
    bool has_room;

    if (self == NULL)
        return false;
    has_room = self->scopes < SELF_SCOPES_MAX;
    if (has_room)
        self->scope[self->scopes++] = (uint16_t)number;
    renew(self);
    self_leave(self);
    return has_room;
}

bool
track_scope_end(void)
{
    struct self *self = enter();
    bool is_open;

    if (self == NULL)
        return false;
    is_open = self->scopes > 0;
    if (is_open)
        self->scopes--;
    renew(self);
    self_leave(self);
    return is_open;
}
