/*
 * Unit tests of monitor/growth where another allocator makes the blocks, and
 * some of them are older than the library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <malloc.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "monitor/collect.h"
#include "monitor/growth.h"
#include "os/clock.h"
#include "track/track.h"

/* Lines of the places that make blocks. */
enum { QUEUE = 1, CACHE };

#define OLD_SIZE 300
#define ROUNDS 160

static void *
make(size_t size, unsigned line)
{
    void *p;

    track_explicit("observed.c", line);
    p = track_alloc(size, 0, false, ORIGIN_MALLOC, NULL);
    assert_non_null(p);
    return p;
}

static void
end(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

static enum snapshot_verdict
verdict_of(const struct snapshot *snapshot, unsigned line)
{
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->trace != NULL && entry->trace->line == line)
            return entry->growth.verdict;
    }
    fail();
    return SNAPSHOT_NO_VERDICT;
}

/* Replace the cache's entries one by one from `from` on, and add to the queue,
 * for so many steps of the history. Returns when that ended. */
static uint64_t
live_on(void **cache, void **queue, unsigned from, uint64_t now)
{
    for (unsigned i = from; i < from + ROUNDS; i++) {
        now += GROWTH_STEP_NS;
        end(cache[i % OLD_SIZE]);
        cache[i % OLD_SIZE] = make(500, CACHE);
        queue[i] = make(64, QUEUE);
        (void)growth_sample(now);
    }
    return now;
}

static void
judge(struct snapshot *snapshot, uint64_t now)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    collect_snapshot(&request, snapshot);
    growth_judge(snapshot, now);
}

/* A cache that was full before anybody looked, and whose entries are replaced
 * one by one, is not growing, though all that is known of it does; a queue
 * whose blocks have another size is. */
static void
test_growth_judge_a_cache_from_before_is_not_growing(void **state)
{
    static void *cache[OLD_SIZE], *queue[3 * ROUNDS];
    const struct track_allocator libc = {
        malloc, free, calloc, realloc, posix_memalign, malloc_usable_size};
    uint64_t now = clock_now();
    struct snapshot snapshot;

    (void)state;
    for (unsigned i = 0; i < OLD_SIZE; i++)
        cache[i] = malloc(500);
    conf_init("leak-check=outstanding");
    conf_seal();
    track_observe(&libc);
    track_start();
    for (unsigned round = 0; round < 3; round++) {
        now = live_on(cache, queue, round * ROUNDS, now);
        judge(&snapshot, now);
        assert_int_equal(verdict_of(&snapshot, QUEUE), SNAPSHOT_GROWING);
        assert_int_equal(verdict_of(&snapshot, CACHE), SNAPSHOT_PLATEAU);
        snapshot_fini(&snapshot);
    }
    for (unsigned i = 0; i < OLD_SIZE; i++)
        end(cache[i]);
    for (unsigned i = 0; i < 3 * ROUNDS; i++)
        end(queue[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_judge_a_cache_from_before_is_not_growing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
