/*
 * report/names.c - addresses become words.
 */
#include "report/names.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "base/text.h"
#include "os/lock.h"
#include "conf/conf.h"
#include "symbol/symbol.h"
#include "report/hidden.h"
#include "report/report.h"
#include "report/shorten.h"
#include "report/words.h"

#define SESSIONS_RELEASING UINT32_MAX

/* A stack with more entries is shown without its middle. */
#define NAMES_DEPTH_MAX 48
#define NAMES_DEPTH_OUTER 8

/* Longer names are shortened in texts. */
#define NAMES_FUNCTION_MAX 160

/* Written once at start. */
static const struct names_resolver *current;
/* Sessions that use the resolver's texts, or SESSIONS_RELEASING. Atomic. */
static _Atomic uint32_t sessions;
/* This thread is inside the resolver, which a signal handler must not enter
 * again. */
static _Thread_local volatile bool is_busy;

void
names_use(const struct names_resolver *resolver)
{
    current = resolver;
}

static void
set_module(struct names_frame *frame, const struct module *module,
           uint64_t offset)
{
    if (module != NULL) {
        frame->module = module->path;
        frame->module_offset = offset;
    }
}

/* By the modules of this process. Paths of modules live for ever, the other
 * texts until symbol_release. */
static unsigned
resolve_own(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    struct symbol_frame found[NAMES_INLINE_MAX];
    size_t count = symbol_resolve(pc, generation, found, NAMES_INLINE_MAX);

    for (size_t i = 0; i < count; i++) {
        struct names_frame *frame = &scratch->frames[i];

        frame->function = found[i].function;
        frame->linkage = found[i].linkage;
        frame->function_offset = found[i].function_offset;
        frame->file = found[i].file;
        frame->line = found[i].line;
        frame->is_inlined = found[i].is_inlined;
        set_module(frame, found[i].module, found[i].module_offset);
    }
    return (unsigned)count;
}

static bool
module_own(uintptr_t pc, uint32_t generation, struct names_module *out_module)
{
    const struct module *module = symbol_module(pc, generation);
    uintptr_t here = (uintptr_t)&module_own;

    if (module == NULL)
        return false;
    out_module->path = module->path;
    /* Linked into the program, we are a part of it. */
    out_module->is_ours = !module->is_main && here >= module->start &&
                          here < module->end && module->unloaded == 0;
    return true;
}

static const struct names_resolver own_resolver = {
    .resolve = resolve_own, .module = module_own, .release = symbol_release};

static const struct names_resolver *
resolver(void)
{
    return current != NULL ? current : &own_resolver;
}

static unsigned
resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    unsigned count = 0;

    memset(scratch->frames, 0, sizeof(scratch->frames));
    if (!is_busy) {
        is_busy = true;
        count = resolver()->resolve(pc, generation, scratch);
        is_busy = false;
    }
    if (count == 0)
        count = 1;
    for (unsigned i = 0; i < count; i++)
        scratch->frames[i].address = pc;
    return count;
}

unsigned
names_address(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    return resolve(pc, generation, scratch);
}

/* What the options want; see names.h. */
static void
set_lines(void)
{
    symbol_set_lines(conf_now()->hide_runtime ? SYMBOL_LINES_PROGRAM
                                              : SYMBOL_LINES_ALL);
}

/* ---- sessions ---- */

bool
names_begin(void)
{
    uint32_t count = atomic_load(&sessions);

    /* What this handler interrupted may be the very release that it would
     * wait for. */
    if (is_busy)
        return false;
    set_lines();
    for (;;) {
        if (count == SESSIONS_RELEASING) {
            (void)lock_wait(&sessions, count, 0);
            count = atomic_load(&sessions);
        } else if (atomic_compare_exchange_weak(&sessions, &count, count + 1)) {
            return true;
        }
    }
}

