/*
 * test_slot.c - blocks of every size and alignment, and the way from any
 * address to its slot.
 */
#include "heap/heap.h"

#include "layouts.h"

#include <sys/mman.h>

#include "base/bits.h"
#include "heap/arena.h"
#include "os/page.h"

#define MIB ((size_t)1 << 20)

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
    (void)heap_trim();
    tcache_release(cache);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

/* A block of `size` bytes, tail not counted; its record says where it is. */
static uintptr_t
make(size_t size, size_t align, struct slot *slot)
{
    uintptr_t user;

    assert_true(
        heap_alloc(cache, size + heap_layout.tail, align, slot, &user));
    if (slot->record != NULL) {
        slot->record->offset = (uint16_t)((user - slot->start) / 16);
        atomic_store(&slot->record->state, BLOCK_LIVE);
    }
    heap_set_block_size(slot, size);
    return user;
}

static void
end(const struct slot *slot)
{
    if (slot->record != NULL)
        atomic_store(&slot->record->state, BLOCK_FREED);
    heap_free(cache, slot);
}

static bool
is_zero(uintptr_t p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((const char *)p)[i] != 0)
            return false;
    }
    return true;
}

static void
check_block(uintptr_t user, size_t size, size_t align, const struct slot *slot)
{
    assert_int_equal(user & (align - 1), 0);
    assert_int_equal(user % 16, 0);
    assert_true(user >= slot->start);
    assert_true(user + size + heap_layout.tail <= slot->end);
    if (slot->is_zero)
        assert_true(is_zero(user, size));
    memset((void *)user, 0xa5, size + heap_layout.tail);
}

static const size_t sizes[] = {
    1, 8, 15, 16, 17, 32, 100, 128, 129, 500, 1000, 1008, 1024, 1025, 4000,
    4096, 4097, 8192, 16384, 32000, 32751, 32752, 32767, 32768, 32769, 65519,
    65520, 65536, 65537, 100000, 262144, 1000000, 1048559, 1048560, 1048575,
    1048576, 1048577, 3000000};

static void
test_heap_alloc_every_size_has_room(void **state)
{
    struct slot slot;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        uintptr_t user = make(sizes[i], 16, &slot);

        check_block(user, sizes[i], 16, &slot);
        end(&slot);
    }
}

static void
test_heap_alloc_every_alignment_is_met(void **state)
{
    struct slot slots[4];

    (void)state;
    for (size_t align = 1; align <= (size_t)1 << 30; align *= 2) {
        for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
            if (align > MIB && sizes[i] > 5000)
                continue;
            for (size_t j = 0; j < ARRAY_COUNT(slots); j++) {
                uintptr_t user = make(sizes[i], align, &slots[j]);

                check_block(user, sizes[i], align, &slots[j]);
            }
            for (size_t j = 0; j < ARRAY_COUNT(slots); j++)
                end(&slots[j]);
        }
    }
}

static void
test_heap_alloc_fresh_slots_are_zero(void **state)
{
    struct slot slot;
    size_t zero = 0;

    (void)state;
    (void)heap_trim();
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        uintptr_t user = make(sizes[i], 16, &slot);

        if (slot.is_zero) {
            assert_true(is_zero(user, slot.end - user));
            zero++;
        }
        memset((void *)user, 1, slot.end - user);
        end(&slot);
        user = make(sizes[i], 16, &slot);
        if (slot.is_zero)
            assert_true(is_zero(user, slot.end - user));
        end(&slot);
    }
    assert_true(zero > 10);
}

static void
test_heap_alloc_impossible_size_fails(void **state)
{
    static volatile const size_t wide[] = {PTRDIFF_MAX, (size_t)1 << 60,
                                           (size_t)1 << 47};
    struct slot slot;
    uintptr_t user;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wide); i++) {
        assert_false(heap_alloc(cache, wide[i], 16, &slot, &user));
        assert_false(heap_alloc(cache, wide[i], MIB, &slot, &user));
        assert_false(heap_alloc(cache, 100, wide[i] & ~(wide[i] >> 1), &slot,
                                &user));
    }
}

/* Refused first, refused second, ...: false, and what is had stays whole. */
static void
test_heap_alloc_refused_fails_cleanly(void **state)
{
    static const size_t each[] = {100, 20000, 200000, 3000000};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        for (unsigned long n = 1;; n++) {
            unsigned long calls = page_calls();
            struct slot slot;
            uintptr_t user;
            bool done;

            assert_true(n < 200);
            tcache_trim(cache);
            (void)heap_trim();
            page_fail_at(n, true);
            done = heap_alloc(cache, each[i], 16, &slot, &user);
            page_fail_at(0, false);
            assert_int_equal(heap_audit(), 0);
            if (!done)
                continue;
            memset((void *)user, 1, each[i]);
            heap_set_block_size(&slot, each[i] - heap_layout.tail);
            end(&slot);
            if (page_calls() - calls < n)
                break;
        }
    }
}

