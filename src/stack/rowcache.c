/*
 * stack/rowcache.c - the words, and what is done to them seldom.
 */
#include "stack/rowcache.h"

/* Untouched pages of it cost nothing. Any thread writes whole words. */
_Atomic uint64_t rowcache_words[1 << ROWCACHE_LOG2];

void
rowcache_insert(uintptr_t place, uint32_t rule)
{
    /* An address that the kernel gives only to who asks for it. */
    if (place >> ARCH_ADDR_BITS != 0)
        return;
    atomic_store_explicit(
        rowcache_word(place),
        (uint64_t)(place >> ROWCACHE_LOG2) << ROWCACHE_RULE_BITS | rule,
        memory_order_relaxed);
}

void
rowcache_clear(void)
{
    for (uint32_t i = 0; i < 1u << ROWCACHE_LOG2; i++) {
        if (atomic_load_explicit(&rowcache_words[i], memory_order_relaxed) != 0)
            atomic_store_explicit(&rowcache_words[i], 0, memory_order_relaxed);
    }
}
