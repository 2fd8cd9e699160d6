/*
 * os/presence.h - which pages of this process have memory behind them.
 *
 * A page that was never touched has none, and reading it would only make the
 * kernel give it a zeroed one. Asked of /proc/self/pagemap.
 *
 * Thread: owner.   Signal: yes.   Locks: none.
 * Source: Linux, Documentation/admin-guide/mm/pagemap.rst.
 */
#ifndef OS_PRESENCE_H
#define OS_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Pages asked about at a time. */
#define PRESENCE_PAGES 512

enum presence_state {
    PRESENCE_NONE,  /* nothing is there */
    PRESENCE_HERE,  /* memory: it can be read */
    PRESENCE_UNSURE /* swapped out, or of a kind of its own: read with care */
};

struct presence {
    int fd; /* negative: cannot be asked */
};

/* presence_open - begin to ask; where it is refused, every page is UNSURE. */
void presence_open(struct presence *presence);
void presence_close(struct presence *presence);

/* presence_read - the states of `count` (1..PRESENCE_PAGES) OS pages from
 * `start`, a multiple of page_size(). */
void presence_read(const struct presence *presence, uintptr_t start,
                   size_t count, uint8_t out_states[PRESENCE_PAGES]);

#endif
