# tests/tool/env.sh - dbgmalloc env and cc: what they print and build works.

. "$top_srcdir/tests/tool/common.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
cd "$scratch" || exit 99
cat >app.c <<'END'
#include <stdlib.h>
char *volatile p;
int main(void)
{
    p = malloc(10);
    p = malloc(20);
    return 0;
}
END

# --- env ---------------------------------------------------------------------

does env sh low top=3
gives 0 "env sh"
(. ./out && echo "$DBGMALLOC_OPTS" && echo "$LD_PRELOAD") >said 2>&1
tap_check "sh takes it: the options" grep -qx 'low,top=3' said
tap_check "and the library" grep -q '/libdbgmalloc\.so' said
does env sh "log=it's a \"log\" \$HOME.txt"
(. ./out && echo "$DBGMALLOC_OPTS") >said 2>&1
tap_check "quotes and dollars are kept" \
    grep -qxF "log=it's a \"log\" \$HOME.txt" said
does env gdb low
says '^set environment LD_PRELOAD /' "env gdb"
says '^set environment DBGMALLOC_OPTS low$' "with the options"
does env fish low
says "^set -gx DBGMALLOC_OPTS 'low'" "env fish"
SHELL=/bin/tcsh does env low
says "^setenv DBGMALLOC_OPTS 'low';" "without a shell: that of \$SHELL"
does env sh --unset
says '^unset LD_PRELOAD;' "--unset"
does env sh --no-preload low
grep LD_PRELOAD out >bad
tap_is_empty "--no-preload" bad
does env sh lwo
gives 1 "an option that there is not"
[ ! -s out ]
tap_check "prints nothing" test $? = 0
warns 'lwo.*did you mean' "and it is guessed what was meant"

# --- cc ----------------------------------------------------------------------

does cc $CC -g app.c -o app
gives 0 "cc compiles and links in one"
DBGMALLOC_OPTS=log-leaks,leak-check=outstanding ./app >said 2>&1
tap_check "the program has the library, and file and line" \
    grep -q 'app\.c:[56]' said
does cc $CC -c app.c -o app.o
gives 0 "cc -c"
does cc $CC app.o -o app2
gives 0 "cc links objects"
DBGMALLOC_OPTS=log-leaks,leak-check=outstanding ./app2 >said 2>&1
tap_check "they were compiled with the header" grep -q 'app\.c:[56]' said
does cc --show $CC --version
says "^$CC --version\$" "nothing is added where nothing is made"
does cc --show $CC -c x.s
says "^$CC -c x\.s\$" "nor to assembly"
does cc --show $CC -shared -fPIC x.c -o x.so
grep 'libdbgmalloc' out >bad
tap_is_empty "a shared library is not linked with it" bad
if [ -f "$archive" ]; then
    does cc --show $CC -static app.o
    says 'libdbgmalloc\.a' "-static takes the static library"
fi
does cc no-such-compiler x.c
gives 127 "no such compiler"
does cc
gives 2 "no compiler"
tap_done
