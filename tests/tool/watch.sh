# tests/tool/watch.sh - dbgmalloc watch: ten live processes are told apart, and
# what it says of them is right; its own cost is small.

. "$top_srcdir/tests/tool/common.sh"

cd "$scratch" || exit 99
cat >subject.c <<'END'
/* One of several ways to use memory, a step each 10 ms. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static void *sleeper(void *p)
{
    volatile char used[30000];
    memset((char *)used, 1, sizeof(used));
    pause();
    return p;
}
static void touch(size_t n) { memset(malloc(n), 1, n); }
int main(int argc, char **argv)
{
    const char *how = argv[1];
    const struct timespec step = {0, 10000000};
    char *kept[64];
    int count = 0;
    void *big = malloc(4 << 20);
    memset(big, 1, 4 << 20);
    if (!strcmp(how, "maps"))
        for (int i = 0; i < 1000; i++)
            memset(mmap(0, 16384, i % 2 ? PROT_READ | PROT_WRITE : PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 16384);
    (void)argc;
    puts("ready");
    fflush(stdout);
    for (long i = 0;; i++) {
        if (!strcmp(how, "heap")) {
            for (int k = 0; k < 40; k++) touch(1000);
        } else if (!strcmp(how, "mmap")) {
            memset(mmap(0, 65536, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 65536);
        } else if (!strcmp(how, "shared")) {
            memset(mmap(0, 65536, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0), 1, 65536);
        } else if (!strcmp(how, "threads")) {
            pthread_t t;
            if (i % 2 == 0) pthread_create(&t, 0, sleeper, 0);
        } else if (!strcmp(how, "gaps")) {
            /* Of what is made much is freed, and none can be given back. */
            for (int k = 0; k < 20; k++) {
                char *p = malloc(3000);
                memset(p, 1, 3000);
                touch(100);
                free(p);
                touch(3050);
            }
        } else if (!strcmp(how, "saw")) {
            kept[count] = malloc(200000);
            memset(kept[count], 1, 200000);
            if (++count == 8) while (count) free(kept[--count]);
        } else if (!strcmp(how, "saw-leak")) {
            kept[count] = malloc(200000);
            memset(kept[count], 1, 200000);
            if (++count == 8) while (count) free(kept[--count]);
            touch(20000);
        } else if (!strcmp(how, "churn")) {
            free(malloc(100000));
        }
        nanosleep(&step, NULL);
    }
}
END
if ! $CC -O0 -w -o subject subject.c -lpthread >log 2>&1; then
    tap_not_ok "the test's program is built" log
    tap_done
fi

# begin HOW - start one and wait until it is at work; its id is in $pid.
pids=
begin()
{
    ./subject "$1" >"ready.$1" &
    pid=$!
    pids="$pids $pid"
    for i in $(seq 400); do
        grep -q ready "ready.$1" && return
        sleep 0.05
    done
}
end_all()
{
    [ -z "$pids" ] || kill $pids 2>/dev/null
    tap_clean
}
trap end_all EXIT

# judged HOW STATUS PATTERN - its verdict is that, and some line of the JSON
# has the pattern. On a busy machine a process may rest for a while where it
# should work: it is watched again then, for longer.
judged()
{
    for duration in 3s 6s 12s 24s; do
        does watch -i 20ms -d $duration --json "$pid"
        [ "$status" -eq "$2" ] && grep -qE -e "$3" out && break
    done
    gives "$2" "$1"
    says "$3" "$1: it is said where"
}

begin heap
judged heap 1 '"grown": \[\{"name": "\[heap\]"'
does watch -i 20ms -d 2s "$pid"
says 'memory: .* of its own .*RSS .*PSS' "the words have the figures"
kill $pid
begin mmap
judged mmap 1 'outside of libc'
kill $pid
begin shared
judged shared 1 'shared memory that grows'
kill $pid
begin threads
judged threads 1 'threads grow, from'
kill $pid
begin gaps
judged gaps 1 'fragmentation'
kill $pid
begin saw-leak
judged saw-leak 1 '"verdict": "growing"'
kill $pid
begin saw
judged saw 0 '"verdict": "steady"'
kill $pid
begin churn
judged churn 0 '"verdict": "steady"'
kill $pid
begin still
judged still 0 'hardly changes'
still=$pid

# --- forms -------------------------------------------------------------------

does watch -i 20ms -d 1s --csv "$still"
$AWK -F, 'NR == 1 { n = NF } NF != n { print "fields: " $0 }
          NR > 1 && $2 !~ /^[0-9]+$/ { print "pid: " $0 }
          END { if (NR < 10) print NR " lines" }' out >bad
tap_is_empty "--csv: as many fields in each line as in the first" bad
warns 'subject \(pid [0-9]+\): ' "--csv: the verdict is on standard error"
does watch -i 20ms -d 1s --plot plot.svg "$still"
if command -v python3 >/dev/null 2>&1; then
    tap_check "--plot: an XML parser reads it" python3 -c '
import sys, xml.etree.ElementTree as e
root = e.parse("plot.svg").getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg"
assert len(root.findall(".//{*}polyline")) == 3'
    does watch -i 20ms -d 1s --json "$still"
    tap_check "--json: a JSON parser reads it" python3 -c '
import json
d = json.load(open("out"))
p = d["processes"][0]
assert p["memory"]["own"] > 4 << 20, p["memory"]
assert p["kinds"]["heap"]["rss"] >= 0'
else
    tap_skip "--plot and --json: parsers read them" "no python3"
fi
does watch -i 20ms -d 300ms "$still"
gives 3 "too short to know"
says 'not known yet; wait about' "how long to wait is said"
does watch -i 20ms -d 1s subject
says "subject \(pid $still\)" "a process is found by its name"
does watch -i 100ms -d 300ms --all
says 'other process' "--all"

# --- what cannot be -----------------------------------------------------------

does watch 999999999
gives 4 "no such process"
does watch no-such-name-anywhere
gives 4 "no such name"
warns 'dbgmalloc top' "what to do is said"
does watch
gives 2 "nothing to watch"
does watch --all 1
gives 2 "--all and some"
does watch -i 0.1q 1
gives 2 "a time that is none"
begin churn
(sleep 0.5; kill $pid) &
does watch -i 20ms -d 60s "$pid"
says 'then it ended' "a process that ends during the watch"

# --- cost -----------------------------------------------------------------------

begin maps
does watch -d 12s --json "$pid"
[ "$(grep -c . "/proc/$pid/maps")" -ge 1000 ]
tap_check "a process with 1,000 mappings" test $? = 0
$AWK -F'"share": ' '/"cost"/ { split($2, part, "}")
    if (part[1] + 0 > 0.01) print "of a core: " part[1]; seen = 1 }
    END { if (!seen) print "no cost" }' out >bad
tap_is_empty "watching it costs under 1 % of a core" bad
tap_note "cost: $(grep -o '"cost": {[^}]*}' out)"
tap_done
