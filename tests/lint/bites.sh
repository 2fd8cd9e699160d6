# tests/lint/bites.sh - the lints bite: each is given a tree, or a library, with
# one fault, and must find it there. A lint that finds nothing is no proof.

. "$top_srcdir/tests/tap.sh"

lint=$top_srcdir/tests/lint
tree=$scratch/tree

# What the lints read, of the lowest layers and of those that they are to find.
whole=$scratch/whole
mkdir -p "$whole/src" "$whole/tests/unit"
cp -R "$top_srcdir/src/LAYERS" "$top_srcdir/src/local.mk" \
    "$top_srcdir/src/base" "$top_srcdir/src/os" "$top_srcdir/src/meta" \
    "$whole/src/"
for header in conf/option.h heap/heap.h report/report.h; do
    mkdir -p "$whole/src/$(dirname $header)"
    cp "$top_srcdir/src/$header" "$whole/src/$header"
done
cp -R "$top_srcdir/tests/unit/base" "$whole/tests/unit/"
cp -R "$top_srcdir/tests/lint" "$top_srcdir/tests/local.mk" "$whole/tests/"
cp "$top_srcdir/Makefile.am" "$whole/"
chmod -R u+w "$whole"

# fresh - a copy of it, to be broken.
fresh()
{
    rm -rf "$tree"
    cp -R "$whole" "$tree"
}

# bites LINT CASE PATTERN - on $tree, LINT fails the case that has the words
# CASE, and says something with PATTERN.
bites()
{
    sh "$lint/$1.sh" "$tree" >"$scratch/said" 2>&1
    if grep -q "^not ok .*$2" "$scratch/said" &&
        grep -q -e "^#.*$3" "$scratch/said"; then
        tap_ok "$1 finds: $3"
    else
        tap_not_ok "$1 finds: $3" "$scratch/said"
    fi
}

# --- layers ------------------------------------------------------------------

fresh
echo '#include "heap/heap.h"' >>"$tree/src/os/page.c"
bites layers 'includes go down' 'os may not include heap'

fresh
echo '#include "conf/option.h"' >>"$tree/src/report/report.h"
bites layers 'includes go down' 'the door of conf is conf/conf.h'

fresh
echo '#include "os/arch/aarch64.h"' >>"$tree/src/os/page.c"
bites layers 'includes go down' 'only os/arch names a CPU'

fresh
echo '#include "bits.h"' >>"$tree/src/base/text.c"
bites layers 'includes go down' 'an include names its layer'

fresh
echo '#include "base/none.h"' >>"$tree/src/base/text.c"
bites layers 'includes go down' 'no such file'

fresh
printf '#ifdef __x86_64__\n#endif\n' >>"$tree/src/base/text.c"
bites layers 'no #ifdef on CPU' 'base/text.c'

fresh
sed 's/\(LOCK_RANK_META = \)3/\114/' "$top_srcdir/src/os/lock.h" \
    >"$tree/src/os/lock.h"
bites layers 'lock ranks' 'LOCK_RANK_META is 14, its line is 3'

fresh
sed 's/^base     :     /base     : meta/' "$top_srcdir/src/LAYERS" \
    >"$tree/src/LAYERS"
bites layers 'earlier lines' 'base: meta is not on an earlier line'

fresh
mkdir "$tree/src/extra"
echo '/* extra */' >"$tree/src/extra/extra.h"
bites layers 'folder of a layer' 'extra is not in src/LAYERS'

# --- names -------------------------------------------------------------------

fresh
echo 'int wrong_stem(int a);' >>"$tree/src/base/text.h"
bites names 'begins with its stem' 'wrong_stem'

fresh
printf 'static inline int\nother_stem(int a)\n{\n    return a;\n}\n' \
    >>"$tree/src/base/bits.h"
bites names 'begins with its stem' 'other_stem'

fresh
echo 'extern int no_stem;' >>"$tree/src/base/text.h"
bites names 'begins with its stem' 'no_stem'

