# tests/tool/report.sh - a snapshot written by the library is read in every form
# by `dbgmalloc report`, and each form by a program that we did not write.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99

# Names that a page must not take for its own.
cat >leaky.c <<'END'
#include <stdlib.h>
struct node { struct node *next; char pad[40]; };
static struct node *list;
static __attribute__((noinline)) void grow_list(int n)
{
    struct node *x = malloc(sizeof *x + (size_t)n);
    x->next = list;
    list = x;
}
__attribute__((noinline)) void lose_aaaaaaaaaaaaaaaaaaaaaaaaaaaa(int n)
{
    char *volatile p = malloc((size_t)n);
    p = NULL;
}
int main(int argc, char **argv)
{
    char *volatile p;
    for (int i = 0; i < 100 * argc; i++)
        grow_list(i);
    for (int i = 0; i < 10 * argc; i++)
        lose_aaaaaaaaaaaaaaaaaaaaaaaaaaaa(1000);
    p = malloc(10);
    free(p);
    free(p);
    (void)argv;
    return 0;
}
END
if ! $CC -O1 -w -o leaky leaky.c >"$scratch/log" 2>&1 ||
    ! LC_ALL=C sed -i \
        's|lose_aaaaaaaaaaaaaaaaaaaaaaaaaaaa|lose<script>alert(1)</script>\&";x|g' \
        leaky; then
    tap_not_ok "the test's program is built" "$scratch/log"
    tap_done
    exit
fi

# snap FILE ARGUMENT... - run it, and have the library write FILE.
snap()
{
    file=$1
    shift
    DBGMALLOC_OPTS=dump=$scratch/$file,log=$scratch/$file.txt,no-print \
        LD_PRELOAD=$DBGMALLOC_LIB ./leaky "$@"
}

# has TEXT NAME - the last output has that text.
has()
{
    if grep -qF -e "$1" "$scratch/out"; then
        tap_ok "$2"
    else
        show
        tap_not_ok "$2" "$scratch/shown"
    fi
}

# lacks TEXT NAME
lacks()
{
    if grep -qF -e "$1" "$scratch/out"; then
        tap_not_ok "$2"
    else
        tap_ok "$2"
    fi
}

# read_by PROGRAM NAME COMMAND... - the last output is understood by PROGRAM.
read_by()
{
    program=$1 name=$2
    shift 2
    if ! command -v "$program" >/dev/null 2>&1; then
        tap_skip "$name" "no $program"
    elif "$@" <"$scratch/out" >"$scratch/read" 2>&1; then
        tap_ok "$name"
    else
        tap_not_ok "$name" "$scratch/read"
    fi
}

snap one.snap
snap two.snap more
if [ -s one.snap ] && [ -s two.snap ]; then
    tap_ok "dump= writes a snapshot"
else
    tap_not_ok "dump= writes a snapshot"
    tap_done
    exit
fi
ls | grep -F .part >"$scratch/left"
tap_is_empty "no half-written file is left" "$scratch/left"

does report one.snap
gives 0 "text: it is read"
has "grow_list" "text: functions have their names"
has "double-free 1" "text: findings are counted"
does report --filter grow_list one.snap
lacks "alert(1)" "--filter leaves out other stacks"

does report -f json one.snap
gives 0 "json: it is made"
read_by jq "json: jq finds the list's function" jq -e \
    '[.. | .function? // empty] | any(. == "grow_list")'
read_by jq "json: jq finds the finding in full" jq -e \
    '.findings[0].kind == "double-free" and .findings_count == 1'

does report -f folded --value count one.snap
gives 0 "folded: it is made"
awk '!/^[^ ].* [0-9]+$/' "$scratch/out" >"$scratch/bad"
tap_is_empty "folded: each line is a stack and a number" "$scratch/bad"
grep -c "grow_list 100\$" "$scratch/out" >"$scratch/count"
has "grow_list 100" "folded: counts are right"
lacks '";x' "folded: a semicolon in a name does not end it"

