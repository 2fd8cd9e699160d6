#!/bin/bash
# soak.sh [churn kill exec waits redis python3 postgres nginx] - attach to busy programs
# and detach, again and again, and kill the command at random moments: the
# program goes on, no request fails, no count is wrong, and each slot is as it
# was.
#
# Environment: ATTACH_ROUNDS, times that a program of 32 threads is attached to;
# ATTACH_SERVER_ROUNDS, each server; ATTACH_KILLS, times that the command is
# killed; ATTACH_EXECS, that a process is attached to while it calls exec.
# ATTACH_SEED begins the random moments (printed).
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=.}"
. "$top_srcdir/tests/tool/common.sh"
: "${ATTACH_ROUNDS:=3}" "${ATTACH_SERVER_ROUNDS:=2}" "${ATTACH_KILLS:=6}"
: "${ATTACH_EXECS:=25}" "${ATTACH_SEED:=$RANDOM}"
RANDOM=$ATTACH_SEED
PATH=$PATH:/usr/sbin

[ -f "$library" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99
chmod 755 .
for program in churn slots execs waits; do
    if ! $CC -O1 -g -w -pthread -o $program \
        "$top_srcdir/tests/attach/$program.c" 2>log; then
        tap_not_ok "$program.c is built" log
        tap_done
        exit
    fi
done
tap_note "ATTACH_SEED=$ATTACH_SEED"

started=
finish()
{
    local pid
    for pid in $started; do
        kill -KILL "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    tap_clean
}
trap finish EXIT

# attach SECONDS ARGUMENT... - the command, which may take so long.
attach()
{
    local most=$1
    shift
    timeout -s KILL "$most" "$top_builddir/dbgmalloc" attach -o symbols=off "$@"
}

# once PID MILLISECONDS - attach and detach; what is wrong is added to the file
# `wrong`.
most_live=
once()
{
    local status live
    attach 120 --duration="$2ms" "$1" >once.out 2>once.err
    status=$?
    if [ $status != 0 ]; then
        { echo "status $status:" && cat once.err; } >>wrong
        return
    fi
    grep -E 'not seen|not be recorded' once.err >>wrong
    live=$(sed -n 's/.* in \([0-9]*\) blocks made since.*/\1/p' once.err |
        tail -n 1)
    [ -z "$most_live" ] || [ "$live" -le "$most_live" ] ||
        echo "$live blocks live, of $most_live at most" >>wrong
    [ "$(./slots "$1")" = 0 ] || echo "$(./slots "$1") slots are left" >>wrong
}

# rounds PID COUNT - as often; before that the slots are looked at while it is
# attached to.
rounds()
{
    local i=0 pid
    : >wrong
    attach 120 -q --duration=100 "$1" >during.out 2>during.err &
    pid=$!
    until [ "$(./slots "$1")" -gt 0 ] || [ $i = 300 ]; do
        i=$((i + 1))
        sleep 0.1
    done
    [ $i -lt 300 ] ||
        { echo "no slot was ever changed:" && cat during.err; } >>wrong
    kill -INT "$(cat "/proc/$pid/task/$pid/children")" 2>/dev/null
    wait $pid
    for i in $(seq "$2"); do
        kill -0 "$1" 2>/dev/null || echo "it is gone" >>wrong
        [ ! -s wrong ] || break
        once "$1" $((RANDOM % 100 + 1))
    done
    [ ! -s wrong ] || echo "in round $i" >>wrong
    cat wrong
    [ ! -s wrong ]
}

# killed PID COUNT - the command is killed at random moments: while it attaches,
# and while it is about to detach.
killed()
{
    local i
    : >wrong
    for i in $(seq "$2"); do
        attach 0.$(printf %03d $((RANDOM % 500 + 1))) -q --duration=150ms \
            "$1" >killed.out 2>killed.err
        kill -0 "$1" 2>/dev/null || echo "it is gone" >>wrong
        [ $((i % 10)) != 0 ] || once "$1" 50
        [ ! -s wrong ] || break
    done
    [ -s wrong ] || once "$1" 50
    [ ! -s wrong ] || echo "in round $i" >>wrong
    cat wrong
    [ ! -s wrong ]
} 2>/dev/null

# ---- a program of 32 threads ----

# churn NAME FUNCTION COUNT
churn()
{
    local pid status
    ./churn 32 >churn.out 2>&1 &
    pid=$!
    started="$started $pid"
    most_live=2300 # 32 times 64, and what is being made
    tap_check "$1, $3 times" "$2" $pid "$3"
    most_live=
    kill -TERM $pid
    wait $pid
    status=$?
    if [ $status = 0 ] && [ "$(tail -n 1 churn.out)" = "0 wrong" ] &&
        [ "$(grep -vc '^calls' churn.out)" = 1 ]; then
        tap_ok "$1: the program has seen nothing of it"
    else
        echo "status $status" >>churn.out
        tap_not_ok "$1: the program has seen nothing of it" churn.out
    fi
}

do_churn()
{
    churn "32 threads: attached to and left" rounds "$ATTACH_ROUNDS"
}

do_kill()
{
    churn "32 threads: the command is killed" killed "$ATTACH_KILLS"
}

do_exec()
{
    tap_check "attached to in the midst of an exec, $ATTACH_EXECS times" \
        timeout -s KILL 3000 ./execs "$ATTACH_EXECS" \
        "$(readlink -f "$top_builddir")/dbgmalloc" attach -q --duration=30ms
}

do_waits()
{
    local pid round
    ./waits >waits.out 2>&1 &
    pid=$!
    started="$started $pid"
    wait_for grep -q ready waits.out
    for round in 1 2; do
        attach 60 -q --duration=3500ms $pid >waits.report 2>waits.err ||
            { echo "round $round:" && cat waits.err; } >>waits.out
    done
    kill -TERM $pid
    wait $pid
    echo "status $?" >>waits.out
    printf '%s\n' ready '0 calls failed, 0 were late' 'status 0' >wanted
    if cmp -s wanted waits.out; then
        tap_ok "threads that were not taken have seen nothing of it"
    else
        tap_not_ok "threads that were not taken have seen nothing of it" \
            waits.out
    fi
}

# ---- servers ----

wait_for()
{
    local i
    for i in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

# load COMMAND... - again and again in the background, until the file stop is
# there. What failed is in load.failed: the status, or a line like $load_bad.
load()
{
    rm -f stop load.count
    : >load.failed
    while [ ! -e stop ]; do
        "$@" >load.out 2>&1 || echo "status $?" >>load.failed
        grep -E "$load_bad" load.out >>load.failed
        echo >>load.count
    done &
    loader=$!
}

# serve NAME PID - the rounds, under the load that runs; then it ends.
serve()
{
    tap_check "$1: attached to and left, $ATTACH_SERVER_ROUNDS times" \
        rounds "$2" "$ATTACH_SERVER_ROUNDS"
    touch stop
    wait $loader
    [ -s load.count ] || echo "the load never ran" >>load.failed
    tap_is_empty "$1: no request failed" load.failed
}

do_redis()
{
    if ! command -v redis-server >/dev/null ||
        ! command -v redis-benchmark >/dev/null; then
        tap_skip "redis-server" "redis is not installed"
        return
    fi
    redis-server --port 0 --unixsocket "$PWD/redis" --save "" --dir "$PWD" \
        --ignore-warnings ARM64-COW-BUG >redis.out 2>&1 &
    local pid=$!
    started="$started $pid"
    wait_for redis-cli -s "$PWD/redis" ping
    load_bad='[Ee]rror|refused|reset'
    load redis-benchmark -s "$PWD/redis" -q -c 20 -n 5000 -r 3000 -d 100 \
        -t set,get,incr,lpush,lpop,sadd,hset,zadd
    serve redis-server $pid
    kill $pid
    wait $pid
}

do_python3()
{
    [ -x /usr/bin/python3 ] || { tap_skip python3 "not installed"; return; }
    cat >work.py <<'PY'
import hashlib, json, re, signal, socket, sys, threading, time
over = False
def end(*_):
    global over
    over = True
signal.signal(signal.SIGTERM, end)
wrong = []
def work(seed):
    n = 0
    while not over:
        n += 1
        data = {str(i): [i * seed, 'x' * (i % 90), {'k': n}] for i in range(40)}
        if json.loads(json.dumps(data)) != data:
            wrong.append('json')
        if re.sub('[0-9]+', lambda m: m.group() * 2, 'a1b22') != 'a11b2222':
            wrong.append('re')
        hashlib.sha256(b'x' * (n % 100000)).digest()
        time.sleep(0.001)
def echo():
    a, b = socket.socketpair()
    while not over:
        a.sendall(b'y' * 3000)
        got = b''
        while len(got) < 3000:
            got += b.recv(3000)
        time.sleep(0.002)
threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
threads.append(threading.Thread(target=echo))
for t in threads: t.start()
while not over: time.sleep(0.05)
for t in threads: t.join()
for w in wrong: print(w)
print('the end')
PY
    /usr/bin/python3 work.py >python.out 2>&1 &
    local pid=$!
    started="$started $pid"
    tap_check "python3: attached to and left, $ATTACH_SERVER_ROUNDS times" \
        rounds $pid "$ATTACH_SERVER_ROUNDS"
    kill $pid
    wait $pid
    echo "the end" >wanted
    tap_check "python3: it has seen nothing of it" cmp -s wanted python.out
}

do_postgres()
{
    local bin data=$PWD/data as= backend
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
    if [ ! -x "$bin/postgres" ] || [ ! -x "$bin/pgbench" ]; then
        tap_skip postgres "not installed"
        return
    fi
    mkdir data
    if [ "$(id -u)" = 0 ]; then
        as="runuser -u postgres --"
        chown postgres data
        $as true 2>/dev/null || { tap_skip postgres "no such user"; return; }
    fi
    $as "$bin/initdb" -D "$data" -A trust -N >initdb.out 2>&1 ||
        { tap_not_ok "postgres: initdb" initdb.out; return; }
    $as "$bin/postgres" -D "$data" -k "$data" -c listen_addresses= \
        -c fsync=off >postgres.out 2>&1 &
    local pid=$!
    wait_for test -s data/postmaster.pid
    server=$(head -n 1 data/postmaster.pid)
    started="$started $server"
    wait_for $as "$bin/psql" -h "$data" -c 'select 1' postgres
    $as "$bin/pgbench" -h "$data" -i -s 1 postgres >pgbench.out 2>&1
    load_bad='rror|[1-9][0-9]* failed'
    : >load.failed
    rm -f stop
    echo >load.count
    $as "$bin/pgbench" -h "$data" -c 1 -T 3000 postgres >load.out 2>&1 &
    loader=$!
    started="$started $loader"
    # Its first connection is another, and short.
    backend=
    for i in $(seq 300); do
        backend=$($as "$bin/psql" -h "$data" -Atc "select pid from
            pg_stat_activity where application_name = 'pgbench' and
            query like 'UPDATE pgbench_%' limit 1" postgres 2>/dev/null)
        [ -z "$backend" ] || break
        sleep 0.1
    done
    tap_check "postgres: attached to and left, $ATTACH_SERVER_ROUNDS times" \
        rounds "$backend" "$ATTACH_SERVER_ROUNDS"
    # A shell has its background commands ignore SIGINT.
    kill -TERM "$(pgrep -P $loader pgbench || echo $loader)" 2>/dev/null
    wait $loader
    grep -E "$load_bad" load.out >load.failed
    grep -E 'ERROR|FATAL|PANIC|terminated by' postgres.out |
        grep -v -e 'canceling statement' -e 'terminating connection' \
            -e 'is starting up' >>load.failed
    tap_is_empty "postgres: no request failed" load.failed
    kill -INT "$server"
    wait $pid
}

do_nginx()
{
    local pid worker port
    if ! command -v nginx >/dev/null || ! command -v ab >/dev/null; then
        tap_skip nginx "nginx or ab is not installed"
        return
    fi
    port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1:0")->sockport')
    mkdir root temp
    seq 1 4000 >root/numbers.txt
    cat >conf <<CONF
$([ "$(id -u)" = 0 ] && echo "user root;")
daemon off;
worker_processes 1;
error_log $PWD/error.log;
pid $PWD/pid;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $PWD/temp/body;
    proxy_temp_path $PWD/temp/proxy;
    fastcgi_temp_path $PWD/temp/fastcgi;
    uwsgi_temp_path $PWD/temp/uwsgi;
    scgi_temp_path $PWD/temp/scgi;
    gzip on;
    gzip_types text/plain;
    server {
        listen 127.0.0.1:$port;
        root $PWD/root;
        location /again/ { proxy_pass http://127.0.0.1:$port/; }
    }
}
CONF
    nginx -c "$PWD/conf" >nginx.out 2>&1 &
    pid=$!
    started="$started $pid"
    wait_for pgrep -P $pid
    worker=$(pgrep -P $pid | head -n 1)
    wait_for curl -sf "http://127.0.0.1:$port/numbers.txt"
    load_bad='^Failed requests: *[1-9]|^Non-2xx|^apr_|refused|reset'
    load ab -q -n 2000 -c 10 -H 'Accept-Encoding: gzip' \
        "http://127.0.0.1:$port/again/numbers.txt"
    serve nginx "$worker"
    kill $pid
    wait $pid
    grep -E '\[(alert|emerg|crit)\]' error.log >log
    tap_is_empty "nginx: nothing in its log" log
}

[ $# -gt 0 ] || set -- churn kill exec waits redis python3 postgres nginx

# May one trace here at all?
./churn 2 >/dev/null 2>&1 &
started=$!
attach 60 -q --duration=100ms $! >first.out 2>first.err
status=$?
kill $!
if [ $status != 0 ] && grep -qE 'cannot be traced|cannot attach' first.err; then
    tap_skip_all "tracing is refused here"
fi
for what; do
    do_"$what"
done
tap_done
