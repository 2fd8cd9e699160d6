#!/usr/bin/perl
#
# leakinject.pl [--all] [PROGRAM...] - real programs with a leak put in: the
# first entry of the report must be the place whose frees were forgotten, and
# nothing else may be called definitely lost. Without a leak put in, nothing
# may be that valgrind does not also call definitely lost. Speaks TAP.
#
# Where a leak can be put in is found out by a first run of each program, which
# counts frees by the place and size of the block (inject.c). Taken are the
# places freed most, as many as a program has here, and every 2nd, 10th and 50th
# free is forgotten; without --all, one place of a few programs, every 10th.
#
# Environment: DBGMALLOC_LIB, top_srcdir, CC; INJECT_KEEP=1 keeps the files.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep);

my $top = $ENV{top_srcdir} || dirname(abs_path($0)) . "/../..";
my $library = abs_path($ENV{DBGMALLOC_LIB} // "");
my $is_all = @ARGV && $ARGV[0] eq "--all" && shift @ARGV;
my $scratch = tempdir("dbgmalloc-inject.XXXXXX", TMPDIR => 1,
    CLEANUP => !$ENV{INJECT_KEEP});
my $inject = "$scratch/inject.so";
my ($tests, $failures) = (0, 0);
# Blocks forgotten, those of them that were found lost, the rest.
my ($sum_put, $sum_found) = (0, 0);

# --- The programs -----------------------------------------------------------

my $sql = join("", "create table t(a integer primary key, b text);\n",
    (map { "insert into t values($_, 'text number $_');\n" } 1 .. 300),
    "create index i on t(b);\n",
    (map { "select count(*) from t where b like '%$_%';\n" } 1 .. 150),
    "select group_concat(b) from (select b from t order by b limit 50);\n");

my $lua = <<'LUA';
local all = {}
for i = 1, 3000 do
    local t = {i, tostring(i), n = i}
    all[i % 50] = t
    local f = function() return t.n end
    if f() ~= i then error("wrong") end
end
print(#all)
LUA

my $perl = <<'PERL';
my %h;
for my $i (1 .. 3000) {
    my $s = "text $i" x 3;
    my @list = map { $_ * 2 } 1 .. 20;
    $h{$i % 40} = [@list, $s];
    my $sub = sub { $s . $i };
    die if length $sub->() < 3;
}
print scalar(keys %h), "\n";
PERL

my $python = <<'PYTHON';
import json, re
kept = {}
for i in range(1500):
    text = json.dumps({"n": i, "list": list(range(i % 30)), "s": "x" * (i % 70)})
    kept[i % 40] = json.loads(text)
    re.sub(r"[0-9]+", lambda m: str(int(m.group()) + 1), text)
print(len(kept))
PYTHON

sub write_file {
    my ($path, $text) = @_;
    open my $file, ">", $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    return $path;
}

# Start COMMAND with the environment; its standard input is the file. What
# RUN_UNDER is there names another command to run it.
sub start {
    my ($env, $input, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    $ENV{$_} = $env->{$_} for keys %$env;
    unshift @command, split / /, delete $ENV{RUN_UNDER} // "";
    open STDIN, "<", $input // "/dev/null" or die "$input: $!\n";
    open STDOUT, ">", "$scratch/stdout" or die;
    open STDERR, ">", "$scratch/stderr" or die;
    exec @command or POSIX::_exit(127);
}

sub finish {
    my ($pid) = @_;
    waitpid $pid, 0;
    return $?;
}

sub simple {
    my ($env, $input, @command) = @_;
    return finish(start($env, $input, @command));
}

# Until the socket is there and answers.
sub connect_to {
    my ($path, $pid) = @_;
    for (1 .. 600) {
        my $socket = IO::Socket::UNIX->new(Peer => $path);
        return $socket if $socket;
        return undef if waitpid($pid, WNOHANG) > 0;
        sleep 0.1;
    }
    return undef;
}

sub run_redis {
    my ($env, $directory) = @_;
    my $socket_path = "$directory/s";
    unlink $socket_path;
    my $pid = start($env, undef, "redis-server", "--port", "0", "--unixsocket",
        $socket_path, "--save", "", "--dir", $directory,
        "--ignore-warnings", "ARM64-COW-BUG");
    my $socket = connect_to($socket_path, $pid) or return -1;
    for my $i (1 .. 400) {
        my $key = $i % 60;
        print $socket "set key$key value-of-$i-and-some-more\r\n",
            "lpush list$key a b c\r\n", "del list$key\r\n",
            "hset hash f$key $i\r\n", "sadd set$key m$i\r\n", "del set$key\r\n";
        for (1 .. 6) { my $answer = <$socket>; }
    }
    print $socket "shutdown nosave\r\n";
    while (defined(my $line = <$socket>)) { }
    return finish($pid);
}

sub run_nginx {
    my ($env, $directory) = @_;
    my $socket_path = "$directory/s";
    unlink $socket_path;
    write_file("$directory/page.html", "a page\n" x 500);
    write_file("$directory/conf", <<CONF);
daemon off;
master_process off;
pid $directory/pid;
error_log $directory/error.log;
events { }
http {
    access_log off;
    gzip on;
    gzip_types *;
    client_body_temp_path $directory;
    proxy_temp_path $directory;
    fastcgi_temp_path $directory;
    uwsgi_temp_path $directory;
    scgi_temp_path $directory;
    server { listen unix:$socket_path; root $directory; }
}
CONF
    my $pid = start($env, undef, "nginx", "-p", $directory, "-c",
        "$directory/conf");
    connect_to($socket_path, $pid) or return -1;
    for my $i (1 .. 300) {
        my $socket = connect_to($socket_path, $pid) or return -1;
        print $socket "GET /page.html?$i HTTP/1.1\r\nHost: x\r\n",
            "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n";
        while (defined(my $line = <$socket>)) { }
    }
    kill QUIT => $pid;
    return finish($pid);
}

sub run_git {
    my ($env, $directory) = @_;
    if (!-d "$directory/.git") {
        my $list = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20;
            do seq \$((i * 7)) \$((i * 50)) >f\$((i % 5)); git add -A &&
            git commit -q -m \"commit \$i\" || exit 1; done";
        local %ENV = (%ENV, GIT_AUTHOR_NAME => "a", GIT_AUTHOR_EMAIL => "a\@b",
            GIT_COMMITTER_NAME => "a", GIT_COMMITTER_EMAIL => "a\@b",
            GIT_CONFIG_GLOBAL => "/dev/null");
        system("cd '$directory' && git init -q . && $list") == 0 or return -1;
    }
    return simple({%$env, GIT_CONFIG_GLOBAL => "/dev/null"}, undef, "git",
        "--no-pager", "-C", $directory, "log", "-p", "--stat");
}

# name => [the process's name, places with --all, run]
my %programs = (
    sqlite3 => ["sqlite3", 2, sub { simple($_[0],
        write_file("$_[1]/in", $sql), "sqlite3", ":memory:") }],
    lua => ["lua5.4", 2, sub { simple($_[0], undef, "lua5.4",
        write_file("$_[1]/in", $lua)) }],
    perl => ["perl", 1, sub { simple($_[0], undef, "/usr/bin/perl",
        write_file("$_[1]/in", $perl)) }],
    python3 => ["python3", 1, sub { simple({%{$_[0]},
        PYTHONMALLOC => "malloc", PYTHONHASHSEED => "0"}, undef,
        "/usr/bin/python3", write_file("$_[1]/in", $python)) }],
    git => ["git", 1, \&run_git],
    redis => ["redis-server", 2, \&run_redis],
    nginx => ["nginx", 1, \&run_nginx],
);
my @few = qw(sqlite3 redis);

# --- TAP --------------------------------------------------------------------

sub result {
    my ($is_ok, $name, @notes) = @_;
    $tests++;
    $failures++ if !$is_ok;
    print $is_ok ? "" : "not ", "ok $tests - $name\n";
    print map { "#   $_\n" } @notes if !$is_ok;
    return $is_ok;
}

sub skip {
    my ($name, $reason) = @_;
    $tests++;
    print "ok $tests - $name # SKIP $reason\n";
}

# --- One run ----------------------------------------------------------------

sub library_env {
    my ($log, %more) = @_;
    unlink $log;
    return {LD_PRELOAD => "$inject:$library",
        DBGMALLOC_OPTS => "log=$log,format=json,log-child=off,no-print,"
            . "log-leaks,no-hide-runtime,no-check-shutdown", %more};
}

# The last document of a log, or undef.
sub read_report {
    my ($log) = @_;
    open my $file, "<", $log or return undef;
    local $/;
    my $json = JSON::PP->new;
    my ($document, $last);
    $json->incr_parse(scalar <$file>);
    while ($document = $json->incr_parse) {
        $last = $document if exists $document->{leaks};
    }
    return $last;
}

# Where the innermost call of an entry stands: "module+offset".
sub place_of {
    my ($entry) = @_;
    my $frame = $entry->{stack}[0] // return "nowhere";
    return ($frame->{module} // "?") . "+" . ($frame->{offset} // 0)
        . " " . ($frame->{function} // "");
}

sub definite {
    my ($report) = @_;
    return grep { $_->{kind} eq "definite" } @{$report->{leaks}{entries}};
}

# What an entry is the same by in another run of the program.
sub stack_key {
    my ($entry) = @_;
    return join " ", map { ($_->{module} // "?") . "+" . ($_->{offset} // 0) }
        @{$entry->{stack}};
}

# What valgrind calls definitely lost in the same work, in its words.
sub valgrind_says {
    my ($program, $directory) = @_;
    my ($name, undef, $run) = @$program;
    my $log = "$directory/valgrind";
    unlink $log;
    $run->({RUN_UNDER => "valgrind -q --leak-check=full "
        . "--show-leak-kinds=definite --num-callers=40 --log-file=$log"},
        $directory);
    open my $file, "<", $log or return "";
    local $/;
    return <$file> // "";
}

# The first run: what is freed where, and that nothing is called lost that
# valgrind does not call so. What the program loses by itself is known then.
my %own_losses;
sub survey {
    my ($key, $directory) = @_;
    my ($name, undef, $run) = @{$programs{$key}};
    my $log = "$directory/log";
    my $status = $run->(library_env($log, INJECT_PROGRAM => $name,
        INJECT_SURVEY => "$directory/survey"), $directory);
    my $report = read_report($log);
    if (!$report || !-s "$directory/survey") {
        result(0, "$key: a first run", "status $status", "no report");
        return;
    }
    my @lost = definite($report);
    %own_losses = map { stack_key($_) => 1 } @lost;
    if (@lost && `command -v valgrind 2>/dev/null`) {
        my $said = valgrind_says($programs{$key}, $directory);
        # Of a function's several names each takes another.
        @lost = grep { my $f = $_->{stack}[0]{function} // "";
            $f =~ s/^_+//;
            $f eq "" || index($said, $f) < 0 } @lost;
    }
    result(!@lost, "$key: nothing is lost that valgrind does not call so",
        map { "$_->{bytes} bytes at " . place_of($_) } @lost);
    open my $file, "<", "$directory/survey" or die;
    return sort { $b->[0] <=> $a->[0] || $a->[2] <=> $b->[2] }
        map { [split] } <$file>;
}

# The places to forget at: each once, its size that is freed most. Blocks of
# a size that was freed once in a while are no leak worth the name.
sub choose {
    my ($count, @lines) = @_;
    my (%seen, @chosen);
    for my $line (@lines) {
        my ($times, $module, $offset, $size) = @$line;
        next if $times < 150 || $module =~ /^ld-|^libdbgmalloc/;
        next if $seen{"$module+$offset"}++;
        push @chosen, $line;
        last if @chosen == $count;
    }
    # A program with one place for all has several sizes.
    for my $line (@lines) {
        last if @chosen >= $count;
        push @chosen, $line
            if $line->[0] >= 150 && !grep { $_ == $line } @chosen;
    }
    return @chosen;
}

sub forget {
    my ($key, $directory, $place, $every) = @_;
    my ($name, undef, $run) = @{$programs{$key}};
    my (undef, $module, $offset, $size) = @$place;
    my $title = sprintf "%s: every %dth free of %d bytes of %s+0x%x", $key,
        $every, $size, $module, $offset;
    my $log = "$directory/log";
    my $out = "$directory/out";
    unlink $out;
    my $status = $run->(library_env($log, INJECT_PROGRAM => $name,
        INJECT_MODULE => $module, INJECT_OFFSET => $offset,
        INJECT_SIZE => $size, INJECT_EVERY => $every, INJECT_OUT => $out),
        $directory);
    my $report = read_report($log)
        or return result(0, $title, "status $status", "no report");
    open my $file, "<:raw", $out or return result(0, $title, "nothing put in");
    read $file, my $bytes, 24;
    my ($put, $put_bytes, $site) = unpack "QQQ", $bytes;
    my $address = sprintf "0x%x", $site;
    my @entries = grep { !$own_losses{stack_key($_)} }
        @{$report->{leaks}{entries}};
    my $at_site = sub { ($_[0]{stack}[0]{address} // "") eq $address };
    my @others = grep { $_->{kind} eq "definite" && !$at_site->($_) } @entries;
    my $found = 0;
    $found += $_->{blocks} for grep { $at_site->($_)
        && $_->{kind} =~ /^(definite|indirect)$/ } @entries;
    my @wrong;
    push @wrong, "nothing was put in" if !$put;
    push @wrong, "the report lists nothing" if !@entries;
    push @wrong, "first is $entries[0]{kind}, $entries[0]{bytes} bytes at "
        . place_of($entries[0])
        if @entries && !($entries[0]{kind} eq "definite"
            && $at_site->($entries[0]));
    push @wrong, map { "also called definite: $_->{bytes} bytes at "
        . place_of($_) } @others;
    push @wrong, "of $put blocks only $found are found" if $found < $put / 2;
    $sum_put += $put;
    $sum_found += $found;
    print "# $title: $put put in, $found found lost\n";
    result(!@wrong, $title, @wrong);
}

# --- All --------------------------------------------------------------------

if ($library eq "") {
    print "1..0 # SKIP no library\n";
    exit 0;
}
my $cc = $ENV{CC} || "cc";
if (system("$cc -O2 -w -fPIC -shared -D_GNU_SOURCE -DDBGMALLOC_NO_MACROS "
        . "-I'$top/include' -o '$inject' '$top/tests/verdict/inject.c' -ldl")) {
    print "1..0 # SKIP inject.c does not compile here\n";
    exit 0;
}
my @keys = @ARGV ? @ARGV : $is_all ? sort keys %programs : @few;
for my $key (@keys) {
    my $name = $programs{$key}[0];
    if (!grep { -x "$_/$name" } split /:/, "$ENV{PATH}:/usr/sbin") {
        skip($key, "$name is not installed");
        next;
    }
    $ENV{PATH} .= ":/usr/sbin" if $ENV{PATH} !~ m{/usr/sbin};
    my $directory = "$scratch/$key";
    mkdir $directory;
    my @places = choose($is_all ? $programs{$key}[1] : 1,
        survey($key, $directory));
    if (!@places) {
        result(0, "$key: places that free often", "none");
        next;
    }
    for my $place (@places) {
        forget($key, $directory, $place, $_) for $is_all ? (2, 10, 50) : 10;
    }
}
print "# in all $sum_put blocks put in, $sum_found found lost\n";
print "1..$tests\n";
exit($failures > 0);