/* ---- finding ---- */

static void
check_found(uintptr_t addr, const struct slot *want)
{
    struct slot slot;

    memset(&slot, 0, sizeof(slot));
    if (!heap_find(addr, &slot))
        fail_msg("%#zx in [%#zx, %#zx) is not found", (size_t)addr,
                 (size_t)want->start, (size_t)want->end);
    assert_ptr_equal(slot.span, want->span);
    assert_int_equal(slot.index, want->index);
    assert_int_equal(slot.start, want->start);
    assert_int_equal(slot.end, want->end);
    assert_ptr_equal(slot.record, want->record);
}

static void
test_heap_find_every_byte_of_every_class_leads_to_its_slot(void **state)
{
    (void)state;
    for (unsigned class = 0; class < SIZECLASS_COUNT; class++) {
        size_t size = sizeclass_table[class].size - heap_layout.tail;
        struct slot slots[3], slot;

        for (size_t i = 0; i < ARRAY_COUNT(slots); i++)
            (void)make(size == 0 ? 1 : size, 16, &slots[i]);
        for (size_t i = 0; i < ARRAY_COUNT(slots); i++) {
            for (uintptr_t addr = slots[i].start; addr < slots[i].end; addr++)
                check_found(addr, &slots[i]);
        }
        /* The neighbours in address order are other slots or none. */
        assert_false(slots[0].index != 0 &&
                     heap_find(slots[0].start - 1, &slot) &&
                     slot.index == slots[0].index);
        assert_false(heap_find(slots[2].end, &slot) &&
                     slot.index == slots[2].index);
        for (size_t i = 0; i < ARRAY_COUNT(slots); i++)
            end(&slots[i]);
    }
}

static void
test_heap_find_interior_of_single_blocks_leads_to_them(void **state)
{
    static const size_t each[] = {40000, 300000, 1000000, 2000000, 20000000};
    static const size_t aligns[] = {16, 65536, (size_t)1 << 24};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(aligns); j++) {
            struct slot slot;
            uintptr_t user = make(each[i], aligns[j], &slot);

            heap_slot_at(slot.span, 0, &slot);
            check_found(user, &slot);
            check_found(user + 1, &slot);
            check_found(user + each[i] / 2, &slot);
            check_found(user + each[i] - 1, &slot);
            check_found(slot.start, &slot);
            check_found(slot.end - 1, &slot);
            end(&slot);
        }
    }
}

/* What is before the first slot belongs to its front fence, so it leads
 * there. */
static void
test_heap_find_lead_leads_to_the_first_slot(void **state)
{
    struct slot slot, found;

    (void)state;
    if (heap_layout.lead == 0)
        skip();
    (void)make(3000, 16, &slot);
    heap_slot_at(slot.span, 0, &slot);
    for (uintptr_t addr = slot.span->start; addr < slot.start; addr++) {
        assert_true(heap_find(addr, &found));
        assert_int_equal(found.index, 0);
        assert_int_equal(found.start, slot.start);
    }
    end(&slot);
}

static void
test_heap_find_slot_not_carved_is_none(void **state)
{
    struct slot slot, other;

    (void)state;
    (void)make(30000, 16, &slot);
    assert_true(slot.index + 1 < slot.span->capacity);
    assert_false(
        heap_find(span_slot(slot.span, slot.span->carved), &other));
    assert_false(heap_find(slot.span->start + slot.span->bytes - 1, &other));
    end(&slot);
}

/* Slack past the last slot: all are carved, and it is still none of them. */
static void
test_heap_find_slack_past_the_last_slot_is_none(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned class = 0; class < SIZECLASS_COUNT; class++) {
        const struct sizeclass *sc = &sizeclass_table[class];
        size_t size = sc->size - heap_layout.tail;
        static struct slot slots[8192];
        struct slot slot;
        uintptr_t last;

        if (sc->size < 1000)
            continue;
        for (unsigned i = 0; i < sc->capacity; i++)
            (void)make(size, 16, &slots[i]);
        last = slots[0].span->base + (uintptr_t)sc->capacity * sc->size;
        assert_true(heap_find(last - 1, &slot));
        for (uintptr_t at = last;
             at < slots[0].span->start + slots[0].span->bytes; at++) {
            if (slots[0].span->carved != sc->capacity)
                break;
            assert_false(heap_find(at, &slot));
            tried++;
        }
        for (unsigned i = 0; i < sc->capacity; i++)
            end(&slots[i]);
    }
    assert_true(tried > 0);
}

