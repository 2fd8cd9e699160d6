/*
 * test_inspect.c - what is written over the heap's own memory is noticed, and
 * walks neither crash nor hang on it.
 */
#include "heap/inspect.h"

#include "layouts.h"

#include "heap/arena.h"

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
    tcache_trim(cache);
    tcache_release(cache);
    assert_int_equal(heap_audit(), 0);
    return 0;
}

static struct slot
make(size_t size)
{
    struct slot slot;
    uintptr_t user;

    assert_true(heap_alloc(cache, size + heap_layout.tail, 16, &slot, &user));
    if (slot.record != NULL) {
        slot.record->size = (uint32_t)size;
        slot.record->offset = 0;
        slot.record->origin = ORIGIN_MALLOC;
        atomic_store(&slot.record->state, BLOCK_LIVE);
    }
    return slot;
}

static void
end(struct slot *slot)
{
    if (slot->record != NULL)
        atomic_store(&slot->record->state, BLOCK_FREED);
    heap_free(cache, slot);
}

struct seen {
    unsigned count;
    struct heap_flaw last;
};

static void
see(const struct heap_flaw *flaw, void *context)
{
    struct seen *seen = context;

    assert_non_null(flaw->what);
    seen->count++;
    seen->last = *flaw;
}

static struct seen
inspect(void)
{
    struct seen seen = {0, {0, NULL, 0}};

    heap_inspect(cache, see, &seen);
    return seen;
}

static bool
count_slot(const struct slot *slot, void *context)
{
    (void)slot;
    ++*(unsigned *)context;
    return true;
}

/* Walks come to an end, whatever they meet. */
static void
walk(void)
{
    struct heap_cursor cursor = {0, 0, 0, 0};
    unsigned count = 0;

    heap_walk(count_slot, &count);
    while (heap_walk_some(&cursor, 100, count_slot, &count))
        continue;
    (void)heap_in_use();
}

/* Each byte of [at, at + n) is changed in turn: found, and well again after. */
static void
overwrite(void *at, size_t n, unsigned least)
{
    unsigned char *bytes = at;
    unsigned found = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char was = bytes[i];

        bytes[i] = (unsigned char)~was;
        found += inspect().count > 0;
        walk();
        bytes[i] = was;
        assert_int_equal(inspect().count, 0);
    }
    assert_true(found >= least);
}

static void
test_heap_inspect_whole_heap_has_no_flaw(void **state)
{
    struct slot slots[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(slots); i++)
        slots[i] = make(i * i * 40 + 8);
    assert_int_equal(inspect().count, 0);
    for (size_t i = 0; i < ARRAY_COUNT(slots); i += 2)
        end(&slots[i]);
    assert_int_equal(inspect().count, 0);
    for (size_t i = 1; i < ARRAY_COUNT(slots); i += 2)
        end(&slots[i]);
    assert_int_equal(inspect().count, 0);
}

static void
test_heap_inspect_span_overwritten_is_found(void **state)
{
    struct slot slot = make(100);
    struct span *span = slot.span;

    (void)state;
    overwrite(&span->base, sizeof(span->base), sizeof(span->base));
    overwrite(&span->reciprocal, sizeof(span->reciprocal), 8);
    overwrite(&span->next, sizeof(span->next), heap_layout.records ? 8 : 5);
    overwrite(&span->slot_size, sizeof(span->slot_size), 4);
    overwrite(&span->capacity, sizeof(span->capacity), 2);
    overwrite(&span->kind, sizeof(span->kind), 1);
    overwrite(&span->class, sizeof(span->class), 1);
    overwrite(&span->start, sizeof(span->start), 8);
    overwrite(&span->bytes, sizeof(span->bytes), 8);
    overwrite(&span->arena, sizeof(span->arena), 1);
    end(&slot);
}

static void
test_heap_inspect_run_overwritten_is_found(void **state)
{
    struct slot run = make(100000);
    struct slot large = make((size_t)3 << 20);

    (void)state;
    overwrite(&run.span->start, sizeof(uintptr_t), 8);
    overwrite(&run.span->bytes, sizeof(size_t), 7);
    overwrite(&run.span->records, sizeof(void *), 8);
    overwrite(&large.span->start, sizeof(uintptr_t), 6);
    overwrite(&large.span->records, sizeof(void *), 8);
    end(&run);
    end(&large);
}

