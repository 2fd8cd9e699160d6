# tests/stack/run.sh - stacks of many kinds of programs, equal frame for frame
# to those of libgcc's unwinder (oracle.c).
#
# STACK_SAMPLES: stacks to compare in all; without it a few seconds' worth. With
# it every kind of program is built in every way, and all are cut at 3, 32 and
# 256 frames, again and again until there are so many.

. "$top_srcdir/tests/tap.sh"

src=$top_srcdir/tests/stack
samples=${STACK_SAMPLES-0}
oracle=$scratch/oracle.so
log=$scratch/log
sum=0

[ -f "$top_builddir/.libs/libkeep.a" ] || tap_skip_all "no shared library built"
# The library's code and flags, with a malloc in front as src/front has it.
$CC $LIBRARY_CPPFLAGS $LIBRARY_CFLAGS -O2 -g -fPIC -shared \
    -fno-omit-frame-pointer -fno-optimize-sibling-calls -Wl,-z,nodelete \
    -o "$oracle" "$src/oracle.c" "$top_builddir/.libs/libkeep.a" \
    "$top_builddir/.libs/libtell.a" -lgcc_s >"$scratch/said" 2>&1
if [ ! -f "$oracle" ]; then
    tap_not_ok "the oracle is built" "$scratch/said"
    tap_done
fi

if [ "$samples" -gt 0 ]; then
    depths='256 32 3'
    factor=20
    flag_sets='-O2,-fomit-frame-pointer -O2,-fno-omit-frame-pointer'
    flag_sets="$flag_sets -O0 -O3,-mavx2"
    cxx_flags='-O2 -fomit-frame-pointer -DWITH_REGEX'
    cxx_more=clang++
else
    depths=32
    factor=1
    flag_sets=-O2,-fomit-frame-pointer
    cxx_flags=-O1
    cxx_more=
fi

