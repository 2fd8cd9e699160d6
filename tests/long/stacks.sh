# tests/long/stacks.sh - tests/stack/run.sh with ten million stacks.

STACK_SAMPLES=${STACK_SAMPLES-10000000}
. "$top_srcdir/tests/stack/run.sh"
