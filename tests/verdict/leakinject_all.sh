# tests/verdict/leakinject_all.sh - all scenarios of leakinject.pl: ten places in
# seven programs, three rates. For make check-long.

exec perl "$top_srcdir/tests/verdict/leakinject.pl" --all
