#!/usr/bin/perl
#
# verdict.pl [queue lost clean redis python3 postgres] - what `dbgmalloc attach`
# says of live processes: what leaks is named within 60 s with the verdict lost
# or growing, and nothing else gets one of these, in no report. A full cache, a
# table that is filled once and a buffer that is emptied by turns are not
# accused; in servers, every 10th free of one place is swallowed after the
# attachment. Speaks TAP.
#
# Environment: top_srcdir, top_builddir, CC; ATTACH_SECONDS, of each (65);
# ATTACH_KEEP=1 keeps the files.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

my $top = abs_path($ENV{top_srcdir} || dirname(abs_path($0)) . "/../..");
my $build = abs_path($ENV{top_builddir} || ".");
my $command = "$build/dbgmalloc";
my $seconds = $ENV{ATTACH_SECONDS} || 65;
my $compiler = $ENV{CC} || "cc";
my $scratch = tempdir("dbgmalloc-verdict.XXXXXX", TMPDIR => 1,
    CLEANUP => !$ENV{ATTACH_KEEP});
my ($tests, $failures) = (0, 0);
my @started;

chmod 0755, $scratch;
END {
    my $status = $?;
    kill "KILL", @started if @started;
    $? = $status;
}

sub result {
    my ($passed, $name, @notes) = @_;
    $tests++;
    $failures++ unless $passed;
    print $passed ? "ok" : "not ok", " $tests - $name\n";
    print "#   $_\n" for map { split /\n/ } @notes;
}

sub skip {
    my ($name, $why) = @_;
    $tests++;
    print "ok $tests - $name # SKIP $why\n";
}

sub read_file {
    my ($path) = @_;
    open my $file, "<", $path or return "";
    local $/;
    return scalar(<$file>) // "";
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, ">", $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
}

sub start {
    my ($output, @words) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        setpgrp;
        open STDIN, "<", "/dev/null";
        open STDOUT, ">", $output or die;
        open STDERR, ">&", \*STDOUT;
        exec @words or POSIX::_exit(127);
    }
    push @started, $pid;
    return $pid;
}

sub finish {
    my ($pid, $signal) = @_;
    kill $signal, $pid if $signal;
    waitpid $pid, 0;
    @started = grep { $_ != $pid } @started;
}

sub wait_until {
    my ($is_done) = @_;
    for (1 .. 600) {
        return 1 if $is_done->();
        sleep 0.1;
    }
    return 0;
}

sub reports {
    my ($path) = @_;
    my $parser = JSON::PP->new;
    my @reports;
    $parser->incr_parse(read_file($path));
    while (my $report = eval { $parser->incr_parse }) {
        push @reports, $report;
    }
    return @reports;
}

sub accused {
    my ($report) = @_;
    return grep { $_->{verdict} eq "lost" || $_->{verdict} eq "growing" }
        grep { $_->{kind} ne "indirect" } @{$report->{leaks}{entries}};
}

