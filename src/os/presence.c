/*
 * os/presence.c - which pages of this process have memory behind them.
 */
#include "os/presence.h"

#include <string.h>

#include "os/file.h"
#include "os/page.h"

/* Bits of an entry. A page whose access is barred by a guard marker has the
 * second, on newer kernels also a bit of its own. */
#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_SWAPPED (UINT64_C(1) << 62)

void
presence_open(struct presence *presence)
{
    presence->fd = file_open("/proc/self/pagemap", FILE_READ, 3);
}

void
presence_close(struct presence *presence)
{
    if (presence->fd >= 0)
        file_close(presence->fd);
    presence->fd = -1;
}

void
presence_read(const struct presence *presence, uintptr_t start, size_t count,
              uint8_t out_states[PRESENCE_PAGES])
{
    uint64_t entries[PRESENCE_PAGES];
    long n = -1;

    if (presence->fd >= 0)
        n = file_read_at(presence->fd, entries, count * sizeof(entries[0]),
                         start / page_size() * sizeof(entries[0]));
    memset(out_states, PRESENCE_UNSURE, count);
    for (size_t i = 0; (long)((i + 1) * sizeof(entries[0])) <= n; i++) {
        if ((entries[i] & ENTRY_PRESENT) != 0)
            out_states[i] = PRESENCE_HERE;
        else if ((entries[i] & ENTRY_SWAPPED) == 0)
            out_states[i] = PRESENCE_NONE;
    }
}
