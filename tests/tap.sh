# tests/tap.sh - what the test scripts have in common. To be read by
#
#   . "$top_srcdir/tests/tap.sh"
#
# Given by make check: top_srcdir and top_builddir (absolute), CC, CXX (or no),
# NM, READELF, OBJCOPY, AWK, MAKE, LIBRARY_CPPFLAGS and LIBRARY_CFLAGS (the
# library's own), AARCH64_CC, QEMU_AARCH64, CLANG_FORMAT (or no).
#
# Found here: tap_ok, tap_not_ok, tap_skip, tap_check, tap_is_empty, tap_note,
# tap_skip_all, tap_done; $scratch, a directory of this test's own, removed at
# its end; $library and $archive, the library in the build tree.

set -u
LC_ALL=C
export LC_ALL

: "${top_srcdir:?run this by make check, or set top_srcdir and top_builddir}"
: "${top_builddir:?run this by make check, or set top_builddir too}"
: "${CC=cc}" "${CXX=c++}" "${NM=nm}" "${READELF=readelf}" "${OBJCOPY=objcopy}"
: "${AWK=awk}" "${MAKE=make}" "${AARCH64_CC=no}" "${QEMU_AARCH64=no}"
: "${CLANG_FORMAT=no}" "${LIBRARY_CPPFLAGS=}" "${LIBRARY_CFLAGS=}"

library=$top_builddir/.libs/libdbgmalloc.so
archive=$top_builddir/libdbgmalloc.a

tap_count=0
tap_failed=0

scratch=$(mktemp -d "${TMPDIR-/tmp}/dbgmalloc-test.XXXXXX") || exit 99
tap_clean()
{
    # Files that a test made read-only go too.
    chmod -R u+w "$scratch" 2>/dev/null
    rm -rf "$scratch"
}
trap tap_clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# tap_ok NAME - a case that passed.
tap_ok()
{
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

# tap_not_ok NAME [FILE] - a case that failed; FILE says how.
tap_not_ok()
{
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    if [ $# -gt 1 ] && [ -s "$2" ]; then
        sed 's/^/#   /' "$2"
    fi
}

# tap_skip NAME REASON - a case that cannot be tried here.
tap_skip()
{
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# tap_note TEXT - a remark, for the log.
tap_note()
{
    printf '%s\n' "$*" | sed 's/^/# /'
}

# tap_check NAME COMMAND... - passed if COMMAND succeeds; else its output is
# shown.
tap_check()
{
    tap_name=$1
    shift
    if "$@" >"$scratch/tap.out" 2>&1; then
        tap_ok "$tap_name"
    else
        tap_not_ok "$tap_name" "$scratch/tap.out"
    fi
}

# tap_is_empty NAME FILE - passed if FILE, a list of complaints, is empty.
tap_is_empty()
{
    if [ ! -s "$2" ]; then
        tap_ok "$1"
    else
        tap_not_ok "$1" "$2"
    fi
}

# tap_skip_all REASON - nothing of this test can be tried here.
tap_skip_all()
{
    echo "1..0 # SKIP $1"
    exit 0
}

# tap_done - the plan; the last line of a script.
tap_done()
{
    echo "1..$tap_count"
    if [ "$tap_count" -eq 0 ] || [ "$tap_failed" -gt 0 ]; then
        exit 1
    fi
    exit 0
}

# library_objects LAYER - the object files of one layer in the build tree.
library_objects()
{
    find "$top_builddir/src/$1" -name 'lib*_la-*.o' ! -name '*_check_la-*' \
        2>/dev/null | sort
}

# library_layers - the layers that the library has, in order.
library_layers()
{
    sed 's/#.*//; s/[[:space:]]*:.*//; /^[[:space:]]*$/d; /^tool$/d' \
        "$top_srcdir/src/LAYERS"
}

# exported_names - what src/front/exports.map lists, one name a line, sorted.
exported_names()
{
    sed 's|/\*.*\*/||; /^ *\/\*/,/\*\//d' "$top_srcdir/src/front/exports.map" |
        $AWK '/global:/ { on = 1; next } /local:/ { on = 0 }
              on { gsub(/[ \t;]/, ""); if ($0 != "") print }' | sort
}
