#!/bin/sh
#
# run.sh - damage.c under the library, in several ways: every single byte
# damaged within reach of a guarantee is reported, with its block, and nothing
# else is. DAMAGE_OPERATIONS=N: how many operations (100000); DAMAGE_SEEDS=LIST.
# Speaks TAP.

. "$top_srcdir/tests/tap.sh"

: "${DBGMALLOC_LIB:=$library}" "${DAMAGE_OPERATIONS:=100000}"
: "${DAMAGE_SEEDS:=1}"
program=$scratch/damage
# Seconds until it is taken to hang: a million take long where others work too.
most=$((600 + DAMAGE_OPERATIONS / 200))

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "no shared library"
$CC -O2 -g -D_GNU_SOURCE -I "$top_srcdir/include" -o "$program" \
    "$top_srcdir/tests/damage/damage.c" -ldl >"$scratch/cc.log" 2>&1 || {
    tap_not_ok "the program compiles" "$scratch/cc.log"
    tap_done
}

for options in quarantine=2000 \
    quarantine=2000,check-blank,alloc-blank,realloc-copy \
    quarantine=2000,check-heap,check-fence=64 \
    quarantine=2000,shuffle,seed=5 never-reuse; do
    for seed in $DAMAGE_SEEDS; do
        if LD_PRELOAD=$DBGMALLOC_LIB \
            DBGMALLOC_OPTS=log=none,no-print,$options timeout "$most" \
            "$program" "$DAMAGE_OPERATIONS" "$seed" >"$scratch/out" 2>&1; then
            tap_ok "$options, seed $seed: $(tail -n 1 "$scratch/out")"
        else
            tap_not_ok "$options, seed $seed" "$scratch/out"
        fi
    done
done
tap_done
