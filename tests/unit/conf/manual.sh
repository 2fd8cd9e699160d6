# tests/unit/conf/manual.sh - the tables of options in the documents are what
# src/conf says.

. "$top_srcdir/tests/tap.sh"

generator=$top_builddir/doc/gen_options
[ -x "$generator" ] || tap_skip_all "doc/gen_options is not built"

# check STYLE FILE - FILE is what the generator makes of it.
check()
{
    if "$generator" --check "$1" "$top_srcdir/$2" 2>"$scratch/said"; then
        tap_ok "$2 is up to date"
    else
        tap_not_ok "$2 is up to date" "$scratch/said"
    fi
}

check man doc/dbgmalloc-options.7

if grep -q 'BEGIN options' "$top_srcdir/README" 2>/dev/null; then
    if grep -q '<!-- BEGIN' "$top_srcdir/README"; then
        check markdown README
    else
        check text README
    fi
else
    tap_not_ok "README has the table of options"
fi

# The check itself: one changed byte is found.
sed 's/every TIME, a report/every TIME, no report/' \
    "$top_srcdir/doc/dbgmalloc-options.7" >"$scratch/changed"
if "$generator" --check man "$scratch/changed" 2>/dev/null; then
    tap_not_ok "a changed manual is found out"
else
    tap_ok "a changed manual is found out"
fi

tap_done
