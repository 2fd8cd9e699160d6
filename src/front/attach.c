/*
 * front/attach.c - observing another allocator.
 *
 * dbgmalloc_attach_ is called by a thread of the program that the command
 * (tool/remotecall.c) has borrowed: nothing on its stack holds a lock of the
 * loader's or the allocator's. The hooks are our own entry points, by names
 * that cannot be bound to another module's.
 *
 * C++'s operators are redirected only where an allocator brings them: those of
 * libstdc++ call malloc through a slot of their own.
 */
#include "front/attach.h"

#include "base/attr.h"
#include "base/format.h"
#include "os/lock.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "elf/elf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/front.h"
#include "front/own.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* How often a scan that met the loader at work is tried again at once. */
#define ATTACH_TRIES 16
#define ATTACH_PAUSE_NS 1000000

/* How often the one who is at it is waited for, a pause at a time. */
#define ATTACH_TURN_TRIES 1000

/* The functions that are redirected, and the ones that only an allocator's
 * module may redirect: C++'s. malloc is the first. */
static struct imports_hook attach_hooks[] = {
#define OWN_MALLOC(name) {#name, NULL, own_##name, NULL},
#define OWN_OPERATOR(name) {#name, NULL, own_##name, NULL},
#include "front/own.def"
};

#define HOOK_COUNT (sizeof(attach_hooks) / sizeof(attach_hooks[0]))

/* Guarded by imports' own word. */
static struct imports attach_imports;

/* Atomic; 1 while a thread is in dbgmalloc_attach_. Of a command that was
 * killed there, the thread goes on, and the next command borrows another. */
static _Atomic uint32_t attach_turn;

/* Written by the thread that has the turn. */
static const char *attach_text;
static bool attach_is_on;
static bool attach_has_options; /* conf_pop takes them away again */

bool
attach_is_guest(void)
{
    static int known; /* -1 no, 1 yes, 0 not asked; always the same */
    /* By way of the loader, whose answer is the program's malloc. The compiler
     * would take two names for two functions, and answer itself. */
    const void *bound = (const void *)malloc;

    __asm__("" : "+r"(bound));
    if (bound == (const void *)own_malloc)
        return false;
    /* A program of fixed addresses that takes malloc's address itself has an
     * entry of its own for it, whichever function it leads to. */
    if (known == 0 && modules_refresh() == 0)
        known = imports_is_ours("malloc") ? -1 : 1;
    return known > 0;
}

const char *
attach_options(void)
{
    return attach_text;
}

/* ---- finding the allocator ---- */

int
attach_find_allocator(void)
{
    enum { MALLOC, FREE, CALLOC, REALLOC, POSIX_MEMALIGN, USABLE_SIZE, COUNT };
    struct imports_hook names[COUNT] = {
        [MALLOC] = {.name = "malloc"},
        [FREE] = {.name = "free"},
        [CALLOC] = {.name = "calloc"},
        [REALLOC] = {.name = "realloc"},
        [POSIX_MEMALIGN] = {.name = "posix_memalign"},
        [USABLE_SIZE] = {.name = "malloc_usable_size"},
    };
    struct track_allocator found;

    if (modules_refresh() != 0)
        return -EAGAIN;
    imports_resolve(names, COUNT);
    found.malloc = (void *(*)(size_t))(uintptr_t)names[MALLOC].original;
    found.free = (void (*)(void *))(uintptr_t)names[FREE].original;
    found.calloc = (void *(*)(size_t, size_t))(uintptr_t)names[CALLOC].original;
    found.realloc =
        (void *(*)(void *, size_t))(uintptr_t)names[REALLOC].original;
    found.posix_memalign =
        (int (*)(void **, size_t, size_t))(uintptr_t)names[POSIX_MEMALIGN]
            .original;
    found.malloc_usable_size =
        (size_t(*)(void *))(uintptr_t)names[USABLE_SIZE].original;
    if (found.malloc == NULL || found.free == NULL || found.calloc == NULL ||
        found.realloc == NULL || found.posix_memalign == NULL)
        return -ENOTSUP;
    track_observe(&found);
    return 0;
}

/* Which functions there are to redirect: those of the module that defines
 * malloc, for it is that module's blocks that we see. */
static void
find_originals(void)
{
    const struct module *home;

    imports_resolve(attach_hooks, HOOK_COUNT);
    home = modules_find((uintptr_t)attach_hooks[0].original, MODULES_NOW);
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        const void *original = attach_hooks[i].original;

        if (original != NULL &&
            modules_find((uintptr_t)original, MODULES_NOW) != home)
            attach_hooks[i].original = NULL;
    }
}

/* ---- attaching ---- */

static void
tell_slots(struct control *control)
{
    atomic_store(&control->redirected, attach_imports.redirected);
    atomic_store(&control->refused, attach_imports.refused);
}

