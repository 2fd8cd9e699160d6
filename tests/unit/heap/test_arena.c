/*
 * test_arena.c - zones, units, what is given back to the kernel, and the
 * spans made of units.
 */
#include "heap/arena.h"

#include "layouts.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "heap/pagemap.h"
#include "heap/tcache.h"
#include "os/page.h"
#include "os/process.h"

static struct arena *arena;
static struct tcache *cache;

static int
setup(void **state)
{
    (void)state;
    arena = &arena_all[0];
    cache = layouts_cache(0);
    return arena_enter(arena, false) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    arena_leave(arena);
    free(cache);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

/* How many of the OS pages of [start, start + size) have memory. */
static size_t
resident(uintptr_t start, size_t size)
{
    size_t count = size / page_size(), sum = 0;
    unsigned char *pages = malloc(count);

    assert_non_null(pages);
    assert_int_equal(mincore((void *)start, size, pages), 0);
    for (size_t i = 0; i < count; i++)
        sum += pages[i] & 1;
    free(pages);
    return sum;
}

static bool
is_filled(uintptr_t start, size_t size, unsigned char byte)
{
    const unsigned char *p = (const unsigned char *)start;

    for (size_t i = 0; i < size; i++) {
        if (p[i] != byte)
            return false;
    }
    return true;
}

static size_t
zone_count(void)
{
    size_t count = 0;

    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next)
        count++;
    return count;
}

/* ---- units ---- */

static void
test_arena_take_units_first_ones_are_zero_and_writable(void **state)
{
    bool is_zero = false;
    uintptr_t p = arena_take_units(arena, 3, false, &is_zero);

    (void)state;
    assert_int_not_equal(p, 0);
    assert_int_equal(p % SIZECLASS_UNIT, 0);
    assert_true(is_zero);
    assert_true(is_filled(p, 3 * SIZECLASS_UNIT, 0));
    memset((void *)p, 7, 3 * SIZECLASS_UNIT);
    arena_give_units(arena, p, 3);
}

static void
test_arena_take_units_given_back_ones_are_dirty(void **state)
{
    bool is_zero = true;
    uintptr_t p = arena_take_units(arena, 2, false, &is_zero);
    uintptr_t q;

    (void)state;
    memset((void *)p, 7, 2 * SIZECLASS_UNIT);
    arena_give_units(arena, p, 2);
    q = arena_take_units(arena, 2, false, &is_zero);
    assert_int_equal(q, p);
    assert_false(is_zero);
    arena_give_units(arena, q, 2);
}

/* Half of the run is dirty: it must not be said to be zero. */
static void
test_arena_take_units_partly_dirty_is_not_zero(void **state)
{
    bool is_zero = true;
    uintptr_t p, q;

    (void)state;
    (void)arena_purge(arena);
    p = arena_take_units(arena, 4, false, &is_zero);
    assert_true(is_zero);
    arena_give_units(arena, p, 4);
    (void)arena_purge(arena);
    p = arena_take_units(arena, 1, false, &is_zero);
    assert_true(is_zero);
    arena_give_units(arena, p, 1);
    q = arena_take_units(arena, 4, false, &is_zero);
    assert_int_equal(q, p);
    assert_false(is_zero);
    arena_give_units(arena, q, 4);
}

static void
test_arena_take_units_first_fit_fills_the_lowest_gap(void **state)
{
    bool is_zero;
    uintptr_t a = arena_take_units(arena, 1, false, &is_zero);
    uintptr_t b = arena_take_units(arena, 2, false, &is_zero);
    uintptr_t c = arena_take_units(arena, 1, false, &is_zero);
    uintptr_t d = arena_take_units(arena, 3, false, &is_zero);
    uintptr_t e = arena_take_units(arena, 1, false, &is_zero);

    (void)state;
    assert_true(a < b && b < c && c < d && d < e);
    arena_give_units(arena, b, 2);
    arena_give_units(arena, d, 3);
    assert_int_equal(arena_take_units(arena, 3, false, &is_zero), d);
    assert_int_equal(arena_take_units(arena, 1, false, &is_zero), b);
    assert_int_equal(arena_take_units(arena, 1, false, &is_zero),
                     b + SIZECLASS_UNIT);
    arena_give_units(arena, a, 1);
    arena_give_units(arena, b, 2);
    arena_give_units(arena, c, 1);
    arena_give_units(arena, d, 3);
    arena_give_units(arena, e, 1);
    assert_int_equal(arena->used_units, 0);
}

