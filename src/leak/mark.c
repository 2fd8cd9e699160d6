/*
 * leak/mark.c - follow pointers from block to block.
 *
 * The life of a pointer: mark_words finds a word between the heap's lowest and
 * highest address, looks up its span, asks for its shadow word and puts it in
 * the ring of candidates. When it comes out, the shadow word is there; if the
 * block is not marked yet, it is, and goes to the list. When it is taken from
 * the list, its memory is asked for and it goes through the ring of jobs; when
 * it comes out of that, its words are read.
 */
#include "leak/mark.h"

#include <errno.h>
#include <string.h>

#include "meta/meta.h"
#include "leak/careful.h"
#include "leak/interior.h"

/* How far the two queues reach; measured best on one core with about ten
 * misses under way at a time. Powers of two. */
#define CANDIDATES 32u
#define JOBS 16u

/* Blocks that wait: 16 MiB at most, touched as far as needed. */
#define LIST_MOST ((size_t)1 << 20)

/* Blocks of at least so many bytes are read with care: they may be sparse, or
 * protected in part. Smaller ones cannot be sparse to speak of. One of another
 * allocator's may even be gone, by a road that was not watched. */
#define CAREFUL_LEAST ((size_t)64 * 1024)
#define PROTECTABLE_LEAST ((size_t)4096)

struct candidate {
    uintptr_t value; /* 0: the place is empty */
    struct span *span;
    uint32_t index;
    uint32_t number;
};

struct job {
    uintptr_t addr;
    size_t size;
};

/* Of the one scan that runs. */
struct marker {
    struct candidate candidates[CANDIDATES];
    struct job jobs[JOBS];
    unsigned candidate_at;
    unsigned job_first, job_count;
    struct job *list;
    size_t list_count;
    enum mark_mode mode;
    uint32_t leader;
    bool has_overflow;
    uint64_t scanned;
};

static struct marker marker;

int
mark_begin(void)
{
    marker = (struct marker){.list = meta_map(LIST_MOST * sizeof(struct job))};
    return marker.list == NULL ? -ENOMEM : 0;
}

void
mark_end(void)
{
    if (marker.list != NULL)
        meta_unmap(marker.list, LIST_MOST * sizeof(struct job));
    /* In a static program these words would be roots of the next scan. */
    memset(&marker, 0, sizeof(marker));
}

void
mark_set_mode(enum mark_mode mode, uint32_t leader)
{
    marker.mode = mode;
    marker.leader = leader;
}

uint64_t
mark_scanned(void)
{
    return marker.scanned;
}

static ALWAYS_INLINE void
push(uintptr_t addr, size_t size, uint32_t number)
{
    if (size < sizeof(uintptr_t))
        return;
    if (UNLIKELY(marker.list_count == LIST_MOST)) {
        shadow_now.words[number] |= SHADOW_WAITS;
        marker.has_overflow = true;
        return;
    }
    marker.list[marker.list_count].addr = addr;
    marker.list[marker.list_count].size = size;
    marker.list_count++;
}

void
mark_block(const struct shadow_block *block)
{
    push(block->addr, block->size, block->number);
}

/* The block is found: note it and scan it later. */
static ALWAYS_INLINE void
take(const struct candidate *candidate, uintptr_t user, shadow_word bit)
{
    shadow_word word = shadow_now.words[candidate->number];
    size_t words = word & SHADOW_WORDS;
    size_t size = words * sizeof(uintptr_t);

    if (UNLIKELY(words == SHADOW_LONG))
        size = shadow_size(candidate->span, candidate->index);
    shadow_add(candidate->number, word, bit);
    push(user, size, candidate->number);
}

/* True if a pointer `offset` bytes into the block, not its first byte, points
 * into it. The record is read only where the shadow does not tell. */
static ALWAYS_INLINE bool
is_inside(const struct candidate *candidate, shadow_word word, size_t offset)
{
    size_t words = word & SHADOW_WORDS;

    if (words != SHADOW_LONG) {
        if (offset < words * sizeof(uintptr_t))
            return true;
        if (offset >= (words + 1) * sizeof(uintptr_t))
            return false;
    }
    return offset < shadow_size(candidate->span, candidate->index);
}

/* A lost block that leads to another lost leader takes it in. */
static void
hang(const struct candidate *candidate, uintptr_t user, shadow_word word)
{
    uint32_t number = candidate->number;

    if ((word & SHADOW_LEADER) != 0) {
        if (number == marker.leader)
            return;
        shadow_now.words[number] =
            (shadow_word)((word & ~SHADOW_LEADER) | SHADOW_BELOW);
        shadow_now.parents[number] = marker.leader + 1;
        return;
    }
    if ((word & SHADOW_MARKED) != 0)
        return;
    shadow_now.parents[number] = marker.leader + 1;
    take(candidate, user, SHADOW_BELOW);
}

