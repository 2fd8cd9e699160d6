/*
 * test_tcache.c - thread caches: carving, free lists, the ways of a span
 * between current, full and partial, and frees by other threads.
 */
#include "heap/tcache.h"

#include "layouts.h"

#include <pthread.h>

#include "heap/arena.h"
#include "os/page.h"

static struct tcache *cache;

static int
setup(void **state)
{
    (void)state;
    cache = layouts_cache(0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    tcache_trim(cache);
    /* Its spans may refer to it: caches are never freed. */
    tcache_release(cache);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

/* One slot with the program. */
struct taken {
    struct span *span;
    uint32_t index;
};

static struct taken
take(struct tcache *from, unsigned class)
{
    struct taken taken = {NULL, SPAN_NONE};
    bool is_fresh;

    taken.index = tcache_take(from, class, &taken.span, &is_fresh);
    assert_int_not_equal(taken.index, SPAN_NONE);
    return taken;
}

static uintptr_t
address(const struct taken *taken)
{
    return span_slot(taken->span, taken->index);
}

static bool
is_partial(unsigned class, const struct span *span)
{
    LIST_EACH(node, &cache->partial[class]) {
        if (node == &span->link)
            return true;
    }
    return false;
}

/* ---- one thread ---- */

static void
test_tcache_take_new_span_carves_in_order(void **state)
{
    unsigned class = sizeclass_of(100);
    struct span *span = NULL;
    bool is_fresh;

    (void)state;
    for (uint32_t i = 0; i < sizeclass_table[class].capacity; i++) {
        assert_int_equal(tcache_take(cache, class, &span, &is_fresh), i);
        assert_true(is_fresh);
        assert_int_equal(span->used, i + 1);
        assert_ptr_equal(span, cache->current[class]);
        assert_ptr_equal(span->owner, cache);
    }
    for (uint32_t i = 0; i < sizeclass_table[class].capacity; i++)
        tcache_give(cache, span, i);
    assert_int_equal(span->used, 0);
}

static void
test_tcache_take_after_give_returns_the_last(void **state)
{
    unsigned class = sizeclass_of(64);
    struct taken a = take(cache, class), b = take(cache, class);
    struct span *span;
    bool is_fresh = true;

    (void)state;
    tcache_give(cache, a.span, a.index);
    tcache_give(cache, b.span, b.index);
    assert_int_equal(tcache_take(cache, class, &span, &is_fresh), b.index);
    assert_false(is_fresh);
    assert_int_equal(tcache_take(cache, class, &span, &is_fresh), a.index);
    assert_false(is_fresh);
    assert_ptr_equal(span, a.span);
    tcache_give(cache, a.span, a.index);
    tcache_give(cache, b.span, b.index);
}

/* current -> full -> partial -> current again. */
static void
test_tcache_settle_full_span_becomes_partial_at_the_first_free(void **state)
{
    unsigned class = SIZECLASS_COUNT - 1;
    uint32_t capacity = sizeclass_table[class].capacity;
    struct taken first = take(cache, class), other;

    (void)state;
    for (uint32_t i = 1; i < capacity; i++)
        assert_ptr_equal(take(cache, class).span, first.span);
    other = take(cache, class);
    assert_ptr_not_equal(other.span, first.span);
    assert_int_equal(first.span->settle_at, SPAN_SETTLE_FULL(first.span));
    assert_false(is_partial(class, first.span));

    tcache_give(cache, first.span, 1);
    assert_true(is_partial(class, first.span));
    assert_int_equal(first.span->settle_at, SPAN_SETTLE_PARTIAL);
    tcache_give(cache, first.span, 0);

    for (uint32_t i = 1; i < capacity; i++)
        assert_ptr_equal(take(cache, class).span, other.span);
    assert_ptr_equal(take(cache, class).span, first.span);
    assert_ptr_equal(cache->current[class], first.span);
    assert_false(is_partial(class, first.span));

    for (uint32_t i = 0; i < capacity; i++)
        tcache_give(cache, other.span, i);
    tcache_give(cache, first.span, 0);
    for (uint32_t i = 2; i < capacity; i++)
        tcache_give(cache, first.span, i);
}

/* All but one empty span of a class go back to the arena. */
static void
test_tcache_settle_keeps_one_empty_span(void **state)
{
    enum { SPANS = 5 };
    unsigned class = SIZECLASS_COUNT - 1;
    uint32_t capacity = sizeclass_table[class].capacity;
    struct taken taken[SPANS * 64];
    uint32_t count = SPANS * capacity, open = 0, empty = 0;

    (void)state;
    assert_true(count <= ARRAY_COUNT(taken));
    for (uint32_t i = 0; i < count; i++)
        taken[i] = take(cache, class);
    for (uint32_t i = 0; i < count; i++)
        tcache_give(cache, taken[i].span, taken[i].index);
    for (uint32_t i = 0; i < count; i += capacity) {
        open += taken[i].span->kind == SPAN_SLOTS;
        empty += taken[i].span->kind == SPAN_SLOTS && taken[i].span->used == 0;
    }
    assert_true(open <= 2); /* the current one and one partial */
    assert_int_equal(open, empty);
}

static void
test_tcache_trim_gives_empty_spans_back(void **state)
{
    unsigned class = sizeclass_of(1000);
    uint32_t capacity = sizeclass_table[class].capacity;
    struct heap_stats before, after;
    struct taken first = take(cache, class);

    (void)state;
    for (uint32_t i = 1; i <= capacity; i++)
        (void)take(cache, class);
    for (uint32_t i = 0; i < capacity; i++)
        tcache_give(cache, first.span, i);
    assert_true(is_partial(class, first.span));
    heap_stats(&before);
    tcache_trim(cache);
    heap_stats(&after);
    assert_int_equal(first.span->kind, SPAN_UNUSED);
    assert_int_equal(before.committed - after.committed,
                     sizeclass_table[class].units * SIZECLASS_UNIT);
    tcache_give(cache, cache->current[class], 0);
}

static void
test_tcache_take_refused_gives_none_and_recovers(void **state)
{
    unsigned class = sizeclass_of(5000);
    struct tcache *fresh = layouts_cache(1);
    struct span *span;
    bool is_fresh;

    (void)state;
    page_fail_at(1, true);
    while (tcache_take(fresh, class, &span, &is_fresh) != SPAN_NONE)
        continue; /* what is committed is used up */
    assert_int_equal(tcache_take(fresh, class, &span, &is_fresh), SPAN_NONE);
    page_fail_at(0, false);
    assert_int_not_equal(tcache_take(fresh, class, &span, &is_fresh),
                         SPAN_NONE);
    tcache_release(fresh);
}

/* Two threads' worth of slots, by chance; no slot is had twice. */
static void
test_tcache_take_at_random_no_slot_twice(void **state)
{
    enum { MOST = 3000, ROUNDS = 200000 };
    static struct taken had[MOST];
    static size_t had_size[MOST];
    uint64_t seed = 362436069;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = layouts_random(&seed) % MOST;

        if (had_size[i] != 0) {
            size_t *p = (size_t *)address(&had[i]);

            assert_int_equal(p[0], i);
            assert_int_equal(p[had_size[i] / 8 - 1], i);
            tcache_give(cache, had[i].span, had[i].index);
            had_size[i] = 0;
        } else {
            unsigned class = (unsigned)(layouts_random(&seed) %
                                        SIZECLASS_COUNT);
            size_t *p;

            had[i] = take(cache, class);
            had_size[i] = sizeclass_table[class].size;
            p = (size_t *)address(&had[i]);
            p[0] = i;
            p[had_size[i] / 8 - 1] = i;
        }
        if (round % 20000 == 0)
            assert_int_equal(heap_audit(), 0);
    }
    for (size_t i = 0; i < MOST; i++) {
        if (had_size[i] != 0)
            tcache_give(cache, had[i].span, had[i].index);
        had_size[i] = 0;
    }
    assert_int_equal(heap_audit(), 0);
}

/* ---- frees by other threads ---- */

#define THREADS 4
#define EACH 20000

struct giver {
    pthread_t thread;
    struct tcache *cache;
    struct taken *taken;
    size_t count;
};

static pthread_barrier_t barrier;

static void *
give_all(void *context)
{
    struct giver *giver = context;

    (void)pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < giver->count; i++)
        tcache_give(giver->cache, giver->taken[i].span, giver->taken[i].index);
    return NULL;
}

