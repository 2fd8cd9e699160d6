#!/usr/bin/perl
# compare.pl NAMES COUNT SEED FILE - hold our names of COUNT random code
# addresses of FILE against those of addr2line and llvm-symbolizer.
#
# Addresses are drawn from the executable sections, each byte as likely as any
# other. An address agrees if the whole chain of functions, files and lines is
# what one of the two says; they differ from each other more often than we do
# from both. What is left is counted by how it differs and, with VERBOSE set,
# printed. The last line is "FILE: N of N agree (P %), ...".
use strict;
use warnings;

my ($names, $count, $seed, $file) = @ARGV;
die "usage: compare.pl NAMES COUNT SEED FILE\n" if !defined $file;
srand($seed);

my $debug = $file;
my ($id) = `readelf -n '$file' 2>/dev/null` =~ /Build ID: (\w\w)(\w+)/;
$debug = "/usr/lib/debug/.build-id/$1/$2.debug"
    if defined $id && `readelf -n '$file' 2>/dev/null` =~ /Build ID: (\w\w)(\w+)/
    && -e "/usr/lib/debug/.build-id/$1/$2.debug";

sub addresses
{
    my @sections;
    my $total = 0;
    for (`readelf -SW '$file'`) {
        next if !/^\s*\[\s*\d+\]\s+(\S+)\s+PROGBITS\s+(\w+)\s+\w+\s+(\w+)\s+\w+\s+\w*X/;
        next if $1 =~ /^\.plt/;  # Code of the linker, which has no source.
        push @sections, [hex $2, hex $3];
        $total += hex $3;
    }
    die "$file has no code\n" if $total == 0;
    my @list;
    while (@list < $count) {
        my $at = int rand $total;
        for (@sections) {
            if ($at < $$_[1]) {
                push @list, sprintf '0x%x', $$_[0] + $at;
                last;
            }
            $at -= $$_[1];
        }
    }
    return @list;
}

# "/a/b/../c/./d.c" and "/a/c/d.c" are one file.
sub plain
{
    my ($path) = @_;
    $path =~ s{/(\./)+}{/}g;
    $path =~ s{^\./}{};
    $path =~ s{//+}{/}g;
    1 while $path =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
    return $path;
}

sub frame
{
    my ($function, $place) = @_;
    $place =~ s/ \(discriminator \d+\)$//;
    my ($path, $line) = $place =~ /^(.*):(\d+|\?)(?::\d+)?$/;
    $line = 0 if !defined $line || $line eq '?';
    $path = '??' if !defined $path || $line == 0;
    $line = 0 if $path eq '??';
    $function =~ s/\@.*//;
    return "$function " . plain($path) . ":$line";
}

sub run
{
    my ($input, @command) = @_;
    my %answers;
    my ($addr, $function);
    my $text = "'" . join("' '", @command) . "' <$input";
    open my $pipe, '-|', $text or die "$command[0]: $!\n";
    while (<$pipe>) {
        chomp;
        if (!defined $function && /^0x([0-9a-f]+)$/i) {
            $addr = hex $1;
            $answers{$addr} = [];
        } elsif ($_ eq '') {
            next;
        } elsif (!defined $function) {
            $function = $_;
        } else {
            push @{$answers{$addr}}, frame($function, $_);
            undef $function;
        }
    }
    close $pipe;
    return \%answers;
}

# glibc has several names for most of its functions, which are one function.
my %aliases;
for (`nm '$debug' 2>/dev/null`, `nm -D '$file' 2>/dev/null`) {
    next if !/^(\w+) [TtWwiuVv] ([^\s@]+)/;
    $aliases{hex $1}{$2} = 1;
}
my @same = map { [keys %$_] } grep { keys %$_ > 1 } values %aliases;
my %class;
for my $group (@same) {
    $class{$_}{$group} = 1 for @$group;
}

sub is_same_function
{
    my ($a, $b) = @_;
    return 1 if $a eq $b;
    for ($a, $b) { s/^__GI_//; s/\.(cold|part|isra|constprop|lto_priv)\b.*// }
    return 1 if $a eq $b;
    for (keys %{$class{$a} // {}}) {
        return 1 if $class{$b}{$_};
    }
    return 0;
}

# The kind of the first difference, or '' if there is none.
sub difference
{
    my ($ours, $theirs) = @_;
    return 'depth' if @$ours != @$theirs;
    for my $i (0 .. $#$ours) {
        my ($function, $place) = split / /, $$ours[$i], 2;
        my ($function2, $place2) = split / /, $$theirs[$i], 2;
        return 'function' if !is_same_function($function, $function2);
        next if $place eq $place2;
        my ($path, $line) = $place =~ /^(.*):(\d+)$/;
        my ($path2, $line2) = $place2 =~ /^(.*):(\d+)$/;
        return 'line' if $line != $line2;
        # Only one of the two may know the directory.
        return 'file' if $path !~ /(^|\/)\Q$path2\E$/
            && $path2 !~ /(^|\/)\Q$path\E$/;
    }
    return '';
}

my $input = "/tmp/dbgmalloc-oracle.$$";
open my $out, '>', $input or die "$input: $!\n";
my @list = addresses();
print $out "$_\n" for @list;
close $out;
my $ours = run($input, $names, $file);
my %theirs;
$theirs{addr2line} = run($input, 'addr2line', '-afi', '-e', $debug);
$theirs{llvm} = run($input, 'llvm-symbolizer', '--output-style=GNU', '-a',
    '--no-demangle', '-f=linkage', '-i', '-e', $debug)
    if `sh -c 'command -v llvm-symbolizer'` ne '';
unlink $input;

my ($agree, %kinds, %each) = (0);
for my $text (@list) {
    my $addr = hex $text;
    my $mine = $$ours{$addr} // [];
    my $kind;
    for (sort keys %theirs) {
        my $theirs = $theirs{$_}{$addr} // [];
        my $d = difference($mine, $theirs);
        $each{$_}++ if $d eq '';
        $kind = $d if !defined $kind || $d eq '';
    }
    if ($kind eq '') {
        $agree++;
        next;
    }
    $kinds{$kind}++;
    if ($ENV{VERBOSE}) {
        print "# $text $kind\n#   ours: ", join(' | ', @$mine), "\n";
        print "#   $_: ", join(' | ', @{$theirs{$_}{$addr} // []}), "\n"
            for sort keys %theirs;
    }
}
printf "%s: %d of %d agree (%.3f %%)", $file, $agree, scalar @list,
    100 * $agree / @list;
printf ", %s alone %d", $_, $each{$_} // 0 for sort keys %theirs;
printf "; %s differs: %d", $_, $kinds{$_} for sort keys %kinds;
print "\n";