sub words_of {
    my ($entry) = @_;
    my @names = map { $_->{function} // $_->{address} } @{$entry->{stack}};
    splice @names, 7 if @names > 7;
    return "$entry->{verdict} ($entry->{kind}) $entry->{blocks} blocks of "
        . "$entry->{size_min} to $entry->{size_max} bytes, seen "
        . ($entry->{growth}{points} // 0) . " times, "
        . ($entry->{growth}{alloc_count} // 0) . " made, "
        . ($entry->{growth}{free_count} // 0) . " freed: @names";
}

# Attach to PID; all that is accused must be guilty, and somebody must be in the
# last report, unless GUILTY is undef.
sub judge {
    my ($name, $pid, $guilty, $is_attached) = @_;
    my $out = "$scratch/reports";
    # What the one before has left says that this one is attached to.
    unlink $out, "$scratch/said";
    my $attached = start("$scratch/command", "sh", "-c",
        "exec '$command' attach -i 2 --duration=${seconds}s --format=json "
        . "$pid >'$out' 2>'$scratch/said'");
    wait_until(sub { read_file("$scratch/said") =~ /attached to|dbgmalloc:/ });
    $is_attached->() if $is_attached;
    finish($attached);
    my $status = $? >> 8;
    my $said = read_file("$scratch/said");
    if ($status != 0 && $said =~ /cannot be traced|cannot attach/) {
        skip($name, "tracing is refused here");
        return;
    }
    my @reports = reports($out);
    result($status == 0 && @reports >= 5, "$name: reports are made",
        $status == 0 ? scalar(@reports) . " reports" : $said);
    my (@innocent, $first, $is_last);
    for my $report (@reports) {
        my @found = accused($report);
        for my $entry (@found) {
            push @innocent, "at "
                . ($report->{time} // "?") . ": " . words_of($entry)
                unless defined $guilty && $guilty->($entry);
        }
        $is_last = defined $guilty && @found && $guilty->($found[0]);
    }
    splice @innocent, 8 if @innocent > 8;
    result(!@innocent, "$name: nothing else is accused", @innocent);
    return unless defined $guilty;
    my @last = @reports ? accused($reports[-1]) : ();
    result($is_last, "$name: what leaks is the first that is accused",
        map { words_of($_) } @last);
}

# ---- programs of ours ----

sub judge_subject {
    my ($name, $function, @words) = @_;
    my $pid = start("$scratch/subject.out", "$scratch/subject", @words);
    judge($name, $pid, !defined $function ? undef
        : sub { ($_[0]{stack}[0]{function} // "") eq $function });
    finish($pid, "KILL");
}

# ---- servers ----

my @swallowing = ("env", "LD_PRELOAD=$scratch/swallow.so",
    "SWALLOW_ARM=$scratch/arm", "SWALLOW_OUT=$scratch/place",
    "SWALLOW_EVERY=10");

sub swallowing {
    unlink "$scratch/arm", "$scratch/place";
    return @swallowing;
}

# What swallow.c has chosen.
sub is_swallowed {
    my ($entry) = @_;
    my ($pc, $size) = split " ", read_file("$scratch/place");
    return 0 unless defined $pc && @{$entry->{stack}};
    no warnings "portable"; # addresses have 64 bits
    my $distance = $pc - hex($entry->{stack}[0]{address});
    return ($distance == 0 || $distance == 1) && $entry->{size_min} <= $size
        && $entry->{size_max} >= $size;
}

sub arm { write_file("$scratch/arm", "") }

sub judge_redis {
    for my $program ("redis-server", "redis-benchmark") {
        return skip("redis-server", "redis is not installed")
            if system("command -v $program >/dev/null 2>&1") != 0;
    }
    my $socket = "$scratch/redis";
    my $pid = start("$scratch/redis.out", swallowing(), "redis-server",
        "--port", "0", "--unixsocket", $socket, "--save", "",
        # A log of what was slow grows with the load on this machine.
        "--slowlog-log-slower-than", "-1", "--dir", $scratch, "--ignore-warnings", "ARM64-COW-BUG");
    wait_until(sub { -e $socket });
    # What they ask for is there before, so that a key more is a leak.
    my @load = ("redis-benchmark", "-s", $socket, "-q", "-c", "10", "-r", "500",
        "-d", "100", "-t", "set,get,incr,lpush,lpop,sadd,hset,zadd");
    system("@load -n 8000 >/dev/null 2>&1");
    my $load = start("$scratch/load.out", "sh", "-c",
        "while :; do @load -n 2000; sleep 0.2; redis-cli -s $socket "
        . "del mylist; done");
    sleep 1;
    judge("redis-server", $pid, \&is_swallowed, \&arm);
    kill "KILL", -$load;
    finish($load, "KILL");
    finish($pid, "TERM");
}

sub judge_python3 {
    return skip("python3", "not installed") unless -x "/usr/bin/python3";
    write_file("$scratch/work.py", <<'PY');
import hashlib, json, re, threading, time
def work(seed):
    n = 0
    while True:
        n += 1
        data = {str(i): [i * seed, 'x' * (i % 90), {'k': n}] for i in range(40)}
        assert json.loads(json.dumps(data)) == data
        re.sub('[0-9]+', lambda m: str(int(m.group()) + 1), 'a1b22' * 50)
        hashlib.sha256(b'x' * (n % 1000)).digest()
        time.sleep(0.005)
for i in range(3):
    threading.Thread(target=work, args=(i + 1,)).start()
PY
    my $pid = start("$scratch/python.out", swallowing(), "PYTHONMALLOC=malloc",
        "/usr/bin/python3", "$scratch/work.py");
    sleep 2;
    judge("python3", $pid, \&is_swallowed, \&arm);
    finish($pid, "KILL");
}

sub judge_postgres {
    my ($bin) = reverse sort glob "/usr/lib/postgresql/*/bin";
    return skip("postgres", "not installed")
        unless defined $bin && -x "$bin/postgres" && -x "$bin/pgbench";
    my $data = "$scratch/data";
    my @as = $> == 0 ? ("runuser", "-u", "postgres", "--") : ();
    mkdir $data;
    if (@as) {
        my (undef, undef, $uid, $gid) = getpwnam "postgres";
        return skip("postgres", "no such user") unless defined $uid;
        chown $uid, $gid, $data;
        # The place is written by the server.
        write_file("$scratch/place", "");
    }
    return skip("postgres", "initdb fails") if system("@as $bin/initdb -D "
        . "$data -A trust -N >$scratch/initdb.out 2>&1") != 0;
    my @swallow = map { s/OUT=\Q$scratch\E/OUT=$data/r } swallowing();
    my $pid = start("$scratch/postgres.out", @as, @swallow, "$bin/postgres",
        "-D", $data, "-k", $data, "-c", "listen_addresses=", "-c", "fsync=off");
    my $psql = "@as $bin/psql -h $data -At postgres";
    wait_until(sub { system("$psql -c 'select 1' >/dev/null 2>&1") == 0 });
    system("@as $bin/pgbench -h $data -i -s 1 postgres >/dev/null 2>&1");
    my $load = start("$scratch/load.out", @as, "$bin/pgbench", "-h", $data,
        "-c", "1", "-T", "3000", "postgres");
    my $backend;
    wait_until(sub {
        $backend = `$psql -c "select pid from pg_stat_activity where \\
            application_name = 'pgbench' and \\
            query like 'UPDATE pgbench_%' limit 1" 2>/dev/null`;
        return $backend =~ /\d/;
    });
    chomp $backend;
    sleep 3;
    judge("postgres", $backend, sub {
        write_file("$scratch/place", read_file("$data/place"));
        return is_swallowed($_[0]);
    }, \&arm);
    my $server = (split /\n/, read_file("$data/postmaster.pid"))[0];
    kill "KILL", -$load;
    finish($load, "KILL");
    kill "INT", $server if $server;
    finish($pid);
}

my %judges = (
    queue => sub { judge_subject("a growing queue", "add_to_queue", "queue") },
    lost => sub { judge_subject("lost blocks", "forget", "lost") },
    clean => sub { judge_subject("nothing that leaks", undef, "clean") },
    redis => \&judge_redis,
    python3 => \&judge_python3,
    postgres => \&judge_postgres,
);

if (!-x $command || !-f "$build/.libs/libdbgmalloc.so") {
    print "1..0 # SKIP built without the command or the shared library\n";
    exit 0;
}
for (["subject", ""], ["swallow.so", "-fPIC -shared -I'$top/include'"]) {
    my ($name, $flags) = @$_;
    my $source = $name =~ s/\.so$//r;
    system("$compiler -O1 -g -w $flags -o '$scratch/$name' "
        . "'$top/tests/attach/$source.c'") == 0 or die "$source.c: not built\n";
}
for my $name (@ARGV ? @ARGV : sort keys %judges) {
    $judges{$name} ? $judges{$name}->() : die "what is $name?\n";
}
print "1..$tests\n";
exit($failures ? 1 : 0);
