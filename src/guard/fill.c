/*
 * guard/fill.c - setting and verifying fills, a word at a time.
 */
#include "guard/fill.h"

#include <string.h>

void
fill_set(uintptr_t addr, size_t n, uint8_t byte)
{
    memset((void *)addr, byte, n);
}

/* Words of program memory, whatever type and alignment. */
typedef uint64_t loose_u64 __attribute__((may_alias, aligned(1)));

bool
fill_find_damage(uintptr_t addr, size_t n, uint8_t byte, uintptr_t *out_at)
{
    uint64_t want = byte * UINT64_C(0x0101010101010101);
    uintptr_t end = addr + n;
    uint64_t word;

    /* Almost always nothing is damaged: four words at a time, one branch. */
    for (; end - addr >= 4 * sizeof(word); addr += 4 * sizeof(word)) {
        const loose_u64 *words = (const loose_u64 *)addr;

        if (((words[0] ^ want) | (words[1] ^ want) | (words[2] ^ want) |
             (words[3] ^ want)) != 0)
            break;
    }
    while (addr < end) {
        if (end - addr >= sizeof(word)) {
            memcpy(&word, (const void *)addr, sizeof(word));
            if (word == want) {
                addr += sizeof(word);
                continue;
            }
        }
        if (*(const uint8_t *)addr != byte) {
            *out_at = addr;
            return true;
        }
        addr++;
    }
    return false;
}
