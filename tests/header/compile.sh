#!/bin/sh
#
# compile.sh - dbgmalloc.h in every standard, first and last among the headers,
# forced in, disabled and with its extra functions: no warning; and the
# programs that use it do what they say, with the library and (disabled)
# without. Speaks TAP.
#
# CC and CXX are tried, and gcc, clang, g++ and clang++ where they are there.
# All forms in the oldest and the newest standards (of C++ in the oldest; the
# plain ones in the newest), the plain one in those between, of which no program
# is made; HEADER_FORMS=all (make check-long): all in all.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=.}"
. "$top_srcdir/tests/tap.sh"

: "${DBGMALLOC_LIB=$library}" "${HEADER_FORMS:=few}"
warnings="-Wall -Wextra -pedantic -Werror -O1 -g"
source=$top_srcdir/tests/header

# unique COMPILER... - those that are there, each once whatever its names.
unique()
{
    for name in "$@"; do
        [ "$name" = no ] && continue
        command -v "${name%% *}" >/dev/null 2>&1 || continue
        echo "$(${name%% *} --version | sed -n '1s/^[^ ]* //p')|$name"
    done | sort -t '|' -u -k 1,1 | cut -d '|' -f 2
}

# works COMPILER STANDARD LANGUAGE - true if the compiler knows the standard.
works()
{
    echo 'int x;' | $1 "-std=$2" -x "$3" -fsyntax-only - >/dev/null 2>&1
}

# try NAME COMPILER FLAGS... - compile a program, warning-free; link and run it
# where there is a library or none is needed.
try()
{
    try_name=$1
    shift
    if ! "$@" -c -o "$scratch/use.o" >"$scratch/out" 2>&1; then
        tap_not_ok "$try_name" "$scratch/out"
        return
    fi
    case "$*" in
    *DISABLE*) try_library= ;;
    *) try_library=$DBGMALLOC_LIB
       if [ ! -f "$try_library" ]; then
           tap_ok "$try_name (not run: no library)"
           return
       fi ;;
    esac
    if $1 -o "$scratch/use" "$scratch/use.o" $try_library \
           >"$scratch/out" 2>&1 &&
       LD_LIBRARY_PATH=$(dirname "$DBGMALLOC_LIB") DBGMALLOC_OPTS=log=none \
           "$scratch/use" >"$scratch/out" 2>&1
    then
        tap_ok "$try_name"
    else
        echo "status $?" >>"$scratch/out"
        tap_not_ok "$try_name" "$scratch/out"
    fi
}

# each_form COMPILER STANDARD FILE - the program in all forms of the header.
each_form()
{
    case $HEADER_FORMS$2 in
    all* | *c99 | *c2x | *c23 | *c++11 | *gnu++20) ;;
    *)
        # shellcheck disable=SC2086 # The flags are words.
        tap_check "$1 $2 last" "$1" "-std=$2" $warnings -fsyntax-only \
            -I "$top_srcdir/include" "$3"
        return
        ;;
    esac
    for macros in "" -DDBGMALLOC_DISABLE -DDBGMALLOC_NO_MACROS \
                  -DDBGMALLOC_EXTRA "-DDBGMALLOC_EXTRA -DDBGMALLOC_DISABLE"
    do
        for place in last first forced; do
            # Where it stands matters to the macros; once is enough to show
            # that the other forms do not care.
            [ "$place" != last ] && [ -n "$macros" ] && continue
            # The newest C++ takes the compilers the longest, and the macros
            # are the same in the oldest.
            case $HEADER_FORMS$2$macros in few*gnu++20-*) continue ;; esac
            case $place in
            first) place_flags=-DHEADER_FIRST ;;
            forced) place_flags="-include dbgmalloc.h" ;;
            *) place_flags= ;;
            esac
            # shellcheck disable=SC2086 # The flags are words.
            try "$1 $2 $place $macros" "$1" "-std=$2" $warnings \
                -I "$top_srcdir/include" $macros $place_flags "$3"
        done
    done
}

for cc in $(unique "$CC" gcc clang); do
    for std in c99 gnu99 c11 gnu11 c17 c2x gnu2x c23; do
        if works "$cc" $std c; then
            each_form "$cc" $std "$source/use.c"
        fi
    done
    try "$cc: features asked for after the header" "$cc" $warnings \
        -I "$top_srcdir/include" -include dbgmalloc.h "$source/late_feature.c"
    for place in -DHEADER_FIRST -DHEADER_LAST; do
        try "$cc: names of the program's own, $place" "$cc" -std=c99 \
            $warnings -I "$top_srcdir/include" $place "$source/own_names.c"
    done
done
for cxx in $(unique "$CXX" g++ clang++); do
    for std in c++11 gnu++11 c++14 c++17 gnu++17 c++20 gnu++20; do
        if works "$cxx" $std c++; then
            each_form "$cxx" $std "$source/use.cc"
        fi
    done
done
tap_done