void
names_end(bool is_session)
{
    uint32_t count = atomic_load(&sessions);

    /* A forked child may have set it to 0 meanwhile. */
    while (is_session && count != 0 && count != SESSIONS_RELEASING) {
        if (atomic_compare_exchange_weak(&sessions, &count, count - 1))
            return;
    }
}

void
names_release(void)
{
    uint32_t none = 0;

    if (is_busy || resolver()->release == NULL ||
        !atomic_compare_exchange_strong(&sessions, &none, SESSIONS_RELEASING))
        return;
    is_busy = true;
    resolver()->release();
    is_busy = false;
    atomic_store(&sessions, 0);
    lock_wake(&sessions, INT_MAX);
}

void
names_reset(void)
{
    atomic_store(&sessions, 0);
}

/* ---- frames ---- */

uint32_t
names_count(const struct trace *trace)
{
    if (trace == NULL)
        return 0;
    if (trace->count == 0 && trace->file != NULL)
        return 1;
    return trace->count;
}

/* The module alone, where no names are wanted. */
static void
place(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    const struct module *module = symbol_module(pc, generation);

    memset(scratch->frames, 0, sizeof(scratch->frames));
    scratch->frames[0].address = pc;
    if (module != NULL)
        set_module(&scratch->frames[0], module, pc - module->base);
}

bool
names_module_of(uintptr_t pc, uint32_t generation,
                struct names_module *out_module)
{
    const struct names_resolver *r = resolver();

    return r->module != NULL && r->module(pc, generation, out_module);
}

const char *
names_function(const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;

    if (i >= trace->count)
        return NULL;
    /* The last frame is the one whose code it is. */
    return scratch
        .frames[resolve(trace->pc[i], trace->generation, &scratch) - 1]
        .function;
}

unsigned
names_frames(const struct trace *trace, uint32_t i,
             struct names_scratch *scratch)
{
    unsigned count = 1;

    if (i < trace->count && conf_now()->symbols != CONF_SYMBOLS_AUTO)
        place(trace->pc[i], trace->generation, scratch);
    else if (i < trace->count)
        count = resolve(trace->pc[i], trace->generation, scratch);
    else
        memset(scratch->frames, 0, sizeof(scratch->frames));
    if (i == 0 && trace->file != NULL) {
        /* What the compiler said at the call is surer than what the line
         * table says of the address after it. */
        scratch->frames[0].file = trace->file;
        scratch->frames[0].line = trace->line;
    }
    return count;
}

static void
add_source(struct buffer *out, const struct names_frame *frame)
{
    words_safe(out, frame->file);
    if (frame->line != 0)
        buffer_print(out, ":%u", (unsigned)frame->line);
}

void
names_frame_text(struct buffer *out, const struct names_frame *frame)
{
    if (frame->function != NULL) {
        char name[NAMES_FUNCTION_MAX + 1];

        shorten_name(name, sizeof(name), frame->function, NAMES_FUNCTION_MAX);
        words_safe(out, name);
        if (frame->file != NULL) {
            buffer_text(out, " (");
            add_source(out, frame);
            buffer_char(out, ')');
            return;
        }
        buffer_print(out, "+0x%lx", (unsigned long)frame->function_offset);
        if (frame->module != NULL) {
            buffer_text(out, " (");
            words_safe(out, text_base_name(frame->module));
            buffer_char(out, ')');
        }
    } else if (frame->file != NULL) {
        add_source(out, frame);
    } else if (frame->module != NULL) {
        words_safe(out, text_base_name(frame->module));
        buffer_print(out, "+0x%lx", (unsigned long)frame->module_offset);
    } else {
        words_address(out, frame->address);
    }
}

void
report_frame_text(struct buffer *out, const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;
    bool is_session;
    unsigned count;

    if (i >= names_count(trace))
        return;
    is_session = names_begin();
    count = names_frames(trace, i, &scratch);
    for (unsigned k = 0; k < count; k++) {
        if (k > 0)
            buffer_text(out, " in ");
        names_frame_text(out, &scratch.frames[k]);
    }
    names_end(is_session);
}