/* The slots in `taken` are given back by threads, interleaved; what `meanwhile`
 * does is done by this thread. */
static void
give_by_threads(struct taken *taken, size_t count, void (*meanwhile)(void))
{
    static struct giver givers[THREADS];
    static struct taken parts[THREADS][EACH];

    assert_true(count <= (size_t)THREADS * EACH);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
    for (size_t i = 0; i < THREADS; i++) {
        givers[i].cache = layouts_cache((unsigned)i);
        givers[i].taken = parts[i];
        givers[i].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct giver *giver = &givers[i % THREADS];

        giver->taken[giver->count++] = taken[i];
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&givers[i].thread, NULL, give_all, &givers[i]), 0);
    (void)pthread_barrier_wait(&barrier);
    if (meanwhile != NULL)
        meanwhile();
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(givers[i].thread, NULL), 0);
        tcache_release(givers[i].cache);
    }
    (void)pthread_barrier_destroy(&barrier);
}

static struct taken everything[THREADS * EACH];

static void
take_everything(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(everything); i++)
        everything[i] = take(cache, i % 3 == 0 ? 2 : 7);
}

/* Slots in use over all spans of the cache that are still open. */
static size_t
count_used(void)
{
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_COUNT(everything); i++) {
        struct span *span = everything[i].span;

        if (span->kind == SPAN_SLOTS && everything[i].index == 0)
            used += span->used;
    }
    return used;
}

