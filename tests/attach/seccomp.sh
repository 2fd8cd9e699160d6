#!/bin/bash
# seccomp.sh - attach to processes under seccomp filters: it works where the
# filter has all that the library calls, is refused with the reason where the
# filter would end the process, and the process goes on in any case.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=.}"
. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99
sed -n 's/^ *\(CALL([a-z0-9_]*, [a-z]*),\)$/\1/p' \
    "$top_srcdir/src/tool/seccomp.c" >calls.h
if ! $CC -O1 -g -Wall -Wextra -I. -o filtered \
    "$top_srcdir/tests/attach/filtered.c" 2>log; then
    tap_not_ok "filtered.c is built" log
    tap_done
    exit
fi

# attach_to FILTER - sets status; the process is left in $target.
attach_to()
{
    ./filtered "$1" >"ready.$1" &
    target=$!
    for i in $(seq 200); do
        [ -s "ready.$1" ] && break
        sleep 0.05
    done
    [ -s "ready.$1" ] || tap_skip_all "no seccomp filters here"
    dbgmalloc attach -q --duration=1 "$target" >out 2>err
    status=$?
    ! grep -q 'cannot be traced' err || {
        kill $target
        tap_skip_all "tracing is refused here"
    }
}

# lives NAME - and ends the process.
lives()
{
    tap_check "$1: the process goes on" kill $target
    wait $target 2>/dev/null
    tap_check "$1: till it is ended" test $? -eq 143
}

attach_to denied
tap_check "one call is denied: it works" test $status -eq 0
tap_check "one call is denied: the leak is named" grep -q 'lose (' out
lives "one call is denied"

attach_to own
if [ "$(id -u)" = 0 ]; then
    tap_check "no call but its own: the reason is said" \
        grep -q 'seccomp filter ends a process that calls memfd_create' err
else
    tap_check "no call but its own: the reason is said" \
        grep -q 'seccomp filter, and only root' err
fi
tap_check "no call but its own: it is refused" test $status -ne 0
lives "no call but its own"

if [ "$(id -u)" = 0 ]; then
    attach_to listed
    tap_check "all that the library calls: it works" test $status -eq 0
    tap_check "all that the library calls: the leak is named" \
        grep -q 'lose (' out
    lives "all that the library calls"
else
    tap_skip "all that the library calls" "not root"
fi
tap_done