static void
test_heap_inspect_page_map_overwritten_is_found(void **state)
{
    struct slot slot = make(100);
    uintptr_t addr = slot.span->start;
    pagemap_entry *leaf = pagemap_root[addr >> PAGEMAP_LEAF_SHIFT];
    size_t i =
        addr >> SIZECLASS_UNIT_LOG2 & (((size_t)1 << PAGEMAP_LEAF_BITS) - 1);

    (void)state;
    overwrite(&leaf[i], sizeof(leaf[i]), 6);
    atomic_store(&leaf[i], NULL);
    assert_int_equal(inspect().count, 1);
    atomic_store(&leaf[i], slot.span);
    end(&slot);
}

static void
test_heap_inspect_free_list_overwritten_is_emptied(void **state)
{
    struct slot slots[8];
    struct span *span;
    uint16_t head;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(slots); i++)
        slots[i] = make(5000);
    span = slots[0].span;
    for (size_t i = 0; i < 4; i++)
        end(&slots[i]);
    head = span->free_head;
    span->next[head] = 0x7fff;
    assert_int_equal(inspect().count, 1);
    assert_int_equal(span->free_head, SPAN_NONE);
    span->next[head] = head; /* a ring */
    span->free_head = head;
    assert_int_equal(inspect().count, 1);
    assert_int_equal(span->free_head, SPAN_NONE);
    assert_int_equal(inspect().count, 0);
    /* The slots that were given up count as used for ever: put them back. */
    for (size_t i = 0; i < 4; i++) {
        span->next[slots[i].index] = span->free_head;
        span->free_head = (uint16_t)slots[i].index;
    }
    for (size_t i = 4; i < ARRAY_COUNT(slots); i++)
        end(&slots[i]);
}

static void
test_heap_inspect_free_list_with_live_slot_is_emptied(void **state)
{
    struct slot a = make(6000), b = make(6000);

    (void)state;
    if (!heap_layout.records || a.span != b.span) {
        end(&a);
        end(&b);
        return;
    }
    end(&a);
    a.span->next[a.index] = (uint16_t)b.index;
    assert_int_equal(inspect().count, 1);
    assert_int_equal(a.span->free_head, SPAN_NONE);
    a.span->next[a.index] = SPAN_NONE;
    a.span->free_head = (uint16_t)a.index;
    end(&b);
}

static void
test_heap_record_flaw_tells_what_no_record_holds(void **state)
{
    struct slot slot = make(100);
    struct heap_flaw flaw;
    struct record record;

    (void)state;
    if (slot.record == NULL) {
        end(&slot);
        return;
    }
    memcpy(&record, slot.record, sizeof(record));
    assert_false(heap_record_flaw(&slot, &record, &flaw));
    record.state = 200;
    assert_true(heap_record_flaw(&slot, &record, &flaw));
    assert_int_equal(flaw.at, (uintptr_t)&slot.record->state);
    assert_int_equal(flaw.value, 200);
    record.state = BLOCK_LIVE;
    record.origin = ORIGIN__COUNT;
    assert_true(heap_record_flaw(&slot, &record, &flaw));
    record.origin = ORIGIN_NEW;
    record.size = 5000;
    assert_true(heap_record_flaw(&slot, &record, &flaw));
    record.size = 100;
    record.offset = 30000;
    assert_true(heap_record_flaw(&slot, &record, &flaw));
    record.state = BLOCK_FREED; /* it may be half written */
    assert_false(heap_record_flaw(&slot, &record, &flaw));
    end(&slot);
}

static int
run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap_inspect_whole_heap_has_no_flaw),
        cmocka_unit_test(test_heap_inspect_span_overwritten_is_found),
        cmocka_unit_test(test_heap_inspect_run_overwritten_is_found),
        cmocka_unit_test(test_heap_inspect_page_map_overwritten_is_found),
        cmocka_unit_test(test_heap_inspect_free_list_overwritten_is_emptied),
        cmocka_unit_test(test_heap_inspect_free_list_with_live_slot_is_emptied),
        cmocka_unit_test(test_heap_record_flaw_tells_what_no_record_holds),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

int
main(void)
{
    return layouts_run(&layouts_plain, run) |
           layouts_run(&layouts_recorded, run) |
           layouts_run(&layouts_fenced, run);
}
