# tests/long/fuzz.sh - tests/fuzz/run.sh with ten million executions and more.

FUZZ_RUNS=${FUZZ_RUNS-1500000}
. "$top_srcdir/tests/fuzz/run.sh"
