/*
 * leak/careful.c - read memory of the program's word by word, where some of it
 * may not be there.
 */
#include "leak/careful.h"

#include <errno.h>

#include "base/bits.h"
#include "base/hash.h"
#include "meta/meta.h"
#include "meta/vector.h"
#include "os/page.h"
#include "os/presence.h"

/* What is copied at a time where a page may fault. */
#define COPY_BYTES ((size_t)64 * 1024)

/* What is known of pages is kept for the scan's time, by windows of
 * PRESENCE_PAGES of them: while the program stands still it stays true. Windows
 * that share a place put each other out. */
#define WINDOWS 4096u

struct window {
    uintptr_t start; /* 0: the place is empty */
    uint8_t states[PRESENCE_PAGES];
};

struct barred {
    uintptr_t start, end;
};

/* Of the one scan that runs. */
static struct presence careful_presence = {.fd = -1};
static struct vector careful_barred = VECTOR_INIT(struct barred);
static uintptr_t *careful_copy;
static struct window *careful_windows;

int
careful_begin(void)
{
    careful_copy = meta_map(COPY_BYTES);
    careful_windows = meta_map(WINDOWS * sizeof(struct window));
    presence_open(&careful_presence);
    return careful_copy == NULL || careful_windows == NULL ? -ENOMEM : 0;
}

void
careful_end(void)
{
    presence_close(&careful_presence);
    vector_fini(&careful_barred);
    if (careful_copy != NULL)
        meta_unmap(careful_copy, COPY_BYTES);
    careful_copy = NULL;
    if (careful_windows != NULL)
        meta_unmap(careful_windows, WINDOWS * sizeof(struct window));
    careful_windows = NULL;
}

/* The window that `addr` lies in. */
static const struct window *
look(uintptr_t addr)
{
    size_t bytes = PRESENCE_PAGES * page_size();
    uintptr_t start = bits_align_down(addr, bytes);
    struct window *window = &careful_windows[hash_u64(start / bytes) % WINDOWS];

    if (window->start != start || start == 0) {
        presence_read(&careful_presence, start, PRESENCE_PAGES, window->states);
        window->start = start;
    }
    return window;
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

bool
careful_is_here(uintptr_t start, uintptr_t end)
{
    for (uintptr_t page = bits_align_down(start, page_size()); page < end;
         page += page_size()) {
        const struct window *window = look(page);

        if (window->states[(page - window->start) / page_size()] !=
            PRESENCE_HERE)
            return false;
    }
    return true;
}

/* [start, end) lies in `window`: pieces of pages that are in one state. */
static size_t
read_window(const struct window *window, uintptr_t start, uintptr_t end,
            void (*visit)(const uintptr_t *words, size_t count))
{
    size_t i = (start - window->start) / page_size();
    size_t total = 0;

    while (start < end) {
        uint8_t state = window->states[i];
        uintptr_t to;

        do
            to = window->start + ++i * page_size();
        while (to < end && window->states[i] == state);
        to = to > end ? end : to;
        if (state == PRESENCE_HERE) {
            visit((const uintptr_t *)start, (to - start) / sizeof(uintptr_t));
            total += to - start;
        } else if (state == PRESENCE_UNSURE) {
            total += read_copies(start, to, visit);
        }
        start = to;
    }
    return total;
}

size_t
careful_read(uintptr_t start, uintptr_t end,
             void (*visit)(const uintptr_t *words, size_t count))
{
    size_t bytes = PRESENCE_PAGES * page_size();
    size_t total = 0;

    start = bits_align_up(start, sizeof(uintptr_t));
    end = bits_align_down(end, sizeof(uintptr_t));
    if (start >= end)
        return 0;
    if (careful_is_barred(start, end))
        return read_copies(start, end, visit);
    while (start < end) {
        uintptr_t stop = bits_align_down(start, bytes) + bytes;

        stop = stop < end ? stop : end;
        total += read_window(look(start), start, stop, visit);
        start = stop;
    }
    return total;
}
