#!/bin/bash
# coreutils, grep, sed, awk, find, diff: ordinary text work, sort with threads
# and temporary files among it.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    export LC_ALL=C TZ=UTC
    under awk 'BEGIN { for (i = 1; i <= 100000; i++)
        print i * 7919 % 100003, "key" i % 1013, i }' >in || return 1
    under sort --parallel=2 -S 1M -T . -n in | cksum
    under sort -k2,2 -k1,1nr in >by-key
    under sort -u -k2,2 in | under wc
    under sort -c in
    echo "status $?"
    under uniq -c -f 2 by-key | under tail -n 3
    under cut -d' ' -f2 in | under sort | under uniq -c | under head -n 5
    under head -n 2000 by-key | under sort -k3,3 >left
    under tail -n 2000 in | under sort -k3,3 >right
    under join -1 3 -2 3 left right | cksum
    under comm -12 <(cut -d' ' -f2 left | sort -u) \
        <(cut -d' ' -f2 right | sort -u) | cksum
    under shuf --random-source=in in | cksum
    under tac in | under nl | under rev 2>/dev/null | cksum
    under sha256sum in by-key
    under md5sum in >sums && under md5sum -c sums
    under split -n 5 in part. && under cat part.* | cmp - in || return 1
    under tr a-z A-Z <in | under fold -w 30 | under paste - - - | cksum
    under od -c in | under head -n 5
    under base64 in | under base64 -d | cmp - in || return 1
    under seq 1 0.5 20 | under numfmt --to=iec --format=%.3f | under pr -3 -t
    under factor 1234567890123456789 99999999977 $((2 ** 61 - 1))
    under expr 12345 '*' 67890
    under date -u -d @86400 +%FT%T
    under ls -l --time-style=+ in by-key | under awk '{ print $1, $5, $6 }'
    under ls /no/such/place
    echo "status $?"
    under cp -r . ../copy 2>/dev/null; rm -rf ../copy
    under dd if=in of=out bs=1000 count=50 status=none && cksum out
    under env -i A=1 B=2 /usr/bin/env
    under test -f in && echo "a file"
    under timeout 5 sleep 0.01 && echo "in time"
    under grep -c -E '(key1|9+) [0-9]*7$' in
    under grep -P -o 'key(?=99)' in | under wc -l
    under sed -n -E 's/^([0-9]+) key([0-9]+)/\2 \1/; 1~1000p' in | cksum
    under find . -name 'part.a?' -newer /bin/sh | under sort
    under diff left right | cksum
    under awk '{ n[$2] += $1 } END { for (k in n) t += n[k] % 97; print t }' in
    under xargs -P 2 -n 500 echo <left | under wc -w
    echo "work done"
}

# shellcheck disable=SC2034 # For real_test.
real_modes="bare default medium"
real_test coreutils sort awk sed grep find diff xargs
