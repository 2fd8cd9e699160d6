#!/bin/bash
# python3, the distribution's, with every object from malloc: our script, and
# a slice of python's own test suite where that is installed.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"
python=/usr/bin/python3
script=$(cd "$top_srcdir" && pwd)/tests/real/python_work.py

# Modules of python's test suite, and of those with many slow cases some, of
# the code in C where there is the same in Python; all in one process. Cases
# that must be done within seconds are left out: they fail on a busy machine.
# PYTHON_SUITE=all (make check-long): more, and modules that take minutes.
suite="test_thread test_threading test_subprocess test_fork1 test_json test_gc"
part="test.test_thread.* *.CRLockTests.* *.EventTests.*
    *.RunFuncTestCase.test_ca* *.RunFuncTestCase.test_check
    *.ProcessTestCase.test_communicate_p* *.POSIXProcessTestCase.test_preexec
    test.test_fork1.* test.test_json.test_[!t]*.TestC* *.GCTests.test_[dl]*
    *.GCTogglingTests.*"
part_not="-i *highly_nested* -i *test_unicode_decode -i *timeout*"
more=
if [ "${PYTHON_SUITE-}" = all ]; then
    part="$part *LockTests* *RunFuncTestCase* *test_communicate_p* *preexec*
        test.test_json.* test.test_gc.*"
    part_not=
    more="test_ctypes test_dict test_list test_bytes test_array"
fi

# run_suite NAME ARGUMENT... - times and counts of skipped parts vary, the
# verdict does not.
run_suite() {
    local name=$1
    shift
    under timeout 800 "$python" -m test -q "$@" >suite.out 2>&1 </dev/null
    local status=$?
    echo "$name: status $status"
    [ "$status" = 0 ] || tail -n 20 suite.out
}

work() {
    export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
    export LC_ALL=C.UTF-8
    cp "$script" work.py
    under "$python" work.py
    echo "status $?"
    under "$python" -c 'raise ValueError("an uncaught error")'
    echo "status $?"
    if "$python" -c 'import test.test_threading' 2>/dev/null; then
        set -f # The patterns are for python; they and the modules are words.
        # shellcheck disable=SC2086
        run_suite "several modules" $(printf ' -m %s' $part) $part_not $suite
        for module in $more; do
            run_suite "$module" "$module"
        done
    fi
}

real_test python3 $python
