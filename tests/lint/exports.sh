# tests/lint/exports.sh - the library shows the names in src/front/exports.map,
# all of them and no other.

. "$top_srcdir/tests/tap.sh"

[ -f "$top_srcdir/src/front/malloc.c" ] || tap_skip_all "front/ is not there"

exported_names >"$scratch/listed"
uniq -d "$scratch/listed" >"$scratch/twice"
tap_is_empty "no name is listed twice" "$scratch/twice"

# compare FILE WHERE - FILE has the sorted names that WHERE shows.
compare()
{
    {
        comm -23 "$scratch/listed" "$1" | sed "s|\$|: listed, not in $2|"
        comm -13 "$scratch/listed" "$1" | sed "s|\$|: in $2, not listed|"
    } >"$scratch/differ"
    tap_is_empty "$2 shows exactly what exports.map lists" "$scratch/differ"
}

if [ -f "$library" ]; then
    $NM -D --defined-only "$library" >"$scratch/dynamic"
    $AWK '{ print $3 }' "$scratch/dynamic" | sort >"$scratch/shown"
    compare "$scratch/shown" libdbgmalloc.so
    # A version on a name would not satisfy malloc@GLIBC_2.2.5.
    grep '@' "$scratch/shown" >"$scratch/versions"
    tap_is_empty "no name has a version" "$scratch/versions"
    # Data could be copied into the program and so be there twice.
    $AWK '$2 !~ /^[TWi]$/' "$scratch/dynamic" >"$scratch/data"
    tap_is_empty "only functions are shown" "$scratch/data"
else
    tap_skip "libdbgmalloc.so" "built without the shared library"
fi

if [ -f "$archive" ]; then
    $NM -g --defined-only "$archive" 2>/dev/null |
        $AWK 'NF == 3 { print $3 }' | sort >"$scratch/shown"
    compare "$scratch/shown" libdbgmalloc.a
else
    tap_skip "libdbgmalloc.a" "built without the static library"
fi

# Whoever reads the header can call what it declares.
header=$top_srcdir/include/dbgmalloc.h
if [ -f "$header" ]; then
    # Without macros there is one prototype for each name.
    printf '#define DBGMALLOC_FUNC_CHECK\n#include "dbgmalloc.h"\n' \
        >"$scratch/all.c"
    $CC $LIBRARY_CPPFLAGS -E "$scratch/all.c" 2>/dev/null |
        $AWK -v from="dbgmalloc(_funcs|_off|_refs)?[.]h" '
            /^# [0-9]+ "/ { on = ($3 ~ from); next }
            on' |
        grep -oE '\bdbgmalloc_[a-z_0-9]+[[:space:]]*\(' |
        sed 's/[[:space:]]*(//' | sort -u >"$scratch/declared"
    # dbgmalloc_attach_ is the command's way in; no program calls it.
    grep '^dbgmalloc_' "$scratch/listed" | grep -vx dbgmalloc_attach_ |
        comm -23 - "$scratch/declared" |
        sed 's/$/: exported, not in dbgmalloc.h/' >"$scratch/differ"
    tap_is_empty "every exported dbgmalloc_ name is in dbgmalloc.h" \
        "$scratch/differ"
else
    tap_skip "dbgmalloc.h" "not there"
fi

tap_done
