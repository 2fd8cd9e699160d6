# tests/verdict/suppress.sh - suppressions, from the file to the exit status:
# both syntaxes, what matched nothing, what is malformed, and that what
# suppress-generate writes suppresses what it was written for.

. "$top_srcdir/tests/tap.sh"

program=$scratch/program
$CC -O1 -g -rdynamic -w -o "$program" "$top_srcdir/tests/verdict/suppress.c" ||
    tap_skip_all "no compiler"

# run OPTIONS ARGS... - its log in $scratch/log, its stderr in $scratch/stderr,
# its status in $status.
run()
{
    run_options=$1
    shift
    rm -f "$scratch/log"
    LD_PRELOAD=$library \
        DBGMALLOC_OPTS="log=$scratch/log,no-print,exit-code=9,$run_options" \
        "$program" "$@" 2>"$scratch/stderr"
    status=$?
    # The statistics name sites too.
    case $run_options in
    *json*) ;;
    *) sed -i '/^statistics/,$d' "$scratch/log" ;;
    esac
}

# status_is N NAME
status_is()
{
    if [ "$status" -eq "$1" ]; then
        tap_ok "$2"
    else
        { echo "status $status, not $1"; cat "$scratch/log"; } >"$scratch/why"
        tap_not_ok "$2" "$scratch/why"
    fi
}

# log_says NAME PATTERN, log_lacks NAME PATTERN
log_says()
{
    if grep -q "$2" "$scratch/log"; then
        tap_ok "$1"
    else
        tap_not_ok "$1" "$scratch/log"
    fi
}
log_lacks()
{
    if grep -q "$2" "$scratch/log"; then
        tap_not_ok "$1" "$scratch/log"
    else
        tap_ok "$1"
    fi
}

run "log-leaks" known new
status_is 9 "leaks without suppressions give the exit code"

echo 'leak:leak_known' >"$scratch/lsan"
run "suppress=$scratch/lsan" known
status_is 0 "a suppressed leak gives status 0"
log_says "it is counted" '^suppressed: 200 bytes in 2 blocks'
log_says "by its rule" "by leak:leak_known ($scratch/lsan:1)"
log_lacks "and not listed" 'leak_known (.*suppress.c'

run "suppress=$scratch/lsan" known new
status_is 9 "another leak counts"
log_says "and is listed" 'leak_new (.*suppress.c'

cat >"$scratch/valgrind" <<'RULE'
# a comment
{
   known
   Memcheck:Leak
   match-leak-kinds: all
   fun:malloc
   fun:leak_kn?wn
}
{
   never
   Memcheck:Leak
   ...
   fun:no_such_function
}
RULE
echo 'leak:leak_new' >"$scratch/lsan"
run "suppress=$scratch/valgrind:$scratch/lsan" known new
status_is 0 "two files, in both syntaxes, count together"
log_says "what matched nothing is named" \
    "^  never ($scratch/valgrind:9)"
log_lacks "and only that" "^  known ($scratch"

cat >"$scratch/bad" <<'RULE'
leak:leak_known
leek:x
leak:leak_new
RULE
run "suppress=$scratch/bad" known new
status_is 0 "a malformed line leaves the others in force"
if [ "$(grep -c "suppressions in $scratch/bad, line 2: unknown kind" \
    "$scratch/stderr")" -eq 1 ]; then
    tap_ok "it is named once, with its line"
else
    tap_not_ok "it is named once, with its line" "$scratch/stderr"
fi

echo 'finding:double-free:free_twice' >"$scratch/finding"
run "suppress=$scratch/finding,on-error=abort" twice
status_is 0 "a suppressed finding has no reaction and no status"
log_says "it is counted" '^findings suppressed: 1$'
run "suppress=$scratch/lsan,log-leaks" twice
status_is 9 "another one counts"

# There and back: valgrind's form, LSan's, and a finding's.
for style in valgrind lsan; do
    run "suppress-generate=$style,log-leaks" known new twice
    sed -n '/^{$/,/^}$/p; /^leak:/p; /^finding:/p' "$scratch/log" \
        >"$scratch/generated.$style"
    run "suppress=$scratch/generated.$style" known new twice
    status_is 0 "what suppress-generate=$style writes suppresses it all"
    log_lacks "each rule of $style matches" 'matched nothing'
done

run "format=json,suppress-generate,suppress=$scratch/lsan" known new twice
if perl -MJSON::PP -e 1 2>/dev/null; then
    tap_check "the document is as the schema says" \
        perl "$top_srcdir/tests/golden/schema.pl" \
        "$top_srcdir/doc/report.schema.json" "$scratch/log"
else
    tap_skip "the document is as the schema says" "no perl with JSON::PP"
fi

tap_done