static void
test_heap_find_foreign_address_is_none(void **state)
{
    static int global;
    void *libc = malloc(100);
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
    static volatile const uintptr_t last = UINTPTR_MAX;
    struct slot slot;

    (void)state;
    assert_false(heap_find((uintptr_t)&slot, &slot));
    assert_false(heap_find((uintptr_t)&global, &slot));
    assert_false(heap_find((uintptr_t)libc, &slot));
    assert_false(heap_find((uintptr_t)mapped, &slot));
    assert_false(heap_find((uintptr_t)cache, &slot));
    assert_false(heap_find((uintptr_t)&test_heap_find_foreign_address_is_none,
                           &slot));
    assert_false(heap_find(0, &slot));
    assert_false(heap_find(last, &slot));
    free(libc);
    munmap(mapped, 4096);
}

static void
test_heap_was_used_after_the_span_is_gone(void **state)
{
    struct slot slot;
    uintptr_t user = make(600000, 16, &slot);
    int local;

    (void)state;
    assert_false(heap_was_used(user));
    end(&slot);
    tcache_trim(cache);
    assert_true(heap_was_used(user));
    assert_false(heap_was_used((uintptr_t)&local));
    assert_false(heap_was_used(0));
}

/* ---- sizes ---- */

static void
test_heap_block_size_over_four_gibibytes_is_whole(void **state)
{
    size_t size = ((size_t)5 << 30) + 3;
    struct slot slot;
    uintptr_t user;

    (void)state;
    if (!heap_alloc(cache, size + heap_layout.tail, 16, &slot, &user))
        skip(); /* so much cannot be committed here */
    heap_set_block_size(&slot, size);
    assert_int_equal(heap_block_size(&slot), size);
    assert_true(heap_find(user + size - 1, &slot));
    assert_int_equal(heap_block_size(&slot), size);
    end(&slot);
}

static void
test_heap_block_size_is_what_was_asked(void **state)
{
    struct slot slot;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        (void)make(sizes[i], 16, &slot);
        if (slot.record != NULL)
            assert_int_equal(heap_block_size(&slot), sizes[i]);
        else
            assert_true(heap_block_size(&slot) >= sizes[i]);
        end(&slot);
    }
}

/* ---- resizing ---- */

static void
test_heap_resize_within_the_slot_stays(void **state)
{
    struct slot slot;
    uintptr_t user = make(1000, 16, &slot), at = user;
    size_t room = slot.end - user;

    (void)state;
    assert_true(heap_resize(cache, &slot, room, &at));
    assert_int_equal(at, user);
    assert_true(heap_resize(cache, &slot, room / 2, &at));
    assert_int_equal(at, user);
    assert_false(heap_resize(cache, &slot, room + 1, &at));
    assert_false(heap_resize(cache, &slot, room / 2 - 1, &at));
    assert_int_equal(at, user);
    end(&slot);
}

static void
test_heap_resize_run_within_its_units_stays(void **state)
{
    size_t tail = heap_layout.tail;
    struct slot slot;
    uintptr_t user = make(100000, 16, &slot), at = user;

    (void)state;
    assert_true(heap_resize(cache, &slot, 120000 + tail, &at));
    assert_int_equal(at, user);
    assert_true(slot.end >= user + 120000 + tail);
    assert_int_equal(heap_block_size(&slot), 120000);
    memset((void *)user, 1, 120000 + tail);
    assert_false(heap_resize(cache, &slot, 10 * SIZECLASS_UNIT, &at));
    assert_false(heap_resize(cache, &slot, 100, &at));
    end(&slot);
}

static void
test_heap_resize_large_moves_with_its_bytes(void **state)
{
    size_t tail = heap_layout.tail;
    struct slot slot, found;
    uintptr_t user = make(4 * MIB, 16, &slot), at = user;

    (void)state;
    memset((void *)user, 7, 4 * MIB);
    assert_true(heap_resize(cache, &slot, 40 * MIB + tail, &at));
    assert_int_equal(at % 16, 0);
    assert_int_equal(heap_block_size(&slot), 40 * MIB);
    assert_true(slot.end >= at + 40 * MIB + tail);
    for (size_t i = 0; i < 4 * MIB; i += 511)
        assert_int_equal(((char *)at)[i], 7);
    assert_true(is_zero(at + 4 * MIB, 36 * MIB));
    assert_true(heap_find(at, &found));
    assert_ptr_equal(found.span, slot.span);
    if (at != user)
        assert_false(heap_find(user, &found));
    assert_true(heap_resize(cache, &slot, 2 * MIB + tail, &at));
    assert_int_equal(heap_block_size(&slot), 2 * MIB);
    assert_false(heap_resize(cache, &slot, 1000, &at));
    end(&slot);
}

