#!/bin/bash
# python3, the distribution's, with every object from malloc: our script, and
# a slice of python's own test suite where that is installed.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"
python=/usr/bin/python3
script=$(cd "$top_srcdir" && pwd)/tests/real/python_work.py

# Modules of python's test suite, and of the long ones some classes;
# PYTHON_SUITE=all (make check-long): those, too, that take minutes.
suite="test_thread
test_threading -m *LockTests* -m *EventTests*
test_subprocess -m *RunFuncTestCase* -m *test_communicate_p* -m *preexec*
test_fork1
test_json
test_gc
test_ctypes"
if [ "${PYTHON_SUITE-}" = all ]; then
    suite="$suite
test_dict
test_list
test_bytes
test_array"
fi

work() {
    export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
    export LC_ALL=C.UTF-8
    cp "$script" work.py
    under "$python" work.py
    echo "status $?"
    under "$python" -c 'raise ValueError("an uncaught error")'
    echo "status $?"
    if "$python" -c 'import test.test_threading' 2>/dev/null; then
        set -f # The patterns are for python.
        while read -r module; do
            # Times and counts of skipped parts vary; the verdict does not.
            # shellcheck disable=SC2086 # The module and its patterns.
            under timeout 300 "$python" -m test -q $module \
                >suite.out 2>&1 </dev/null
            echo "${module%% *}: status $?"
        done <<<"$suite"
    fi
}

real_test python3 $python
