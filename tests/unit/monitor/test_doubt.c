/*
 * test_doubt.c - in another allocator's heap: which blocks may be freed by a
 * road that is not seen.
 */
#include <time.h>

#include "../leak/scanned.h"
#include "monitor/doubt.h"

#define PLACE_BYTES 512u
#define PLACES 64u

/* Lines of the places that make blocks. */
enum { LEAK = 1, KEPT_ROAD, RARELY, BIG, SMALL };

/* The other allocator makes a block wherever the test wants it. */
static _Alignas(64) unsigned char memory[PLACES * PLACE_BYTES];
static unsigned char *wanted;

static void *
take(size_t size)
{
    (void)size;
    return wanted;
}

static void
give(void *p)
{
    (void)p;
}

static const struct track_allocator other = {take, give, NULL,
                                             NULL, NULL, NULL};

static int
start(void **state)
{
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    if (conf_apply("log=none,no-print,heap=libc") != 0)
        return -1;
    track_observe(&other);
    return scanned_start(state);
}

static void *
make(size_t offset, size_t size, unsigned line)
{
    void *p;

    wanted = memory + offset;
    track_explicit("doubt.c", line);
    p = track_alloc(size, 0, false, ORIGIN_MALLOC, NULL);
    assert_ptr_equal(p, wanted);
    return p;
}

static void *
make_at_place(unsigned place, unsigned line)
{
    return make((size_t)place * PLACE_BYTES, 100, line);
}

/* What is called of the block in the end; a scan was made. */
static enum leak_kind
kind_of(const struct doubt *doubt, const void *p)
{
    struct block block;

    assert_true(track_examine((uintptr_t)p, &block));
    return doubt_kind(doubt, &block, scanned_kind(p));
}

static void
test_doubt_kind_of_a_stack_with_unseen_frees_is_unseen(void **state)
{
    void *leak, *kept, *rare[12];
    struct doubt doubt;

    (void)state;
    leak = make_at_place(0, LEAK);
    for (unsigned i = 1; i < 4; i++)
        kept = make_at_place(i, KEPT_ROAD);
    for (unsigned i = 0; i < 12; i++)
        rare[i] = make_at_place(10 + i, RARELY);
    /* Each was freed by libc alone: the address comes again. */
    (void)make_at_place(3, KEPT_ROAD);
    (void)make_at_place(21, RARELY);

    scanned_from(NULL, 0);
    assert_int_equal(scanned_kind(kept), LEAK_DEFINITE);
    doubt_begin(&doubt);
    assert_int_equal(kind_of(&doubt, kept), LEAK_UNSEEN);
    assert_int_equal(kind_of(&doubt, leak), LEAK_DEFINITE);
    /* One in twelve does not make up for the others. */
    assert_int_equal(kind_of(&doubt, rare[0]), LEAK_DEFINITE);
    doubt_end(&doubt);
    scanned_over();
    track_watch(false);
    track_watch(true);
}

static void
test_doubt_kind_of_what_a_younger_one_lies_across_is_unseen(void **state)
{
    const struct timespec pause = {0, 20000000};
    void *small[3], *roots[1];
    struct doubt doubt;
    void *big;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        small[i] = make(PLACE_BYTES + i * 128, 100, SMALL);
    (void)nanosleep(&pause, NULL); /* of another time */
    big = make(PLACE_BYTES - 64, 300, BIG);
    roots[0] = big;

    scanned_from(roots, 1);
    doubt_begin(&doubt);
    assert_int_equal(kind_of(&doubt, big), LEAK_REACHABLE);
    assert_int_equal(kind_of(&doubt, small[0]), LEAK_UNSEEN);
    assert_int_equal(kind_of(&doubt, small[1]), LEAK_UNSEEN);
    /* Not touched, but of their stack. */
    assert_int_equal(kind_of(&doubt, small[2]), LEAK_UNSEEN);
    doubt_end(&doubt);
    scanned_over();
    track_watch(false);
    track_watch(true);
}

/* What was counted belongs to the attachment that is over. */
static void
test_doubt_after_an_attachment_begins_anew(void **state)
{
    struct doubt doubt;
    void *p;

    (void)state;
    p = make_at_place(3, KEPT_ROAD);
    scanned_from(NULL, 0);
    doubt_begin(&doubt);
    assert_int_equal(kind_of(&doubt, p), LEAK_DEFINITE);
    doubt_end(&doubt);
    scanned_over();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_doubt_kind_of_a_stack_with_unseen_frees_is_unseen),
        cmocka_unit_test(
            test_doubt_kind_of_what_a_younger_one_lies_across_is_unseen),
        cmocka_unit_test(test_doubt_after_an_attachment_begins_anew),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
