/*
 * stack/rowcache.c - the words, and what is done to them seldom.
 */
#include "stack/rowcache.h"

/* Untouched pages of it cost nothing. Any thread writes whole words. */
_Atomic uint64_t rowcache_words[1 << ROWCACHE_LOG2];

static void
put(uint32_t index, uint64_t word)
{
    atomic_store_explicit(&rowcache_words[index], word, memory_order_relaxed);
}

/* Where `word`, which lies at `index`, could lie as well. */
static uint32_t
other_index(uint32_t index, uint64_t word)
{
    return index ^ rowcache_distance((uintptr_t)((word & ~ROWCACHE_SECOND) >>
                                                 ROWCACHE_RULE_BITS));
}

void
rowcache_insert(uintptr_t place, uint32_t rule)
{
    uint32_t first = rowcache_index(place);
    uint64_t word =
        (uint64_t)(place >> ROWCACHE_LOG2) << ROWCACHE_RULE_BITS | rule;
    uint64_t there = rowcache_load(first);
    uint32_t second = other_index(first, word);

    /* An address that the kernel gives only to who asks for it. */
    if (place >> ARCH_ADDR_BITS != 0)
        return;
    if (there != 0 && rowcache_load(second) == 0) {
        put(second, word | ROWCACHE_SECOND);
        return;
    }
    /* Whoever is there moves to its other word, and what is there is lost. */
    if (there != 0)
        put(other_index(first, there), there ^ ROWCACHE_SECOND);
    put(first, word);
}

void
rowcache_clear(void)
{
    for (uint32_t i = 0; i < 1u << ROWCACHE_LOG2; i++) {
        if (atomic_load_explicit(&rowcache_words[i], memory_order_relaxed) != 0)
            atomic_store_explicit(&rowcache_words[i], 0, memory_order_relaxed);
    }
}