/* Against a table of who has what: no unit is handed out twice, and all that
 * is free is found again. */
static void
test_arena_take_units_at_random_never_overlap(void **state)
{
    enum { MOST = 200, ROUNDS = 20000 };
    static struct {
        uintptr_t start;
        size_t units;
    } had[MOST];
    uint64_t seed = 88172645463325252;
    size_t used = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = layouts_random(&seed) % MOST;
        bool is_zero;

        if (had[i].units != 0) {
            assert_int_equal(*(size_t *)had[i].start, i);
            assert_int_equal(*(size_t *)(had[i].start +
                                         had[i].units * SIZECLASS_UNIT - 8),
                             i);
            arena_give_units(arena, had[i].start, had[i].units);
            used -= had[i].units;
            had[i].units = 0;
        } else {
            had[i].units = layouts_random(&seed) % 20 + 1;
            had[i].start =
                arena_take_units(arena, had[i].units, false, &is_zero);
            assert_int_not_equal(had[i].start, 0);
            if (is_zero)
                assert_int_equal(*(size_t *)had[i].start, 0);
            *(size_t *)had[i].start = i;
            *(size_t *)(had[i].start + had[i].units * SIZECLASS_UNIT - 8) = i;
            used += had[i].units;
        }
        assert_int_equal(arena->used_units, used);
    }
    for (size_t i = 0; i < MOST; i++) {
        if (had[i].units != 0)
            arena_give_units(arena, had[i].start, had[i].units);
    }
    memset(had, 0, sizeof(had));
    assert_int_equal(arena->used_units, 0);
}

/* ---- commit ---- */

static void
test_arena_take_units_commits_a_step_at_a_time(void **state)
{
    bool is_zero;
    uintptr_t p = arena_take_units(arena, 1, false, &is_zero);
    struct arena_zone *zone = arena->zones;
    size_t before = zone->committed;

    (void)state;
    assert_true(before >= 16); /* 1 MiB */
    assert_true(before < zone->units);
    assert_true(page_is_readable((void *)zone->start, 1));
    assert_false(page_is_readable(
        (void *)(zone->start + before * SIZECLASS_UNIT), 1));
    arena_give_units(arena, p, 1);
}

/* The step is refused, the little that is needed is not. */
static void
test_arena_take_units_large_step_refused_takes_a_small_one(void **state)
{
    struct arena_zone *zone = arena->zones;
    size_t before, units;
    uintptr_t p;
    bool is_zero;

    (void)state;
    assert_non_null(zone);
    before = zone->committed;
    units = before + 1;
    page_fail_at(1, false);
    p = arena_take_units(arena, units, false, &is_zero);
    assert_int_equal(p, zone->start);
    assert_int_equal(zone->committed, before + 1);
    arena_give_units(arena, p, units);
}

static void
test_arena_take_units_all_refused_gives_none(void **state)
{
    struct arena_zone *zone = arena->zones;
    size_t zones = zone_count(), committed = zone->committed;
    uint64_t reserved = arena->reserved;
    bool is_zero;

    (void)state;
    page_fail_at(1, true);
    assert_int_equal(arena_take_units(arena, committed + 1, false, &is_zero),
                     0);
    page_fail_at(0, false);
    assert_int_equal(zone_count(), zones);
    assert_int_equal(zone->committed, committed);
    assert_int_equal(arena->reserved, reserved);
    assert_int_equal(arena->used_units, 0);
}

