# tests/tool/page.sh - the page that `dbgmalloc report -f html` makes, used in a
# headless Chromium: the graph zooms and is searched, by pointer and by keyboard,
# the table opens, light, dark and narrow look as they should, and nothing is
# loaded and nothing complained of.
#
# SCREENSHOTS=DIR: pictures of it are written there.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
find_browser
[ -z "$lacking" ] || tap_skip_all "$lacking"
cd "$scratch" || exit 99
if ! $CC -O1 -g -w -o subject "$top_srcdir/tests/tool/page.c" >log 2>&1; then
    tap_not_ok "the test's program is built" log
    tap_done
fi
DBGMALLOC_OPTS=dump=$scratch/page.snap,log=none,no-print \
    LD_PRELOAD=$DBGMALLOC_LIB ./subject >log 2>&1
does report -f html -o page.html page.snap
gives 0 "the page is made"

export WORD=main
browse 170 tests/tool/browser.py page.html
tap_done