fresh
cp "$tree/src/base/text.h" "$tree/src/meta/text.h"
bites names 'same name' 'text'

fresh
mkdir -p "$tree/tests/unit/base"
echo 'cmocka_unit_test(check_something)' >"$tree/tests/unit/base/test_none.c"
bites names 'named after files' 'there is no src/base/none.c'
bites names 'named after files' 'check_something'

# --- style -------------------------------------------------------------------

fresh
printf '/* %0100d */\n' 0 >>"$tree/src/base/text.c"
bites style '80 columns' 'src/base/text.c:.* 106 columns'

fresh
printf '\tint tab;\n' >>"$tree/src/base/text.c"
bites style 'no tab' 'a tab'

fresh
echo 'int slashes; // why' >>"$tree/src/base/text.c"
bites style 'not //' 'a // comment'

fresh
printf 'void brace(void) {\n}\n' >>"$tree/src/base/text.c"
bites style 'brace of a function' 'on its own line'

fresh
echo 'int first;' >"$tree/src/base/first.c"
bites style 'says first' 'src/base/first.c'

fresh
$AWK 'BEGIN { for (i = 0; i < 801; i++) print "/* line */" }' \
    >"$tree/src/base/long.c"
bites style 'more than 800' '801 lines'

# --- lists -------------------------------------------------------------------

fresh
echo '/* unlisted */' >"$tree/src/base/unlisted.c"
bites lists 'listed in src/local.mk' 'src/base/unlisted.c'

fresh
mkdir -p "$tree/tests/unit/base"
echo '/* unlisted */' >"$tree/tests/unit/base/test_unlisted.c"
bites lists 'unit test is listed' 'tests/unit/base/test_unlisted'

# --- objects -----------------------------------------------------------------

if [ -n "$(library_objects base)" ]; then
    grep -v '^memcpy ' "$lint/libc-calls" >"$scratch/calls"
    DBGMALLOC_LIBC_CALLS=$scratch/calls sh "$lint/noalloc.sh" \
        >"$scratch/said" 2>&1
    tap_check "noalloc finds a call that is not listed" \
        grep -q '^#.*: memcpy$' "$scratch/said"
else
    tap_skip "noalloc finds a call that is not listed" "nothing is built"
fi

# A library with every fault that needed.sh looks for, and one name too many.
mkdir -p "$scratch/build/.libs"
cat >"$scratch/bad.c" <<'END'
#include <math.h>
__thread char large[100];
extern char *bad_tls(double x);
char *bad_tls(double x) { return large + (int)cos(x); }
END
if [ -f "$library" ] && $CC -O1 -fPIC -shared -ftls-model=global-dynamic \
    -Wl,-z,lazy -Wl,-z,norelro "$scratch/bad.c" \
    -o "$scratch/build/.libs/libdbgmalloc.so" -lm >"$scratch/said" 2>&1; then
    real=$top_builddir
    top_builddir=$scratch/build sh "$lint/needed.sh" >"$scratch/said" 2>&1
    top_builddir=$real
    for fault in 'needs libc alone' 'its name is' 'is never unloaded' \
        'binds when it is loaded' 'is read-only after relocation' \
        'no TLS relocation but initial-exec' 'at most 64 bytes'; do
        if grep -q "^not ok .*$fault" "$scratch/said"; then
            tap_ok "needed finds: not '$fault'"
        else
            tap_not_ok "needed finds: not '$fault'" "$scratch/said"
        fi
    done
    if [ -f "$top_srcdir/src/front/malloc.c" ]; then
        top_builddir=$scratch/build sh "$lint/exports.sh" >"$scratch/said" 2>&1
        top_builddir=$real
        tap_check "exports finds a name that is not listed" \
            grep -q '^#.*bad_tls: in libdbgmalloc.so, not listed' \
            "$scratch/said"
        tap_check "exports finds a name that is not there" \
            grep -q '^#.*malloc: listed, not in libdbgmalloc.so' \
            "$scratch/said"
    fi
else
    tap_skip "needed finds a bad library" "no library here, or no libm"
fi
tap_done