/* ---- zones ---- */

static void
test_arena_take_units_first_zone_refused_is_half_as_large(void **state)
{
    struct arena *fresh = &arena_all[3];
    bool is_zero;
    uintptr_t p;

    (void)state;
    assert_null(fresh->zones);
    page_fail_at(1, false);
    p = arena_take_units(fresh, 1, false, &is_zero);
    assert_int_not_equal(p, 0);
    assert_int_equal(fresh->zones->units * SIZECLASS_UNIT, (size_t)1 << 29);
    assert_int_equal(fresh->reserved, (size_t)1 << 29);
    arena_give_units(fresh, p, 1);
}

static void
test_arena_take_units_apart_refused_take_what_there_is(void **state)
{
    struct arena *fresh = &arena_all[1];
    bool is_zero = false;
    uintptr_t p = arena_take_units(fresh, 1, false, &is_zero), q;

    (void)state;
    page_fail_at(1, true);
    q = arena_take_units(fresh, 1, true, &is_zero);
    page_fail_at(0, false);
    assert_int_equal(q, p + SIZECLASS_UNIT);
    assert_null(fresh->zones->next);
    arena_give_units(fresh, p, 1);
    arena_give_units(fresh, q, 1);
}

/* What is apart has a zone of its own, as long as there is room for one. */
static void
test_arena_take_units_apart_come_from_another_zone(void **state)
{
    struct arena *fresh = &arena_all[1];
    bool is_zero = false;
    uintptr_t p = arena_take_units(fresh, 1, false, &is_zero);
    uintptr_t q = arena_take_units(fresh, 1, true, &is_zero);
    uintptr_t r = arena_take_units(fresh, 1, false, &is_zero);
    const struct arena_zone *first = fresh->zones, *second = first->next;

    (void)state;
    assert_non_null(second);
    assert_false(first->is_apart);
    assert_true(second->is_apart);
    assert_int_equal(p, first->start);
    assert_int_equal(q, second->start);
    assert_int_equal(r, p + SIZECLASS_UNIT);
    arena_give_units(fresh, p, 1);
    arena_give_units(fresh, q, 1);
    arena_give_units(fresh, r, 1);
    assert_int_equal(arena_take_units(fresh, 1, true, &is_zero), q);
    arena_give_units(fresh, q, 1);
}

/* A zone of 8 MiB asks for large pages, until some of its pages are closed. */
static void
test_arena_tell_closed_ends_large_pages(void **state)
{
    size_t units = ((size_t)10 << 20) / SIZECLASS_UNIT;
    struct arena *fresh = &arena_all[3];
    bool is_zero;
    uintptr_t p = arena_take_units(fresh, units, false, &is_zero), q, r;
    struct arena_zone *zone = fresh->zones;

    (void)state;
    assert_int_not_equal(p, 0);
    q = arena_take_units(fresh, units, false, &is_zero);
    assert_int_not_equal(q, 0);
    assert_int_not_equal(zone->huge, 0);
    arena_tell_closed(fresh, p);
    assert_int_equal(zone->huge, 0);
    r = arena_take_units(fresh, units, false, &is_zero);
    assert_int_not_equal(r, 0);
    assert_int_equal(zone->huge, 0);
    arena_tell_closed(fresh, (uintptr_t)&fresh); /* of no zone: nothing */
    arena_give_units(fresh, p, units);
    arena_give_units(fresh, q, units);
    arena_give_units(fresh, r, units);
}

static void
test_arena_take_units_more_than_a_zone_makes_one_that_fits(void **state)
{
    size_t units = ((size_t)3 << 30) / SIZECLASS_UNIT;
    bool is_zero = false;
    uintptr_t p = arena_take_units(arena, units, false, &is_zero);

    (void)state;
    if (p == 0)
        skip(); /* so much cannot be committed here */
    assert_true(is_zero);
    assert_true(arena_owns(p));
    assert_true(arena_owns(p + units * SIZECLASS_UNIT - 1));
    *(char *)(p + units * SIZECLASS_UNIT - 1) = 1;
    arena_give_units(arena, p, units);
}

