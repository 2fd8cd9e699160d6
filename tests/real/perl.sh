#!/bin/bash
# perl: hashes, regular expressions, sorting, core modules, fork, pipes, and
# threads where perl has them.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    cat >work.pl <<'PERL'
use strict;
use warnings;
use Data::Dumper;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode decode);
use List::Util qw(sum max shuffle first);
use Storable qw(freeze thaw dclone);
use JSON::PP;
use Config;
$Data::Dumper::Sortkeys = 1;
$| = 1;
my %count;
my $text = join " ", map { ("word" . $_ * 7919 % 1009) x ($_ % 4) } 1 .. 20000;
$count{$_}++ for split / /, $text;
print "$_ $count{$_}\n" for (sort { $count{$b} <=> $count{$a} || $a cmp $b }
    keys %count)[0 .. 9];
(my $changed = $text) =~ s/(\d)(\d)/$2$1/g;
print sha256_hex($changed), "\n";
my @sorted = sort { $a <=> $b } map { $_ * 7919 % 100003 } 1 .. 50000;
print sum(@sorted), " ", max(@sorted), "\n";
my $deep = {};
my $at = $deep;
$at = $at->{"level$_"} = { list => [1 .. $_] } for 1 .. 200;
my $copy = thaw(freeze(dclone($deep)));
print sha256_hex(Dumper($copy)), "\n";
my $json = JSON::PP->new->canonical;
print sha256_hex($json->encode($json->decode($json->encode(
    { map { ("key$_" => [$_, "t\x{e9}xt", undef]) } 1 .. 300 })))), "\n";
print length(encode("UTF-8", "\x{263a}" x 1000)), "\n";
for my $n (1 .. 5) {
    my $pid = open(my $pipe, "-|") // die "fork: $!";
    if (!$pid) {
        print "child $n: ", sum(map { length } map { "y" x $_ } 1 .. 500), "\n";
        exit $n;
    }
    print <$pipe>;
    close $pipe;
    print "ended with ", $? >> 8, "\n";
}
print `echo from a shell`;
if ($Config{useithreads}) {
    require threads;
    my @threads = map { my $n = $_; threads->create(sub {
        my %h = map { ($_ => "v$_" x $n) } 1 .. 3000;
        return sum(map { length } values %h);
    }) } 1 .. 4;
    print "thread: ", $_->join, "\n" for @threads;
}
eval { die { code => 42 } };
print "died with $@->{code}\n";
print "formats: ", pack("NnC/a*", 1, 2, "abc") =~ s/[^ -~]/./gr, "\n";
print "work done\n";
exit 3;
PERL
    export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0
    under perl work.pl
    echo "status $?"
}

real_test perl perl
