/*
 * leak/scan.c - a leak scan from beginning to end; the registered roots.
 */
#include "leak/leak.h"

#include <errno.h>

#include "meta/vector.h"
#include "os/clock.h"
#include "os/lock.h"
#include "leak/careful.h"
#include "leak/classify.h"
#include "leak/interior.h"
#include "leak/mark.h"
#include "leak/roots.h"
#include "leak/shadow.h"

struct region_root {
    uintptr_t start;
    size_t bytes;
};

static struct lock leak_lock = LOCK_INIT(LOCK_RANK_LEAK);

/* Registered regions. Locks: leak; a scan reads it with that lock frozen. */
static struct vector leak_registered = VECTOR_INIT(struct region_root);

int
leak_root_insert(uintptr_t start, size_t bytes)
{
    struct region_root *root;

    lock_take(&leak_lock);
    root = vector_add(&leak_registered);
    if (root != NULL) {
        root->start = start;
        root->bytes = bytes;
    }
    lock_give(&leak_lock);
    return root == NULL ? -ENOMEM : 0;
}

bool
leak_root_remove(uintptr_t start)
{
    bool found = false;

    lock_take(&leak_lock);
    for (size_t i = 0; i < leak_registered.count && !found; i++) {
        struct region_root *root =
            &VECTOR_AT(&leak_registered, struct region_root, i);

        if (root->start != start)
            continue;
        *root = VECTOR_AT(&leak_registered, struct region_root,
                          leak_registered.count - 1);
        leak_registered.count--;
        found = true;
    }
    lock_give(&leak_lock);
    return found;
}

static int
begin(void)
{
    int error = careful_begin();

    if (error == 0)
        error = mark_begin();
    if (error == 0)
        error = interior_begin();
    roots_begin();
    if (error == 0)
        error = shadow_make(roots_add);
    for (size_t i = 0; i < leak_registered.count; i++) {
        const struct region_root *root =
            &VECTOR_AT(&leak_registered, struct region_root, i);

        roots_add(root->start, root->bytes);
    }
    return error;
}

int
leak_scan(const struct leak_caller *caller, const struct world *world,
          struct snapshot_scan *out_scan)
{
    uint64_t start = clock_now();
    int error = begin();

    if (error == 0) {
        mark_set_mode(MARK_REACHED, 0);
        error = roots_mark(caller, world, out_scan);
    }
    if (error == 0) {
        mark_drain();
        classify_rest();
    }
    if (world != NULL) {
        out_scan->parked = world->parked;
        out_scan->kernel = world->kernel;
        out_scan->missed = world->missed;
    }
    out_scan->scanned_bytes = mark_scanned();
    roots_end();
    interior_end();
    mark_end();
    careful_end();
    out_scan->is_done = error == 0;
    out_scan->error = error;
    out_scan->scan_ns = clock_now() - start;
    return error;
}

enum leak_kind
leak_kind(uintptr_t addr, uintptr_t *out_leader)
{
    return classify_kind(addr, out_leader);
}

void
leak_overlaps(void (*visit)(uintptr_t outer, uintptr_t inner, void *context),
              void *context)
{
    shadow_overlaps(visit, context);
}

void
leak_end(void)
{
    classify_end();
    shadow_drop();
}

/* ---- fork and stop-the-world ---- */

void
leak_freeze(void)
{
    lock_take_to_freeze(&leak_lock);
}

void
leak_thaw(void)
{
    lock_give(&leak_lock);
}

void
leak_child(void)
{
    lock_reset(&leak_lock);
    world_child();
}
