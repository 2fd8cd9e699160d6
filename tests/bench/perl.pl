# Work for perl: hashes, arrays, strings, sorting, regular expressions.
use strict;
use warnings;
my %count;
my @words = map { "word" . $_ * 7919 % 10007 } 1 .. 120000;
$count{$_}++ for @words;
my @lists = map { [ map { "item $_" } 1 .. $_ % 20 ] } 1 .. 20000;
my %deep = map { ($_ => { name => "n$_", list => [ 1 .. $_ % 10 ] }) } 1 .. 20000;
my $text = join " ", @words;
$text =~ s/(\d)(\d)/$2$1/g;
my @sorted = sort { $count{$a} <=> $count{$b} || $a cmp $b } keys %count;
my $total = 0;
$total += length for split / /, $text;
print scalar(@sorted), " $total ", scalar(@lists), " ", scalar(keys %deep), "\n";
