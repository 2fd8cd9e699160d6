# tests/long/live.sh - a leak check of a busy redis-server: how long its threads
# stand still, beside a bare fork of the same process, and what is left of its
# throughput meanwhile. LIVE_KEYS: how many keys of about 450 bytes it holds.

. "$top_srcdir/tests/tap.sh"

: "${LIVE_KEYS=2000000}" "${LIVE_ROUNDS=3}"

[ -f "$library" ] || tap_skip_all "no shared library"
command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null ||
    tap_skip_all "no redis"

cd "$scratch" || exit 99
LD_PRELOAD=$library \
    DBGMALLOC_OPTS="log=$scratch/log,no-log-stats,report-signal=USR2" \
    redis-server --port 0 --unixsocket "$scratch/s" --save "" \
    --dir "$scratch" --enable-debug-command local \
    --ignore-warnings ARM64-COW-BUG >server.out 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null; tap_clean' EXIT

ask()
{
    redis-cli -s "$scratch/s" "$@"
}

n=0
until ask ping >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 300 ] || { tap_not_ok "redis starts" server.out; tap_done; }
    sleep 0.1
done
ask debug populate "$LIVE_KEYS" key 400 >/dev/null
tap_note "$(ask info memory | grep used_memory_human)"

# What a bare fork takes: redis makes one to save, and says how long it took.
fork=0
for round in $(seq "$LIVE_ROUNDS"); do
    ask bgsave >/dev/null
    took=$(ask info stats | tr -d '\r' | sed -n 's/latest_fork_usec://p')
    ask save >/dev/null 2>&1
    while ask info persistence | grep -q 'rdb_bgsave_in_progress:1'; do
        sleep 0.2
    done
    rm -f dump.rdb
    fork="$fork $took"
done

# Requests a second of a load of `$1` requests.
throughput()
{
    redis-benchmark -s "$scratch/s" -q -c 20 -r "$LIVE_KEYS" -n "$1" -t get,set \
        --csv 2>/dev/null | tr -d '"' |
        $AWK -F, 'NR > 1 { sum += 1 / $2; n++ } END { printf "%d\n", n / sum }'
}

before=$(throughput 100000)
for round in $(seq "$LIVE_ROUNDS"); do
    kill -USR2 $server
    during=$(throughput 50000)
    n=0
    until [ "$(cat log 2>/dev/null | grep -c 'stopped for')" -ge "$round" ]; do
        n=$((n + 1))
        [ $n -lt 3000 ] || { tap_not_ok "report $round comes" log; tap_done; }
        sleep 0.1
    done
done
tap_ok "$LIVE_ROUNDS reports of a server at work"

# Milliseconds, the worst of each.
pause=$(sed -n 's/.*stopped for \([0-9.]*\) us.*/\1 0.001/p
s/.*stopped for \([0-9.]*\) ms.*/\1 1/p
s/.*stopped for \([0-9.]*\) s.*/\1 1000/p' log | $AWK '
    { if ($1 * $2 > most) most = $1 * $2 } END { print most + 0 }')
fork=$(echo "$fork" | tr ' ' '\n' | $AWK '
    { if ($1 / 1000 > most) most = $1 / 1000 } END { print most + 0 }')
tap_note "$(grep -m 1 'scan: ' log)"
tap_note "a bare fork took $fork ms; $before requests a second," \
    "while it was scanned $during"
if $AWK "BEGIN { exit !($pause <= 1.3 * $fork + 5) }"; then
    tap_ok "its threads stood still for $pause ms"
else
    echo "$pause ms; a bare fork took $fork ms" >said
    tap_not_ok "its threads stand still as long as a fork takes" said
fi
if grep -q '^  definite: 0 bytes' log && ! grep -q '^  definite: [1-9]' log; then
    tap_ok "nothing is definitely lost"
else
    tap_not_ok "nothing is definitely lost" log
fi
tap_done
