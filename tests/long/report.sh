# tests/long/report.sh - the report of 100 MB that were lost from 1,000 stacks
# is written, every one named, in under 2 s of CPU. The figure is printed.

. "$top_srcdir/tests/tap.sh"

cd "$scratch" || exit 99
i=0
while [ $i -lt 20 ]; do
    $AWK -v unit=$i 'BEGIN {
        print "#include <stdlib.h>"
        print "extern volatile char *volatile kept;"
        for (i = 0; i < 50; i++) {
            printf "static inline char *make_%d(size_t n)\n{\n", i
            printf "    char *p = malloc(n);\n    p[0] = 1;\n    return p;\n}\n"
            printf "__attribute__((noinline)) void leak_%d_%d(void)\n", unit, i
            printf "{\n    kept = make_%d(100000);\n}\n", i
        }
        printf "void unit_%d(void);\nvoid unit_%d(void)\n{\n", unit, unit
        for (i = 0; i < 50; i++)
            printf "    leak_%d_%d();\n", unit, i
        print "}"
    }' >unit$i.c
    $CC -g -O1 -w -c unit$i.c || exit 99
    i=$((i + 1))
done
{
    echo 'volatile char *volatile kept;'
    i=0
    while [ $i -lt 20 ]; do
        echo "void unit_$i(void);"
        i=$((i + 1))
    done
    echo 'int main(void) {'
    i=0
    while [ $i -lt 20 ]; do
        echo "unit_$i();"
        i=$((i + 1))
    done
    echo 'kept = 0; return 0; }'
} >main.c
$CC -g -O1 -w -o leaks main.c unit*.o || exit 99

# CPU seconds of a run with these options.
cpu()
{
    LD_PRELOAD=$library DBGMALLOC_OPTS=$1 perl -e '
        system "./leaks" and exit 1;
        my ($u, $s, $cu, $cs) = times;
        printf "%.2f\n", $cu + $cs'
}

without=$(cpu only=leaks,no-log-leaks,no-log-stats,log=none)
with=$(cpu only=leaks,top=0,no-log-stats,log="$scratch/log")
tap_note "CPU without a report: $without s, with: $with s"
# A child of perl writes to a log of its own.
cat "$scratch"/log* >"$scratch/said" 2>&1
n=$(grep -c 'leak_[0-9]*_[0-9]* (.*unit[0-9]*\.c:[0-9]*)' "$scratch/said")
if [ "$n" -ge 1000 ]; then
    tap_ok "1,000 stacks are named with file and line"
else
    head -n 30 "$scratch/said" >"$scratch/head"
    tap_not_ok "1,000 stacks are named with file and line: $n" "$scratch/head"
fi
if $AWK -v with="$with" -v without="$without" \
    'BEGIN { exit !(with - without < 2) }'; then
    tap_ok "the report took less than 2 s of CPU ($without to $with)"
else
    tap_not_ok "the report took less than 2 s of CPU ($without to $with)"
fi
tap_done