static void
test_tcache_drain_after_remote_frees_is_exact(void **state)
{
    (void)state;
    take_everything();
    assert_int_equal(count_used(), ARRAY_COUNT(everything));
    give_by_threads(everything, ARRAY_COUNT(everything), NULL);
    tcache_drain(cache);
    assert_null(atomic_load(&cache->pending));
    assert_int_equal(count_used(), 0);
    assert_int_equal(heap_audit(), 0);
}

static void
take_and_give_meanwhile(void)
{
    struct taken mine[512];

    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(mine); i++) {
            mine[i] = take(cache, i % 3 == 0 ? 2 : 7);
            *(size_t *)address(&mine[i]) = i;
        }
        for (size_t i = 0; i < ARRAY_COUNT(mine); i++) {
            assert_int_equal(*(size_t *)address(&mine[i]), i);
            tcache_give(cache, mine[i].span, mine[i].index);
        }
    }
}

/* The owner goes on taking and giving while others give. */
static void
test_tcache_give_remote_while_owner_works_loses_none(void **state)
{
    (void)state;
    take_everything();
    give_by_threads(everything, ARRAY_COUNT(everything),
                    take_and_give_meanwhile);
    tcache_drain(cache);
    assert_null(atomic_load(&cache->pending));
    tcache_trim(cache);
    for (unsigned class = 0; class < SIZECLASS_COUNT; class++) {
        assert_true(list_is_empty(&cache->partial[class]));
        assert_int_equal(cache->current[class]->used, 0);
    }
    assert_int_equal(heap_audit(), 0);
}

