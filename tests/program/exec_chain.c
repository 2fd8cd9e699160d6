/*
 * A program that replaces itself by exec, several times, with blocks held:
 * each image starts afresh and the last one's status is the result.
 */
#include "prove.h"

int
main(int argc, char **argv)
{
    long left = prove_argument(argc, argv, 5);
    char number[32];
    char name[] = "exec_chain";
    for (size_t i = 0; i < 1000; i++)
        PROVE(keep(malloc(i)) != NULL);
    if (left == 0)
        return 0;
    PROVE(snprintf(number, sizeof number, "%ld", left - 1) > 0);
    char *const arguments[] = {name, number, NULL};
    PROVE(execv("/proc/self/exe", arguments) == 0);
    return 1;
}
