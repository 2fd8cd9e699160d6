# tests/tool/attach.sh - dbgmalloc attach: the leak of a process that runs is
# found, and the process goes on, whatever becomes of the command.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99

# Leaks at one place, is busy at another in two threads; waits in calls that a
# stop must not end; says at the end how they ended. Now and then it forks.
cat >server.c <<'END'
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void *volatile sink;
static volatile sig_atomic_t over;
static void end(int number) { over = number; }
__attribute__((noinline)) static void lose(void)
{
    sink = malloc(1000);
    memset(sink, 1, 1000);
}
static void fork_once(void)
{
    pid_t child = fork();
    if (child == 0) {
        sink = malloc(77);
        exit(0);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}
static void *be_busy(void *unused)
{
    while (!over) {
        void *volatile p[8];
        for (int i = 0; i < 8; i++)
            p[i] = malloc(40 + (size_t)i);
        for (int i = 0; i < 8; i++)
            free(p[i]);
        usleep(200);
    }
    return unused;
}
static void *sleep_long(void *failed)
{
    while (!over) {
        struct timespec t = {0, 300000000};
        if (nanosleep(&t, NULL) != 0 && !over)
            *(int *)failed += 1;
    }
    return NULL;
}
int main(void)
{
    int failed = 0, e = epoll_create1(0), turn = 0;
    struct epoll_event event;
    sigset_t set;
    pthread_t threads[3];
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&threads[0], NULL, be_busy, NULL);
    pthread_create(&threads[1], NULL, be_busy, NULL);
    pthread_create(&threads[2], NULL, sleep_long, &failed);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGTERM, end);
    while (!over) {
        lose();
        if (turn++ % 50 == 0)
            fork_once();
        if (epoll_wait(e, &event, 1, 5) < 0 && !over)
            failed++;
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d calls failed\n", failed);
    return failed != 0;
}
END
if ! $CC -O1 -g -w -pthread -o server server.c 2>"$scratch/log"; then
    tap_not_ok "the test's program is built" "$scratch/log"
    tap_done
    exit
fi
# Not at once a stack of errors: may one trace here at all?
./server >server.out 2>&1 &
server=$!
dbgmalloc attach -q --duration=1 "$server" >first.out 2>first.err
status=$?
if [ "$status" -ne 0 ] && grep -q 'cannot be traced' first.err; then
    kill "$server"
    tap_skip_all "tracing is refused here"
fi

report_names()
{
    grep -A3 '1,000 bytes each' "$1" | grep -q 'lose ('
}

if [ "$status" -eq 0 ] && report_names first.out; then
    tap_ok "the place that leaks is named"
else
    tap_not_ok "the place that leaks is named" first.err
fi
grep -c 'not freed: ' first.out >count
if grep -A99 'not freed: ' first.out | grep -q be_busy; then
    tap_not_ok "what is freed again soon is not the first" first.out
else
    tap_ok "what is freed again soon is not the first"
fi

dbgmalloc attach -q --duration=5 "$server" >second.out 2>second.err
if report_names second.out; then
    tap_ok "a second attachment works"
else
    tap_not_ok "a second attachment works" second.err
fi
# By a history that begins with the attachment.
if grep -q '^    lost, .*seen [0-9]* times in ' second.out; then
    tap_ok "and says how it grew since"
else
    tap_not_ok "and says how it grew since" second.out
fi

# Nothing stays that one could see: no thread, no descriptor.
tries=0
until grep -q '^Threads:.4$' "/proc/$server/status" || [ $tries = 500 ]; do
    tries=$((tries + 1))
done
if [ $tries -lt 500 ] &&
    ! ls -l "/proc/$server/fd" | grep -q memfd; then
    tap_ok "its thread and its files are gone after it"
else
    { grep Threads "/proc/$server/status" && ls -l "/proc/$server/fd"; } >log
    tap_not_ok "its thread and its files are gone after it" log
fi

dbgmalloc attach --duration=1 --format=json "$server" >third.out 2>third.err
if ! command -v jq >/dev/null 2>&1; then
    tap_skip "a report as JSON" "jq is not installed"
elif jq -es 'map(.leaks.bytes // .leaks) | length >= 1' third.out \
    >"$scratch/log" 2>&1; then
    tap_ok "a report as JSON"
else
    tap_not_ok "a report as JSON" "$scratch/log"
fi

kill "$server"
wait "$server"
status=$?
if [ "$status" -eq 0 ] && grep -q '^0 calls failed' server.out; then
    tap_ok "no call of the process's failed meanwhile"
else
    tap_not_ok "no call of the process's failed meanwhile" server.out
fi
# Nor do its children, which were forked while it was attached to.
echo '0 calls failed' >wanted
tap_check "it says nothing that it would not have said" \
    cmp -s wanted server.out

# Killed at any moment, also half-way in: the process goes on, and the next
# command cleans up and attaches. (The instant between the stop and the first
# change is the kernel's: an epoll_wait may end with EINTR there.)
./server >server.out 2>&1 &
server=$!
for delay in 01 02 03 05 08 10 13 17 20 30 40 60; do
    timeout -s KILL "0.$delay" "$top_builddir/dbgmalloc" attach -q \
        --duration=9 "$server" >killed.out 2>&1
    kill -0 "$server" 2>/dev/null || break
done
if kill -0 "$server" 2>/dev/null; then
    tap_ok "the process survives a command that is killed, 12 times"
else
    tap_not_ok "the process survives a command that is killed, 12 times"
fi
dbgmalloc attach --recover "$server" >recover.out 2>recover.err
status=$?
if [ "$status" -eq 0 ]; then
    tap_ok "what a killed command left is cleaned up"
