# tests/tool/common.sh - what the tests of the command have in common. To be
# read by
#
#   . "$top_srcdir/tests/tool/common.sh"
#
# Found here: all of tests/tap.sh; dbgmalloc, the command of the build tree;
# status and $scratch/out, $scratch/err of the last `does`; gives, says, warns.

. "$top_srcdir/tests/tap.sh"

[ -x "$top_builddir/dbgmalloc" ] || tap_skip_all "the command is not built"
unset NO_COLOR DBGMALLOC_OPTS COLUMNS LINES
# Nobody's own rc file has a say.
HOME=$scratch
export HOME

dbgmalloc()
{
    timeout 120 "$top_builddir/dbgmalloc" "$@"
}

# does ARGUMENT... - run the command with the arguments.
does()
{
    dbgmalloc "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
}

# show - what the last run printed, for a failed case.
show()
{
    echo "status $status"
    sed 's/^/out: /' "$scratch/out"
    sed 's/^/err: /' "$scratch/err"
} >"$scratch/shown"

# gives STATUS NAME - the last run ended with it.
gives()
{
    if [ "$status" -eq "$1" ]; then
        tap_ok "$2"
    else
        show
        tap_not_ok "$2 (status $1)" "$scratch/shown"
    fi
}

# says PATTERN NAME, warns PATTERN NAME - a line of its output, of its standard
# error, has it.
says()
{
    if grep -qE -e "$1" "$scratch/out"; then
        tap_ok "$2"
    else
        show
        tap_not_ok "$2 (says $1)" "$scratch/shown"
    fi
}
warns()
{
    if grep -qE -e "$1" "$scratch/err"; then
        tap_ok "$2"
    else
        show
        tap_not_ok "$2 (warns $1)" "$scratch/shown"
    fi
}