static void
test_tcache_refill_uses_what_others_gave_back(void **state)
{
    unsigned class = SIZECLASS_COUNT - 1;
    uint32_t capacity = sizeclass_table[class].capacity;
    struct tcache *other = layouts_cache(2);
    struct taken first = take(cache, class), again;

    (void)state;
    for (uint32_t i = 1; i < capacity; i++)
        (void)take(cache, class);
    tcache_give(other, first.span, 3);
    assert_ptr_equal(atomic_load(&cache->pending), first.span);
    assert_int_equal(first.span->used, capacity);
    again = take(cache, class);
    assert_ptr_equal(again.span, first.span);
    assert_int_equal(again.index, 3);
    assert_null(atomic_load(&cache->pending));
    for (uint32_t i = 0; i < capacity; i++)
        tcache_give(cache, first.span, i);
    tcache_release(other);
}

/* A span is on the pending list once, however many slots are given. */
static void
test_tcache_give_remote_twice_notifies_once(void **state)
{
    struct tcache *other = layouts_cache(2);
    struct taken a = take(cache, 5), b = take(cache, 5), c = take(cache, 9);

    (void)state;
    tcache_give(other, a.span, a.index);
    tcache_give(other, b.span, b.index);
    assert_ptr_equal(atomic_load(&cache->pending), a.span);
    assert_null(a.span->pending_next);
    assert_int_equal(a.span->remote >> 16, 2);
    tcache_give(other, c.span, c.index);
    assert_ptr_equal(atomic_load(&cache->pending), c.span);
    assert_ptr_equal(c.span->pending_next, a.span);
    tcache_drain(cache);
    assert_int_equal(a.span->used, 0);
    assert_int_equal(c.span->used, 0);
    tcache_release(other);
}

/* ---- claims ---- */

static void
test_tcache_try_claim_used_cache_fails(void **state)
{
    struct tcache *other = layouts_cache(1);

    (void)state;
    assert_false(tcache_try_claim(other));
    tcache_release(other);
    assert_true(tcache_try_claim(other));
    assert_false(tcache_try_claim(other));
    tcache_release(other);
}

static void
test_tcache_give_remote_to_a_dead_owner_drains_it(void **state)
{
    (void)state;
    take_everything();
    tcache_release(cache);
    give_by_threads(everything, ARRAY_COUNT(everything), NULL);
    /* Two that drained at once: the later one may have left it to nobody. */
    assert_true(tcache_try_claim(cache));
    tcache_drain(cache);
    assert_int_equal(count_used(), 0);
    assert_int_equal(heap_audit(), 0);
}

static void
test_tcache_give_remote_to_a_dead_owner_by_one_leaves_none_pending(
    void **state)
{
    struct tcache *other = layouts_cache(1);
    struct taken a = take(cache, 5);

    (void)state;
    tcache_release(cache);
    tcache_give(other, a.span, a.index);
    assert_null(atomic_load(&cache->pending));
    assert_int_equal(a.span->used, 0);
    assert_false(cache->is_nested);
    assert_true(tcache_try_claim(cache));
    tcache_release(other);
}

/* ---- runs ---- */

static void
test_tcache_take_run_after_give_returns_it(void **state)
{
    bool is_zero = false;
    struct span *span = tcache_take_run(cache, 3, &is_zero), *again;

    (void)state;
    assert_non_null(span);
    assert_int_equal(span->bytes, 3 * SIZECLASS_UNIT);
    tcache_give_run(cache, span);
    assert_int_equal(cache->run_bytes, 3 * SIZECLASS_UNIT);
    is_zero = true;
    again = tcache_take_run(cache, 3, &is_zero);
    assert_ptr_equal(again, span);
    assert_false(is_zero);
    assert_int_equal(cache->run_bytes, 0);
    tcache_give_run(cache, again);
    tcache_trim(cache);
    assert_int_equal(cache->run_bytes, 0);
    assert_int_equal(span->kind, SPAN_UNUSED);
}

