#!/bin/bash
# tar and xz: archives made, listed, compared and unpacked; xz in one and in
# two threads, sound and damaged input; gzip by tar.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    local n
    export LC_ALL=C TZ=UTC
    mkdir -p in/a/b in/c
    for n in 1 2 3 4 5 6 7 8; do
        seq $n 3 $((n * 12000)) >in/a/b/file$n
        ln -s ../a/b/file$n in/c/link$n
    done
    head -c 300000 /bin/sh >in/binary
    truncate -s 5000000 in/sparse
    under tar --sort=name --mtime=@0 --owner=0 --group=0 --mode=0755 \
        --format=pax --pax-option=delete=atime,delete=ctime \
        -cf one.tar in || return 1
    cksum one.tar
    under tar -tvf one.tar
    under tar -S -czf two.tar.gz in || return 1
    mkdir out
    under tar -C out -xzf two.tar.gz || return 1
    diff -r in out/in || return 1
    under tar -df one.tar
    echo "compare: status $?"
    under tar -xf no-such.tar
    echo "status $?"
    under xz -k -6 one.tar || return 1
    cksum one.tar.xz
    under xz -T2 --block-size=1MiB -1 -c one.tar >threaded.xz || return 1
    cksum threaded.xz
    under xz -dc -T2 threaded.xz | cmp - one.tar || return 1
    under xz -lv one.tar.xz
    under xz -t one.tar.xz threaded.xz || return 1
    head -c 20000 one.tar.xz >short.xz
    under xz -dc short.xz | cksum
    under xz -t short.xz
    echo "status $?"
    under xz -9 -M 40MiB --no-adjust -c one.tar
    echo "status $?"
    under tar -tJf one.tar.xz | cksum
    echo "work done"
}

real_test "tar and xz" tar xz
