# tests/long/mutate.sh - the command, built with ASan and UBSan, is given
# damaged snapshots in each form: it says what is wrong, or makes a report.
# MUTATIONS: how many, 4000 if not said. MUTATION_SEED: 1. What fails is kept in
# $top_builddir.

. "$top_srcdir/tests/tap.sh"

command -v python3 >/dev/null 2>&1 || tap_skip_all "no python3"
assets=$top_builddir/src/report/htmlassets.c
[ -f "$assets" ] || tap_skip_all "no $assets"
[ -f "$library" ] || tap_skip_all "built without the shared library"
case $(uname -m) in
x86_64) arch=x86_64 ;;
aarch64) arch=aarch64 ;;
*) tap_skip_all "no arch of this CPU" ;;
esac
cd "$scratch" || exit 99
echo 'int main(void) { return 0; }' >try.c
sanitizers=-fsanitize=address,undefined
# shellcheck disable=SC2086
$CC $sanitizers -o try try.c 2>said || tap_skip_all "$CC has no sanitizers"

# compile OBJECT SOURCE
compile()
{
    # shellcheck disable=SC2086
    $CC -std=gnu11 -O1 -g -D_GNU_SOURCE -w -iquote "$top_srcdir/src" \
        "-DARCH_HEADER=\"os/arch/$arch.h\"" -DTOOL_LIBDIR='"/usr/lib"' \
        $sanitizers -fno-sanitize-recover=undefined -c -o "$1" "$2" 2>said
}
objects=
for file in "$top_srcdir"/src/base/*.c "$top_srcdir"/src/os/*.c \
    "$top_srcdir/src/os/arch/$arch.c" "$top_srcdir"/src/meta/*.c \
    "$top_srcdir"/src/conf/*.c "$top_srcdir"/src/model/*.c \
    "$top_srcdir"/src/dwarf/*.c "$top_srcdir"/src/elf/*.c \
    "$top_srcdir"/src/symbol/*.c "$top_srcdir"/src/report/*.c \
    "$top_srcdir"/src/tool/*.c "$assets"; do
    object=$(basename "$(dirname "$file")")_$(basename "$file" .c).o
    objects="$objects $object"
    if ! compile "$object" "$file"; then
        tap_not_ok "compile $file" said
        tap_done
    fi
done
# No name of an object has a blank in it.
# shellcheck disable=SC2086
if ! $CC $sanitizers -o dbgmalloc $objects -lm 2>said; then
    tap_not_ok "link the command" said
    tap_done
fi

# Snapshots with all that there is: leaks, findings, a history, marks.
$CC -O1 -g -w -o subject "$top_srcdir/tests/tool/page.c" 2>said
DBGMALLOC_OPTS=dump=$scratch/page.snap,log=none,no-print \
    LD_PRELOAD=$library ./subject >said 2>&1
tap_check "a snapshot is made" test -s page.snap
for name in all findings three_stacks; do
    cp "$top_srcdir/tests/fuzz/corpus/codec/$name" $name.snap || exit 99
done

mkdir kept
ASAN_OPTIONS=detect_leaks=0:hard_rss_limit_mb=2000
export ASAN_OPTIONS
python3 "$top_srcdir/tests/long/mutate.py" ./dbgmalloc "${MUTATIONS-4000}" \
    "${MUTATION_SEED-1}" kept page.snap all.snap findings.snap \
    three_stacks.snap >said 2>&1
status=$?
tap_note "$(grep '^# ' said | sed 's/^# //')"
if [ $status -eq 0 ]; then
    tap_ok "no damaged snapshot makes it crash or hang"
else
    cp kept/*.snap "$top_builddir" 2>/dev/null
    tap_not_ok "no damaged snapshot makes it crash or hang" said
fi
tap_done
