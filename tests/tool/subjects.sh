# tests/tool/subjects.sh - processes to be watched, each with a way of its own to
# use memory. To be read, after tests/tool/common.sh, by
#
#   . "$top_srcdir/tests/tool/subjects.sh"
#
# Found here: begin HOW, which starts one; judged HOW STATUS PATTERN, which
# watches it. The tests go on in $scratch, and at their end all are ended.

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
        } else if (!strcmp(how, "warm-up")) {
            if (i < 100) touch(200000);
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