# compare NAME LEAST COMMAND... - the command's stacks, at least LEAST of them,
# are equal. What a program of its own malloc brings with it is overruled too.
compare()
{
    name=$1
    least=$2
    shift 2
    : >"$log"
    for depth in $depths; do
        if ! ORACLE_LOG=$log ORACLE_DEPTH=$depth \
            LD_PRELOAD="$oracle libc.so.6" "$@" >"$scratch/out" \
            2>"$scratch/said"; then
            cat "$scratch/out" >>"$scratch/said"
            tap_not_ok "$name: runs" "$scratch/said"
            return
        fi
    done
    said=$($AWK -v least="$least" '
        { equal += $2; different += $4; lost += $12 }
        END {
            bad = equal < least || different != 0 || lost != 0
            printf "%s %d equal, %d different", bad ? "no" : "ok", equal,
                different
        }' "$log")
    sum=$((sum + $(echo "${said#?? }" | sed 's/ .*//')))
    if [ "${said%% *}" = ok ]; then
        tap_ok "$name: ${said#?? }"
    else
        cat "$log" >>"$scratch/said"
        tap_not_ok "$name: ${said#?? }" "$scratch/said"
    fi
}

# build OUTPUT SOURCE FLAGS... - with $compiler; once is enough.
build()
{
    output=$scratch/$1
    source=$src/$2
    shift 2
    [ -f "$output" ] && return 0
    # shellcheck disable=SC2086
    $compiler -D_GNU_SOURCE -w -o "$output" "$source" "$@" -ldl -lpthread \
        >"$scratch/said" 2>&1
}

# built SHORT FLAGS - the programs of one compiler, built in one way.
built()
{
    # shellcheck disable=SC2086
    build "$1$2-strange" strange.c $(echo "$2" | tr , ' ') || {
        tap_skip "$1 $2" "$(head -n 1 "$scratch/said")"
        return
    }
    compare "$1 $2: signals, coroutines, threads" 1000 \
        "$scratch/$1$2-strange" $((200 * factor))
}

reused()
{
    for shape in 0 1 2; do
        build "$1-plugin$shape.so" plugin.c -O2 -shared -fPIC \
            -DSHAPE=$shape || return
    done
    build "$1-reuse" reuse.c -O2 &&
        compare "$1: addresses used again by other libraries" 1000 \
            "$scratch/$1-reuse" $((100 * factor)) "$scratch/$1-plugin0.so" \
            "$scratch/$1-plugin1.so" "$scratch/$1-plugin2.so"
}

cxx_of()
{
    # shellcheck disable=SC2086
    build "$2-cxx" cxx.cc -std=gnu++17 $cxx_flags || {
        tap_skip "$2: exceptions, templates" \
            "$(head -n 1 "$scratch/said")"
        return
    }
    compare "$2: exceptions, templates" 1000 \
        "$scratch/$2-cxx" $((5 * factor))
}

# try NAME PROGRAM ARGUMENTS... - a program of the distribution, if it is here.
try()
{
    name=$1
    shift
    if [ -x "$1" ]; then
        compare "$name" 1000 "$@"
    else
        tap_skip "$name" "there is no $1"
    fi
}

cat >"$scratch/work.py" <<'PY'
import json, re, sys, threading
def deep(n):
    if n == 0:
        return [json.dumps({'a': list(range(20))}) for _ in range(3)]
    return deep(n - 1)
def many():
    for i in range(int(sys.argv[1])):
        deep(i % 60)
threads = [threading.Thread(target=many) for _ in range(7)]
[t.start() for t in threads]
many()
[t.join() for t in threads]
PY
cat >"$scratch/work.lua" <<'LUA'
local t = {}
for i = 1, tonumber(arg[1]) do
    t[i % 100] = string.rep("x", i % 90) .. i
end
LUA
cat >"$scratch/work.sql" <<'SQL'
create table t(a, b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 300)
    insert into t select x, x || 'abc' from c;
create index i on t(b);
select count(*), sum(a) from t group by a % 7;
select * from t order by b desc limit 3;
SQL
cat >"$scratch/some.c" <<'C'
extern int printf(const char *, ...);
extern int atoi(const char *);
static int f(int x)
{
    int s = 0;
    for (int i = 0; i < x; i++)
        s += i * x;
    return s;
}
int main(int argc, char **argv)
{
    printf("%d %s\n", f(argc), argv[0]);
    return atoi(argv[0]);
}
C

# A server and its load, ended by the server's own command.
cat >"$scratch/redis.sh" <<'SH'
preload=$LD_PRELOAD
unset LD_PRELOAD
cd "$1" || exit 2
rm -f socket
LD_PRELOAD=$preload redis-server --port 0 --unixsocket "$1/socket" --save '' \
    --ignore-warnings ARM64-COW-BUG >server 2>&1 &
server=$!
n=0
until redis-cli -s "$1/socket" ping >answer 2>&1; do
    n=$((n + 1))
    [ $n -lt 600 ] && kill -0 $server || { cat server; exit 2; }
    sleep 0.1
done
redis-benchmark -s "$1/socket" -q -n "$2" -r 500 -c 5 \
    -t set,get,lpush,lpop,zadd,hset >answer 2>&1
redis-cli -s "$1/socket" eval 'local t = {} for i = 1, 100 do
    t[i] = redis.call("incr", "counter") end return #t' 0 >answer 2>&1
redis-cli -s "$1/socket" shutdown nosave
wait $server
SH

distributed()
{
    try "perl" /usr/bin/perl -e 'my %h; for my $i (1 .. $ARGV[0]) {
        $h{$i % 50} = join(",", sort { $a <=> $b } map { $_ * $i } 1 .. 20);
        $h{x} =~ s/(\d+)/<$1>/g if $i % 3 == 0 }' $((50 * factor))
    try "lua" /usr/bin/lua5.4 "$scratch/work.lua" $((1000 * factor))
    if [ "$samples" -gt 0 ]; then
        sed 's/x < 300/x < 20000/' "$scratch/work.sql" >"$scratch/long.sql"
        try "sqlite3" /usr/bin/sqlite3 :memory: ".read $scratch/long.sql"
    else
        try "sqlite3" /usr/bin/sqlite3 :memory: ".read $scratch/work.sql"
    fi
    PYTHONMALLOC=malloc
    export PYTHONMALLOC
    try "python3, 8 threads" /usr/bin/python3 "$scratch/work.py" $factor
    cc1=$($CC -print-prog-name=cc1 2>/dev/null)
    case $cc1 in
    /*) try "cc1" "$cc1" -quiet -O2 "$scratch/some.c" -o /dev/null ;;
    esac
    if command -v redis-server >/dev/null && command -v redis-benchmark \
        >/dev/null; then
        compare "redis-server" 1000 sh "$scratch/redis.sh" "$scratch" \
            $((100 * factor))
    else
        tap_skip "redis-server" "it is not here"
    fi
}

everything()
{
    for compiler in "$CC" clang; do
        command -v "${compiler%% *}" >/dev/null 2>&1 || {
            tap_skip "programs of $compiler" "there is no $compiler"
            continue
        }
        short=$(basename "${compiler%% *}")
        for flags in $flag_sets; do
            built "$short" "$flags"
        done
        reused "$short"
    done
    for compiler in "$CXX" $cxx_more; do
        if command -v "${compiler%% *}" >/dev/null 2>&1; then
            cxx_of "$compiler" "$(basename "${compiler%% *}")"
        else
            tap_skip "programs of $compiler" "there is no $compiler"
        fi
    done
    distributed
}

everything
while [ "$sum" -lt "$samples" ] && [ "$tap_failed" = 0 ]; do
    before=$sum
    everything
    [ "$sum" -gt "$before" ] || break
done
tap_note "$sum stacks compared"
tap_done
