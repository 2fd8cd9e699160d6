# tests/tool/suppress.sh - dbgmalloc suppress: what it makes of a snapshot, and of
# reports that have suppressions in them, suppresses what it was made of, and
# nothing else.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$DBGMALLOC_LIB" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99
cat >subject.cc <<'END'
#include <cstdlib>
namespace shop {
struct item { item *next; char name[50]; };
struct cart {
    __attribute__((noinline)) void add(int n)
    {
        for (int i = 0; i < n; i++) {
            item *volatile lost = new item();
            lost->next = new item();
            lost = nullptr;
        }
    }
};
template <class T> __attribute__((noinline)) void lose(T n)
{
    void *volatile p = malloc(n);
    p = nullptr;
}
}
extern "C" __attribute__((noinline)) void twice()
{
    void *volatile p = malloc(30);
    free(p);
    free(p);
}
static void *volatile kept;
int main(int argc, char **)
{
    shop::cart cart;
    cart.add(5);
    shop::lose<int>(100);
    twice();
    kept = malloc(77);
    if (argc > 1)
        shop::lose<long>(300);
    return 0;
}
END
if ! $CXX -O1 -g -w -rdynamic -o subject subject.cc >log 2>&1; then
    tap_skip_all "no C++ compiler"
fi

# run OPTIONS ARGUMENT... - its status in $status, its report in said.
run()
{
    run_options=$1
    shift
    : >said
    DBGMALLOC_OPTS=exit-code=9,no-print,no-log-stats,log=$scratch/said,$run_options \
        LD_PRELOAD=$DBGMALLOC_LIB ./subject "$@" >log 2>&1
    status=$?
    cp said out
    : >err
}

run dump=$scratch/one.snap
gives 9 "there is something to suppress"
for syntax in valgrind lsan; do
    does suppress -s $syntax -o $syntax.supp one.snap
    gives 0 "$syntax: suppressions are made"
    warns "suppress=$syntax.supp" "$syntax: and how to use them is said"
    run suppress=$scratch/$syntax.supp
    gives 0 "$syntax: they suppress all of it"
    run suppress=$scratch/$syntax.supp more
    gives 9 "$syntax: and nothing else"
    says 'lose<long>' "$syntax: which is listed"
done
grep -c '^ *Memcheck:Leak' valgrind.supp >count
tap_check "one suppression for each place, the leaked trees' alone" \
    test "$(cat count)" -eq 2
tap_check "functions go by the name that the linker has" \
    grep -q '^   fun:_ZN4shop4cart3addEi$' valgrind.supp
tap_check "a finding has its own" grep -q 'Memcheck:Free' valgrind.supp
does suppress --all one.snap
tap_check "--all: what can be reached too" \
    test "$(grep -c '^ *Memcheck:Leak' out)" -ge 2
does suppress --filter 'cart::add' one.snap
tap_check "--filter: only what matches" \
    test "$(grep -c '^ *Memcheck:' out)" -eq 1
dbgmalloc suppress - <one.snap >out 2>err
status=$?
says '^   fun:' "- is standard input"

if command -v valgrind >/dev/null 2>&1; then
    valgrind --suppressions=valgrind.supp --leak-check=full \
        --error-exitcode=7 ./subject >log 2>&1
    grep -q 'FATAL: in suppressions file' log
    tap_check "valgrind reads them" test $? -eq 1
else
    tap_skip "valgrind reads them" "no valgrind"
fi

# Reports that have them ready.
run suppress-generate,log-leaks
cp said text
run suppress-generate,log-leaks,format=json
cp said json
for file in text json; do
    does suppress -o $file.supp $file
    gives 0 "$file: the suppressions in a report are collected"
    run suppress=$scratch/$file.supp
    grep -q 'lose<int>' said
    tap_check "$file: they suppress the leaks" test $? -eq 1
done
run log-leaks
cp said plain
does suppress plain
gives 4 "a report that has none is refused"
warns 'dump=FILE' "and what to do is said"
does suppress nowhere
gives 4 "a file that is not there is refused"
does suppress -s other one.snap
gives 2 "a syntax that there is not"
does suppress
gives 2 "no file"
tap_done
