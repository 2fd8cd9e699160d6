# tests/long/damage.sh - tests/damage/run.sh with 1,000,000 operations for each
# of three seeds.

DAMAGE_OPERATIONS=1000000 DAMAGE_SEEDS="1 2 3"
. "$top_srcdir/tests/damage/run.sh"
