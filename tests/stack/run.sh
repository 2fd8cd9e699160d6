# run.sh [FACTOR] - stacks of many kinds of programs, equal frame for frame to
# those of libgcc's unwinder (oracle.c). FACTOR is how much more than usual is
# done.

. "$top_srcdir/tests/tap.sh"

src=$top_srcdir/tests/stack
factor=${1-1}
oracle=$scratch/oracle.so
log=$scratch/log

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

# compare NAME LEAST COMMAND... - the command's stacks, at least LEAST of them,
# are equal, whole and cut.
compare()
{
    name=$1
    least=$2
    shift 2
    : >"$log"
    for depth in 256 32 3; do
        if ! ORACLE_LOG=$log ORACLE_DEPTH=$depth LD_PRELOAD=$oracle \
            "$@" >"$scratch/out" 2>"$scratch/said"; then
            tap_not_ok "$name: runs" "$scratch/said"
            return
        fi
    done
    if $AWK -v least="$least" '
        { equal += $2; different += $4; lost += $12 }
        END {
            exit !(equal >= least && different == 0 && lost == 0)
        }' "$log"; then
        tap_ok "$name: $($AWK '{ n += $2 } END { print n }' "$log") equal"
    else
        cat "$log" >>"$scratch/said"
        tap_not_ok "$name: all stacks are equal" "$scratch/said"
    fi
}

# build OUTPUT SOURCE FLAGS... - with the compiler in $compiler.
build()
{
    output=$scratch/$1
    source=$src/$2
    shift 2
    # shellcheck disable=SC2086
    $compiler -D_GNU_SOURCE -w -o "$output" "$source" "$@" -ldl -lpthread \
        >"$scratch/said" 2>&1
}

for compiler in "$CC" clang; do
    command -v ${compiler%% *} >/dev/null 2>&1 || {
        tap_skip "programs of $compiler" "there is no $compiler"
        continue
    }
    short=$(basename "${compiler%% *}")
    for flags in "-O2 -fomit-frame-pointer" "-O2 -fno-omit-frame-pointer" \
        "-O0" "-O3 -mavx2"; do
        # shellcheck disable=SC2086
        build strange strange.c $flags || continue
        compare "$short $flags: signals, coroutines, threads" 3000 \
            "$scratch/strange" $((500 * factor))
    done
    ok=yes
    for shape in 0 1 2; do
        build "plugin$shape.so" plugin.c -O2 -shared -fPIC -DSHAPE=$shape ||
            ok=no
    done
    if build reuse reuse.c -O2 && [ $ok = yes ]; then
        compare "$short: addresses used again by other libraries" 3000 \
            "$scratch/reuse" $((30 * factor)) "$scratch/plugin0.so" \
            "$scratch/plugin1.so" "$scratch/plugin2.so"
    else
        tap_not_ok "$short: the libraries are built" "$scratch/said"
    fi
done

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
        return [json.dumps({'a': list(range(20))}) for _ in range(10)]
    return deep(n - 1)
def many():
    for i in range(int(sys.argv[1])):
        deep(i % 60)
threads = [threading.Thread(target=many) for _ in range(4)]
[t.start() for t in threads]
many()
[t.join() for t in threads]
PY
cat >"$scratch/work.sql" <<'SQL'
create table t(a, b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 300)
    insert into t select x, x || 'abc' from c;
create index i on t(b);
select count(*), sum(a) from t group by a % 7;
select * from t order by b desc limit 3;
SQL
try "perl" /usr/bin/perl -e 'my %h; for my $i (1 .. $ARGV[0]) {
    $h{$i % 50} = join(",", sort { $a <=> $b } map { $_ * $i } 1 .. 20);
    $h{x} =~ s/(\d+)/<$1>/g if $i % 3 == 0 }' $((100 * factor))
try "lua" /usr/bin/lua5.4 -e 'local t = {} for i = 1, arg and 2000 or 2000 do
    t[i % 100] = string.rep("x", i % 90) .. i end'
try "sqlite3" /usr/bin/sqlite3 :memory: ".read $scratch/work.sql"
PYTHONMALLOC=malloc
export PYTHONMALLOC
try "python3" /usr/bin/python3 "$scratch/work.py" $((3 * factor))
cc1=$($CC -print-prog-name=cc1 2>/dev/null)
printf 'int f(int x)\n{\n    int s = 0;\n    for (int i = 0; i < x; i++)\n        s += i * x;\n    return s;\n}\n' \
    >"$scratch/some.c"
case $cc1 in
/*) try "cc1" "$cc1" -quiet -O2 "$scratch/some.c" -o /dev/null ;;
esac
tap_done
