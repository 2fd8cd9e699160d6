# tests/tool/bisect.sh - dbgmalloc bisect: the two operations between which a
# heap was damaged are found, in few runs; what is noticed at once, what is not
# there and what is not the same each time is told from it.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99
cat >subject.c <<'END'
/* subject WHAT COUNT - COUNT calls of malloc and as many of free; at two thirds
 * of them something goes wrong, and nobody looks at it until the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char *blocks[64];
static char *victim;
static char *stale;
__attribute__((noinline)) static void make(int i)
{
    blocks[i % 64] = malloc((size_t)(100 + i % 50));
}
__attribute__((noinline)) static void take(int i)
{
    free(blocks[i % 64]);
}
__attribute__((noinline)) static void spoil(const char *what)
{
    if (!strcmp(what, "overrun"))
        victim[40] = 'x';
    else if (!strcmp(what, "underrun"))
        victim[-3] = 'x';
    else if (!strcmp(what, "stale"))
        stale[5] = 'x';
    else if (!strcmp(what, "twice"))
        free(stale);
}
int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "nothing";
    int count = argc > 2 ? atoi(argv[2]) : 1000;
    puts("begun");
    fflush(stdout);
    victim = malloc(40);
    stale = malloc(48);
    free(stale);
    if (!strcmp(what, "random")) {
        FILE *file = fopen("/dev/urandom", "rb");
        unsigned char byte = 0;
        if (fread(&byte, 1, 1, file) != 1)
            return 1;
        fclose(file);
        for (int i = 0; i < 50 * (1 + byte % 100); i++) {
            char *volatile block = malloc(8);
            free(block);
        }
        victim[40] = 'x';
    }
    if (!strcmp(what, "input")) {
        char line[20];
        if (fgets(line, sizeof(line), stdin) != NULL && line[0] == 'b')
            what = "overrun";
    }
    for (int i = 0; i < count; i++) {
        make(i);
        if (i == count / 3 * 2)
            spoil(what);
        take(i);
    }
    return 0;
}
END
if ! $CC -O1 -g -w -o subject subject.c >log 2>&1; then
    tap_not_ok "the test's program is built" log
    tap_done
fi

# finds WHAT COUNT - the damage is between the make and the take of the round.
finds()
{
    does bisect ./subject "$1" "$2"
    gives 1 "$1: it is found"
    says 'whole after malloc\(.*make.*subject\.c:[0-9]+' \
        "$1: the last good operation is the malloc before it"
    says 'damaged (after free\(.*take.*subject\.c:[0-9]+|in the call)' \
        "$1: the first bad one is the free after it"
    runs=$(grep -c '^dbgmalloc: run' err)
    tap_check "$1: in few runs ($runs)" test "$runs" -le 8
}

finds overrun 30000
says 'write past the end' "overrun: the finding is shown"
# Three operations before the rounds, but for libc's own: the numbers are right.
$AWK '/^the first write/ {
    for (i = 1; i < NF; i++)
        if ($i == "operation") number[++n] = $(i + 1) + 0
    if (number[2] != number[1] + 1 || number[1] < 40003 || number[1] > 40010)
        print
    seen = 1 }
    END { if (!seen) print "no line" }' out >bad
tap_is_empty "overrun: the numbers of the operations are right" bad
finds underrun 3000
finds stale 3000
says 'write to a freed block' "stale: the finding is shown"

does bisect ./subject twice 300
gives 1 "twice: it is found"
says 'double-free: it is noticed where it is done' "twice: nothing to search"
does bisect ./subject nothing 300
gives 0 "nothing: nothing is found"
grep -q begun out
tap_check "the program's output goes nowhere" test $? -eq 1
says 'no damage was noticed' "nothing: and that is said"
echo bad >input
dbgmalloc bisect ./subject input 300 <input >out 2>err
status=$?
gives 1 "a file that is the input is read in each run"
does bisect ./subject random 10
gives 3 "random: it is not the same each time"
says 'does not do the same' "random: and that is said"
does bisect -v ./subject overrun 30
says '^begun$' "--verbose shows the program's output"

does bisect
gives 2 "no program"
does bisect ./no-such-program
gives 4 "a program that is not there"
does bisect --lib ./subject.c ./subject overrun 30
[ "$status" -ne 1 ]
tap_check "a library that is none finds nothing" test $? -eq 0
tap_done
