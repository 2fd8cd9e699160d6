# tests/long/walk.sh - README's walk, each command as it is printed there: a
# server's memory is seen to grow, and the line that is to blame is named.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
[ -x /usr/bin/python3 ] || tap_skip_all "no /usr/bin/python3"
cd "$scratch" || exit 99
cp "$top_srcdir/tests/demo/server.py" "$top_srcdir/tests/demo/session.c" . ||
    exit 99
sed -n '/^<!-- BEGIN walk/,/^<!-- END walk/s/^    \$ //p' \
    "$top_srcdir/README" >commands
tap_check "README has the walk" test "$(grep -c . commands)" -ge 8

# A directory of its own for the two names that a reader has installed.
mkdir bin
ln -s "$top_builddir/dbgmalloc" bin/dbgmalloc
ln -s /usr/bin/python3 bin/python3
PATH=$scratch/bin:$PATH
export PATH DBGMALLOC_LIB
# Each command's output has its number; what is watched may be watched again.
{
    echo 'n=0'
    while IFS= read -r command; do
        echo "n=\$((n + 1))"
        case $command in
        *'&'*'sleep '*)
            echo "${command%%&*}>out.\$n 2>&1 &${command#*&}"
            ;;
        *) echo "{ $command
} >out.\$n 2>&1; echo \$? >status.\$n" ;;
        esac
    done <commands
} >script
timeout -k 5 200 bash script >log 2>&1
for i in $(seq "$(grep -c . commands)"); do
    [ ! -f "status.$i" ] || case $(sed -n "${i}p" commands) in
    *watch*)
        if [ "$(cat "status.$i")" -eq 1 ]; then
            tap_ok "watch: it grows"
        else
            tap_not_ok "watch: it grows" "out.$i"
        fi
        ;;
    kill*) ;;
    *) tap_check "$(sed -n "${i}p" commands)" \
        test "$(cat "status.$i")" -eq 0 ;;
    esac
done
line=$(grep -n 'calloc(1, sizeof' session.c | cut -d: -f1)
grep -l "session_open (.*session.c:$line)" out.* >said
tap_check "the report names the line" test -s said
[ -f server.html ] && grep -q "session_open (.*session.c:$line)" server.html
tap_check "and so does the page" test $? -eq 0
tap_done
