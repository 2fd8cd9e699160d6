/*
 * base/seen.h - a few keys that were met: is this one new?
 */
#ifndef BASE_SEEN_H
#define BASE_SEEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * seen_add - put `key` among the `n` at `keys`, which are 0 at first.
 *
 * key: not 0.
 * Returns true if it was not among them and there was room; of threads that
 * bring the same key at once, one gets true.
 * Thread: any.   Signal: yes.   Locks: none.
 */
static inline bool
seen_add(_Atomic uint64_t *keys, unsigned n, uint64_t key)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t was = 0;

        if (atomic_compare_exchange_strong(&keys[i], &was, key))
            return true;
        if (was == key)
            return false;
    }
    return false;
}

#endif
