# tests/leak/stop.sh - stop the world while threads start, end, dlopen, fork,
# take signals and sleep; STOP_ROUNDS times (make check-long: 1,000).

. "$top_srcdir/tests/tap.sh"

: "${STOP_ROUNDS=10}" "${STOP_THREADS=64}"

[ -f "$library" ] || tap_skip_all "no shared library"

$CC -O1 -g -I"$top_srcdir/include" -o "$scratch/stop" \
    "$top_srcdir/tests/leak/stop.c" -L"$top_builddir/.libs" -ldbgmalloc \
    -Wl,-rpath,"$top_builddir/.libs" -lpthread -ldl || exit 99

DBGMALLOC_OPTS="log=$scratch/log,no-log-stats" timeout 3000 \
    "$scratch/stop" "$STOP_ROUNDS" "$STOP_THREADS" >"$scratch/out" 2>&1
status=$?
# A thread that was not stopped is told of in the report of its round.
grep -B 12 'did not stop' "$scratch/log" >>"$scratch/out" && status=1
[ $status -eq 0 ] || cat "$scratch/log" >>"$scratch/out" 2>/dev/null
tap_note "$(grep rounds "$scratch/out")"
if [ $status -eq 0 ]; then
    tap_ok "no thread missed in $STOP_ROUNDS rounds, no sleeper disturbed"
else
    tap_not_ok "no thread missed in $STOP_ROUNDS rounds, no sleeper disturbed" \
        "$scratch/out"
fi
tap_done