static void
try_under_limit(void *context)
{
    struct rlimit limit = {(rlim_t)256 << 20, (rlim_t)256 << 20};
    struct arena *fresh = &arena_all[2];
    bool is_zero;

    (void)context;
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        _exit(0);
    if (arena_take_units(fresh, 1, false, &is_zero) == 0 ||
        fresh->zones->units * SIZECLASS_UNIT > ((size_t)256 << 20) / 16)
        abort();
}

/* The program's own mappings still find room. */
static void
test_arena_take_units_under_a_limit_reserves_a_sixteenth(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its shadow is address space too */
#endif
    assert_int_equal(layouts_dies(try_under_limit, NULL), 0);
}

/* The kernel allows address space but no more memory: RLIMIT_DATA counts what
 * is writable. A program that goes on asking must not use up all its address
 * space by that. */
static void
ask_again_and_again(void *context)
{
    struct rlimit limit = {(rlim_t)8 << 20, (rlim_t)8 << 20};
    struct arena *fresh = &arena_all[2];
    uint64_t reserved = 0;
    bool is_zero;

    (void)context;
    if (arena_take_units(fresh, 1, false, &is_zero) == 0 ||
        setrlimit(RLIMIT_DATA, &limit) != 0)
        _exit(0);
    for (int i = 0; i < 10; i++) {
        if (arena_take_units(fresh, 1000, false, &is_zero) != 0)
            _exit(0); /* the limit does not hold here */
        if (i == 1)
            reserved = fresh->reserved;
    }
    if (fresh->reserved != reserved)
        abort();
}

static void
test_arena_take_units_refused_often_reserves_no_more(void **state)
{
    (void)state;
    assert_int_equal(layouts_dies(ask_again_and_again, NULL), 0);
}

/* ---- what goes back to the kernel ---- */

static void
test_arena_purge_gives_memory_back(void **state)
{
    size_t units = 16, size = units * SIZECLASS_UNIT;
    bool is_zero;
    uintptr_t p;

    (void)state;
    (void)arena_purge(arena);
    assert_false(arena_purge(arena));
    p = arena_take_units(arena, units, false, &is_zero);
    memset((void *)p, 1, size);
    arena_give_units(arena, p, units);
    assert_int_equal(resident(p, size), size / page_size());
    assert_true(arena_purge(arena));
    assert_int_equal(resident(p, size), 0);
    assert_int_equal(arena_take_units(arena, units, false, &is_zero), p);
    assert_true(is_zero);
    assert_true(is_filled(p, size, 0));
    arena_give_units(arena, p, units);
}

static void
test_arena_purge_spares_what_is_used(void **state)
{
    bool is_zero;
    uintptr_t p[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        p[i] = arena_take_units(arena, 1, false, &is_zero);
        memset((void *)p[i], i + 1, SIZECLASS_UNIT);
    }
    arena_give_units(arena, p[1], 1);
    assert_true(arena_purge(arena));
    assert_true(is_filled(p[0], SIZECLASS_UNIT, 1));
    assert_true(is_filled(p[2], SIZECLASS_UNIT, 3));
    assert_int_equal(resident(p[1], SIZECLASS_UNIT), 0);
    arena_give_units(arena, p[0], 1);
    arena_give_units(arena, p[2], 1);
}

/* Without being asked, where much is idle. */
static void
test_arena_give_units_many_dirty_go_back(void **state)
{
    size_t units = 1024, size = units * SIZECLASS_UNIT;
    struct process_memory before, after;
    bool is_zero;
    uintptr_t p = arena_take_units(arena, units, false, &is_zero);

    (void)state;
    memset((void *)p, 1, size);
    assert_int_equal(process_memory(&before), 0);
    arena_give_units(arena, p, units);
    assert_int_equal(process_memory(&after), 0);
    assert_int_equal(arena->dirty_units, 0);
    assert_int_equal(resident(p, size), 0);
    assert_true(before.resident - after.resident > size / 10 * 9);
}

