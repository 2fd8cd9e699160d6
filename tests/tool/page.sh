# tests/tool/page.sh - the page that `dbgmalloc report -f html` makes, used in a
# headless Chromium: the graph zooms and is searched, by pointer and by keyboard,
# the table opens, light, dark and narrow look as they should, and nothing is
# loaded and nothing complained of.
#
# SCREENSHOTS=DIR: pictures of it are written there.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
for chromium in chromium chromium-browser ''; do
    command -v "$chromium" >/dev/null 2>&1 && break
done
[ -n "$chromium" ] || tap_skip_all "no chromium"
for program in chromedriver python3; do
    command -v $program >/dev/null 2>&1 || tap_skip_all "no $program"
done
cd "$scratch" || exit 99
if ! $CC -O1 -g -w -o subject "$top_srcdir/tests/tool/page.c" >log 2>&1; then
    tap_not_ok "the test's program is built" log
    tap_done
fi
DBGMALLOC_OPTS=dump=$scratch/page.snap,log=none,no-print \
    LD_PRELOAD=$DBGMALLOC_LIB ./subject >log 2>&1
does report -f html -o page.html page.snap
gives 0 "the page is made"

WORD=main CHROMIUM=$(command -v "$chromium") timeout 170 python3 \
    "$top_srcdir/tests/tool/browser.py" page.html >said 2>errors
status=$?
while read -r line; do
    case $line in
    'ok - '*) tap_ok "${line#ok - }" ;;
    'not ok - '*)
        sed -n "/^not ok - ${line#not ok - }/,/^[on]/s/^#  *//p" said >why
        tap_not_ok "${line#not ok - }" why
        ;;
    '# '*) tap_note "${line#\# }" ;;
    esac
done <said
# What a browser cannot do on a machine that is busy says nothing of the page.
if [ $status -eq 77 ] || [ $status -eq 124 ]; then
    tap_skip "the rest of the page" "the browser did not answer in time"
elif [ $status -ne 0 ] && ! grep -q '^not ok' said; then
    tap_not_ok "the browser's test came to its end" errors
fi
tap_done
