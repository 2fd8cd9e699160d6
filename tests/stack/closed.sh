# tests/stack/closed.sh - a frame of a library that was closed is still named,
# and where another was loaded at its address, each by its own name.

. "$top_srcdir/tests/tap.sh"

command -v perl >/dev/null || tap_skip_all "no perl"
[ -f "$library" ] || tap_skip_all "no shared library"
cd "$scratch" || exit 99

# All are as large, so that they take turns at one address; the number of the
# library is in the size of what it leaks, and in the name of its function.
cat >lib.c <<'C'
#include <stdlib.h>
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
static void *volatile kept;
__attribute__((noinline)) static void
PASTE(leak_by_, NUMBER)(void)
{
    for (int i = 0; i < 3; i++)
        kept = malloc(1000 + NUMBER);
    kept = NULL;
}
void
leak(void)
{
    PASTE(leak_by_, NUMBER)();
    kept = NULL;
}
C
cat >main.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
int
main(int argc, char **argv)
{
    void *seen = NULL;
    int reused = 0;
    for (int i = 0; i < 2 * (argc - 1); i++) {
        void *library = dlopen(argv[1 + i % (argc - 1)], RTLD_NOW);
        void (*leak)(void);
        if (library == NULL)
            return 2;
        *(void **)&leak = dlsym(library, "leak");
        reused += *(void **)&leak == seen;
        seen = *(void **)&leak;
        leak();
        dlclose(library);
    }
    printf("%d\n", reused);
    return 0;
}
C
numbers='1 2 3 4'
libraries=
for number in $numbers; do
    # shellcheck disable=SC2086
    $CC -g -O1 -w -shared -fPIC -DNUMBER=$number -o "lib$number.so" lib.c ||
        tap_skip_all "no compiler"
    libraries="$libraries $scratch/lib$number.so"
done
$CC -g -O1 -w -o closed main.c -ldl || tap_skip_all "no compiler"

# names DEPTH - each size was made by its library.
names()
{
    rm -f log
    # shellcheck disable=SC2086
    LD_PRELOAD=$library \
        DBGMALLOC_OPTS="log=$scratch/log,format=json,stack=$1,log-leaks,\
leak-check=outstanding" \
        ./closed $libraries >reused 2>said
    if perl -e '
        use JSON::PP;
        local $/;
        my $report = decode_json(<STDIN>);
        my ($bad, %blocks) = 0;
        for my $entry (@{$report->{leaks}{entries}}) {
            my $number = $entry->{size_min} - 1000;
            next unless $number >= 1 && $number <= 4;
            $blocks{$number} += $entry->{blocks};
            my $frame = $entry->{stack}[0];
            print "$number: $frame->{function} in $frame->{module}\n";
            $bad++ if $frame->{function} ne "leak_by_$number" ||
                $frame->{module} !~ /lib$number\.so$/;
        }
        $bad++ if grep { ($blocks{$_} // 0) != 6 } 1 .. 4;
        exit($bad ? 1 : 0)' <log >names 2>&1; then
        tap_ok "stack=$1: libraries that were closed are named"
    else
        cat said names >>log
        tap_not_ok "stack=$1: libraries that were closed are named" log
    fi
}

names 32
names 0
if [ "$(cat reused)" -ge 4 ]; then
    tap_ok "they took turns at one address"
else
    tap_skip "they took turns at one address" "not here"
fi
tap_done
