# tests/lint/selfcontained.sh - each header compiles alone, and twice; the
# public one in every dialect.

. "$top_srcdir/tests/tap.sh"

(cd "$top_srcdir/src" && find . -name '*.h' | sed 's|^\./||' | sort) |
    grep -v '^os/arch/[a-z0-9_]*\.h$' >"$scratch/headers"
echo os/arch/arch.h >>"$scratch/headers"

while read -r header; do
    printf '#include "%s"\n#include "%s"\nextern int used;\n' \
        "$header" "$header" >"$scratch/one.c"
    $CC $LIBRARY_CPPFLAGS $LIBRARY_CFLAGS -Werror -fsyntax-only \
        "$scratch/one.c" >"$scratch/messages" 2>&1 || {
        echo "src/$header:"
        sed 's/^/  /' "$scratch/messages"
    }
done <"$scratch/headers" >"$scratch/bad"
tap_is_empty "each header of src/ compiles alone" "$scratch/bad"

public=$top_srcdir/include/dbgmalloc.h
if [ ! -f "$public" ]; then
    tap_skip "dbgmalloc.h" "not there"
    tap_done
fi

# The program that asks the most of the order of includes: the header first,
# or last, after every header that declares what it replaces.
cat >"$scratch/first.c" <<'END'
#include "dbgmalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int test_first(void);
int test_first(void) { void *p = malloc(1); free(p); return p != 0; }
END
cat >"$scratch/last.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dbgmalloc.h"
int test_last(void);
int test_last(void) { void *p = malloc(1); free(p); return p != 0; }
END
sed 's/#include "dbgmalloc.h"/#define DBGMALLOC_DISABLE 1\n&/' \
    "$scratch/first.c" >"$scratch/disabled.c"

# dialects COMPILER LANGUAGE STANDARD... - one case for each that is known.
dialects()
{
    compiler=$1
    language=$2
    shift 2
    for standard in "$@"; do
        name="dbgmalloc.h: ${compiler##*/}, $standard"
        if ! echo 'extern int used;' |
            $compiler -x "$language" -std="$standard" -fsyntax-only - \
                >/dev/null 2>&1; then
            tap_skip "$name" "the compiler does not know it"
            continue
        fi
        for file in first last disabled; do
            $compiler -x "$language" -std="$standard" -Wall -Wextra -pedantic \
                -Werror -iquote "$top_srcdir/include" -fsyntax-only \
                "$scratch/$file.c" 2>&1 | sed "s|^|$file: |"
        done >"$scratch/messages"
        tap_is_empty "$name" "$scratch/messages"
    done
}

for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null 2>&1; then
        dialects "$compiler" c c99 gnu99 c11 gnu11 c17 c2x
    else
        tap_skip "dbgmalloc.h: $compiler" "$compiler is not installed"
    fi
done
for compiler in g++ clang++; do
    if command -v "$compiler" >/dev/null 2>&1; then
        dialects "$compiler" c++ c++11 c++14 c++17 gnu++17 c++20
    else
        tap_skip "dbgmalloc.h: $compiler" "$compiler is not installed"
    fi
done
tap_done
