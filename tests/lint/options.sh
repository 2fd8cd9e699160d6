# tests/lint/options.sh - every option is in the manual, in the README and in a
# test; every preset in the manual.

. "$top_srcdir/tests/tap.sh"

table=$top_srcdir/src/conf/options.def
manual=$top_srcdir/doc/dbgmalloc-options.7
[ -f "$table" ] || tap_skip_all "there are no options"

# keys MACRO FILE - the key of each MACRO(...) entry, which may go over lines.
keys()
{
    $AWK -v macro="$1" '
        { text = text " " $0 }
        END {
            while ((at = index(text, "/*"))) {
                rest = substr(text, at + 2)
                text = substr(text, 1, at - 1) " " \
                    substr(rest, index(rest, "*/") + 2)
            }
            n = split(text, entry, "(^|[ )])" macro "\\(")
            for (i = 2; i <= n; i++)
                if (match(entry[i], /"[^"]+"/))
                    print substr(entry[i], RSTART + 1, RLENGTH - 2)
        }' "$2"
}

# missing LIST FILE... - the words of LIST that no FILE has as a word.
missing()
{
    list=$1
    shift
    # A manual page writes a hyphen as \-.
    cat "$@" /dev/null | sed 's/\\-/-/g' >"$scratch/text"
    while read -r word; do
        grep -qE "(^|[^a-z0-9-])$word([^a-z0-9-]|\$)" "$scratch/text" ||
            echo "$word"
    done <"$list"
}

keys OPTION "$table" >"$scratch/options"
sort "$scratch/options" | uniq -d >"$scratch/twice"
if [ ! -s "$scratch/options" ]; then
    echo "no OPTION in options.def" >>"$scratch/twice"
fi
tap_is_empty "each option is in the table once" "$scratch/twice"

# In the manual, the line after a .TP begins with the option's name.
if [ -f "$manual" ]; then
    sed 's/\\-/-/g' "$manual" | $AWK '
        head { print; head = 0 }
        /^\.(TP|TQ)/ { head = 1 }' >"$scratch/rows"
else
    : >"$scratch/rows"
fi
missing "$scratch/options" "$scratch/rows" >"$scratch/absent"
tap_is_empty "each option has its row in dbgmalloc-options(7)" "$scratch/absent"

if [ -f "$top_srcdir/README" ]; then
    missing "$scratch/options" "$top_srcdir/README" >"$scratch/absent"
else
    echo "there is no README" >"$scratch/absent"
fi
tap_is_empty "each option is in the README" "$scratch/absent"

find "$top_srcdir/tests" -type f \( -path '*/unit/conf/*' -o \
    -path '*/program/*' -o -path '*/misuse/*' -o -path '*/real/*' -o \
    -path '*/fault/*' -o -path '*/golden/*' -o \
    -path '*/verdict/*' \) >"$scratch/tests"
missing "$scratch/options" $(cat "$scratch/tests") >"$scratch/absent"
tap_is_empty "each option is in a test" "$scratch/absent"

if [ -f "$top_srcdir/src/conf/presets.def" ]; then
    keys PRESET "$top_srcdir/src/conf/presets.def" >"$scratch/presets"
    missing "$scratch/presets" "$(ls "$manual" 2>/dev/null || echo /dev/null)" \
        >"$scratch/absent"
    tap_is_empty "each preset is in dbgmalloc-options(7)" "$scratch/absent"
fi

# What the table of functions in the manual should have: the public names.
page=$top_srcdir/doc/dbgmalloc.3
exported_names | grep '^dbgmalloc_.*[^_]$' >"$scratch/functions"
if [ -s "$scratch/functions" ]; then
    missing_in=$page
    [ -f "$page" ] || missing_in=/dev/null
    sed 's/\\-/-/g' "$missing_in" >"$scratch/text"
    while read -r word; do
        grep -qw "$word" "$scratch/text" || echo "$word"
    done <"$scratch/functions" >"$scratch/absent"
    tap_is_empty "each function is in dbgmalloc(3)" "$scratch/absent"
fi
tap_done
