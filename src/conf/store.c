/*
 * conf/store.c - texts one after the other in a static array.
 */
#include "conf/store.h"

#include <string.h>

/* Under conf_lock. store_used is the end of the last text's NUL. */
static char store_bytes[STORE_SIZE];
static size_t store_used;

const char *
store_text(const char *text, size_t n)
{
    char *place;

    for (size_t at = 0; at < store_used;) {
        size_t length = strlen(store_bytes + at);

        if (length == n && memcmp(store_bytes + at, text, n) == 0)
            return store_bytes + at;
        at += length + 1;
    }
    if (n >= STORE_SIZE - store_used)
        return NULL;
    place = store_bytes + store_used;
    memcpy(place, text, n);
    place[n] = '\0';
    store_used += n + 1;
    return place;
}

size_t
store_mark(void)
{
    return store_used;
}

void
store_rewind(size_t mark)
{
    memset(store_bytes + mark, 0, store_used - mark);
    store_used = mark;
}
