#!/bin/bash
#
# run.sh [NAME...] - run the correct programs of this directory under the
# library, with the default options, `medium` and `off`: each must end with 0
# and get no finding. Speaks TAP.
#
# Environment: DBGMALLOC_LIB, the library (empty: plain, for developing the
# programs); top_srcdir, CC, CXX; PROGRAM_ARGS replaces the
# arguments in the headers (PROGRAM_ARGS=10000 run.sh fork_threads);
# PROGRAM_SIZE=long (make check-long) takes those of their `long:` lines.
#
# The first comment of a program may have lines
#   args: WORDS       arguments
#   long: WORDS       those of a long run
#   opts: TOKENS      options in every mode
#   modes: WORDS      presets; if absent, default medium off
#   link: export      linked with -rdynamic
#   link: static      linked -static with the library's archive
#   link: fixed       linked for addresses of its own (no PIE)
#   flags: WORDS      for the compiler, after the usual ones
#   allow: TITLE      findings of this title are in order
#   no-report:        the process that ends leaves no report to look into
set -u
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${DBGMALLOC_LIB=}"
. "$top_srcdir/tests/real/common.sh"

src=$top_srcdir/tests/program
flags="-O2 -g -D_GNU_SOURCE -Wall -Wextra ${PROGRAM_CFLAGS:-}"

# read_header FILE - its lines into the table `header`, by key. Bash itself
# reads them: a process for each costs more than most of the programs.
declare -A header
read_header()
{
    local line key
    header=()
    while IFS= read -r line; do
        [ "$line" != ' */' ] || return
        [[ $line =~ ^' * '([a-z-]+):' '*(.*)$ ]] || continue
        key=${BASH_REMATCH[1]}
        [ -n "${header[$key]+is_set}" ] || header[$key]=${BASH_REMATCH[2]}
    done <"$1"
}

# compile SOURCE OUTPUT FLAGS...
compile()
{
    local source=$1 output=$2
    shift 2
    case $source in
    *.cc)
        $CXX $flags -std=gnu++17 -fsized-deallocation -o "$output" \
            "$source" "$@"
        ;;
    *)
        $CC $flags -std=gnu11 -o "$output" "$source" "$@"
        ;;
    esac >"$tmp/compile.log" 2>&1
}

# find_program SOURCE NAME - sets program, or reason.
find_program()
{
    local source=$1 name=$2
    [ -f "$archive" ] || archive=${DBGMALLOC_LIB%.so}.a
    reason=
    case $source in
    *.cc)
        if [ "$CXX" = no ]; then
            reason="no C++ compiler"
            return
        fi
        ;;
    esac
    case ${header[link]-} in
    static)
        if [ -z "$DBGMALLOC_LIB" ] || [ ! -f "$archive" ]; then
            reason="no static library"
            return
        fi
        program=$tmp/$name
        compile "$source" "$program" -static "$archive" -lpthread ||
            reason="cannot link statically here"
        return
        ;;
    export) set -- -rdynamic ;;
    fixed) set -- -fno-pie -no-pie ;;
    *) set -- ;;
    esac
    program=$tmp/$name
    # shellcheck disable=SC2086 # The flags are words.
    compile "$source" "$program" ${header[flags]-} "$@" \
        -pthread -ldl || program=
}

# run_mode SOURCE NAME MODE
run_mode()
{
    local source=$1 name=$2 mode=$3 opts status logs=$tmp/log.$2.$3
    local arguments=${header[args]-} preload=$DBGMALLOC_LIB
    (umask 0 && mkdir -p "$logs")
    opts=$mode
    case $mode in
    default) opts= ;;
    production) opts=production,log-stats ;; # It has no report of its own.
    esac
    opts=$opts${opts:+,}log=+$logs/%p${header[opts]+,${header[opts]}}
    [ "${header[link]-}" = static ] && preload=
    [ "${PROGRAM_SIZE-}" = long ] && arguments=${header[long]-$arguments}
    FINDINGS_ALLOWED=${header[allow]-}
    # The program alone is under the library, not timeout.
    # shellcheck disable=SC2086 # The arguments are words.
    PROVE_MODE=$mode PLUGIN=$tmp/plugin.so AUDIT=$tmp/audit.so TMPDIR=$tmp \
        timeout -s ABRT "${PROGRAM_TIMEOUT:-120}" \
        env ${preload:+LD_PRELOAD="$preload"} DBGMALLOC_OPTS="$opts" \
        "$program" ${PROGRAM_ARGS:-$arguments} \
        >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    if [ $status = 77 ]; then
        tap_skip "$name $mode" "$(head -n 1 "$tmp/err")"
        return
    fi
    if [ $status != 0 ]; then
        fail_with "$name $mode: ends with $status" "$tmp/err"
    elif [ -z "$DBGMALLOC_LIB" ] || [ "$mode" = off ]; then
        tap_ok "$name $mode"
    elif [ -n "${header[no-report]+is_set}" ]; then
        if findings_absent "$logs" "$tmp/err"; then
            tap_ok "$name $mode"
        else
            fail_with "$name $mode: has findings" "$tmp/findings"
        fi
    elif findings_none "$logs" "$tmp/err"; then
        tap_ok "$name $mode"
    else
        fail_with "$name $mode: has findings or no report" "$tmp/findings"
    fi
}

# find_sources - prints the source of each name, or of all programs.
find_sources()
{
    if [ $# = 0 ]; then
        ls "$src"/*.c "$src"/*.cc | grep -v -e /plugin.c -e /audit.c
        return
    fi
    for name in "$@"; do
        ls "$src/$name".c "$src/$name".cc 2>/dev/null
    done
}

sources=$(find_sources "$@")
compile "$src/plugin.c" "$tmp/plugin.so" -shared -fPIC ||
    tap_note "plugin.c: $(cat "$tmp/compile.log")"
compile "$src/audit.c" "$tmp/audit.so" -shared -fPIC ||
    tap_note "audit.c: $(cat "$tmp/compile.log")"
for source in $sources; do
    name=${source##*/}
    name=${name%.c*}
    read_header "$source"
    modes=${header[modes]-default medium off}
    [ -n "$DBGMALLOC_LIB" ] || modes=plain
    find_program "$source" "$name"
    for mode in $modes; do
        if [ -n "$reason" ]; then
            tap_skip "$name $mode" "$reason"
        elif [ -z "$program" ]; then
            fail_with "$name $mode: does not compile" "$tmp/compile.log"
        else
            run_mode "$source" "$name" "$mode"
        fi
    done
    rm -f "$tmp/$name"
done
tap_done
