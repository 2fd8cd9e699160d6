# tests/tool/tables.sh - dbgmalloc options, presets, errors, explain: what the
# library's tables have, and nothing else.

. "$top_srcdir/tests/tool/common.sh"

cd "$scratch" || exit 99

# names FILE KEYWORD FIELD - of a table in the sources.
names()
{
    sed -n "s/^$2(.*/&/p" "$top_srcdir/src/$1" |
        sed -n "s/^$2([^\"]*\"\([^\"]*\)\".*/\1/p"
}
names conf/options.def OPTION >expected
does options --names
tap_check "options --names is the table" cmp expected out
does options
gives 0 "options"
while read -r name; do
    grep -qE "^  $name(\[|=| )" out || echo "$name"
done <expected >bad
tap_is_empty "each has its row" bad
does options log no-such
gives 1 "an option that there is not"
warns 'no option "no-such"' "is named"
says 'takes a path' "of a single one it is said what it takes"
does options chek-fence
warns 'did you mean "check-fence"' "a near one is guessed"

names conf/presets.def PRESET >expected
does presets --names
tap_check "presets --names is the table" cmp expected out
does presets no-such-preset-anywhere
gives 1 "a preset that there is not"
warns '"dbgmalloc presets" lists them' "it is said where they are listed"
does presets low
says 'alloc-blank,free-blank' "a preset's tokens"

{ names model/findings.def FINDING && names model/apierrors.def API_ERROR; } \
    >expected
does errors --names
tap_check "errors --names is the table" cmp expected out
does errors double-free
says '^  22  double-free  *block freed twice' "a finding in words"
does errors 22
says '^  22  double-free' "by its number, which is the header's"
does errors 5
says '^   5  not-found  *address in no known block' "a call that was refused"
does errors
says '^  49  fault  *memory fault' "the header's last number that it says"

does explain low,no-check-fence,log=a.txt
gives 0 "explain"
says '^      preset: runtime' "what a preset stands for"
says '^      check-fence is 0' "what an option is set to"
does explain no-check-fence,low
says 'without effect: "low" comes later and sets check-fence=16' \
    "a preset that comes later wins"
does explain top=5,top=7
says 'without effect: "top=7" comes later' "so does an option"
does explain check-heap,no-check-fence
says 'check-heap looks at fences' "what works against itself"
does explain chek-fence
gives 1 "a word that is not understood"
says 'not understood: .*did you mean check-fence' "is guessed"
does explain log-non-free
says 'the same as: ' "dmalloc's spellings"
DBGMALLOC_OPTS=top=3 does explain
says '^      top is 3' "without words: the environment's"
does explain
gives 2 "nothing to explain"
echo 'mine = top=9, low' >.dbgmallocrc
does explain mine
says 'preset: top=9' "presets of .dbgmallocrc are known"
rm .dbgmallocrc

# Texts that nobody would write.
$AWK 'BEGIN { for (i = 0; i < 20000; i++) printf "low," }' >long
printf '=,,\\,=\\\\,\001\033[31m,%%s%%n,no-,=x,\377\376' >strange
for text in long strange; do
    does explain "$(cat $text)"
    [ "$status" -le 1 ] || echo "$text: status $status"
    ! grep -q "$(printf '\033')" out || echo "$text: an escape is printed"
done >bad
tap_is_empty "texts that nobody would write do no harm" bad
tap_done
