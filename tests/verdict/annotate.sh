# tests/verdict/annotate.sh - what a program says of its blocks is in the
# report; marks, by call and by signal.

. "$top_srcdir/tests/tap.sh"

program=$scratch/program
$CC -g -w -I"$top_srcdir/include" -o "$program" \
    "$top_srcdir/tests/verdict/annotate.c" "$library" \
    -Wl,-rpath,"$(dirname "$library")" || tap_skip_all "no compiler"

# run OPTIONS ARGS... - its log is $scratch/log.
run()
{
    run_options=$1
    shift
    rm -f "$scratch/log"
    DBGMALLOC_OPTS="log=$scratch/log,$run_options" "$program" "$@"
}

# says TEXT - the log has that line.
says()
{
    if grep -q -x -F -e "$1" "$scratch/log"; then
        tap_ok "the report says '$1'"
    else
        tap_not_ok "the report says '$1'" "$scratch/log"
    fi
}

tap_check "the calls do what they say" run leak-check=outstanding
says "  100,000 bytes in 1 block: table"
says "  40 bytes in 2 blocks: request"
says "  20 bytes in 1 block: parse"
if grep -q '100,000 bytes in 1 block, .*, named table' "$scratch/log"; then
    tap_ok "the entry has its name"
else
    tap_not_ok "the entry has its name" "$scratch/log"
fi
if grep -qE '^  (100|200|300) bytes in' "$scratch/log"; then
    tap_not_ok "what is ignored is not listed" "$scratch/log"
else
    tap_ok "what is ignored is not listed"
fi
run leak-show=all
if grep -q 'still reachable, not counted as leaks' "$scratch/log"; then
    tap_ok "leak-show=all lists what can be reached"
else
    tap_not_ok "leak-show=all lists what can be reached" "$scratch/log"
fi
tap_check "a plain allocator ends it at the first block" \
    sh -c "! DBGMALLOC_OPTS=off '$program' 2>/dev/null"

tap_check "mark-signal and toggle-signal are answered" \
    run "log-prefix=none,mark-signal=USR1,toggle-signal=USR2" signals
says "recording is off"

(run "leak-check=outstanding,log-prefix=none" assert) 2>"$scratch/stderr"
if [ $? -eq 134 ] && grep -q '1 block made since mark 1 not freed' \
    "$scratch/stderr"; then
    tap_ok "DBGMALLOC_ASSERT_NO_LEAKS ends the program at the leak"
else
    tap_not_ok "DBGMALLOC_ASSERT_NO_LEAKS ends the program at the leak" \
        "$scratch/stderr"
fi

tap_done
