# tests/tool/command.sh - the command as a whole: help, version, words that are
# no commands, output that cannot be written.

. "$top_srcdir/tests/tool/common.sh"

does --version
gives 0 "--version"
says '^dbgmalloc [0-9]+\.[0-9]+' "--version names the version"

does --help
gives 0 "--help"
sed -n 's/^COMMAND(\(.*\))$/\1/p' "$top_srcdir/src/tool/commands.def" \
    >"$scratch/commands"
while read -r command; do
    grep -q "^  $command " "$scratch/out" || echo "$command"
done <"$scratch/commands" >"$scratch/missing"
tap_is_empty "--help lists every command" "$scratch/missing"

while read -r command; do
    does help "$command"
    for part in "^usage: dbgmalloc $command" '^options:' '^examples:' \
        "^  (.*; )?(sudo )?dbgmalloc $command" '^exit status:' '^  0  '; do
        grep -qE "$part" "$scratch/out" || echo "$command: no $part"
    done
    [ "$status" -eq 0 ] || echo "$command: status $status"
    $AWK 'length($0) > 79 && !/^ +[^ ]+$/ && !/^  dbgmalloc/ {
        print "too long: " $0
    }' "$scratch/out"
    cp "$scratch/out" "$scratch/help"
    does "$command" --help
    cmp -s "$scratch/out" "$scratch/help" ||
        echo "$command --help is not help $command"
done <"$scratch/commands" >"$scratch/bad"
tap_is_empty "each command has usage, options, examples, exit statuses" \
    "$scratch/bad"

does hlep
gives 2 "a word that is no command"
warns 'no command "hlep"; did you mean "help"\?' "it is guessed what was meant"
does
gives 2 "no command at all"
warns 'dbgmalloc help' "it is said where the commands are listed"
does xyzzyxyzzy
warns 'dbgmalloc help' "nothing is guessed where nothing is near"
does help nothing
gives 2 "help on what is no command"
does help --nothing
gives 2 "an option that there is not"
warns 'try "dbgmalloc help help"' "it is said where the options are listed"

if [ -w /dev/full ]; then
    dbgmalloc --help >/dev/full 2>"$scratch/err"
    status=$?
    : >"$scratch/out"
    gives 4 "output that cannot be written"
    warns 'cannot write' "it is said that it cannot"
fi

# Colour: on a terminal only, and not where NO_COLOR says so.
does help
grep "$(printf '\033')" "$scratch/out" >"$scratch/bad"
tap_is_empty "no colour in a file" "$scratch/bad"
if command -v script >/dev/null 2>&1; then
    TERM=xterm script -qc "$top_builddir/dbgmalloc help" /dev/null \
        >"$scratch/out" </dev/null 2>&1
    status=$?
    says "$(printf '\033')" "colour on a terminal"
    TERM=xterm NO_COLOR=1 script -qc "$top_builddir/dbgmalloc help" \
        /dev/null </dev/null 2>&1 | grep "$(printf '\033')" >"$scratch/bad"
    tap_is_empty "no colour where NO_COLOR is set" "$scratch/bad"
else
    tap_skip "colour on a terminal" "script is not installed"
fi
tap_done
