#!/bin/bash
# redis-server on a socket of its own, under redis-benchmark: the data that is
# left, saves by a forked child, an append-only file, scripts, expiry.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

ask() {
    redis-cli -s "$PWD/s" "$@"
}

load() {
    redis-benchmark -s "$PWD/s" -q -c 20 "$@" >benchmark 2>&1
    echo "benchmark: status $?"
}

work() {
    local server n
    cat >conf <<CONF
port 0
unixsocket $PWD/s
dir $PWD
save ""
appendonly yes
appendfsync no
daemonize no
io-threads 2
enable-debug-command local
activedefrag no
logfile $PWD/server.log
CONF
    under_exec redis-server conf --ignore-warnings ARM64-COW-BUG &
    server=$!
    for n in $(seq 100); do
        ask ping >/dev/null 2>&1 && break
        sleep 0.1
    done
    ask ping || { kill "$server"; return 1; }
    load -n 4000 -r 2000 -d 100 -t set,get,incr
    load -n 1500 -P 16 -t lpush,rpush,lpop,sadd,hset,spop,zadd,mset
    load -n 300 -t lrange_600
    ask flushall
    for n in $(seq 200); do
        echo "set key$n value$n"
        echo "rpush list $n"
        echo "hset hash field$n $n"
        echo "zadd sorted $n member$n"
        echo "sadd set$((n % 5)) $n"
        echo "append text some-more-text-$n"
    done | ask | cksum
    # Asked for after its end, it is gone when the digest is made.
    ask set temporary x px 1
    sleep 0.1
    ask get temporary
    ask debug digest
    ask eval 'local t = {} for i = 1, 1000 do
        t[i] = redis.call("incr", "counter") end return #t' 0
    ask lrange list 0 10
    ask zrangebyscore sorted 10 15 withscores
    ask hget hash field77
    ask sinter set1 set2
    ask strlen text
    ask config set maxmemory 1gb
    ask bgsave
    for n in $(seq 100); do
        [ "$(ask info persistence | grep -c rdb_bgsave_in_progress:0)" = 1 ] &&
            break
        sleep 0.1
    done
    ask info persistence | grep rdb_last_bgsave_status
    ask dbsize
    ask bgrewriteaof
    for n in $(seq 100); do
        ask info persistence | grep -q aof_rewrite_in_progress:0 && break
        sleep 0.1
    done
    ask shutdown nosave
    wait "$server"
    echo "server: status $?"
    under_exec redis-server conf --ignore-warnings ARM64-COW-BUG &
    server=$!
    for n in $(seq 100); do
        ask ping 2>/dev/null | grep -q PONG && break
        sleep 0.1
    done
    ask get key42
    ask debug digest
    ask shutdown nosave
    wait "$server"
    echo "server: status $?"
    echo "work done"
}

real_test redis redis-server redis-benchmark redis-cli
