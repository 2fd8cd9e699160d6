# tests/long/scan.sh - a leak check of many live blocks takes less CPU than
# LeakSanitizer's of the same, and a list of ten million nodes is no harder than
# another shape. The figures are printed. SCAN_BLOCKS: blocks of 64 bytes full
# of pointers to each other at random.

. "$top_srcdir/tests/tap.sh"

: "${SCAN_BLOCKS=4194304}"

[ -f "$library" ] || tap_skip_all "no shared library"

source=$top_srcdir/tests/bench/leakscan.c
$CC -O2 -D_GNU_SOURCE -pthread -o "$scratch/scan" "$source" || exit 99
$CC -O2 -D_GNU_SOURCE -pthread -fsanitize=leak -o "$scratch/scan-lsan" \
    "$source" 2>/dev/null || tap_note "no LeakSanitizer"

# ours SHAPE COUNT
ours()
{
    LD_PRELOAD=$library DBGMALLOC_OPTS="log=$scratch/log,no-log-stats,stack=0" \
        "$scratch/scan" "$1" "$2" >"$scratch/ours" 2>"$scratch/said"
    status=$?
    tap_note "$(cat "$scratch/ours")"
    if [ $status -eq 0 ] && grep -q ' 0 lost$' "$scratch/ours"; then
        tap_ok "$1: nothing is lost"
    else
        cat "$scratch/ours" >>"$scratch/said"
        tap_not_ok "$1: nothing is lost" "$scratch/said"
    fi
}

milliseconds()
{
    sed -n 's/.* bytes, \([0-9]*\) ms.*/\1/p' "$1"
}

ours list 10000000
ours tree 1048576
ours random "$SCAN_BLOCKS"
if [ -x "$scratch/scan-lsan" ]; then
    "$scratch/scan-lsan" random "$SCAN_BLOCKS" >"$scratch/lsan" 2>&1
    tap_note "LeakSanitizer: $(cat "$scratch/lsan")"
    if [ "$(milliseconds "$scratch/ours")" -lt \
        "$(milliseconds "$scratch/lsan")" ]; then
        tap_ok "in less time than LeakSanitizer"
    else
        cat "$scratch/ours" >>"$scratch/lsan"
        tap_not_ok "in less time than LeakSanitizer" "$scratch/lsan"
    fi
else
    tap_skip "in less time than LeakSanitizer" "no LeakSanitizer"
fi
tap_done