/* ---- nested caches: where the arenas' locks are held by this thread ---- */

static void
test_heap_alloc_nested_under_the_lock_does_not_wait(void **state)
{
    static const size_t each[] = {1, 100, 30000, 100000, 900000, 5000000};

    (void)state;
    cache->is_nested = true;
    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        struct slot slot, found;
        uintptr_t user;

        heap_freeze();
        user = make(each[i], 64, &slot);
        check_block(user, each[i], 64, &slot);
        assert_true(slot.span->is_emergency);
        assert_true(heap_find(user, &found));
        assert_ptr_equal(found.span, slot.span);
        end(&slot);
        assert_false(heap_find(user, &found));
        heap_thaw();
    }
    cache->is_nested = false;
}

static void
test_heap_free_nested_under_the_lock_large_is_given_back_later(void **state)
{
    struct tcache *nested = layouts_cache(1);
    struct heap_stats before, after;
    struct slot slot;

    (void)state;
    heap_stats(&before);
    (void)make(5 * MIB, 16, &slot);
    nested->is_nested = true;
    heap_freeze();
    heap_free(nested, &slot);
    heap_thaw();
    tcache_drain(cache);
    heap_stats(&after);
    assert_int_equal(before.committed, after.committed);
    tcache_release(nested);
}

/* ---- everything by chance ---- */

static size_t
random_size(uint64_t *seed)
{
    uint64_t n = layouts_random(seed);

    return (layouts_random(seed) >> (44 + n % 17)) + 1; /* 1 .. 1 MiB */
}

static void
test_heap_alloc_at_random_blocks_keep_their_bytes(void **state)
{
    enum { MOST = 1500, ROUNDS = 60000 };
    static struct {
        uintptr_t user;
        size_t size;
        struct slot slot;
    } had[MOST];
    uint64_t seed = 2463534242;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = layouts_random(&seed) % MOST;
        struct slot found;

        if (had[i].size != 0) {
            unsigned char *p = (unsigned char *)had[i].user;

            assert_int_equal(p[0], i & 0xff);
            assert_int_equal(p[had[i].size - 1], i & 0xff);
            assert_true(heap_find(had[i].user + had[i].size / 2, &found));
            assert_ptr_equal(found.span, had[i].slot.span);
            end(&had[i].slot);
            had[i].size = 0;
        } else {
            size_t align = (size_t)16 << layouts_random(&seed) % 10;

            had[i].size = random_size(&seed);
            had[i].user = make(had[i].size, align, &had[i].slot);
            assert_int_equal(had[i].user & (align - 1), 0);
            ((unsigned char *)had[i].user)[0] = (unsigned char)i;
            ((unsigned char *)had[i].user)[had[i].size - 1] =
                (unsigned char)i;
        }
        if (round % 5000 == 0)
            assert_int_equal(heap_audit(), 0);
    }
    for (size_t i = 0; i < MOST; i++) {
        if (had[i].size != 0)
            end(&had[i].slot);
        had[i].size = 0;
    }
    assert_int_equal(heap_audit(), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_heap_alloc_every_size_has_room),
        CASE(test_heap_alloc_every_alignment_is_met),
        CASE(test_heap_alloc_fresh_slots_are_zero),
        CASE(test_heap_alloc_impossible_size_fails),
        CASE(test_heap_alloc_refused_fails_cleanly),
        CASE(test_heap_find_every_byte_of_every_class_leads_to_its_slot),
        CASE(test_heap_find_interior_of_single_blocks_leads_to_them),
        CASE(test_heap_find_lead_leads_to_the_first_slot),
        CASE(test_heap_find_slot_not_carved_is_none),
        CASE(test_heap_find_slack_past_the_last_slot_is_none),
        CASE(test_heap_find_foreign_address_is_none),
        CASE(test_heap_was_used_after_the_span_is_gone),
        CASE(test_heap_block_size_over_four_gibibytes_is_whole),
        CASE(test_heap_block_size_is_what_was_asked),
        CASE(test_heap_resize_within_the_slot_stays),
        CASE(test_heap_resize_run_within_its_units_stays),
        CASE(test_heap_resize_large_moves_with_its_bytes),
        CASE(test_heap_alloc_nested_under_the_lock_does_not_wait),
        CASE(test_heap_free_nested_under_the_lock_large_is_given_back_later),
        CASE(test_heap_alloc_at_random_blocks_keep_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
    return layouts_run(&layouts_plain, run) |
           layouts_run(&layouts_recorded, run) |
           layouts_run(&layouts_fenced, run);
}
