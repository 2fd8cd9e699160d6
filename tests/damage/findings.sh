#!/bin/sh
#
# findings.sh - a program with FINDINGS different findings (20000): all of them
# are counted, the report stays one that can be read, and memory is bounded.
# Speaks TAP.

. "$top_srcdir/tests/tap.sh"

: "${DBGMALLOC_LIB:=$library}" "${FINDINGS:=20000}"
program=$scratch/findings
log=$scratch/log

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "no shared library"
# Optimised, calls that differ by nothing but their place become one.
$CC -O0 -g -D_GNU_SOURCE -o "$program" "$top_srcdir/tests/damage/findings.c" \
    >"$scratch/cc.log" 2>&1 || {
    tap_not_ok "the program compiles" "$scratch/cc.log"
    tap_done
}

timeout 600 env LD_PRELOAD="$DBGMALLOC_LIB" \
    DBGMALLOC_OPTS="log=$log,no-print,no-log-leaks" \
    "$program" "$FINDINGS" >"$scratch/out" 2>"$scratch/err"
status=$?
if [ $status = 0 ]; then
    tap_ok "$FINDINGS findings are survived"
else
    cat "$scratch/err" >>"$scratch/out"
    tap_not_ok "$FINDINGS findings are survived: status $status" "$scratch/out"
fi
kib=$(cat "$scratch/out")
bytes=$(wc -c <"$log")
tap_note "the log has $bytes bytes; $kib KiB of memory at the most"

# is_counted - the end says how many there were, with commas.
if tr -d , <"$log" | grep -q "^findings: *$FINDINGS "; then
    tap_ok "all of them are counted"
else
    grep '^findings' "$log" >"$scratch/said"
    tap_not_ok "all of them are counted" "$scratch/said"
fi

full=$(grep -c '^  likely: ' "$log")
short=$(grep -c '^dbgmalloc: finding ' "$log")
if [ "$full" -ge 10 ] && [ "$full" -le 100 ] && [ "$short" -le 1024 ] &&
    [ "$bytes" -lt 2000000 ]; then
    tap_ok "$short of them are said, $full in full"
else
    tap_not_ok "$short of them are said, $full in full, in $bytes bytes"
fi

if [ "$(grep -c 'from now on new ones are only counted' "$log")" = 1 ]; then
    tap_ok "that the others are not is said once"
else
    tap_not_ok "that the others are not is said once"
fi

# What is kept of each finding is its stack.
most=$((60000 + FINDINGS / 1000 * 512))
if [ "${kib:-0}" -gt 0 ] && [ "$kib" -lt "$most" ]; then
    tap_ok "memory is bounded"
else
    tap_not_ok "memory is bounded: $kib KiB, at most $most were expected"
fi
tap_done