does report -f massif one.snap
gives 0 "massif: it is made"
cp "$scratch/out" massif.out
read_by ms_print "massif: ms_print draws it" sh -c \
    'ms_print massif.out | grep -q "grow_list"'

does report -f pprof -o one.pb.gz one.snap
gives 0 "pprof: it is made"
read_by gzip "pprof: gzip unpacks it" gzip -t one.pb.gz
read_by gzip "pprof: it has the four values" sh -c \
    'gzip -dc one.pb.gz | grep -a -q inuse_space'
cat >profile.proto <<'END'
syntax = "proto3";
message Profile {
  repeated ValueType sample_type = 1; repeated Sample sample = 2;
  repeated Mapping mapping = 3; repeated Location location = 4;
  repeated Function function = 5; repeated string string_table = 6;
  int64 time_nanos = 9; int64 duration_nanos = 10; ValueType period_type = 11;
  int64 period = 12; repeated int64 comment = 13; int64 default_sample_type = 14;
}
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Mapping { uint64 id = 1; uint64 memory_start = 2; uint64 memory_limit = 3;
  uint64 file_offset = 4; int64 filename = 5; int64 build_id = 6; bool f = 7;
  bool n = 8; bool l = 9; bool i = 10; }
message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3;
  repeated Line line = 4; }
message Line { int64 function_id = 1; int64 line = 2; }
message Function { int64 id = 1; int64 name = 2; int64 system_name = 3;
  int64 filename = 4; int64 start_line = 5; }
END
read_by protoc "pprof: protoc decodes it, with every field known" sh -c '
    gzip -dc one.pb.gz | protoc --decode=Profile profile.proto >decoded &&
    grep -q "string_table: \"grow_list\"" decoded && ! grep -q "^ *[0-9]*:" decoded'

does report -f openmetrics one.snap
gives 0 "openmetrics: it is made"
has 'dbgmalloc_misuses_total{program="leaky"' "openmetrics: misuses are there"
if [ "$(tail -n 1 "$scratch/out")" = "# EOF" ]; then
    tap_ok "openmetrics: it ends as it must"
else
    tap_not_ok "openmetrics: it ends as it must"
fi
python=/usr/bin/python3 # the distribution's is what its packages are for
if $python -c 'import prometheus_client' >/dev/null 2>&1; then
    read_by python3 "openmetrics: Prometheus' own parser reads it" $python -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
names = [f.name for f in text_string_to_metric_families(sys.stdin.read())]
sys.exit("dbgmalloc_bytes_live" not in names)'
else
    tap_skip "openmetrics: Prometheus' own parser reads it" \
        "no python3-prometheus-client"
fi

does report -f html one.snap
gives 0 "html: it is made"
has "Content-Security-Policy" "html: it has a content policy"
lacks "lose<script>" "html: names are escaped"

does report --diff one.snap two.snap
gives 0 "--diff: text is made"
has "grown: +" "--diff: what grew is said"
does report --diff one.snap -f json two.snap
read_by jq "--diff: jq finds what grew" jq -e \
    '[.changes[] | select(.change == "grown")] | length >= 2'
does report --diff one.snap one.snap
has "live bytes: +0" "--diff: nothing changed is said too"
does report --diff one.snap -f folded two.snap
has "grow_list" "--diff: folded stacks are made"
does report --diff one.snap -f html two.snap
has "since then<" "--diff: a page is made"

# What is no snapshot.
head -c 300 one.snap >cut.snap
does report cut.snap
gives 4 "a file that is cut short is refused"
warns "cut short" "... and it is said why"
does report leaky.c
gives 4 "another file is refused"
warns "dump=" "... and where snapshots come from"
does report nowhere.snap
gives 4 "a file that is not there is refused"
does report -f nonsense one.snap
gives 2 "a form that there is not is refused"
does report --symbols-from nowhere one.snap
gives 2 "a directory that is not there is refused"
warns 'symbols-from=nowhere: No such' "... and it is said why"
does report .
gives 4 "a directory is no snapshot"
warns 'Is a directory' "... and it is said so"

tap_done
