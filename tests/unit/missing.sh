# tests/unit/missing.sh - stands for the unit tests where cmocka is missing:
# one skipped case for each program.

. "$top_srcdir/tests/tap.sh"

for test in ${UNIT_TESTS-}; do
    tap_skip "$test" "cmocka is not installed (libcmocka-dev)"
done
[ "$tap_count" -gt 0 ] || tap_skip_all "cmocka is not installed"
tap_done