static void
test_arena_give_units_few_dirty_stay(void **state)
{
    bool is_zero;
    uintptr_t p;

    (void)state;
    (void)arena_purge(arena);
    p = arena_take_units(arena, 16, false, &is_zero);
    memset((void *)p, 1, 16 * SIZECLASS_UNIT);
    arena_give_units(arena, p, 16);
    assert_int_equal(arena->dirty_units, 16);
    assert_true(resident(p, 16 * SIZECLASS_UNIT) > 0);
}

static void
test_arena_owns_only_what_was_reserved(void **state)
{
    struct arena_zone *zone = arena->zones;
    int local;

    (void)state;
    assert_true(arena_owns(zone->start));
    assert_true(
        arena_owns(zone->start + zone->units * SIZECLASS_UNIT - 1));
    assert_false(arena_owns((uintptr_t)&local));
    assert_false(arena_owns((uintptr_t)arena));
    assert_false(arena_owns(0));
}

/* ---- spans ---- */

static void
test_arena_open_slots_describes_the_class(void **state)
{
    (void)state;
    for (unsigned class = 0; class < SIZECLASS_COUNT; class++) {
        const struct sizeclass *sc = &sizeclass_table[class];
        struct span *span = arena_open_slots(arena, class, cache);

        assert_non_null(span);
        assert_int_equal(span->kind, SPAN_SLOTS);
        assert_int_equal(span->slot_size, sc->size);
        assert_int_equal(span->capacity, sc->capacity);
        assert_int_equal(span->carved, 0);
        assert_int_equal(span->used, 0);
        assert_int_equal(span->free_head, SPAN_NONE);
        assert_int_equal(span->base, span->start + heap_layout.lead);
        assert_true(span_slot(span, span->capacity - 1u) + span->slot_size <=
                    span->start + span->bytes);
        assert_ptr_equal(pagemap_find(span->start), span);
        assert_ptr_equal(pagemap_find(span->start + span->bytes - 1), span);
        assert_int_equal(span->records != NULL, heap_layout.records);
        arena_close(arena, span);
        assert_null(pagemap_find(span->start));
        assert_int_equal(span->kind, SPAN_UNUSED);
    }
}

static void
test_arena_open_slots_again_finds_records_clean(void **state)
{
    struct span *span = arena_open_slots(arena, 3, cache);
    static const struct record clean;

    (void)state;
    assert_non_null(span);
    if (span->records == NULL) {
        arena_close(arena, span);
        skip();
    }
    memset(span->records, 0xff, span->capacity * sizeof(struct record));
    span->carved = span->capacity;
    arena_close(arena, span);
    span = arena_open_slots(arena, 3, cache);
    assert_non_null(span);
    for (unsigned i = 0; i < span->capacity; i++)
        assert_memory_equal(&span->records[i], &clean, sizeof(clean));
    arena_close(arena, span);
}

static void
test_arena_open_slots_refused_leaves_nothing(void **state)
{
    struct arena_zone *zone;
    uint64_t committed = arena->committed, arrays = arena->array_bytes;
    struct span *span;

    (void)state;
    /* Whatever is refused first, second, ... until nothing is. */
    for (unsigned long n = 1;; n++) {
        unsigned long calls = page_calls();

        page_fail_at(n, true);
        span = arena_open_slots(arena, 20, cache);
        page_fail_at(0, false);
        if (span != NULL) {
            assert_true(page_calls() - calls < n);
            break;
        }
        assert_int_equal(arena->committed, committed);
        assert_int_equal(arena->array_bytes, arrays);
        assert_int_equal(arena->used_units, 0);
        assert_true(n < 100);
    }
    for (zone = arena->zones; zone != NULL; zone = zone->next)
        assert_true(zone->committed <= zone->units);
    arena_close(arena, span);
}

