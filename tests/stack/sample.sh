# tests/stack/sample.sh - with `sample` a report's numbers are estimates as good
# as they say, and all else is exact. The seed is fixed; five of them must not
# all be lucky.

. "$top_srcdir/tests/tap.sh"

command -v perl >/dev/null || tap_skip_all "no perl"
[ -f "$library" ] || tap_skip_all "no shared library"
program=$scratch/sampled
$CC -g -O1 -w -pthread -o "$program" "$top_srcdir/tests/stack/sampled.c" ||
    tap_skip_all "no compiler"

# run OPTIONS WHAT - its log is $scratch/log.
run()
{
    rm -f "$scratch/log"
    LD_PRELOAD=$library DBGMALLOC_OPTS="log=$scratch/log,$1" \
        "$program" "$2" 2>"$scratch/err"
}

# has NAME TEXT - the log has it.
has()
{
    if grep -q -e "$2" "$scratch/log"; then
        tap_ok "$1"
    else
        cat "$scratch/err" >>"$scratch/log"
        tap_not_ok "$1" "$scratch/log"
    fi
}

cat >"$scratch/check.pl" <<'PL'
use strict;
use warnings;
use JSON::PP;
my %truth = (keep_small => [40000, 1280000], keep_middle => [4000, 1200000],
    keep_large => [40, 2000000], keep_grown => [6000, 4200000]);
my ($squares, $n, $bad, @reports) = (0, 0, 0);
for my $file (@ARGV) {
    open my $in, "<", $file or die "$file: $!\n";
    local $/;
    my $report = decode_json(<$in>);
    my $leaks = $report->{leaks};
    my $counted = $leaks->{estimated}{counted};
    # The thread's own memory may still be there.
    if ($counted->{blocks} < 50040 || $counted->{blocks} > 50045) {
        print "$file: $counted->{blocks} counted\n";
        $bad++;
    }
    my %sum;
    for my $entry (@{$leaks->{entries}}) {
        for my $frame (@{$entry->{stack}}) {
            my $name = $frame->{function} // "";
            next unless $truth{$name};
            $sum{$name}[0] += $entry->{blocks};
            $sum{$name}[1] += $entry->{bytes};
            $sum{$name}[2] += $entry->{bytes_error} ** 2;
            $sum{$name}[3] += $entry->{sampled};
            last;
        }
    }
    for my $name (sort keys %truth) {
        my $sum = $sum{$name};
        if (!$sum || $sum->[3] < 10) {
            print "$file: $name has too few samples\n";
            $bad++;
            next;
        }
        my $off = ($sum->[1] - $truth{$name}[1]) / sqrt($sum->[2]);
        printf "%s: %s: %d bytes in %d blocks, %.1f standard errors off\n",
            $file, $name, @$sum[1, 0], $off;
        $bad++ if abs($off) > 4;
        $squares += $off * $off;
        $n++;
        # What was freed again is not live: of the small ones half.
    }
    for my $site (@{$report->{sites}}) {
        next unless grep { ($_->{function} // "") eq "pass_small" }
            @{$site->{stack}};
        $reports[0] += $site->{alloc_count} / @ARGV;
        $reports[1] += $site->{free_count} / @ARGV;
    }
}
# A standard error is one: squares of 20 have the mean 20.
printf "mean square %.2f\n", $squares / $n;
$bad++ if $squares / $n > 2.5 || $squares / $n < 0.2;
printf "passed: %d made, %d freed\n", @reports;
$bad++ if abs($reports[0] - 40000) > 6000 || $reports[0] != $reports[1];
exit($bad ? 1 : 0);
PL

for seed in 1 2 3 4 5; do
    run "sample=8k,seed=$seed,format=json,leak-check=outstanding,log-leaks,\
log-stats" keep
    mv "$scratch/log" "$scratch/seed$seed"
done
if perl "$scratch/check.pl" "$scratch"/seed? >"$scratch/said" 2>&1; then
    tap_ok "estimates are right within their errors"
    sed "s|$scratch/||" "$scratch/said" | tail -n 2 | while read -r line; do
        tap_note "$line"
    done
else
    tap_not_ok "estimates are right within their errors" "$scratch/said"
fi

run "sample=8k,seed=1,format=json,leak-check=outstanding,log-leaks,heap=libc" \
    keep
if perl -e 'use JSON::PP; local $/; my $r = decode_json(<>);
    my $n = 0;
    $n += $_->{bytes} for @{$r->{leaks}{entries}};
    print "$n bytes\n";
    exit(abs($n - 8680000) < 1000000 ? 0 : 1)' "$scratch/log" \
    >"$scratch/said" 2>&1; then
    tap_ok "so it is of another allocator's blocks"
else
    cat "$scratch/err" >>"$scratch/said"
    tap_not_ok "so it is of another allocator's blocks" "$scratch/said"
fi

run "sample=64k,seed=1,leak-check=outstanding,log-leaks" keep
has "the text says what is estimated" \
    'each), estimated from .* (standard error .* bytes)'
has "and how many there are" '^  counted: .* bytes in 50,04[0-5] blocks$'

run "sample=1g,seed=1,exit-code=9" lose
status=$?
if [ $status -eq 9 ]; then
    tap_ok "leaks of which none was sampled count for exit-code"
else
    tap_not_ok "leaks of which none was sampled count for exit-code: $status"
fi
# A pointer to the last may lie about.
has "and the report says so" \
    'no block was sampled of \(800\|792\) bytes in \(100\|99\) blocks'

run "sample=1g,seed=1" twice
has "a block that was not sampled is checked as any other" 'freed twice'
run "sample=1,seed=1,no-log-stats" twice
has "one that was sampled has its stacks" 'main (.*sampled.c:63)'
tap_done
