/*
 * The guard page behind a large block.
 *
 * args: HOW=read,write
 * expect: kind=bad-$HOW size=2097152 alloc=make access=$HOW site=main
 * signal: 11
 */
#include "misuse.h"

int
main(int argc, char **argv)
{
    volatile char *p = bytes(make(2097152));
    long sum = 0;
    for (size_t i = 2097152; argc > 1 && i < 2097152 + 65536; i += 16) {
        if (argv[1][0] == 'r')
            sum += p[i];
        else
            p[i] = 1;
    }
    return (int)sum & 1;
}