static void
reach_inside(const struct candidate *candidate, uintptr_t user,
             shadow_word word)
{
    struct shadow_block block = {
        .addr = user,
        .size = shadow_size(candidate->span, candidate->index),
        .number = candidate->number,
    };

    if (interior_is_start(&block, candidate->value))
        take(candidate, user, SHADOW_REACHED);
    else
        shadow_now.words[candidate->number] = word | SHADOW_SEED;
}

static ALWAYS_INLINE void
examine(const struct candidate *candidate)
{
    shadow_word word = shadow_now.words[candidate->number];
    uintptr_t user;

    if ((word & SHADOW_LIVE) == 0 || (word & SHADOW_REACHED) != 0)
        return;
    user = shadow_user(candidate->span, candidate->index, word);
    if (candidate->value != user) {
        if (candidate->value < user ||
            !is_inside(candidate, word, candidate->value - user))
            return;
        if (marker.mode == MARK_REACHED) {
            reach_inside(candidate, user, word);
            return;
        }
    }
    if (LIKELY(marker.mode == MARK_REACHED))
        take(candidate, user, SHADOW_REACHED);
    else if (marker.mode == MARK_BELOW)
        hang(candidate, user, word);
    else if ((word & SHADOW_POSSIBLE) == 0)
        take(candidate, user, SHADOW_POSSIBLE);
}

/* Members one by one: a copy of the whole would be read in other pieces than it
 * was just written in, which the CPU waits for. */
static ALWAYS_INLINE void
consider(uintptr_t value)
{
    struct candidate *place;
    struct candidate due;
    struct span *span;
    uint32_t index, number;

    if (!shadow_number(value, &span, &index, &number) ||
        !shadow_is_open(number))
        return;
    __builtin_prefetch(&shadow_now.words[number], 1);
    place = &marker.candidates[marker.candidate_at++ % CANDIDATES];
    due.value = place->value;
    due.span = place->span;
    due.index = place->index;
    due.number = place->number;
    place->value = value;
    place->span = span;
    place->index = index;
    place->number = number;
    if (due.value != 0)
        examine(&due);
}

/* Red zones of a sanitizer's are no obstacle: what lies on a stack is read as
 * it is. */
HOT __attribute__((no_sanitize("address"))) void
mark_words(const uintptr_t *words, size_t count)
{
    uintptr_t low = shadow_now.low;
    uintptr_t length = shadow_now.high - low;

    if (shadow_now.high == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        uintptr_t value = arch_strip_tag(words[i]);

        if (UNLIKELY(value - low < length))
            consider(value);
    }
}

void
mark_around(uintptr_t addr)
{
    struct candidate candidate = {.value = addr};
    shadow_word word;

    if (shadow_now.count == 0 ||
        !shadow_number(addr, &candidate.span, &candidate.index,
                       &candidate.number))
        return;
    word = shadow_now.words[candidate.number];
    if ((word & SHADOW_LIVE) == 0)
        return;
    candidate.value = shadow_user(candidate.span, candidate.index, word);
    examine(&candidate);
}

static void
scan(const struct job *job)
{
    marker.scanned += job->size;
    if (UNLIKELY(job->size >= CAREFUL_LEAST || shadow_has_places()) ||
        (UNLIKELY(job->size >= PROTECTABLE_LEAST) &&
         careful_is_barred(job->addr, job->addr + job->size))) {
        (void)careful_read(job->addr, job->addr + job->size, mark_words);
        return;
    }
    mark_words((const uintptr_t *)job->addr, job->size / sizeof(uintptr_t));
}

/* The next job, asked for JOBS turns ago; false if there is none. */
static ALWAYS_INLINE bool
next(struct job *out_job)
{
    while (marker.job_count < JOBS && marker.list_count > 0) {
        struct job job = marker.list[--marker.list_count];

        __builtin_prefetch((const void *)job.addr);
        if (job.size > CACHE_LINE)
            __builtin_prefetch((const char *)job.addr + CACHE_LINE);
        marker.jobs[(marker.job_first + marker.job_count) % JOBS] = job;
        marker.job_count++;
    }
    if (marker.job_count == 0)
        return false;
    *out_job = marker.jobs[marker.job_first];
    marker.job_first = (marker.job_first + 1) % JOBS;
    marker.job_count--;
    return true;
}

/* Examine all candidates. */
static void
flush(void)
{
    for (unsigned i = 0; i < CANDIDATES; i++) {
        struct candidate due =
            marker.candidates[marker.candidate_at++ % CANDIDATES];

        marker.candidates[(marker.candidate_at - 1) % CANDIDATES].value = 0;
        if (due.value != 0)
            examine(&due);
    }
}

static void
push_again(const struct shadow_block *block)
{
    shadow_now.words[block->number] &= (shadow_word)~SHADOW_WAITS;
    mark_block(block);
}

HOT void
mark_drain(void)
{
    struct job job;

    for (;;) {
        while (next(&job))
            scan(&job);
        flush();
        if (marker.list_count > 0)
            continue;
        if (!marker.has_overflow)
            return;
        marker.has_overflow = false;
        shadow_each(SHADOW_WAITS, 0, push_again);
    }
}
