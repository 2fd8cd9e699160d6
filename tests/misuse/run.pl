#!/usr/bin/perl
#
# run.pl [NAME...] - compile and run the wrong programs of this directory under
# the library, and compare the findings in its JSON report with those that
# each program's first comment states. Speaks TAP, one point a program.
#
# Environment: DBGMALLOC_LIB, the library (empty: the programs are compiled
# and not run); top_srcdir; CC, CXX; MISUSE_KEEP=1 keeps the logs.
#
# The first comment of a program may have lines
#   expect: KEY=VALUE ...   one finding or leak (a line that follows, indented
#                           by 4, goes on with it), all of these:
#       kind=KEY       as in src/model/findings.def, or leak
#       size=N         of the block         offset=N  from its start
#       length=N       bytes damaged, or asked for
#       given=N        what a sized free said, or a limit allows
#       access=WORD    read or write
#       place=WORD     stack, global, mapped ...
#       alloc=F free=F site=F   the function that made the block, that freed
#                      it, and in which the misuse was noticed (or is)
#       file=F line=N  where the block was made, by the header
#       blocks=N bytes=N        of a leak
#       count=N        how often; 1 if not said
#   opts: TOKENS       options beside log and format
#   exit: N, signal: N how the program ends; with 0 if not said
#   others: allowed    other findings may come with those
#   leaks: none        the report must list no leak of the program
#   args: NAME=V,V ... the program is run with each combination of the values
#                      as its arguments; $NAME in an expectation stands for the
#                      value, and {...} around it for a sum
#   build: c c++       compiled as each of these languages
#   link: library      with the library, for dbgmalloc.h
#   needs: OPTION      skipped where the library has no such option
#   report: none       no report is left to look into
#   alone: WHY         an executable of its own
# A finding that is not expected is a failure. Leaks are looked at only where
# a leak is expected or `leaks: none` is said.
#
# To start a compiler and a linker takes much longer than one of these programs
# does. So all programs of a language are one source and one executable, which
# does as the program whose name it is called by; each has a link to it. Their
# mains are main__NAME there, their other functions must differ in name. Those
# with matrix.h, owndamage.h, `build:`, `link:` or `alone:` are compiled each by
# itself.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname basename);
use File::Temp qw(tempdir);
use JSON::PP;

my $top = $ENV{top_srcdir} || dirname(abs_path($0)) . "/../..";
my $source_directory = "$top/tests/misuse";
my $library = $ENV{DBGMALLOC_LIB} // "";
$library = abs_path($library) if $library ne "";
my $temporary = tempdir("dbgmalloc-misuse.XXXXXX", TMPDIR => 1,
    CLEANUP => !$ENV{MISUSE_KEEP});
my @flags = qw(-O2 -g -D_GNU_SOURCE -Wall -Wextra -pthread);
# No function becomes another name of one that is the same in another program.
push @flags, "-fno-ipa-icf";
my $failures = 0;

# --- What a program expects ------------------------------------------------

sub read_words {
    my ($text) = @_;
    return map { split /=/, $_, 2 } split " ", $text;
}

sub read_header {
    my ($path) = @_;
    my %header = (expect => []);
    open my $file, "<", $path or die "$path: $!\n";
    while (my $line = <$file>) {
        last if $line =~ m{^ \*/};
        if ($line =~ /^ \*     (.*)/ && @{ $header{expect} }) {
            %{ $header{expect}[-1] }
                = (%{ $header{expect}[-1] }, read_words($1));
        }
        next unless $line =~ /^ \* ([a-z]+): *(.*?) *$/;
        my ($key, $value) = ($1, $2);
        if ($key eq "expect") {
            push @{ $header{expect} }, { read_words($value) };
        } else {
            $header{$key} = $value;
        }
    }
    return \%header;
}

sub has_option {
    my ($name) = @_;
    open my $file, "<", "$top/src/conf/options.def" or return 0;
    return scalar grep { /"\Q$name\E"/ } <$file>;
}

# --- The report: the one place that knows its form ---------------------------

