/*
 * test_memo.c - the quick walk, with what it remembers, against the walk by all
 * registers and against libgcc's.
 */
#include "stack/memo.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <alloca.h>
#include <signal.h>
#include <string.h>
#include <unwind.h>

#include "base/attr.h"
#include "os/arch/arch.h"

static struct memo memo;
static struct bounds bounds;
static unsigned walks, reused;

/* Frames of libgcc's walk that may lie below the ones compared: check's own. */
#define BELOW_MOST 8

struct theirs {
    uint32_t count;
    uintptr_t pc[MEMO_TRACE_MOST + BELOW_MOST];
};

static _Unwind_Reason_Code
add(struct _Unwind_Context *context, void *data)
{
    struct theirs *theirs = data;
    int is_exact = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &is_exact);

    if (pc != 0 && theirs->count < MEMO_TRACE_MOST + BELOW_MOST)
        theirs->pc[theirs->count++] = pc + (is_exact ? 1 : 0);
    return _URC_NO_REASON;
}

/* Walk the stack of this function's caller in all three ways. Returns the
 * number of frames. */
static NOINLINE uint32_t
check(uint32_t depth)
{
    const void *caller = ARCH_FRAME();
    struct theirs theirs = {.count = 0};
    uintptr_t quick[MEMO_TRACE_MOST];
    uintptr_t full[MEMO_TRACE_MOST];
    uint32_t known = memo_count(&memo);
    uint32_t skip = 0;
    uint32_t count = memo_full(&bounds, caller, depth, full);

    if (memo_walk(&memo, &bounds, caller, depth) != 0) {
        walks++;
        reused += known != 0 && memo.fresh[0].pc != 0;
        assert_int_equal(memo_copy(&memo, depth, quick), count);
        assert_memory_equal(quick, full, count * sizeof(*full));
    }
    (void)_Unwind_Backtrace(add, &theirs);
    while (skip < theirs.count && theirs.pc[skip] != full[0])
        skip++;
    assert_true(skip < theirs.count);
    assert_int_equal(count,
                     theirs.count - skip < depth ? theirs.count - skip : depth);
    assert_memory_equal(full, theirs.pc + skip, count * sizeof(*full));
    return count;
}

static int
setup(void **state)
{
    (void)state;
    memset(&memo, 0, sizeof(memo));
    memset(&bounds, 0, sizeof(bounds));
    walks = 0;
    return 0;
}

static volatile unsigned sink;

static NOINLINE uint32_t
recurse(unsigned n, uint32_t depth)
{
    uint32_t count = n == 0 ? check(depth) : recurse(n - 1, depth);

    sink++;
    return count;
}

/* The compiler gives this one a frame pointer, and each call another size. */
static NOINLINE uint32_t
recurse_alloca(unsigned n, uint32_t depth)
{
    volatile char *p = alloca(16 + n * 24);
    uint32_t count;

    p[0] = (char)n;
    count = n == 0 ? check(depth) : recurse_alloca(n - 1, depth);
    sink += (unsigned)p[0];
    return count;
}

struct wide {
    _Alignas(64) char bytes[64];
};

/* And this one realigns its frame. */
static NOINLINE uint32_t
recurse_aligned(unsigned n, uint32_t depth)
{
    volatile struct wide wide;
    uint32_t count;

    wide.bytes[3] = (char)n;
    count = n == 0 ? check(depth) : recurse_aligned(n - 1, depth);
    sink += (unsigned)wide.bytes[3];
    return count;
}

static void
test_memo_walk_of_growing_and_shrinking_stacks_is_right(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned n = 0; n < 120; n++)
            (void)recurse(n, 32);
        for (unsigned n = 120; n-- > 0;)
            (void)recurse(n, 32);
    }
    assert_int_equal(walks, 3 * 240);
}

/* All that is wanted is new, and more. */
static void
test_memo_walk_of_more_new_frames_than_wanted_is_right(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth < 8; depth++) {
        memset(&memo, 0, sizeof(memo));
        for (unsigned n = 1; n < 60; n += 7) {
            (void)recurse(1, depth);
            assert_int_equal(recurse(n, depth), depth);
        }
    }
}