static void
add_frames(struct buffer *out, const struct trace *trace, uint32_t i,
           unsigned indent)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);

    for (unsigned k = 0; k < count; k++) {
        buffer_print(out, "%*s", (int)indent, "");
        names_frame_text(out, &scratch.frames[k]);
        if (scratch.frames[k].is_inlined)
            buffer_text(out, " [inlined]");
        buffer_char(out, '\n');
    }
}

static void
add_more(struct buffer *out, uint32_t count, unsigned indent)
{
    buffer_print(out, "%*s... ", (int)indent, "");
    words_count(out, count, "more frame");
    buffer_char(out, '\n');
}

void
names_list(struct buffer *out, const struct trace *trace, unsigned indent,
           uint32_t limit)
{
    uint32_t count = names_count(trace);
    struct hidden hidden;
    uint32_t total;
    uint32_t inner;
    uint32_t outer = 0;
    uint32_t seen = 0;

    if (count == 0)
        return;
    hidden_frames(trace, &hidden);
    total = count - hidden.count;
    inner = limit == 0 || total <= limit ? total : limit;
    if (limit == 0 && total > NAMES_DEPTH_MAX) {
        outer = NAMES_DEPTH_OUTER;
        inner = NAMES_DEPTH_MAX - outer;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (hidden_is(&hidden, i))
            continue;
        if (seen < inner || seen >= total - outer)
            add_frames(out, trace, i, indent);
        else if (seen == inner)
            add_more(out, total - inner - outer, indent);
        seen++;
    }
}

void
names_chain(struct buffer *out, const struct trace *trace, uint32_t limit)
{
    uint32_t count = names_count(trace);
    struct names_scratch scratch;
    struct hidden hidden;
    uint32_t shown = 0;

    if (count == 0) {
        buffer_text(out, "a place that was not recorded");
        return;
    }
    hidden_frames(trace, &hidden);
    for (uint32_t i = 0; i < count && shown < limit; i++) {
        unsigned n =
            hidden_is(&hidden, i) ? 0 : names_frames(trace, i, &scratch);

        for (unsigned k = 0; k < n && shown < limit; k++, shown++) {
            struct names_frame frame = scratch.frames[k];

            if (frame.file != NULL)
                frame.file = text_base_name(frame.file);
            if (shown > 0)
                buffer_text(out, " < ");
            names_frame_text(out, &frame);
        }
    }
}

/* The entry that a trace is known by, where one must do. */
static uint32_t
innermost(const struct trace *trace)
{
    struct hidden hidden;
    uint32_t i = 0;

    hidden_frames(trace, &hidden);
    while (hidden_is(&hidden, i))
        i++;
    return i;
}

void
names_site(struct buffer *out, const struct trace *trace, const char *after,
           unsigned indent)
{
    if (names_count(trace) == 1) {
        buffer_text(out, " at ");
        report_frame_text(out, trace, 0);
        buffer_print(out, "%s\n", after);
        return;
    }
    if (names_count(trace) == 0) {
        buffer_print(out, "%s\n", after);
        return;
    }
    buffer_print(out, "%s at:\n", after);
    names_list(out, trace, indent, 0);
}

void
names_brief(struct buffer *out, const struct trace *trace)
{
    struct names_scratch scratch;

    if (names_count(trace) == 0) {
        buffer_text(out, "a place that was not recorded");
        return;
    }
    (void)names_frames(trace, innermost(trace), &scratch);
    names_frame_text(out, &scratch.frames[0]);
}

void
report_set_demangler(void (*enter)(void), void (*leave)(void),
                     void (*give)(void *p))
{
    /* Written once, at start. */
    static struct demangle_hooks hooks;

    hooks.enter = enter;
    hooks.leave = leave;
    hooks.give = give;
    demangle_set_hooks(&hooks);
}
