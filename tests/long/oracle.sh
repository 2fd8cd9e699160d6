# tests/long/oracle.sh - tests/oracle/run.sh with 100,000 addresses and more:
# of python3, cc1, redis, libstdc++ and libc, by whatever debug packages are
# there, and 1,000 of each program that is built.

ORACLE_COUNT=${ORACLE_COUNT-1000}
if [ -z "${ORACLE_FILES-}" ]; then
    ORACLE_FILES=
    # The first python3 on the PATH may be a script that chooses one.
    python=/usr/bin/python3
    [ -x $python ] || python=$(command -v python3)
    for file in "$python" "$(command -v redis-server)" \
        "$(gcc -print-prog-name=cc1)" "$(gcc -print-file-name=libstdc++.so.6)" \
        "$(gcc -print-file-name=libc.so.6)"; do
        file=$(readlink -f "$file") && ORACLE_FILES="$ORACLE_FILES $file"
    done
fi
. "$top_srcdir/tests/oracle/run.sh"
