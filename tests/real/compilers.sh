#!/bin/bash
# gcc -O2 and g++ -O2: compile, assemble and link real files; the objects must
# be the same byte for byte, and so must what is said of wrong ones.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"
sources=$(cd "$top_srcdir" && pwd)/tests

compile() {
    local name
    export CCACHE_DISABLE=1 # The compiler is to run.
    cp "$sources"/program/*.[ch] "$sources"/program/*.cc .
    for name in random_mix cross_thread_free; do
        under gcc -O2 -g -D_GNU_SOURCE -c "$name.c" || return 1
        cksum "$name.o"
    done
    under g++ -O2 -c exceptions.cc || return 1
    cksum exceptions.o
    under gcc -O2 -o random_mix random_mix.o || return 1
    ./random_mix 1000 || return 1
    under g++ -O2 -o exceptions exceptions.o -pthread || return 1
    ./exceptions || return 1
    under gcc -O2 -flto -D_GNU_SOURCE -o lto random_mix.c alignment.c
    echo "two mains: status $?"
    printf 'int f(int x) { return x + y; }\nint g( {\n' >wrong.c
    under gcc -O2 -Wall -c wrong.c
    echo "status $?"
    printf '#include <vector>\nstd::vector<int> v = "text";\n' >wrong.cc
    under g++ -O2 -c wrong.cc
    echo "status $?"
    echo "work done"
}

# The linker names temporary files of the compiler, differently each time.
work() {
    compile 2>&1 | sed 's,/[^ :]*/cc[A-Za-z0-9.]*,TEMPORARY,g'
}

real_test compilers gcc g++
