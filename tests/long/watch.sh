# tests/long/watch.sh - dbgmalloc watch: eleven live processes are told apart, and
# what is said of them is right; watching a process with 1,000 mappings takes
# less than 1 % of a core. The figure is printed.

. "$top_srcdir/tests/tool/common.sh"
. "$top_srcdir/tests/tool/subjects.sh"

begin heap
judged heap 1 '"grown": \[\{"name": "\[heap\]"'
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
begin warm-up
judged warm-up 0 '"verdict": "steady"'
kill $pid
begin churn
judged churn 0 '"verdict": "steady"'
kill $pid
begin still
judged still 0 'hardly changes'
kill $pid
begin maps
judged maps 0 '"verdict": "steady"'

# The time that watch itself had, not what passed: another's load does not count,
# but for what it takes from the caches. So the least of five is taken.
rm -f shares
for i in 1 2 3 4 5; do
    does watch -d 12s --json "$pid"
    sed -n 's/.*"share": \([0-9.]*\).*/\1/p' out >>shares
done
least=$(sort -n shares | head -n 1)
tap_note "of a core, five times: $(tr '\n' ' ' <shares)"
tap_check "watching 1,000 mappings costs under 1 % of a core ($least)" \
    $AWK -v share="$least" 'BEGIN { exit !(share > 0 && share < 0.01) }'
tap_done
