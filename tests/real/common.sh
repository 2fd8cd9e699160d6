# tests/real/common.sh - what the tests that run whole programs share: the
# search for findings in the logs, and the comparison of plain and preloaded
# runs. Sourced by bash, after top_srcdir is set; it brings tests/tap.sh in.
#
# Environment, as make check gives it:
#   DBGMALLOC_LIB   the library to preload; empty: run plain, for developing
#   top_srcdir, top_builddir
#   REAL_MODES      the presets to run under, bare among them, in place of the
#                   script's own (real_modes) or the usual ones
#   REAL_SHOW=1     show what a real program prints when it runs plain

: "${top_builddir:=.}" "${DBGMALLOC_LIB=}"
case $DBGMALLOC_LIB in
'' | /*) ;;
*) DBGMALLOC_LIB=$PWD/$DBGMALLOC_LIB ;;
esac
. "$top_srcdir/tests/tap.sh"
tmp=$scratch

# fail_with NAME FILE - a case that failed, with the end of a long file.
fail_with()
{
    tail -n 40 "$2" | cut -c 1-300 >"$tmp/shown"
    tap_not_ok "$1" "$tmp/shown"
}

# --- Findings -------------------------------------------------------------
# The one place that knows how a text log says that something was found. What
# is wrong goes to $tmp/findings.

# findings_list - how the findings are called that are not allowed, into
# $tmp/titles.
findings_list()
{
    if [ "${titles_allow-unset}" != "${FINDINGS_ALLOWED:-}" ]; then
        titles_allow=${FINDINGS_ALLOWED:-}
        sed -n 's/^FINDING(.*, "\([^"]*\)")$/\1/p' \
            "$top_srcdir/src/model/findings.def" |
            grep -v -x -F "${titles_allow:-none is}" >"$tmp/titles"
    fi
    [ -s "$tmp/titles" ]
}

# findings_absent LOGS STDERR - no log and no message names a finding.
findings_absent()
{
    findings_list || return 1
    {
        grep -r -H '^findings: *[1-9]' "$1"
        grep -r -H -F -f "$tmp/titles" "$1" "$2"
    } >"$tmp/findings"
    [ ! -s "$tmp/findings" ]
}

# findings_none LOGS STDERR - as above, and there is a report that says so.
findings_none()
{
    findings_absent "$1" "$2" || return 1
    if ! grep -q -s -r '^findings: *0 *$' "$1"; then
        echo "no report says \"findings: 0\" in $1:" >"$tmp/findings"
        find "$1" -type f -exec head -n 30 {} + >>"$tmp/findings"
        return 1
    fi
}

# --- Plain and preloaded --------------------------------------------------
# A test defines `work`, which does the same deterministic work each time in a
# fresh directory and starts the program under test with `under`.

# under COMMAND... - under the library, in the mode of this run.
under()
{
    if [ "$real_mode" = plain ] || [ -z "$DBGMALLOC_LIB" ]; then
        "$@"
    else
        env "LD_PRELOAD=$DBGMALLOC_LIB" "DBGMALLOC_OPTS=$(real_opts)" "$@"
    fi
}

# under_exec COMMAND... - the same, for a server in the background.
under_exec()
{
    if [ "$real_mode" = plain ] || [ -z "$DBGMALLOC_LIB" ]; then
        exec "$@"
    else
        exec env "LD_PRELOAD=$DBGMALLOC_LIB" "DBGMALLOC_OPTS=$(real_opts)" \
            "$@"
    fi
}

# real_opts - prints the options of this mode; + as an exec keeps its pid.
# bare: none at all, so the log is stderr, where nothing may be added.
real_opts()
{
    local opts=
    [ "$real_mode" != bare ] || return 0
    [ "$real_mode" = default ] || opts=$real_mode,
    echo "${opts}log=+$tmp/log.$real_mode/%p"
}

# real_once MODE - run work, keep what it said.
real_once()
{
    real_mode=$1
    rm -rf "$tmp/work"
    mkdir -p "$tmp/work" "$tmp/log.$1"
    chmod 777 "$tmp" "$tmp/work" "$tmp/log.$1"
    (cd "$tmp/work" && work) >"$tmp/out.$1" 2>"$tmp/err.$1" </dev/null
    echo "exit status: $?" >>"$tmp/out.$1"
}

# real_compare NAME MODE
real_compare()
{
    {
        diff -a "$tmp/out.plain" "$tmp/out.$2"
        diff -a "$tmp/err.plain" "$tmp/err.$2"
    } >"$tmp/diff" 2>&1
    if cmp -s "$tmp/out.plain" "$tmp/out.$2" &&
        cmp -s "$tmp/err.plain" "$tmp/err.$2"; then
        tap_ok "$1: output and status under $2 are as without"
    else
        fail_with "$1: output and status under $2 are as without" "$tmp/diff"
    fi
    if [ "$2" = bare ]; then
        return # It has no log, and its stderr was compared.
    fi
    if [ -z "$DBGMALLOC_LIB" ]; then
        tap_skip "$1: no finding under $2" "DBGMALLOC_LIB is not set"
    elif findings_none "$tmp/log.$2" "$tmp/err.$2"; then
        tap_ok "$1: no finding under $2"
    else
        fail_with "$1: no finding under $2" "$tmp/findings"
    fi
}

# real_test NAME PROGRAM... - the whole test: skipped if a program is missing.
# The plain run must do its work (print "work done") or it proves nothing.
real_test()
{
    local name=$1 program mode
    shift
    for program in "$@"; do
        if ! command -v "$program" >/dev/null 2>&1; then
            tap_skip_all "$program is not installed"
        fi
    done
    real_once plain
    if [ -n "${REAL_SHOW:-}" ]; then # To see what the work really does.
        sed 's/^/# /' "$tmp/out.plain" "$tmp/err.plain"
    fi
    if grep -q '^work done$' "$tmp/out.plain"; then
        tap_ok "$name: the work is done without the library"
    else
        fail_with "$name: the work is done without the library" "$tmp/err.plain"
    fi
    for mode in ${REAL_MODES:-${real_modes:-default medium}}; do
        real_once $mode
        real_compare "$name" $mode
    done
    tap_done
}
