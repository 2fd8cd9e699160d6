# tests/long/guarded.sh - real programs to the end of their work under `high`,
# and three of them with guard pages at every block. The points of each script
# become one.

. "$top_srcdir/tests/tap.sh"

# run NAME MODES
run()
{
    if REAL_MODES=$2 bash "$top_srcdir/tests/real/$1.sh" \
        >"$scratch/$1.out" 2>&1 && ! grep -q '^not ok' "$scratch/$1.out"; then
        tap_ok "$1 under $2"
    else
        tap_not_ok "$1 under $2" "$scratch/$1.out"
    fi
}

for script in "$top_srcdir"/tests/real/*.sh; do
    name=${script##*/}
    case $name in
    common.sh) ;;
    *) run "${name%.sh}" high ;;
    esac
done
run sqlite3 guard
run python3 guard
run redis guard
tap_done