static void
test_tcache_give_run_keeps_two_mebibytes_at_most(void **state)
{
    struct span *spans[40];
    bool is_zero;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(spans); i++) {
        spans[i] = tcache_take_run(cache, TCACHE_RUN_UNITS, &is_zero);
        assert_non_null(spans[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(spans); i++) {
        tcache_give_run(cache, spans[i]);
        assert_true(cache->run_bytes <= TCACHE_RUN_BYTES_MOST);
    }
    assert_true(cache->run_bytes > 0);
}

/* ---- a nested cache, where this very thread holds every arena's lock ---- */

static void
test_tcache_take_run_nested_under_the_lock_does_not_wait(void **state)
{
    struct tcache *nested = layouts_cache(0);
    bool is_zero = false;
    struct span *span;

    (void)state;
    nested->is_nested = true;
    heap_freeze();
    span = tcache_take_run(nested, 2, &is_zero);
    assert_non_null(span);
    assert_true(span->is_emergency);
    assert_true(is_zero);
    tcache_give_run(nested, span);
    assert_int_equal(span->kind, SPAN_UNUSED);
    heap_thaw();
    tcache_release(nested);
}

/* A run that cannot be closed now is given back later, by its owner. */
static void
test_tcache_give_run_nested_under_the_lock_is_deferred(void **state)
{
    struct tcache *nested = layouts_cache(0);
    struct span *span;
    bool is_zero;

    (void)state;
    nested->is_nested = true;
    span = tcache_take_run(cache, TCACHE_RUN_UNITS + 3, &is_zero);
    assert_non_null(span);
    heap_freeze();
    tcache_give_run(nested, span);
    assert_int_equal(span->kind, SPAN_RUN);
    assert_int_equal(span->deferred, 1);
    heap_thaw();
    tcache_drain(cache);
    assert_int_equal(span->kind, SPAN_UNUSED);
    tcache_release(nested);
}

static void
test_tcache_take_nested_under_the_lock_gives_none(void **state)
{
    struct tcache *nested = layouts_cache(0);
    struct span *span = NULL;
    bool is_fresh;

    (void)state;
    nested->is_nested = true;
    heap_freeze();
    assert_int_equal(tcache_take(nested, 4, &span, &is_fresh), SPAN_NONE);
    heap_thaw();
    assert_int_not_equal(tcache_take(nested, 4, &span, &is_fresh), SPAN_NONE);
    tcache_give(nested, span, 0);
    tcache_release(nested);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_tcache_take_new_span_carves_in_order),
        CASE(test_tcache_take_after_give_returns_the_last),
        CASE(test_tcache_settle_full_span_becomes_partial_at_the_first_free),
        CASE(test_tcache_settle_keeps_one_empty_span),
        CASE(test_tcache_trim_gives_empty_spans_back),
        CASE(test_tcache_take_refused_gives_none_and_recovers),
        CASE(test_tcache_take_at_random_no_slot_twice),
        CASE(test_tcache_drain_after_remote_frees_is_exact),
        CASE(test_tcache_give_remote_while_owner_works_loses_none),
        CASE(test_tcache_refill_uses_what_others_gave_back),
        CASE(test_tcache_give_remote_twice_notifies_once),
        CASE(test_tcache_try_claim_used_cache_fails),
        CASE(test_tcache_give_remote_to_a_dead_owner_drains_it),
        CASE(
            test_tcache_give_remote_to_a_dead_owner_by_one_leaves_none_pending),
        CASE(test_tcache_take_run_after_give_returns_it),
        CASE(test_tcache_give_run_keeps_two_mebibytes_at_most),
        CASE(test_tcache_take_run_nested_under_the_lock_does_not_wait),
        CASE(test_tcache_give_run_nested_under_the_lock_is_deferred),
        CASE(test_tcache_take_nested_under_the_lock_gives_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
    return layouts_run(&layouts_plain, run) |
           layouts_run(&layouts_fenced, run);
}
