/*
 * scanned.h - blocks, and a scan of them from roots that a test gives.
 */
#ifndef TESTS_UNIT_LEAK_SCANNED_H
#define TESTS_UNIT_LEAK_SCANNED_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "os/lock.h"
#include "conf/conf.h"
#include "elf/elf.h"
#include "heap/heap.h"
#include "track/track.h"
#include "leak/careful.h"
#include "leak/classify.h"
#include "leak/interior.h"
#include "leak/leak.h"
#include "leak/mark.h"
#include "leak/shadow.h"

static inline int
scanned_start(void **state)
{
    (void)state;
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    if (conf_apply("log=none,no-print") != 0)
        return -1;
    track_start();
    return modules_refresh() < 0 ? -1 : 0;
}

static inline void
scanned_end_block(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

/* A block of zeros; `words` of them. */
static inline void **
scanned_make(size_t words)
{
    void **block =
        track_alloc(words * sizeof(void *), 0, true, ORIGIN_MALLOC, NULL);

    assert_non_null(block);
    return block;
}

/* Nothing here is the library's own. */
static inline void
scanned_no_root(uintptr_t start, size_t bytes)
{
    (void)start;
    (void)bytes;
    fail();
}

static inline void
scanned_begin(void)
{
    track_freeze();
    lock_freeze_begin();
    assert_int_equal(careful_begin(), 0);
    assert_int_equal(mark_begin(), 0);
    assert_int_equal(interior_begin(), 0);
    assert_int_equal(shadow_make(scanned_no_root), 0);
    mark_set_mode(MARK_REACHED, 0);
}

/* Mark from these words, and give every block its kind. */
static inline void
scanned_from(void *const *roots, size_t count)
{
    scanned_begin();
    mark_words((const uintptr_t *)roots, count);
    mark_drain();
    classify_rest();
}

static inline void
scanned_over(void)
{
    classify_end();
    shadow_drop();
    interior_end();
    mark_end();
    careful_end();
    lock_freeze_end();
    track_thaw();
}

static inline enum leak_kind
scanned_kind(const void *block)
{
    uintptr_t leader;

    return classify_kind((uintptr_t)block, &leader);
}

/* The block that `block` hangs under, or NULL. */
static inline void *
scanned_leader(const void *block)
{
    uintptr_t leader;

    (void)classify_kind((uintptr_t)block, &leader);
    return (void *)leader;
}

#endif
