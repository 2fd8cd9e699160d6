# tests/lint/names.sh - a function's name begins with the stem of the header
# that declares it, and no two headers have one stem.
#
# usage: names.sh [TREE]

. "$top_srcdir/tests/tap.sh"

tree=${1-$top_srcdir}
src=$tree/src

(cd "$src" && find . -name '*.h' | sed 's|^\./||' | sort) >"$scratch/headers"

# Stems. The headers of the CPUs are one header, arch.h, in several forms.
sed 's|.*/||; s|\.h$||' "$scratch/headers" | sort | uniq -d >"$scratch/twice"
tap_is_empty "no two headers have the same name" "$scratch/twice"

# Declarations, and functions defined in headers: the name before the first
# "(" of each statement at column 0 that is no macro, no type, no attribute.
while read -r header; do
    stem=${header##*/}
    stem=${stem%.h}
    case $header in
    os/arch/*) stem=arch ;;
    esac
    $AWK -v file="src/$header" -v stem="$stem" '
    # Comments and macros out; what is left, without the insides of braces, is
    # a list of statements.
    in_macro { in_macro = ($0 ~ /\\$/); next }
    /^[ \t]*#/ { in_macro = ($0 ~ /\\$/); next }
    { text = text " " $0 }
    END {
        while ((at = index(text, "/*"))) {
            rest = substr(text, at + 2)
            text = substr(text, 1, at - 1) " " substr(rest, index(rest, "*/") + 2)
        }
        depth = 0
        n = length(text)
        for (i = 1; i <= n; i++) {
            c = substr(text, i, 1)
            if (c == "{") {
                if (depth++ == 0)
                    statement = statement " {"
            } else if (c == "}") {
                if (--depth == 0) {
                    # The end of a function; a type or value goes on to its ;
                    if (statement ~ /\)[^=]*\{$/) {
                        examine(statement)
                        statement = ""
                    }
                }
            } else if (depth == 0) {
                if (c == ";") {
                    examine(statement)
                    statement = ""
                } else
                    statement = statement c
            }
        }
    }
    function examine(s,   name, rest) {
        s = without_attributes(s)
        gsub(/_Atomic *\([^)]*\)/, "_Atomic", s)
        gsub(/PRINTF_LIKE\([^)]*\)/, "", s)
        gsub(/[ \t]+/, " ", s)
        sub(/ $/, "", s)
        if (s ~ /^ ?(typedef|static_assert|_Static_assert)/)
            return
        if (s ~ /^ ?(struct|enum|union) [A-Za-z_0-9]*( \{.*)?$/)
            return
        if (!match(s, /[A-Za-z_][A-Za-z_0-9]* ?\(/)) {
            # A variable: extern TYPE name
            if (s ~ /^ ?extern /) {
                name = s
                sub(/ ?(\[.*|=.*)$/, "", name)
                sub(/.*[ *]/, "", name)
                verdict(name)
            }
            return
        }
        name = substr(s, RSTART, RLENGTH)
        sub(/ ?\($/, "", name)
        # A pointer to a function, or a function that gives one: TYPE (*name
        if (name ~ /^(void|int|bool|char|long|unsigned)$/) {
            rest = substr(s, RSTART + RLENGTH)
            if (!match(rest, /[A-Za-z_][A-Za-z_0-9]*/))
                return
            name = substr(rest, RSTART, RLENGTH)
        }
        verdict(name)
    }
    # The text less each __attribute__((...)), whatever brackets it holds.
    function without_attributes(s,   at, i, open) {
        while ((at = index(s, "__attribute__"))) {
            open = 0
            for (i = at + 13; i <= length(s); i++) {
                if (substr(s, i, 1) == "(")
                    open++
                else if (substr(s, i, 1) == ")" && --open == 0)
                    break
            }
            s = substr(s, 1, at - 1) substr(s, i + 1)
        }
        return s
    }
    function verdict(name) {
        if (name != stem && index(name, stem "_") != 1)
            print file ": " name ": does not begin with " stem "_"
    }' "$src/$header"
done <"$scratch/headers" >"$scratch/declared"
tap_is_empty "what a header declares begins with its stem" "$scratch/declared"

# A unit test bears the name of the file it tests, its cases begin with test_.
(cd "$tree" && find tests/unit -mindepth 2 -name 'test_*.c' | sort) |
    while read -r test; do
        layer=${test%/*}
        layer=${layer##*/}
        file=${test##*/test_}
        file=${file%.c}
        found=
        for place in "$layer/$file" "$layer/arch/$file"; do
            [ -f "$src/$place.c" ] || [ -f "$src/$place.h" ] && found=yes
        done
        [ -n "$found" ] || echo "$test: there is no src/$layer/$file.c or .h"
    done >"$scratch/tests"
(cd "$tree" && grep -roE --include='test_*.c' \
    'cmocka_unit_test[a-z_]*\([a-z_0-9]+' tests/unit) |
    grep -vE '\((test_|name$|case_name$)' >>"$scratch/tests"
tap_is_empty "unit tests are named after files, cases begin with test_" \
    "$scratch/tests"

# Definitions, from the objects: each global name is declared in a header of
# its own layer, or is exported, or is static after all.
if [ "$tree" != "$top_srcdir" ]; then
    tap_done
fi
exported_names >"$scratch/exported"
for layer in $(library_layers); do
    # shellcheck disable=SC2046
    $NM -g -A --defined-only $(library_objects "$layer") 2>/dev/null |
        $AWK 'NF == 3 { print $3 }' >"$scratch/global"
    cat "$src/$layer"/*.h "$src/$layer"/*/*.h 2>/dev/null >"$scratch/h"
    cat "$src/$layer"/*.def 2>/dev/null >"$scratch/def"
    $AWK -v layer="$layer" -v scratch="$scratch" '
        BEGIN {
            while ((getline line <(scratch "/exported")) > 0)
                exported[line] = 1
            words(scratch "/h", in_header)
            words(scratch "/def", in_table)
        }
        function words(file, set,   line, n, i, word) {
            while ((getline line <file) > 0) {
                n = split(line, word, /[^A-Za-z0-9_]+/)
                for (i = 1; i <= n; i++)
                    set[word[i]] = 1
            }
        }
        seen[$1]++ || ($1 in exported) || ($1 in in_header) { next }
        {
            # A .def gives the name without its layer.
            rest = substr($1, index($1, "_") + 1)
            if (!(rest in in_table))
                print layer ": " $1 " is global, and no header of " layer \
                    " has it"
        }' "$scratch/global"
done >"$scratch/defined"
if [ -z "$(library_objects base)" ]; then
    tap_skip "each global name is declared in its layer" "nothing built yet"
else
    tap_is_empty "each global name is declared in its layer" "$scratch/defined"
fi

tap_done
