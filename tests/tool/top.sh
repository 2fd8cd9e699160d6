# tests/tool/top.sh - dbgmalloc top: its sum is the kernel's count, the tree is
# a tree, and what it could not read is said.

. "$top_srcdir/tests/tool/common.sh"

cd "$scratch" || exit 99
command -v python3 >/dev/null 2>&1 || tap_skip_all "python3 is not installed"

# Processes come and go between the reading of the one and the other: one of
# several tries will do, and two processes that share 200 MB, which are to be
# counted once, make what comes and goes on a small machine little beside them.
python3 -c 'import os, time
shared = bytearray(os.urandom(1 << 20)) * 200
child = os.fork()
if child: print(child, flush=True)
time.sleep(600)' >sharers &
sharer=$!
for i in $(seq 200); do [ -s sharers ] && break; sleep 0.05; done
agrees()
{
    for i in 1 2 3 4 5 6 7 8; do
        does top --json
        python3 - >said 2>&1 <<'END' && return 0
import json
d = json.load(open("out"))
total = {k.split(":")[0]: int(k.split()[1]) * 1024
         for k in open("/proc/meminfo") if "kB" in k}
assert d["machine"]["total"] == total["MemTotal"]
assert abs(d["machine"]["available"] / total["MemAvailable"] - 1) < 0.01
# Of a process that cannot be read, RSS is what is known.
ours = d["sum"]["pss"] + sum(p["rss"] for p in d["processes"]
                             if p["pss"] is None)
kernel = d["sum"]["kernel_count"]
assert kernel > 0
assert abs(ours - kernel) <= 0.01 * kernel, (ours, kernel, ours / kernel)
END
    done
    cat said
    return 1
}
if [ "$(id -u)" = 0 ]; then
    tap_check "the sum of PSS is within 1 % of the kernel's count" agrees
else
    tap_skip "the sum of PSS is within 1 % of the kernel's count" "not root"
fi
kill $sharer "$(cat sharers)" 2>/dev/null

does top
gives 0 "a list"
says 'the machine: .* in all, .* available' "the machine's totals"
says '^ +processes .*%' "the processes' share of them"
does top -n 3
[ "$(grep -cE '^ *[0-9]+ [^ ]+ +[0-9]' out)" -eq 3 ]
tap_check "-n 3 is three" test $? = 0
does top --sort rss --json
tap_check "--sort rss" python3 -c '
import json
r = [p["rss"] for p in json.load(open("out"))["processes"]]
assert r == sorted(r, reverse=True) and len(r) > 2'

# A process in a process, with a name that is hard on readers.
printf '#!/bin/sh\nsleep 60 & echo $!\nwait\n' >'a") }
b'
chmod +x 'a") }
b'
'./a") }
b' >child &
parent=$!
for i in $(seq 100); do [ -s child ] && break; sleep 0.05; done
does top --tree --json
tap_check "--tree: a child comes after its parent" python3 -c '
import json, sys
p = json.load(open("out"))["processes"]
pids = [x["pid"] for x in p]
child, parent = int(open("child").read()), int(sys.argv[1])
assert pids.index(child) > pids.index(parent)
row = p[pids.index(child)]
assert row["parent"] == parent
assert p[pids.index(parent)]["tree_pss"] >= row["tree_pss"] > 0
assert len(set(pids)) == len(pids)' $parent
python3 -c 'import time; print(1, flush=True); time.sleep(100)    ' >ready &
padded=$!
for i in $(seq 100); do [ -s ready ] && break; sleep 0.05; done
does top --all
tap_check "blanks at the end of a command line are not printed" \
    grep -q "^ *$padded .*sleep(100)\$" out
kill $padded 2>/dev/null
says 'a"\) \}\?b' "control bytes of a name are not printed"
kill "$(cat child)" 2>/dev/null

does top --sort size
gives 2 "a key that is none"
does top 1
gives 2 "an operand"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1 &&
    setpriv --reuid=65534 --clear-groups "$top_builddir/dbgmalloc" top \
        >out 2>err; then
    status=0
    says 'PSS could not be read' "without root: it is said what is missing"
    says '[0-9] [KM]iB\? ' "and marked"
else
    tap_skip "without root: it is said what is missing" "no setpriv, or no way"
fi
tap_done
