# tests/lint/selfcontained.sh - each header of src/ compiles alone, and twice.
# (The public one in every dialect: tests/header/compile.sh.)
#
# X.c includes X.h first, so that making the library compiles that alone; those
# that have no X.c are compiled here.

. "$top_srcdir/tests/tap.sh"

cd "$top_srcdir/src" || exit 99
find . -name '*.h' | sed 's|^\./||' | sort |
    grep -v '^os/arch/[a-z0-9_]*\.h$' >"$scratch/headers"
echo os/arch/arch.h >>"$scratch/headers"

# guarded HEADER - its first two directives make its second inclusion nothing.
guarded()
{
    $AWK '/^#/ && ++n == 1 { name = $2; good = $1 == "#ifndef" }
          /^#/ && n == 2 { good = good && $1 == "#define" && $2 == name; exit }
          END { exit !good }' "$1"
}

while read -r header; do
    guarded "$header" || echo "src/$header: no guard against a second inclusion"
    source=${header%.h}.c
    if [ -f "$source" ]; then
        first=$(grep -m 1 '^#include' "$source")
        [ "$first" = "#include \"$header\"" ] ||
            echo "src/$source: its first include is not its own header"
        continue
    fi
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
