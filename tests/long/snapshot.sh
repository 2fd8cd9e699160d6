# tests/long/snapshot.sh - a snapshot of 100,000 stacks: each format is made of
# it in under 5 s of CPU and 500 MB of memory, and its page is soon painted and
# quick to use. The figures are printed. STACKS: another number of stacks.

. "$top_srcdir/tests/tool/common.sh"

command -v python3 >/dev/null 2>&1 || tap_skip_all "no python3"
tell=$top_builddir/.libs/libtell.a
[ -f "$tell" ] || tap_skip_all "no $tell"
cd "$scratch" || exit 99
if ! $CC -std=gnu11 -O2 -D_GNU_SOURCE -w -iquote "$top_srcdir/src" -o make \
    "$top_srcdir/tests/bench/snapshot.c" "$tell" -lpthread 2>log; then
    tap_not_ok "the program that makes the snapshot is built" log
    tap_done
fi
./make "${STACKS-100000}" >many.snap
tap_check "the snapshot is made" test $? -eq 0

cat >cost.py <<'END'
# cost.py COMMAND... - "CPU-SECONDS MEGABYTES" of the command.
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print('%.2f %.0f' % (usage.ru_utime + usage.ru_stime,
                     usage.ru_maxrss / 1024))
sys.exit(status != 0)
END

# measure FORMAT OUTPUT - the least CPU of three runs counts, for what else the
# machine does takes from its caches.
measure()
{
    : >costs
    for i in 1 2 3; do
        timeout 100 python3 cost.py "$top_builddir/dbgmalloc" report -f "$1" \
            -o "$2" many.snap >>costs 2>log || echo 999 999 >>costs
    done
    cost=$(sort -n costs | head -n 1)
    tap_note "$1: ${cost% *} s of CPU, ${cost#* } MB"
    if $AWK -v cpu="${cost% *}" -v memory="${cost#* }" \
        'BEGIN { exit !(cpu < 5 && memory < 500) }'; then
        tap_ok "$1 takes less than 5 s of CPU and 500 MB"
    else
        tap_not_ok "$1 takes less than 5 s of CPU and 500 MB" costs
    fi
}

for format in text folded pprof openmetrics json massif; do
    measure $format /dev/null
done
measure html many.html

find_browser
if [ -n "$lacking" ]; then
    tap_skip "the page in a browser" "$lacking"
    tap_done
fi
echo '<!DOCTYPE html><html data-ready=yes><title>empty</title><p>empty' \
    >empty.html
browse 280 tests/long/paint.py many.html empty.html
tap_done