static void
test_arena_open_run_is_its_only_slot(void **state)
{
    bool is_zero = false;
    struct span *span = arena_open_run(arena, 5, cache, &is_zero);

    (void)state;
    assert_non_null(span);
    assert_int_equal(span->kind, SPAN_RUN);
    assert_int_equal(span->bytes, 5 * SIZECLASS_UNIT);
    assert_int_equal(span->capacity, 1);
    assert_ptr_equal(span->records, &span->record);
    assert_ptr_equal(pagemap_find(span->start + span->bytes - 1), span);
    arena_close(arena, span);
}

/* ---- emergencies: no lock, straight from the kernel ---- */

static void
test_arena_open_emergency_takes_no_lock(void **state)
{
    struct span *span = arena_open_emergency(2 * SIZECLASS_UNIT, cache);

    (void)state;
    /* The arena's lock is held by this very thread. */
    assert_non_null(span);
    assert_true(span->is_emergency);
    assert_int_equal(span->kind, SPAN_RUN);
    assert_ptr_equal(pagemap_find(span->start), span);
    assert_ptr_equal(arena_emergencies(), span);
    memset((void *)span->start, 1, span->bytes);
    arena_close_emergency(span);
    assert_null(pagemap_find(span->start));
    assert_false(page_is_readable((void *)span->start, 1));
    assert_int_equal(span->kind, SPAN_UNUSED);
}

static void
test_arena_open_emergency_refused_gives_null(void **state)
{
    (void)state;
    for (unsigned long n = 1; n <= 2; n++) {
        struct span *newest = arena_emergencies();

        page_fail_at(n, false);
        assert_null(arena_open_emergency(SIZECLASS_UNIT, cache));
        page_fail_at(0, false);
        assert_ptr_equal(arena_emergencies(), newest);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        /* First: the others reserve more than it allows. */
        CASE(test_arena_take_units_under_a_limit_reserves_a_sixteenth),
        CASE(test_arena_take_units_first_ones_are_zero_and_writable),
        CASE(test_arena_take_units_given_back_ones_are_dirty),
        CASE(test_arena_take_units_partly_dirty_is_not_zero),
        CASE(test_arena_take_units_first_fit_fills_the_lowest_gap),
        CASE(test_arena_take_units_commits_a_step_at_a_time),
        CASE(test_arena_take_units_large_step_refused_takes_a_small_one),
        CASE(test_arena_take_units_all_refused_gives_none),
        CASE(test_arena_take_units_first_zone_refused_is_half_as_large),
        CASE(test_arena_take_units_apart_refused_take_what_there_is),
        CASE(test_arena_take_units_apart_come_from_another_zone),
        CASE(test_arena_tell_closed_ends_large_pages),
        CASE(test_arena_take_units_at_random_never_overlap),
        CASE(test_arena_take_units_more_than_a_zone_makes_one_that_fits),
        CASE(test_arena_take_units_refused_often_reserves_no_more),
        CASE(test_arena_purge_gives_memory_back),
        CASE(test_arena_purge_spares_what_is_used),
        CASE(test_arena_give_units_many_dirty_go_back),
        CASE(test_arena_give_units_few_dirty_stay),
        CASE(test_arena_owns_only_what_was_reserved),
        CASE(test_arena_open_slots_describes_the_class),
        CASE(test_arena_open_slots_again_finds_records_clean),
        CASE(test_arena_open_slots_refused_leaves_nothing),
        CASE(test_arena_open_run_is_its_only_slot),
        CASE(test_arena_open_emergency_takes_no_lock),
        CASE(test_arena_open_emergency_refused_gives_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
    return layouts_run(&layouts_plain, run) |
           layouts_run(&layouts_fenced, run);
}