# A function's name without what compilers add to it, and C++'s without its
# parameters.
sub plain_name {
    my ($name) = @_;
    $name //= "";
    # A static function's mangled name, should it stay mangled: _ZL4makem.
    $name = substr($name, $+[0], $1) if $name =~ /^_ZL?(\d+)/;
    $name =~ s/\.(constprop|isra|part|cold|lto_priv)\b.*//;
    $name =~ s/\(.*//;
    $name =~ s/\+0x[0-9a-f]+$//;
    $name =~ s/^main__\w+$/main/;
    return $name;
}

sub first_frame {
    my ($stack) = @_;
    $stack = $stack->{frames} if ref $stack eq "HASH";
    return ref $stack eq "ARRAY" && @$stack ? $stack->[0] : {};
}

# Gives a list of { kind, size, ..., module } out of all JSON documents in a
# directory: one for each finding, and one for each leak.
sub read_reports {
    my ($directory) = @_;
    my (@found, $documents);
    for my $path (glob "$directory/*") {
        open my $file, "<", $path or die "$path: $!\n";
        my $text = do { local $/; <$file> };
        my $json = JSON::PP->new->utf8;
        $json->incr_parse($text);
        while (my $document = $json->incr_parse) {
            next unless ref $document eq "HASH";
            $documents++;
            push @found, map { finding_of($_) }
                @{ $document->{findings} // [] };
            my $leaks = $document->{leaks} // [];
            $leaks = $leaks->{entries} // [] if ref $leaks eq "HASH";
            push @found, map { leak_of($_) } @$leaks;
        }
    }
    return ($documents, @found);
}

sub finding_of {
    my ($object) = @_;
    my $block = $object->{block} // {};
    my $alloc = first_frame($object->{alloc_stack} // $block->{alloc_stack});
    my $free = first_frame($object->{free_stack} // $block->{free_stack});
    my $site = first_frame($object->{stack});
    return {
        kind => $object->{kind},
        size => $object->{size} // $block->{size},
        offset => $object->{offset},
        length => $object->{length},
        given => $object->{size_given} // $object->{given},
        place => $object->{place},
        access => $object->{access},
        alloc => plain_name($alloc->{function}),
        free => plain_name($free->{function}),
        site => plain_name($site->{function}),
        file => basename($alloc->{file} // ""),
        line => $alloc->{line},
        count => $object->{count} // 1,
    };
}

sub leak_of {
    my ($object) = @_;
    my $alloc = first_frame($object->{alloc_stack} // $object->{stack});
    return {
        kind => "leak",
        blocks => $object->{blocks},
        bytes => $object->{bytes},
        alloc => plain_name($alloc->{function}),
        module => basename($alloc->{module} // ""),
        file => basename($alloc->{file} // ""),
        line => $alloc->{line},
        count => 1,
    };
}

# --- Comparing ---------------------------------------------------------------

sub describe {
    my ($item) = @_;
    return join " ", map { "$_=$item->{$_}" }
        grep { defined $item->{$_} && $item->{$_} ne "" }
        qw(kind size offset length given place alloc free site file line
        blocks bytes module count);
}

sub is_match {
    my ($expected, $found) = @_;
    for my $key (keys %$expected) {
        next if $key eq "count";
        return 0 unless defined $found->{$key};
        return 0 unless $found->{$key} eq $expected->{$key};
    }
    return 1;
}

# Gives the lines that say what differs; none if all is as expected.
sub compare {
    my ($header, $name, @found) = @_;
    my (@wrong, %used);
    for my $expected (@{ $header->{expect} }) {
        my $wanted = $expected->{count} // 1;
        my $count = 0;
        for my $i (grep { is_match($expected, $found[$_]) } 0 .. $#found) {
            next if $used{$i};
            last if $count >= $wanted;
            $used{$i} = 1;
            $count += $found[$i]{count};
        }
        push @wrong, "expected " . describe($expected) . ", got it "
            . "$count times" if $count != $wanted;
    }
    my $look_at_leaks = ($header->{leaks} // "") eq "none"
        || grep { $_->{kind} eq "leak" } @{ $header->{expect} };
    for my $i (grep { !$used{$_} } 0 .. $#found) {
        if ($found[$i]{kind} eq "leak") {
            # Libraries keep blocks of their own until the end.
            next if !$look_at_leaks || $found[$i]{module} ne $name;
        } elsif (($header->{others} // "") eq "allowed") {
            next;
        }
        push @wrong, "not expected: " . describe($found[$i]);
    }
    return @wrong;
}

# --- Running -----------------------------------------------------------------

# The header of one combination of arguments: their values in place of $NAME.
sub fill_in {
    my ($header, $values) = @_;
    my %filled = %$header;
    my $put = sub {
        my ($text) = @_;
        $text =~ s/\$([A-Z]+)/$values->{$1} \/\/ "\$$1"/ge;
        $text =~ s/\{([-+*0-9 ]+)\}/eval $1/ge;
        return $text;
    };
    $filled{$_} = $put->($filled{$_})
        for grep { !ref $filled{$_} } keys %filled;
    $filled{expect} = [
        map {
            my $expected = $_;
            +{ map { $_ => $put->($expected->{$_}) } keys %$expected }
        } @{ $header->{expect} }
    ];
    return \%filled;
}

# All combinations of NAME=V,V words: a list of [values by name, in order].
sub combine {
    my ($text) = @_;
    my @all = ([{}, []]);
    for my $word (split " ", $text // "") {
        my ($name, $values) = split /=/, $word, 2;
        @all = map {
            my ($by_name, $order) = @$_;
            map { [{ %$by_name, $name => $_ }, [@$order, $_]] }
                split /,/, $values
        } @all;
    }
    return @all;
}

sub compile {
    my ($source, $name, $language, @libraries) = @_;
    my @command = $language eq "c++"
        ? (split(" ", $ENV{CXX} || "c++"), "-std=gnu++17",
            "-fsized-deallocation")
        : (split(" ", $ENV{CC} || "cc"), "-std=gnu11");
    push @command, "-x", "c++" if $language eq "c++";
    my $command = join " ", @command, @flags, "-I '$top/include'",
        "-I '$source_directory' -o '$temporary/$name' '$source' -ldl",
        (map { "'$_'" } @libraries), "2>&1";
    my $said = `$command`;
    return $? == 0 ? "" : $said || "the compiler failed";
}

sub is_alone {
    my ($point) = @_;
    return 1 if grep { defined $point->{header}{$_} } qw(alone build link);
    open my $file, "<", $point->{source} or die "$point->{source}: $!\n";
    return scalar grep { /^#include "(matrix|owndamage)\.h"/ } <$file>;
}

# Gives the text of the source that is all these programs.
sub join_sources {
    my (%sources) = @_;
    my $text = qq(#include "misuse.h"\n);
    my $table = "";
    for my $name (sort keys %sources) {
        $text .= qq(#define main main__$name\n#include "$sources{$name}"\n)
            . "#undef main\n";
        open my $file, "<", $sources{$name} or die "$sources{$name}: $!\n";
        my $functions = (grep { /^main\(int / } <$file>)
            ? "NULL, main__$name" : "main__$name, NULL";
        $table .= qq(    {"$name", $functions},\n);
    }
    return $text . <<"END";
static const struct {
    const char *name;
    int (*run)(void);
    int (*run_with)(int, char **);
} programs[] = {
$table};
int
main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (strcmp(slash ? slash + 1 : argv[0], programs[i].name) == 0) {
            int status = programs[i].run ? programs[i].run()
                                         : programs[i].run_with(argc, argv);
            RETURN_HERE();
            return status;
        }
    }
    return 127;
}
END
}

# One executable, and a link to it by the name of each program.
sub compile_together {
    my ($language, %sources) = @_;
    my $path = "$temporary/together.$language";
    open my $file, ">", $path or die "$path: $!\n";
    print $file join_sources(%sources);
    close $file or die "$path: $!\n";
    my $said = compile($path, "together", $language);
    return $said if $said ne "";
    for my $name (keys %sources) {
        link "$temporary/together", "$temporary/$name"
            or die "$temporary/$name: $!\n";
    }
    unlink "$temporary/together";
    return "";
}

my $run_count = 0;

sub run {
    my ($name, $header, @arguments) = @_;
    my $logs = "$temporary/$name." . ++$run_count . ".logs";
    mkdir $logs or die "$logs: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $options = "format=json,log=$logs/%p";
        $options .= ",$header->{opts}" if defined $header->{opts};
        open STDOUT, ">", "$temporary/$name.out" or die;
        open STDERR, ">", "$temporary/$name.err" or die;
        alarm 60;
        chdir $temporary or die; # where a core may be left
        @ENV{qw(LD_PRELOAD DBGMALLOC_OPTS)} = ($library, $options);
        exec "$temporary/$name", @arguments or die "exec: $!\n";
    }
    waitpid $pid, 0;
    return ($?, $logs);
}

sub test {
    my ($name, $header, @arguments) = @_;
    return () if $library eq "";
    my ($status, $logs) = run($name, $header, @arguments);
    my @wrong;
    my $expected = ($header->{exit} // 0) << 8 | ($header->{signal} // 0);
    push @wrong, "ends with status " . ($status >> 8) . " and signal "
        . ($status & 127) if ($status & ~128) != $expected;
    return @wrong if ($header->{report} // "") eq "none";
    my ($documents, @found) = eval { read_reports($logs) };
    return (@wrong, "the report is not JSON: $@") if $@;
    return (@wrong, "no report") unless $documents;
    return (@wrong, compare($header, $name, @found));
}

my @sources = @ARGV
    ? map { glob("$source_directory/$_.c $source_directory/$_.cc") } @ARGV
    : sort glob("$source_directory/*.c $source_directory/*.cc");
@sources = grep { -f } @sources;
$| = 1;

# One point for each program, language and combination of arguments.
my @points;
for my $source (@sources) {
    my $header = read_header($source);
    my $language = $source =~ /\.cc$/ ? "c++" : "c";
    for my $built (split " ", $header->{build} // $language) {
        for my $combination (combine($header->{args})) {
            my ($values, $arguments) = @$combination;
            push @points, {
                source => $source, header => fill_in($header, $values),
                language => $built, arguments => $arguments,
                name => basename($source) =~ s/\.cc?$//r,
            };
        }
    }
}

print "1..", scalar @points, "\n";
my (%together, %said);
for my $point (grep { !is_alone($_) } @points) {
    $point->{together} = "all in $point->{language}";
    $together{ $point->{language} }{ $point->{name} } = $point->{source};
}
for my $i (0 .. $#points) {
    my $point = $points[$i];
    my ($name, $header) = @$point{qw(name header)};
    my $number = $i + 1;
    my $title = join " ", $name, @{ $point->{arguments} },
        defined $header->{build} ? $point->{language} : ();
    if (defined $header->{needs} && !has_option($header->{needs})) {
        print "ok $number - $title # SKIP no option $header->{needs}\n";
        next;
    }
    if ($point->{language} eq "c++" && ($ENV{CXX} // "") eq "no") {
        print "ok $number - $title # SKIP no C++ compiler\n";
        next;
    }
    my $language = $point->{language};
    my $together = $point->{together};
    my $unit = $together // "$point->{source} in $language";
    $said{$unit} //= $together
        ? compile_together($language, %{ $together{$language} })
        : compile($point->{source}, $name, $language,
            ($header->{link} // "") eq "library" && $library ne ""
                ? $library : ());
    my @wrong = $said{$unit} ne ""
        ? ("does not compile", split /\n/, $said{$unit})
        : test($name, $header, @{ $point->{arguments} });
    if (!@wrong) {
        print "ok $number - $title\n";
        next;
    }
    $failures++;
    print "not ok $number - $title\n";
    print map { "#   $_\n" } map { split /\n/ } @wrong;
    if (open my $file, "<", "$temporary/$name.err") {
        my @lines = <$file>;
        print map { "#   stderr: $_" } splice @lines, 0, 5;
    }
}
print "# logs are in $temporary\n" if $ENV{MISUSE_KEEP};
exit($failures != 0);
