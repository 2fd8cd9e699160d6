#!/bin/bash
# git: init, commits, branches, a merge, log, diff, blame, gc with threads,
# clone and fetch of a local repository, fsck, archive.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

g() {
    under git "$@" || echo "git $1: status $?"
}

work() {
    export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat LC_ALL=C
    export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
    export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
    local n
    g init -q -b main one
    cd one || return 1
    for n in 1 2 3 4 5 6 7 8 9 10; do
        export GIT_AUTHOR_DATE="2020-01-01T00:00:$((n + 10)) +0000"
        export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
        mkdir -p "dir$((n % 3))"
        seq $n 7 $((n * 2000)) >"dir$((n % 3))/file$n"
        seq 1 $((300 + n)) | sed "s/^\($n.*\)/changed \1/" >shared
        g add -A
        g commit -q -m "commit number $n"
    done
    g checkout -q -b side HEAD~3
    echo "a line" >>side-file
    g add side-file
    g commit -q -m "on the side"
    g checkout -q main
    g merge -q -m "merge the side" side
    g log --stat --format='%H %an %ad %s'
    g diff HEAD~5 --stat
    g diff HEAD~4 HEAD~2 -- shared | cksum
    g blame -s shared | cksum
    g grep -c changed HEAD~2
    g tag -a -m "a tag" v1
    g -c pack.threads=2 gc -q --aggressive
    g fsck --full 2>/dev/null
    g rev-list --objects --all | cksum
    g archive --format=tar HEAD | cksum
    cd .. || return 1
    g clone -q one two
    g clone -q --no-local --depth 2 "file://$PWD/one" three 2>/dev/null
    (cd one && echo more >more && g add more && g commit -q -m more)
    (cd two && g fetch -q && g log -1 --format=%H origin/main)
    (cd three && g log --format=%H)
    g -C two status --short --branch
    g -C two show no-such-revision
    # gc that was started in the background must have ended.
    g -C one rev-parse HEAD && echo "work done"
}

real_test git git
