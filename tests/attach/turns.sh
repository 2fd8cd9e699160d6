# turns.sh - several threads are borrowed at once, as by commands that were
# killed half-way: one attaches, the others are refused, and one page is there.
. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
if ! $CC -O1 -g -w -pthread -D_GNU_SOURCE -iquote "$top_srcdir/src" \
    -o "$scratch/turns" "$top_srcdir/tests/attach/turns.c" \
    2>"$scratch/log"; then
    tap_not_ok "the test's program is built" "$scratch/log"
    tap_done
    exit
fi
if LD_PRELOAD=$library DBGMALLOC_OPTS=heap=libc \
    "$scratch/turns" 25 >"$scratch/log" 2>&1; then
    tap_ok "of 8 threads that come in at once one attaches, 25 times"
else
    tap_not_ok "of 8 threads that come in at once one attaches, 25 times" \
        "$scratch/log"
fi
tap_done
