/*
 * guard/fill.c - setting and verifying fills.
 */
#include "guard/fill.h"

#include <string.h>

void
fill_set(uintptr_t addr, size_t n, uint8_t byte)
{
    memset((void *)addr, byte, n);
}

bool
fill_find_damage(uintptr_t addr, size_t n, uint8_t byte, uintptr_t *out_at)
{
    uintptr_t end = addr + n;

    if (LIKELY(fill_is_intact(addr, n, byte)))
        return false;
    for (; addr < end; addr++) {
        if (*(const uint8_t *)addr != byte) {
            *out_at = addr;
            return true;
        }
    }
    return false;
}
