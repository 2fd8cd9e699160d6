/*
 * args: HOW=read,write OFFSET=0,16
 * expect: kind=fault place=null access=$HOW site=main
 * signal: 11
 */
#include "misuse.h"

int
main(int argc, char **argv)
{
    volatile char *p = bytes((void *)strtoul(argv[argc - 1], NULL, 10));
    if (argv[1][0] == 'r')
        return *p;
    *p = 1;
    return 0;
}