/* Our thread, now and then: modules that were loaded since. Where malloc is
 * ours by its name, there is nothing to redirect. */
static void
refresh(struct control *control)
{
    if (attach_imports.hooks != NULL && imports_is_due(&attach_imports))
        (void)imports_apply(&attach_imports); /* else the next time */
    tell_slots(control);
}

/* The options are the attachment's alone. */
static void
forget_options(void)
{
    if (!attach_has_options)
        return;
    attach_has_options = false;
    (void)conf_pop(); /* they were pushed */
    report_open();
    track_options_changed();
}

static void
pass_through(void)
{
    for (unsigned i = 0; i < ATTACH_TRIES && attach_is_guest(); i++) {
        if (imports_undo(&attach_imports) == 0)
            break;
        thread_sleep(ATTACH_PAUSE_NS);
    }
    /* A slot that was not to be had still leads here, and calls pass. */
    if (attach_is_guest())
        track_watch(false);
    forget_options();
    attach_is_on = false;
}

static const struct attend_hooks attach_control = {.refresh = refresh,
                                                   .detach = pass_through};

static int
redirect(void)
{
    int error = modules_refresh();

    for (unsigned i = 0; i < ATTACH_TRIES && error == 0; i++) {
        error = imports_apply(&attach_imports);
        if (error != -EAGAIN)
            break;
        error = 0; /* what is not ready now is looked at again later */
        thread_sleep(ATTACH_PAUSE_NS);
    }
    if (error == 0 && attach_imports.redirected == 0)
        error = -ENOTSUP;
    return error;
}

/* Reports go to the memory file that the command reads, unless it says
 * otherwise. */
static void
set_options(const char *options)
{
    char log[32];

    (void)format_text(log, sizeof(log), "log=fd:%d", attend_page()->log_fd);
    /* What is wrong in them was said by the command, which knows the same
     * table. */
    attach_has_options = conf_push(log) != -ENOSPC;
    (void)conf_apply(options);
    report_open();
    track_options_changed();
}

static int
begin(const char *options)
{
    int fd = attend_open(&attach_control);
    int error = 0;

    if (fd < 0)
        return fd;
    set_options(options);
    if (attach_is_guest()) {
        if (attach_imports.hooks == NULL) {
            find_originals();
            imports_init(&attach_imports, attach_hooks, HOOK_COUNT);
        }
        track_watch(false); /* what a late call of the last time has left */
        error = redirect();
        tell_slots(attend_page());
        /* Not before: a block that is recorded must not be freed by a road
         * that does not lead here yet. */
        if (error == 0)
            track_watch(true);
    }
    if (error == 0) {
        attach_is_on = true;
        attend_begin();
        error = monitor_attend();
    }
    if (error != 0) {
        pass_through();
        attend_close();
        return error;
    }
    return fd;
}

static bool
take_turn(void)
{
    uint32_t is_taken = 0;

    for (unsigned i = 0; i < ATTACH_TURN_TRIES; i++) {
        if (atomic_compare_exchange_strong(&attach_turn, &is_taken, 1))
            return true;
        (void)lock_wait(&attach_turn, 1, ATTACH_PAUSE_NS); /* or shorter */
        is_taken = 0;
    }
    return false;
}

static void
give_turn(void)
{
    atomic_store(&attach_turn, 0);
    lock_wake(&attach_turn, 1);
}

static int
attach(const char *options)
{
    int result;

    if (!take_turn())
        return -EBUSY;
    if (attach_text == NULL)
        attach_text = options;
    if (!start_is_ready())
        result = -EAGAIN;
    else if (!track_is_observing())
        result = attach_is_guest() ? -ENOTSUP : -EEXIST;
    else if (attach_is_on)
        result = -EBUSY;
    else {
        track_internal_begin();
        result = begin(options);
        track_internal_end();
    }
    give_turn();
    return result;
}

/*
 * dbgmalloc_attach_ - the command's way in: observe the program's allocator.
 *
 * options: as in DBGMALLOC_OPTS.
 * Returns the descriptor of the page that is shared with the command
 * (model/control.h), or a negative errno: -EEXIST if the heap is ours, -EBUSY
 * if another command is attached, or at it for a second.
 * Thread: any, with nothing of the loader's or the allocator's on its stack.
 */
EXPORT int dbgmalloc_attach_(const char *options);

EXPORT int
dbgmalloc_attach_(const char *options)
{
    int saved_errno = errno;
    int result = attach(options);

    errno = saved_errno;
    return result;
}

void
attach_child(void)
{
    imports_child();
    attend_child();
    atomic_store(&attach_turn, 0);
    if (!track_is_observing() || !attach_is_guest())
        return;
    track_watch(false);
    forget_options();
    attach_is_on = false;
}