else
    tap_not_ok "what a killed command left is cleaned up" recover.err
fi
dbgmalloc attach -q --duration=1 "$server" >last.out 2>last.err
if report_names last.out; then
    tap_ok "and the next one attaches"
else
    tap_not_ok "and the next one attaches" last.err
fi

# On a terminal: tables, one over the other, and the whole report at the end.
if command -v script >/dev/null 2>&1; then
    TERM=xterm COLUMNS=120 LINES=30 script -qc \
        "$top_builddir/dbgmalloc attach -i 1 --duration=4 $server" /dev/null \
        >screen </dev/null
    tr -d '\r' <screen | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' >text
    if [ "$(grep -c '^VERDICT ' text)" -ge 2 ] &&
        grep -q '^lost .*  lose (server.c:' text &&
        sed -n '/^definitely lost/,$p' text | grep -q 'lose (.*server.c:'; then
        tap_ok "on a terminal there is a table, and the report at the end"
    else
        tap_not_ok "on a terminal there is a table, and the report at the end" \
            text
    fi
else
    tap_skip "on a terminal there is a table, and the report at the end" \
        "script is not installed"
fi
kill "$server"

# ---- all that it forks; another program ----

cat >family.c <<'END'
#include <stdlib.h>
#include <unistd.h>
static void *volatile sink;
#define LOSE(name, size) \
    __attribute__((noinline)) static void name(void) { sink = malloc(size); }
LOSE(lose_first, 100)
LOSE(lose_forked, 200)
LOSE(lose_later, 300)
static void run(void (*lose)(void), int times)
{
    alarm(60);
    while (times-- != 0) {
        lose();
        usleep(10000);
    }
}
int main(int argc, char **argv)
{
    if (argc > 1) {
        run(lose_first, 200);
        execl("/bin/sleep", "sleep", "30", NULL);
        return 1;
    }
    if (fork() == 0)
        run(lose_forked, -1);
    run(lose_first, 200);
    if (fork() == 0)
        run(lose_later, -1);
    run(lose_first, -1);
}
END
$CC -O1 -g -w -o family family.c
./family &
parent=$!
dbgmalloc attach --all-forks -q -i 3 --duration=8 "$parent" \
    >family.out 2>family.err
status=$?
for place in lose_first lose_forked lose_later; do
    sed -n '/^definitely lost/,/^dbgmalloc/p' family.out |
        grep -q "$place (" || status="no $place"
done
pids=$(sed -n 's/^dbgmalloc .*: report .*(pid \([0-9]*\)).*/\1/p' family.out |
    sort -u | wc -l)
if [ "$status" = 0 ] && [ "$pids" -eq 3 ]; then
    tap_ok "all that it has forked, and forks later, is told of"
else
    echo "status $status, $pids processes" >>family.err
    cat family.out >>family.err
    tap_not_ok "all that it has forked, and forks later, is told of" family.err
fi
# shellcheck disable=SC2046
kill $(pgrep -P "$parent") "$parent"

./family replaces-itself &
parent=$!
dbgmalloc attach -q -i 4 --duration=30 "$parent" >exec.out 2>exec.err
status=$?
if [ "$status" -eq 0 ] && grep -q 'runs another program' exec.err; then
    tap_ok "the command ends where the process runs another program"
else
    tap_not_ok "the command ends where the process runs another program" \
        exec.err
fi
kill "$parent"

# ---- refusals, with the reason ----

does attach 999999999
if [ "$status" -ne 0 ] && grep -qi 'no such process' "$scratch/err"; then
    tap_ok "no such process"
else
    tap_not_ok "no such process" "$scratch/err"
fi

cat >static.c <<'END'
#include <unistd.h>
int main(void) { for (;;) pause(); }
END
if $CC -static -o static static.c 2>/dev/null; then
    ./static &
    other=$!
    does attach --duration=1 "$other"
    if [ "$status" -ne 0 ] && kill -0 "$other" &&
        grep -q 'no libc in it' "$scratch/err"; then
        tap_ok "a static program is refused"
    else
        tap_not_ok "a static program is refused" "$scratch/err"
    fi
    kill "$other"
else
    tap_skip "a static program is refused" "no static libc"
fi

LD_PRELOAD=$library DBGMALLOC_OPTS=log=none sleep 30 &
other=$!
# Until the loader is through.
until grep -q "$library" "/proc/$other/maps" 2>/dev/null &&
    grep -q '^State:.S' "/proc/$other/status" 2>/dev/null; do
    kill -0 "$other" || break
done
does attach --duration=1 "$other"
if [ "$status" -ne 0 ] && grep -q 'already' "$scratch/err"; then
    tap_ok "a process that runs under the library is refused"
else
    tap_not_ok "a process that runs under the library is refused" "$scratch/err"
fi
kill "$other"

# ---- heap=libc: the same without attaching ----

cat >once.c <<'END'
#include <stdlib.h>
#include <string.h>
int main(void)
{
    char *p = malloc(1234);
    char *q = realloc(malloc(10), 300);
    memset(p, 1, 1234);
    free(q);
    p = NULL;
    return 0;
}
END
$CC -O0 -g -w -o once once.c
DBGMALLOC_OPTS=heap=libc,log="$scratch/libc.txt" LD_PRELOAD=$library ./once
if grep -q '1,234 bytes in 1 block' libc.txt && grep -q 'once.c:5' libc.txt; then
    tap_ok "heap=libc finds the leak in libc's own heap"
else
    tap_not_ok "heap=libc finds the leak in libc's own heap" libc.txt
fi
tap_done
