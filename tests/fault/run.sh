#!/bin/sh
#
# run.sh - a program under the library, with the kernel refusing memory: the
# N-th mapping, for every N, alone or with all after it; and under limits on
# the address space. The program must end well or say that it was refused
# memory; it must never crash, hang or be given memory that is not there.
# Speaks TAP.
#
# Environment: that of tests/tap.sh; DBGMALLOC_LIB, the library. FAULT_STEP: of
# the numbers N each FAULT_STEP-th is tried, 3 if not said (make check-long: 1).

. "$top_srcdir/tests/tap.sh"

: "${DBGMALLOC_LIB:=$library}" "${FAULT_STEP:=3}"
victim=$scratch/victim
other=$(ldd "$DBGMALLOC_LIB" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
other=${other%libc.so.6}libm.so.6
most=4000

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "no shared library"
$CC -O1 -g -D_GNU_SOURCE -o "$victim" "$top_srcdir/tests/fault/victim.c" \
    -lpthread >"$scratch/cc.log" 2>&1 || {
    tap_not_ok "the program compiles" "$scratch/cc.log"
    tap_done
}

# run_victim WRAPPER... - run it under the library; its status in $status.
run_victim()
{
    DBGMALLOC_OPTS=$opts timeout -k 5 60 "$@" >"$scratch/out" 2>&1
    status=$?
}

# is_loaders FAULT - the loader, refused the same call, ends the same way with
# another library preloaded: the fault is its own.
is_loaders()
{
    [ -n "$1" ] || return 1
    with_ours=$status
    run_victim strace -f --seccomp-bpf -qq -e trace="${1%%:*}" -e inject="$1" -o /dev/null \
        -E "LD_PRELOAD=$other" "$victim"
    with_other=$status
    status=$with_ours
    [ "$with_other" -eq "$with_ours" ]
}

# verdict WHAT [FAULT] - a line in $scratch/bad if the last run is a fault.
verdict()
{
    case $status in
    0) ;;
    # The loader itself was refused, before there was a program.
    127) ;;
    3) grep -q '^refused' "$scratch/out" ||
        echo "$1: status 3, and it did not say why" >>"$scratch/bad" ;;
    *)
        tail -n 3 "$scratch/out" >"$scratch/last"
        is_loaders "${2-}" || {
            echo "$1: status $status"
            cat "$scratch/last"
        } >>"$scratch/bad"
        ;;
    esac
}

# count_calls CALL - how often the program makes that system call in all.
count_calls()
{
    strace -f --seccomp-bpf -qq -e trace="$1" -o "$scratch/trace" \
        -E "LD_PRELOAD=$DBGMALLOC_LIB" "$victim" >/dev/null 2>&1
    grep -c "$1(" "$scratch/trace"
}

# sweep CALL WHEN - refuse CALL for every N; WHEN is "" or "+".
sweep()
{
    : >"$scratch/bad"
    n=1
    end=$(($(count_calls "$1") + 8))
    [ "$end" -le "$most" ] || end=$most
    tried=0
    while [ "$n" -le "$end" ]; do
        run_victim strace -f --seccomp-bpf -qq -e trace="$1" \
            -e inject="$1":error=ENOMEM:when="$n$2" -o /dev/null \
            -E "LD_PRELOAD=$DBGMALLOC_LIB" "$victim"
        verdict "$1 $n$2" "$1:error=ENOMEM:when=$n$2"
        tried=$((tried + 1))
        n=$((n + FAULT_STEP))
    done
    tap_note "$tried runs"
    said="n = 1, $((1 + FAULT_STEP)), ..."
    case $2 in
    '') tap_is_empty "$3: the n-th $1 refused, $said" "$scratch/bad" ;;
    *) tap_is_empty "$3: the n-th $1 and all after refused, $said" \
        "$scratch/bad" ;;
    esac
}

sweep_all()
{
    for call in mmap mprotect mremap; do
        sweep "$call" '' "$1"
        sweep "$call" + "$1"
    done
}

opts='log=none,no-print'
run_victim env LD_PRELOAD="$DBGMALLOC_LIB" "$victim"
: >"$scratch/bad"
[ "$status" -eq 0 ] || verdict "without a refusal"
tap_is_empty "the program works where nothing is refused" "$scratch/bad"

if strace -f --seccomp-bpf -qq -e trace=mmap -e inject=mmap:error=ENOMEM:when=60000 \
    -o /dev/null true >/dev/null 2>&1; then
    sweep_all "default"
    opts='off,log=none,no-print'
    sweep_all "off"
else
    tap_skip "the n-th mapping refused" "strace cannot inject faults here"
fi

# Limits on the address space, in MiB.
limits()
{
    : >"$scratch/bad"
    for limit in 8 9 10 11 12 14 16 18 20 24 28 32 36 40 48 56 64 72 80 96 \
        112 128 160 192 224 256 288 320 360 400; do
        run_victim sh -c 'ulimit -v "$1" && LD_PRELOAD=$2 exec "$3"' sh \
            "$((limit * 1024))" "$DBGMALLOC_LIB" "$victim"
        verdict "$limit MiB"
    done
    tap_is_empty "$1: a limit on the address space, 8 to 400 MiB" \
        "$scratch/bad"
}

opts='log=none,no-print'
limits "default"
opts='off,log=none,no-print'
limits "off"
tap_done
