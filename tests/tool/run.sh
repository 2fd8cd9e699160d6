# tests/tool/run.sh - dbgmalloc run: the program's status and signals are kept,
# the verdict is right, what cannot be preloaded is refused.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99

cat >leaky.c <<'END'
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char *p = malloc(1000);
    memset(p, 1, 1000);
    if (argc > 1 && !strcmp(argv[1], "fork") && fork() == 0) {
        p = malloc(77);
        p = NULL;
        exit(0);
    }
    while (wait(NULL) > 0)
        ;
    if (argc > 1 && !strcmp(argv[1], "double")) {
        char *volatile q = malloc(10);
        free(q);
        free(q);
    }
    if (argc > 1 && !strcmp(argv[1], "abort"))
        abort();
    p = NULL;
    return argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9' ? atoi(argv[1])
                                                              : 0;
}
END
cat >clean.c <<'END'
int main(void) { return 0; }
END
if ! $CC -O0 -g -w -o leaky leaky.c >"$scratch/log" 2>&1 ||
    ! $CC -o clean clean.c; then
    tap_not_ok "the test's program is built" "$scratch/log"
    tap_done
fi

# --- what is found -----------------------------------------------------------

does run ./leaky
gives 0 "a leak leaves the program's status alone"
warns '^dbgmalloc: leaks: 1,000 bytes in 1 block' "the verdict names the leak"
warns 'full report: /.*/dbgmalloc\.leaky\.[0-9]+\.txt$' \
    "and the report's file"
report=$(sed -n 's/.*full report: //p' err)
tap_check "which is there" grep -q '1,000 bytes in 1 block' "$report"
rm -f dbgmalloc.*

does run -l mine.txt ./leaky 7
gives 7 "the program's own status is kept"
warns 'full report: /.*/mine\.txt$' "-l names the report"

does run --fail-on-leak -l l.txt ./leaky
gives 99 "--fail-on-leak"
does run --fail-on-leak -l l.txt ./leaky 5
gives 5 "--fail-on-leak leaves a status that is not 0"
does run --fail-on-leak -l l.txt ./clean
gives 0 "--fail-on-leak where there is none"

does run -l l.txt ./leaky double
warns 'findings: 1 \(double-free 1\)' "the verdict names a double free"

does run -f json -l l.json ./leaky
warns '^dbgmalloc: leaks: 1000 bytes in 1 block' "the verdict reads JSON"

does run -o log=o.txt ./leaky
warns 'full report: /.*/o\.txt$' "a log= among the options is heeded"
DBGMALLOC_OPTS=log=env.txt does run ./leaky
warns 'full report: /.*/env\.txt$' "and in the environment"
mkdir 'a,b %d'
(cd 'a,b %d' && dbgmalloc run ../leaky >out 2>err
    grep -q 'full report: /.*a,b %d/dbgmalloc' err && ls dbgmalloc.*) \
    >"$scratch/log" 2>&1
tap_check "a directory's name with a comma, a blank and a %" test $? = 0

does run -q -l q.txt ./leaky
tap_is_empty "-q says nothing" "$scratch/err"

# --- children ----------------------------------------------------------------

rm -f dbgmalloc.*
does run ./leaky fork
ls dbgmalloc.leaky.*.txt | wc -l >count
tap_check "a forked child has its own report" grep -qx ' *2' count
rm -f dbgmalloc.*
does run --no-follow ./leaky fork
ls dbgmalloc.leaky.*.txt | wc -l >count
tap_check "--no-follow: it has none" grep -qx ' *1' count
rm -f dbgmalloc.*
does run sh -c './leaky; exit 3'
gives 3 "a shell's status is kept"
ls dbgmalloc.leaky.* 2>/dev/null >"$scratch/bad"
tap_is_empty "what a program starts is not watched" "$scratch/bad"
does run --follow sh -c './leaky; :'
warns 'full report: .*dbgmalloc\.leaky\.' "--follow: it is"
rm -f dbgmalloc.*
does run --only leaky sh -c './leaky; :'
warns 'full report: .*dbgmalloc\.leaky\.' "--only NAME: that program is"
printf '#!/usr/bin/env -S sh -e\n./clean\nexit 4\n' >script
chmod +x script
does run ./script
gives 4 "a script is its interpreter"
does run --follow --only x ./leaky
gives 2 "--follow and --only exclude each other"

# --- signals -----------------------------------------------------------------

does run -l l.txt ./leaky abort
[ "$status" -eq 134 ]
tap_check "a program that aborts: so do we" test $? = 0
warns 'was killed by SIGABRT' "and it is said"

cat >patient.sh <<'END'
trap 'echo caught; exit 9' USR1
echo ready
while :; do sleep 0.05; done
END
"$top_builddir/dbgmalloc" run -q sh patient.sh >out 2>err &
runner=$!
for i in $(seq 200); do grep -q ready out && break; sleep 0.05; done
kill -USR1 $runner
wait $runner
status=$?
gives 9 "a signal sent to us reaches the program"
says caught "which handles it"

# --- what cannot be ------------------------------------------------------------

does run ./nothing
gives 127 "no such program"
does run nothing-of-this-name
warns 'in PATH' "it is said where it was looked for"
echo text >plain
does run ./plain
gives 126 "a file that is no program"
does run
gives 2 "no program at all"
does run -f nonsense ./leaky
gives 2 "no such format"
warns 'there are text' "the formats are named"
does run --lib /nothing ./leaky
gives 2 "no such library"
DBGMALLOC_LIB=/nothing does run ./leaky
gives 125 "no library found"
warns 'DBGMALLOC_LIB' "and how to say where it is"

if $CC -static -o static clean.c 2>/dev/null; then
    does run ./static
    gives 125 "a static program is refused"
    warns 'linked statically' "with the reason"
    warns 'instead: .*libdbgmalloc\.a' "and what to do"
else
    tap_skip "a static program is refused" "no static libc"
fi
if [ "$(id -u)" = 0 ] && cp leaky setuid && chown 12345 setuid &&
    chmod 4755 setuid; then
    does run ./setuid
    gives 125 "a setuid program is refused"
    warns 'is setuid' "with the reason"
else
    tap_skip "a setuid program is refused" "only root can make one"
fi
# Another CPU: the machine in the header is all that is looked at.
cp leaky other && printf '\050\000' | dd of=other bs=1 seek=18 conv=notrunc \
    2>/dev/null
does run ./other
gives 125 "a program for another CPU is refused"
warns 'for arm, this dbgmalloc is for' "with the reason"
if $CC -fsanitize=address -o asan clean.c 2>/dev/null; then
    does run ./asan
    gives 125 "a program with AddressSanitizer is refused"
else
    tap_skip "a program with AddressSanitizer is refused" "no libasan"
fi
# Headers that lie: nothing is run off the end of the file.
for size in 1 3 17 52 64 100 200; do
    head -c "$size" leaky >cut
    chmod +x cut
    does run ./cut
    [ "$status" -ge 125 ] && [ "$status" -le 127 ] ||
        echo "cut to $size: status $status"
done >"$scratch/bad"
$AWK 'BEGIN { for (i = 0; i < 60; i++) printf "%c", 255 }' >ff
for at in 32 40 52; do
    cp leaky bent
    dd if=ff of=bent bs=1 seek="$at" count=8 conv=notrunc 2>/dev/null
    does run ./bent
    [ "$status" -lt 128 ] || echo "bent at $at: status $status"
done >>"$scratch/bad"
tap_is_empty "files that are no good ELF files do no harm" "$scratch/bad"
tap_done
