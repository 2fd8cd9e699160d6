/*
 * leak/careful.c - read memory of the program's word by word, where some of it
 * may not be there.
 */
#include "leak/careful.h"

#include <errno.h>

#include "base/bits.h"
#include "meta/meta.h"
#include "meta/vector.h"
#include "os/page.h"
#include "os/presence.h"

/* What is copied at a time where a page may fault. */
#define COPY_BYTES ((size_t)64 * 1024)

struct barred {
    uintptr_t start, end;
};

/* Of the one scan that runs. */
static struct presence careful_presence = {.fd = -1};
static struct vector careful_barred = VECTOR_INIT(struct barred);
static uintptr_t *careful_copy;

int
careful_begin(void)
{
    careful_copy = meta_map(COPY_BYTES);
    presence_open(&careful_presence);
    return careful_copy == NULL ? -ENOMEM : 0;
}

void
careful_end(void)
{
    presence_close(&careful_presence);
    vector_fini(&careful_barred);
    if (careful_copy != NULL)
        meta_unmap(careful_copy, COPY_BYTES);
    careful_copy = NULL;
}

void
careful_bar(uintptr_t start, uintptr_t end)
{
    size_t count = careful_barred.count;
    struct barred *last =
        count == 0 ? NULL
                   : &VECTOR_AT(&careful_barred, struct barred, count - 1);
    struct barred *added;

    if (last != NULL && last->end == start) {
        last->end = end;
        return;
    }
    added = vector_add(&careful_barred);
    if (added != NULL) {
        added->start = start;
        added->end = end;
    } else if (last != NULL) {
        /* Without memory, too much is read with care: never too little. */
        last->end = end;
    }
}

bool
careful_is_barred(uintptr_t start, uintptr_t end)
{
    size_t low = 0;
    size_t high = careful_barred.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct barred *barred =
            &VECTOR_AT(&careful_barred, struct barred, middle);

        if (barred->end <= start)
            low = middle + 1;
        else if (barred->start >= end)
            high = middle;
        else
            return true;
    }
    return false;
}

static size_t
read_copies(uintptr_t start, uintptr_t end,
            void (*visit)(const uintptr_t *words, size_t count))
{
    size_t total = 0;

    while (start < end) {
        size_t step = end - start < COPY_BYTES ? end - start : COPY_BYTES;
        size_t n = page_read(careful_copy, (const void *)start, step);

        visit(careful_copy, n / sizeof(uintptr_t));
        total += n;
        if (n < step) /* go on behind the page that is not there */
            n = bits_align_down(start + n, page_size()) + page_size() - start;
        start += n;
    }
    return total;
}

/* Pieces of pages that are in one state. */
static size_t
read_pages(uintptr_t start, uintptr_t end, size_t count,
           const uint8_t states[PRESENCE_PAGES], uintptr_t first_page,
           void (*visit)(const uintptr_t *words, size_t count))
{
    size_t total = 0;

    for (size_t i = 0; i < count;) {
        size_t next = i + 1;
        uintptr_t from = first_page + i * page_size();
        uintptr_t to;

        while (next < count && states[next] == states[i])
            next++;
        to = first_page + next * page_size();
        from = from < start ? start : from;
        to = to > end ? end : to;
        if (states[i] == PRESENCE_HERE) {
            visit((const uintptr_t *)from, (to - from) / sizeof(uintptr_t));
            total += to - from;
        } else if (states[i] == PRESENCE_UNSURE) {
            total += read_copies(from, to, visit);
        }
        i = next;
    }
    return total;
}

size_t
careful_read(uintptr_t start, uintptr_t end,
             void (*visit)(const uintptr_t *words, size_t count))
{
    uint8_t states[PRESENCE_PAGES];
    uintptr_t page;
    size_t total = 0;

    start = bits_align_up(start, sizeof(uintptr_t));
    end = bits_align_down(end, sizeof(uintptr_t));
    if (start >= end)
        return 0;
    if (careful_is_barred(start, end))
        return read_copies(start, end, visit);
    page = bits_align_down(start, page_size());
    while (page < end) {
        size_t count = (end - page + page_size() - 1) / page_size();

        if (count > PRESENCE_PAGES)
            count = PRESENCE_PAGES;
        presence_read(&careful_presence, page, count, states);
        total += read_pages(start, end, count, states, page, visit);
        page += count * page_size();
    }
    return total;
}
