/*
 * report/hidden.c - what a report does not show.
 *
 * Everything is decided by modules and functions of the stack, nothing by what
 * program it is.
 */
#include "report/hidden.h"

#include <string.h>

#include "base/text.h"
#include "conf/conf.h"
#include "meta/table.h"
#include "report/names.h"
#include "report/report.h"
#include "symbol/symbol.h"

enum owner { OWNER_PROGRAM, OWNER_RUNTIME, OWNER_LOADER, OWNER_US };

static enum owner
owner_of(const struct trace *trace, uint32_t i)
{
    struct names_module module;

    if (!names_module_of(trace->pc[i], trace->generation, &module))
        return OWNER_PROGRAM;
    if (module.is_ours)
        return OWNER_US;
    if (runtime_is_loader(module.path))
        return OWNER_LOADER;
    return runtime_is_module(module.path) ? OWNER_RUNTIME : OWNER_PROGRAM;
}

static void
hide(struct hidden *hidden, uint32_t i)
{
    if (!hidden_is(hidden, i))
        hidden->count++;
    hidden->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* The program's own first instructions, which call the runtime, which calls
 * main. */
static bool
is_start(const struct trace *trace, uint32_t i)
{
    const char *function = names_function(trace, i);

    return function != NULL && text_is_equal(function, "_start");
}

void
hidden_frames(const struct trace *trace, struct hidden *out)
{
    enum owner owners[HIDDEN_MAX];
    uint32_t count = trace->count < HIDDEN_MAX ? trace->count : HIDDEN_MAX;
    uint32_t last;
    bool is_runtime = true;

    memset(out, 0, sizeof *out);
    if (count < 2 || !conf_now()->hide_runtime)
        return;
    for (uint32_t i = 0; i < count; i++) {
        owners[i] = owner_of(trace, i);
        if (owners[i] == OWNER_LOADER)
            owners[i] = OWNER_RUNTIME;
        is_runtime &= owners[i] != OWNER_PROGRAM;
    }
    /* What ran before main, or beside the program, is shown as it is. */
    last = count;
    if (!is_runtime && count == trace->count) {
        if (count > 2 && owners[count - 1] == OWNER_PROGRAM &&
            owners[count - 2] == OWNER_RUNTIME && is_start(trace, count - 1))
            last--;
        while (last > 0 && owners[last - 1] != OWNER_PROGRAM)
            last--;
        /* Only _start is the program's: nothing of it was called. */
        if (last == 0)
            last = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        bool is_inner = i + 1 < last && owners[i] == OWNER_RUNTIME &&
                        owners[i + 1] == OWNER_RUNTIME;

        if (i >= last || owners[i] == OWNER_US || (is_inner && !is_runtime))
            hide(out, i);
    }
    if (out->count == trace->count)
        memset(out, 0, sizeof *out);
}

/* ---- Blocks. ---- */

static bool
is_keeper(const struct trace *trace, uint32_t i)
{
    const char *function = names_function(trace, i);

    return function != NULL && runtime_is_keeper(function);
}

bool
hidden_is_kept(const struct trace *trace)
{
    uint32_t count = trace != NULL ? trace->count : 0;
    uint32_t i = 0;
    uint32_t first;

    if (count > HIDDEN_MAX || (trace != NULL && trace->file != NULL))
        return false;
    while (i < count && owner_of(trace, i) == OWNER_US)
        i++;
    for (first = i; i < count; i++) {
        enum owner owner = owner_of(trace, i);

        if (owner == OWNER_PROGRAM)
            return false;
        if ((owner == OWNER_LOADER && i == first) || is_keeper(trace, i))
            return true;
    }
    /* No part of the program has called: the runtime did, for itself. One
     * frame alone tells nothing of who called. */
    return i > first + 1;
}

void
report_mark_runtime(struct snapshot *snapshot)
{
    struct table known = TABLE_INIT;
    bool is_session;

    if (!conf_now()->hide_runtime)
        return;
    is_session = names_begin();
    for (size_t i = 0; i < snapshot->blocks.count; i++) {
        struct snapshot_block *block =
            &VECTOR_AT(&snapshot->blocks, struct snapshot_block, i);
        uint64_t value;

        if (block->kind == LEAK_REACHABLE || block->trace == NULL)
            continue;
        if (!table_find(&known, (uintptr_t)block->trace, &value)) {
            value = hidden_is_kept(block->trace);
            /* Without memory it is found out again. */
            (void)!table_insert(&known, (uintptr_t)block->trace, value);
        }
        if (value != 0)
            block->kind = LEAK_RUNTIME;
    }
    table_fini(&known);
    names_end(is_session);
}
