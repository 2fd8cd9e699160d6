# tests/golden/schema.sh - the documents of JSON in tests/golden/expected (which
# test_golden compares with what is rendered) are what doc/report.schema.json
# says, and the check notices where they are not.

. "$top_srcdir/tests/tap.sh"

perl -MJSON::PP -e 1 2>/dev/null ||
    tap_skip_all "perl with JSON::PP is not installed"

schema=$top_srcdir/doc/report.schema.json
check=$top_srcdir/tests/golden/schema.pl

for file in "$top_srcdir"/tests/golden/expected/*.json; do
    tap_check "$(basename "$file") is as the schema says" \
        perl "$check" "$schema" "$file"
done

# bites NAME SED - a document that SED makes of a right one is refused.
bites()
{
    sed "$2" "$top_srcdir/tests/golden/expected/leaks-stats.json" \
        >"$scratch/wrong.json"
    if perl "$check" "$schema" "$scratch/wrong.json" >"$scratch/out" 2>&1; then
        tap_not_ok "$1 is refused"
    else
        tap_ok "$1 is refused"
    fi
}

bites "an unknown key" 's/"reason":/"season":/'
bites "a number for a text" 's/"program": .*/"program": 12,/'
bites "an address that is none" 's/"0x401100"/"401100"/'
bites "a negative count" 's/"blocks": 13/"blocks": -13/'
bites "an unknown kind of leak" 's/"outstanding",/"outcast",/'
bites "a document that is cut" '$d'

{
    cat "$top_srcdir/tests/golden/expected/no-leaks.json"
    echo '{"line": "1: malloc 24"}'
    cat "$top_srcdir/tests/golden/expected/kinds.json"
} >"$scratch/several.json"
tap_check "several documents in one log are as the schema says" \
    perl "$check" "$schema" "$scratch/several.json"

tap_done