static void
test_memo_walk_past_all_frames_that_are_kept_is_right(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 900; n += 37)
        assert_int_equal(recurse(n, MEMO_TRACE_MOST),
                         recurse(n, MEMO_TRACE_MOST));
    assert_int_equal(recurse(900, MEMO_TRACE_MOST), MEMO_TRACE_MOST);
    assert_int_equal(recurse(900, 1), 1);
}

static void
test_memo_walk_of_frames_of_changing_size_is_right(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 60; n++) {
        (void)recurse_alloca(n, 64);
        (void)recurse_alloca(60 - n, 64);
        (void)recurse(n, 64);
    }
}

static void
test_memo_walk_of_realigned_frames_is_right(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 40; n++) {
        (void)recurse_aligned(n, 64);
        (void)recurse_alloca(n / 2, 64);
    }
}

/* The same function at the same place, called by another one: what the memo
 * has of its callers must not be believed. */
static NOINLINE uint32_t
call_a(unsigned n)
{
    uint32_t count = recurse(n, 32);

    sink++;
    return count;
}

static NOINLINE uint32_t
call_b(unsigned n)
{
    uint32_t count = recurse(n, 32);

    sink += 2;
    return count;
}

static void
test_memo_walk_of_the_same_frames_under_others_is_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        (void)call_a(i % 7);
        (void)call_b(i % 7);
    }
    assert_int_equal(walks, 800);
}

static void
test_memo_walk_of_an_unchanged_stack_gives_the_same_hash(void **state)
{
    uint64_t hash = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t now = memo_walk(&memo, &bounds, ARCH_FRAME(), 32);

        assert_true(now != 0);
        assert_true(i == 0 || now == hash);
        hash = now;
    }
}

/* A hash is that of the frames alone, wherever they lie. */
static void
test_memo_hash_of_a_window_is_that_of_its_frames(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 100; n += 9) {
        uintptr_t pc[MEMO_TRACE_MOST];
        uint64_t hash = 0, walked;
        uint32_t count;

        (void)recurse(n, 7);
        walked = memo_walk(&memo, &bounds, ARCH_FRAME(), 7);
        count = memo_copy(&memo, 7, pc);
        for (uint32_t i = count; i-- > 0;)
            hash = memo_hash(hash, pc[i]);
        assert_true(walked == memo_finish(hash, count));
    }
}

/* ---- signals ---- */

static volatile uint32_t handler_frames;

static void
handle(int signal_number)
{
    (void)signal_number;
    handler_frames = recurse(3, 64);
}

static NOINLINE void
raise_deep(unsigned n)
{
    if (n == 0)
        (void)raise(SIGUSR1);
    else
        raise_deep(n - 1);
    sink++;
}

static void
test_memo_full_passes_signal_frames(void **state)
{
    static _Alignas(16) char other[1 << 18];
    const stack_t alternative = {.ss_sp = other, .ss_size = sizeof(other)};
    struct sigaction action = {.sa_handler = handle};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
        handler_frames = 0;
        raise_deep(5);
        assert_true(handler_frames > 5 + 3 + 2);
        (void)recurse(2, 64);
        /* The second time on another stack. */
        assert_int_equal(sigaltstack(&alternative, NULL), 0);
        action.sa_flags = SA_ONSTACK;
    }
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_memo_walk_of_growing_and_shrinking_stacks_is_right),
        CASE(test_memo_walk_of_more_new_frames_than_wanted_is_right),
        CASE(test_memo_walk_past_all_frames_that_are_kept_is_right),
        CASE(test_memo_walk_of_frames_of_changing_size_is_right),
        CASE(test_memo_walk_of_realigned_frames_is_right),
        CASE(test_memo_walk_of_the_same_frames_under_others_is_right),
        CASE(test_memo_walk_of_an_unchanged_stack_gives_the_same_hash),
        CASE(test_memo_hash_of_a_window_is_that_of_its_frames),
        CASE(test_memo_full_passes_signal_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
