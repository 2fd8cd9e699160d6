# tests/verdict/holders.sh - a finding says who still points to the freed block
# that was used, and which variable an address that is in none is.

. "$top_srcdir/tests/tap.sh"

program=$scratch/holders
$CC -g -O1 -w -o "$program" "$top_srcdir/tests/verdict/holders.c" ||
    tap_skip_all "no compiler"
objcopy=${OBJCOPY:-objcopy}

# run OPTIONS WHAT - its log is $scratch/log, the notes in it $scratch/notes.
run()
{
    rm -f "$scratch/log"
    (LD_PRELOAD=$library DBGMALLOC_OPTS="log=$scratch/log,log-leaks=off,$1" \
        "${3:-$program}" "$2") >/dev/null 2>&1
    sed -n 's/^  note: //p' "$scratch/log" >"$scratch/notes"
}

# notes NAME PATTERN - one note, and it is PATTERN.
notes()
{
    if [ "$(wc -l <"$scratch/notes")" -eq 1 ] &&
        grep -qE "^$2\$" "$scratch/notes"; then
        tap_ok "$1"
    else
        tap_not_ok "$1" "$scratch/log"
    fi
}

member='byte 8 of a block of 16 bytes made at make \(.*holders\.c:[0-9]+\)'
globals='(last \(holders\), table\+24 \(holders\)|table\+24 \(holders\), last \(holders\))'
where="still pointed to by $globals, $member(, [0-9]+ words? of this thread's stack)?"

run default free
notes "a double free" "$where"
run quarantine=64k,free-blank write
notes "a write after the free" "$where"
run guard=above read
notes "a use that faults" "$where"
run symbols=off free
notes "without symbols: by module and offset" \
    "still pointed to by holders\+0x[0-9a-f]+, holders\+0x[0-9a-f]+, byte 8 of a block of 16 bytes made at .*"
run default global
notes "the variable that was freed" 'the address is that of names\+8 \(holders\)'
run quarantine=64k,free-blank clean
if [ -s "$scratch/notes" ] || ! grep -q write-after-free "$scratch/log"; then
    tap_not_ok "where nothing points to it there is no note" "$scratch/log"
else
    tap_ok "where nothing points to it there is no note"
fi
if "$objcopy" --strip-all "$program" "$scratch/stripped" 2>/dev/null; then
    run default global "$scratch/stripped"
    notes "a stripped program" 'the address is that of stripped\+0x[0-9a-f]+'
else
    tap_skip "a stripped program" "no objcopy"
fi
tap_done
