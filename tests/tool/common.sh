# tests/tool/common.sh - what the tests of the command have in common. To be
# read by
#
#   . "$top_srcdir/tests/tool/common.sh"
#
# Found here: all of tests/tap.sh; dbgmalloc, the command of the build tree;
# status and $scratch/out, $scratch/err of the last `does`; gives, says, warns;
# find_browser, browse.

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

# find_browser - $browser, or in $lacking what a test of a page would need.
find_browser()
{
    lacking=
    for browser in chromium chromium-browser ''; do
        command -v "$browser" >/dev/null 2>&1 && break
    done
    [ -n "$browser" ] || lacking="no chromium"
    for program in chromedriver python3; do
        command -v $program >/dev/null 2>&1 || lacking="no $program"
    done
}

# browse SECONDS SCRIPT ARGUMENT... - the cases of a script that drives it.
browse()
{
    CHROMIUM=$(command -v "$browser") timeout "$1" python3 \
        "$top_srcdir/$2" "$3" ${4+"$4"} >"$scratch/said" 2>"$scratch/errors" &
    driver=$!
    wait $driver
    status=$?
    # timeout is the head of a group: a browser that outlived it goes.
    kill -KILL -- -$driver 2>/dev/null
    while read -r line; do
        case $line in
        'ok - '*) tap_ok "${line#ok - }" ;;
        'not ok - '*)
            sed -n "/^not ok - ${line#not ok - }/,/^[on]/s/^#  *//p" \
                "$scratch/said" >"$scratch/why"
            tap_not_ok "${line#not ok - }" "$scratch/why"
            ;;
        '# '*) tap_note "${line#\# }" ;;
        esac
    done <"$scratch/said"
    # What a browser cannot do on a machine that is busy says nothing of the
    # page.
    if [ $status -eq 77 ] || [ $status -eq 124 ]; then
        tap_skip "the rest of the page" "the browser did not answer in time"
    elif [ $status -ne 0 ] && ! grep -q '^not ok' "$scratch/said"; then
        tap_not_ok "the browser's test came to its end" "$scratch/errors"
    fi
}
