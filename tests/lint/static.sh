# tests/lint/static.sh - the static library is one object, so that libc's malloc
# is not linked beside it; a static program and a linked one run.

. "$top_srcdir/tests/tap.sh"

[ -f "$archive" ] || tap_skip_all "built without the static library"
[ -f "$top_srcdir/src/front/malloc.c" ] || tap_skip_all "front/ is not there"

ar t "$archive" >"$scratch/members"
members=$(grep -c . "$scratch/members")
if [ "$members" -eq 1 ]; then
    tap_ok "libdbgmalloc.a holds one object"
else
    tap_not_ok "libdbgmalloc.a holds one object" "$scratch/members"
fi

cat >"$scratch/program.c" <<'END'
/* Calls what libc has in several objects of its own. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
    char *a = malloc(100);
    char *b = strdup("text");
    void *c = NULL;
    char *line = NULL;

    if (posix_memalign(&c, 64, 100) != 0 || a == NULL || b == NULL)
        return 1;
    memset(a, 1, 100);
    a = realloc(a, 5000);
    if (asprintf(&line, "%s %zu", b, malloc_usable_size(a)) < 0)
        return 1;
    puts(line);
    free(line);
    free(aligned_alloc(64, 128));
    free(a);
    free(b);
    free(c);
    return 0;
}
END

# try NAME FLAGS... - link the program so, look for a second malloc, run it.
try()
{
    name=$1
    shift
    if ! $CC -D_GNU_SOURCE -O1 "$scratch/program.c" "$archive" "$@" \
        -o "$scratch/program" >"$scratch/link" 2>&1; then
        if grep -qE 'cannot find -lc|unsupported' "$scratch/link"; then
            tap_skip "$name" "no static libc"
        else
            tap_not_ok "$name links" "$scratch/link"
        fi
        return
    fi
    # What only libc's allocator has: its arenas.
    $NM "$scratch/program" |
        grep -E ' (_int_malloc|_int_free|main_arena|ptmalloc_init)$' \
            >"$scratch/second"
    tap_is_empty "$name has no second malloc" "$scratch/second"
    tap_check "$name runs" env DBGMALLOC_OPTS=off "$scratch/program"
}

try "a program with libdbgmalloc.a" -pthread
try "a static program" -static -pthread
tap_done
