# tests/long/findings.sh - tests/damage/findings.sh with a million findings.

FINDINGS=1000000
. "$top_srcdir/tests/damage/findings.sh"
