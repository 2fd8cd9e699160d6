# tests/leak/run.sh - the leak programs: bytes and blocks of each kind.
#
# Each program of cases.c and cases_cxx.cc says in its table what is definitely,
# indirectly and possibly lost; that is what the library must find. With
# LEAK_PEERS=all (make check-long) valgrind's memcheck and LeakSanitizer are
# asked about every program too, without it memcheck about a few; their answer
# must be the same, but for those marked v or l, whose comments say why not.
# The same blocks in libc's own heap (heap=libc) are of the same kinds, but for
# those marked f.
#
# Where the definition differs:
#   - memcheck runs a thread that waits at exit as alive, but calls the vector
#     of its thread-local memory (and that of a thread that has ended, which
#     libc keeps for the next one) possibly lost: libc has a pointer into its
#     middle alone. And it takes what lies on the stack of a thread that has
#     ended, kept likewise, for a pointer.
#   - Read-only memory of the program's own is a root here: it may have been
#     written before it was protected.
#   - LeakSanitizer looks into no mapping of the program's own, and has no
#     possible leaks.

. "$top_srcdir/tests/tap.sh"

: "${LEAK_PEERS=few}"
few='lost_list|lost_tree|lost_ring_with_tail|possible_chain|root_far_key'

[ -f "$library" ] || tap_skip_all "no shared library"

# ours PROGRAM NAME HEAP - "definite indirect possible", each blocks/bytes.
ours()
{
    rm -f "$scratch/log"
    # Not into timeout itself, which would own the log.
    DBGMALLOC_OPTS="log=$scratch/log,no-log-stats,heap=$3" \
        timeout 60 env LD_PRELOAD="$library" "$1" "$2" >/dev/null \
        2>"$scratch/err"
    # Nothing lost, nothing to say.
    if [ ! -f "$scratch/log" ]; then
        echo '0/0 0/0 0/0'
        return
    fi
    sed -n 's/,//g
s/^  \(definite\|indirect\|possible\): \([0-9]*\) bytes* in \([0-9]*\).*/\3\/\2/p' \
        "$scratch/log" | tr '\n' ' ' | sed 's/ $//; s/^$/0\/0 0\/0 0\/0/'
}

# memcheck PROGRAM NAME - the same of valgrind.
memcheck()
{
    timeout 300 valgrind --leak-check=full --show-leak-kinds=all \
        --run-libc-freeres=no --run-cxx-freeres=no --log-file="$scratch/vg" \
        "$1" "$2" >/dev/null 2>&1
    for kind in definitely indirectly possibly; do
        sed -n "s/,//g
s/.* $kind lost: \([0-9]*\) bytes in \([0-9]*\) blocks.*/\2\/\1/p" "$scratch/vg"
    done | tr '\n' ' ' | sed 's/ $//; s/^$/0\/0 0\/0 0\/0/'
}

# sanitizer PROGRAM NAME - definite and indirect, by LeakSanitizer.
sanitizer()
{
    LSAN_OPTIONS=exitcode=0 timeout 300 "$1" "$2" >/dev/null 2>"$scratch/lsan"
    for kind in Direct Indirect; do
        $AWK -v kind=$kind '$1 == kind && $2 == "leak" {
            bytes += $4; blocks += $7 } END { print blocks + 0 "/" bytes + 0 }' \
            "$scratch/lsan"
    done | tr '\n' ' ' | sed 's/ $//'
}

# same NAME WHAT WANTED GOT
same()
{
    if [ "$3" = "$4" ]; then
        tap_ok "$1: $2"
    else
        { echo "wanted $3"; echo "got    $4"; cat "$scratch/log" \
            "$scratch/err"; } >"$scratch/diff" 2>/dev/null
        tap_not_ok "$1: $2" "$scratch/diff"
    fi
}

has_valgrind=$(command -v valgrind)

# ask PROGRAM LSAN_PROGRAM - all its cases.
ask()
{
    "$1" --list >"$scratch/list"
    while read -r name definite indirect possible flags; do
        wanted="$definite $indirect $possible"
        same "$name" "kinds" "$wanted" "$(ours "$1" "$name" own)"
        case $flags in *f*) ;; *)
            same "$name" "kinds of libc's blocks" "$wanted" \
                "$(ours "$1" "$name" libc)" ;;
        esac
        if [ "$LEAK_PEERS" != all ]; then
            echo "$name" | grep -Eqx "$few" || continue
        fi
        case $flags in *v*) ;; *)
            if [ -n "$has_valgrind" ]; then
                same "$name" "as memcheck" "$wanted" "$(memcheck "$1" "$name")"
            else
                tap_skip "$name: as memcheck" "no valgrind"
            fi ;;
        esac
        case $flags in *l*) ;; *)
            if [ "$LEAK_PEERS" = all ] && [ -x "$2" ]; then
                same "$name" "as LeakSanitizer" "$definite $indirect" \
                    "$(sanitizer "$2" "$name")"
            fi ;;
        esac
    done <"$scratch/list"
}

src=$top_srcdir/tests/leak
$CC -O0 -g -o "$scratch/c" "$src/cases.c" -lpthread || exit 99
if [ "$LEAK_PEERS" = all ]; then
    $CC -O0 -g -fsanitize=leak -o "$scratch/c-lsan" "$src/cases.c" -lpthread ||
        tap_note "no LeakSanitizer"
fi
ask "$scratch/c" "$scratch/c-lsan"
if [ "$CXX" = no ]; then
    tap_skip "the programs in C++" "no C++ compiler"
else
    $CXX -std=c++17 -O0 -g -o "$scratch/cxx" "$src/cases_cxx.cc" -lpthread ||
        exit 99
    if [ "$LEAK_PEERS" = all ]; then
        $CXX -std=c++17 -O0 -g -fsanitize=leak -o "$scratch/cxx-lsan" \
            "$src/cases_cxx.cc" -lpthread || tap_note "no LeakSanitizer"
    fi
    ask "$scratch/cxx" "$scratch/cxx-lsan"
fi
tap_done
