# tests/lint/selfcontained.sh - each header of src/ compiles alone, and twice.
# (The public one in every dialect: tests/header/compile.sh.)

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
tap_done
