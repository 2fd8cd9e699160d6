# tests/tool/watch.sh - dbgmalloc watch: what grows and what holds still is told
# apart, each form of the answer can be read, and of a process with many
# mappings little is asked. tests/long/watch.sh watches all kinds of processes,
# and measures.

. "$top_srcdir/tests/tool/common.sh"
. "$top_srcdir/tests/tool/subjects.sh"

begin heap
judged heap 1 '"grown": \[\{"name": "\[heap\]"'
does watch -i 20ms -d 2s "$pid"
says 'memory: .* of its own .*RSS .*PSS' "the words have the figures"
kill $pid
begin still
judged still 0 'hardly changes'
still=$pid

# --- forms -------------------------------------------------------------------

does watch -i 20ms -d 1s --csv "$still"
$AWK -F, 'NR == 1 { n = NF } NF != n { print "fields: " $0 }
          NR > 1 && $2 !~ /^[0-9]+$/ { print "pid: " $0 }
          END { if (NR < 10) print NR " lines" }' out >bad
tap_is_empty "--csv: as many fields in each line as in the first" bad
warns 'subject \(pid [0-9]+\): ' "--csv: the verdict is on standard error"
does watch -i 20ms -d 1s --plot plot.svg "$still"
if command -v python3 >/dev/null 2>&1; then
    tap_check "--plot: an XML parser reads it" python3 -c '
import sys, xml.etree.ElementTree as e
root = e.parse("plot.svg").getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg"
assert len(root.findall(".//{*}polyline")) == 3'
    does watch -i 20ms -d 1s --json "$still"
    tap_check "--json: a JSON parser reads it" python3 -c '
import json
d = json.load(open("out"))
p = d["processes"][0]
assert p["memory"]["own"] > 4 << 20, p["memory"]
assert p["kinds"]["heap"]["rss"] >= 0'
else
    tap_skip "--plot and --json: parsers read them" "no python3"
fi
does watch -i 20ms -d 300ms "$still"
gives 3 "too short to know"
says 'not known yet; wait about' "how long to wait is said"
does watch -i 20ms -d 1s subject
says "subject \(pid $still\)" "a process is found by its name"
does watch -i 100ms -d 300ms --all
says 'other process' "--all"

# --- what cannot be -----------------------------------------------------------

does watch 999999999
gives 4 "no such process"
warns 'there is no process 999999999' "it is said so"
does watch -i 20ms -d 1s --plot "$scratch/none/plot.svg" "$still"
gives 4 "a picture that cannot be written"
warns 'cannot write .*none/plot.svg: No such' "it is said why"
tap_is_empty "and nothing was watched in vain" "$scratch/out"
does watch no-such-name-anywhere
gives 4 "no such name"
warns 'dbgmalloc top' "what to do is said"
does watch
gives 2 "nothing to watch"
does watch --all 1
gives 2 "--all and some"
does watch -i 0.1q 1
gives 2 "a time that is none"
begin churn
(sleep 0.5; kill $pid) &
does watch -i 20ms -d 60s "$pid"
says 'then it ended' "a process that ends during the watch"

# --- cost -----------------------------------------------------------------------

# What costs is smaps, for which the kernel walks the page tables: it is read at
# the beginning, when the process has had time to load what it needs, at the end,
# and between them once in ten seconds at most.
begin maps
[ "$(grep -c . "/proc/$pid/maps")" -ge 1000 ]
tap_check "a process with 1,000 mappings" test $? = 0
does watch -i 50ms -d 3s --json "$pid"
$AWK '/"watched_s"/ { split($2, part, ","); watched = part[1] }
    /"cost"/ { split($0, part, "\"smaps_reads\": "); reads = part[2] + 0 }
    { if (match($0, /"samples": [0-9]+/))
        samples = substr($0, RSTART + 11, RLENGTH - 11) }
    END { if (samples < 10 || reads < 2 || reads > 3 + watched / 10)
        print samples + 0 " samples, " reads + 0 " reads of smaps in " \
            watched " s" }' out >bad
tap_is_empty "its smaps are read three times, however often it is sampled" bad
tap_note "cost: $(grep -o '"cost": {[^}]*}' out)"
tap_done
