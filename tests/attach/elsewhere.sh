#!/bin/bash
# elsewhere.sh - attach to processes that see another part of the machine: in a
# mount and pid namespace of their own, where the library's file is not; in a
# chroot, with and without /proc; and under Yama's ptrace_scope 1, with the
# capability. It works, or the reason is said; the process goes on either way.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=.}"
. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
[ "$(id -u)" = 0 ] || tap_skip_all "only root makes namespaces and chroots"
unshare --mount --pid --fork true 2>/dev/null ||
    tap_skip_all "namespaces are refused here"
cd "$scratch" || exit 99
libraries=$(cd "$(dirname "$library")" && pwd)

# Loses blocks until it is told to end, and says then how its waits ended.
cat >elsewhere.c <<'C'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
static void *volatile sink;
static volatile sig_atomic_t over;
static void end(int number) { over = number; }
__attribute__((noinline)) static void lose(void)
{
    sink = malloc(1000);
}
int main(void)
{
    int failed = 0, events = epoll_create1(0);
    struct epoll_event event;
    signal(SIGTERM, end);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (!over) {
        lose();
        if (epoll_wait(events, &event, 1, 3) < 0 && !over)
            failed++;
    }
    printf("%d calls failed\n", failed);
    return failed != 0;
}
C
if ! $CC -O1 -g -w -o elsewhere elsewhere.c 2>log; then
    tap_not_ok "the test's program is built" log
    tap_done
    exit
fi

# begin NAME COMMAND... - run what becomes ./elsewhere; the process is $target.
begin()
{
    local i
    name=$1
    shift
    "$@" >said 2>&1 &
    started=$!
    for i in $(seq 200); do
        grep -q ready said && break
        sleep 0.05
    done
    target=$(pgrep -x elsewhere -s 0 | tail -n 1)
    [ -n "$target" ] || tap_not_ok "$name: it runs" said
}

# end - tell it to, and see that it noticed nothing.
end()
{
    kill -TERM "$target"
    wait $started 2>/dev/null
    printf '%s\n' ready '0 calls failed' >wanted
    tap_check "$name: the process has seen nothing of it" cmp wanted said
}

attach_to()
{
    timeout -s KILL 60 "$top_builddir/dbgmalloc" attach -q --duration=1500ms \
        "$target" >out 2>err
    status=$?
    ! grep -q 'cannot be traced' err || {
        kill "$target"
        tap_skip_all "tracing is refused here"
    }
}

works()
{
    attach_to
    if [ $status = 0 ] && grep -q 'lose (' out; then
        tap_ok "$name: the leak is named"
    else
        tap_not_ok "$name: the leak is named" err
    fi
    end
}

begin "a mount and pid namespace" unshare --mount --pid --fork --mount-proc \
    sh -c "mount -t tmpfs none '$libraries' && exec ./elsewhere"
tap_check "$name: it is process 1 there" \
    grep -qE '^NSpid:.*[^0-9]1$' "/proc/$target/status"
tap_check "$name: the library is not there" \
    test ! -e "/proc/$target/root$libraries/$(basename "$library")"
works

mkdir -p root/proc
cp elsewhere root/
ldd elsewhere | grep -o '/[^ ]*' | while read -r file; do
    mkdir -p "root$(dirname "$file")"
    cp -L "$file" "root$file"
done
begin "a chroot with /proc" unshare --mount \
    sh -c 'mount -t proc none root/proc && exec chroot root /elsewhere'
works

begin "a chroot without /proc" chroot root /elsewhere
attach_to
if [ $status = 0 ]; then
    tap_check "$name: the leak is named" grep -q 'lose (' out
else
    tap_check "$name: it is refused with the reason" grep -q '/proc' err
fi
end

scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null)
if [ "$scope" = 1 ]; then
    begin "ptrace_scope 1" ./elsewhere
    works
else
    tap_skip "ptrace_scope 1, with the capability" \
        "kernel.yama.ptrace_scope is ${scope:-not there}"
fi
tap_done
