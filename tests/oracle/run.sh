# tests/oracle/run.sh - names of random code addresses against addr2line's and
# llvm-symbolizer's.
#
# ORACLE_COUNT: addresses of each program; 300 if not said. ORACLE_FILES: more
# files to try, as many times 20 (of the distribution, with debug packages).
# Programs are built by gcc and clang, at each level of optimisation, in DWARF
# 4 and 5, with link-time optimisation, compressed and split; 99.9 % of all must
# agree. What differs is shown. ORACLE_BUILDS=all (make check-long): each of
# these by both compilers; else clang's at -O2 alone, and of gcc's levels -O0
# and -O2, in DWARF 4 the C program.

. "$top_srcdir/tests/tap.sh"

names=$top_builddir/tests/oracle/names
count=${ORACLE_COUNT-300}
[ -x "$names" ] || tap_skip_all "tests/oracle/names is not built"
command -v addr2line >/dev/null || tap_skip_all "no addr2line"
command -v perl >/dev/null || tap_skip_all "no perl"
cd "$scratch" || exit 99
here=$top_srcdir/tests/oracle
total=0
agreed=0

# try NAME FILE COUNT
try()
{
    VERBOSE=1 perl "$here/compare.pl" "$names" "$3" "${ORACLE_SEED-1}" "$2" \
        >"$scratch/said" 2>&1
    said=$(tail -n 1 "$scratch/said")
    one=$(echo "$said" | sed -n 's/.*: \([0-9]*\) of \([0-9]*\) agree.*/\1/p')
    all=$(echo "$said" | sed -n 's/.*: \([0-9]*\) of \([0-9]*\) agree.*/\2/p')
    if [ -z "$one" ]; then
        tap_not_ok "$1" "$scratch/said"
        return
    fi
    total=$((total + all))
    agreed=$((agreed + one))
    # One program alone may have an address more that differs.
    if [ $((one * 1000 + 1000)) -ge $((all * 999)) ]; then
        tap_ok "$1: $one of $all"
        [ "$one" = "$all" ] || tap_note "$(head -n 20 "$scratch/said")"
    else
        tap_not_ok "$1: $one of $all" "$scratch/said"
    fi
}

# build NAME COMPILER ARGUMENTS... - and try it.
build()
{
    name=$1
    shift
    if ! "$@" -o "$name" >"$scratch/said" 2>&1; then
        tap_skip "$name" "$(head -n 1 "$scratch/said")"
        return
    fi
    try "$name" "$scratch/$name" "$count"
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || {
        tap_skip "$compiler" "not installed"
        continue
    }
    cxx=g++
    [ $compiler = gcc ] || cxx=clang++
    if [ $compiler = clang ] && [ "${ORACLE_BUILDS-}" != all ]; then
        build clang-c-O2-dwarf5 clang -gdwarf-5 -O2 "$here/sample.c"
        build clang-cxx-O2-dwarf5 $cxx -gdwarf-5 -O2 "$here/sample.cc"
        continue
    fi
    levels="0 2"
    [ "${ORACLE_BUILDS-}" != all ] || levels="0 1 2 3"
    for level in $levels; do
        build "$compiler-c-O$level-dwarf5" $compiler -gdwarf-5 -O$level \
            "$here/sample.c"
    done
    build $compiler-c-O2-dwarf4 $compiler -gdwarf-4 -O2 "$here/sample.c"
    [ "${ORACLE_BUILDS-}" != all ] ||
        build $compiler-cxx-O2-dwarf4 $cxx -gdwarf-4 -O2 "$here/sample.cc"
    build $compiler-cxx-O2-dwarf5 $cxx -gdwarf-5 -O2 "$here/sample.cc"
    build $compiler-cxx-O2-gz $cxx -g -gz -O2 "$here/sample.cc"
    # Of clang's split halves the others read the skeleton alone, and miss the
    # inlined calls that we find; so gcc's are compared.
    [ $compiler = gcc ] || continue
    build $compiler-cxx-O2-types $cxx -gdwarf-5 -O2 -fdebug-types-section \
        "$here/sample.cc"
    build $compiler-c-O2-split $compiler -g -gsplit-dwarf -O2 "$here/sample.c"
    build $compiler-c-O2-lto $compiler -g -flto -O2 "$here/sample.c" \
        "$here/other.c" -DOTHER
done
for file in ${ORACLE_FILES-}; do
    [ -f "$file" ] && try "$file" "$file" $((count * 20))
done
if [ "$total" -gt 0 ] && [ $((agreed * 1000)) -ge $((total * 999)) ]; then
    tap_ok "$agreed of $total addresses agree"
else
    tap_not_ok "$agreed of $total addresses agree"
fi
tap_done
