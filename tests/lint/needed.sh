# tests/lint/needed.sh - what the shared library asks of the loader: libc and
# nothing else, no lazy binding, a small static TLS, and to stay loaded.

. "$top_srcdir/tests/tap.sh"

[ -f "$library" ] || tap_skip_all "built without the shared library"
[ "$READELF" != no ] || tap_skip_all "readelf is not installed"

$READELF -dW "$library" >"$scratch/dynamic"
$READELF -lW "$library" >"$scratch/segments"
$READELF -rW "$library" >"$scratch/relocations"
$NM -D "$library" >"$scratch/names"

# has NAME PATTERN FILE - a line of FILE has PATTERN.
has()
{
    tap_check "$1" grep -E "$2" "$scratch/$3"
}

# has_no NAME PATTERN FILE - none has.
has_no()
{
    grep -E "$2" "$scratch/$3" >"$scratch/found"
    tap_is_empty "$1" "$scratch/found"
}

grep '(NEEDED)' "$scratch/dynamic" | grep -v '\[libc\.so\.6\]' |
    grep -vE '\[ld-linux[-a-z0-9_]*\.so\.[0-9]+\]' >"$scratch/needs"
tap_is_empty "needs libc alone" "$scratch/needs"
has "its name is libdbgmalloc.so.0" \
    '\(SONAME\).*\[libdbgmalloc\.so\.0\]' dynamic
has "is never unloaded (-z nodelete)" 'FLAGS_1.*NODELETE' dynamic
has "its constructor comes first (-z initfirst)" 'FLAGS_1.*INITFIRST' dynamic
has "binds when it is loaded (-z now)" '(FLAGS_1.*NOW|BIND_NOW)' dynamic
has "is read-only after relocation (-z relro)" 'GNU_RELRO' segments
has_no "has no executable stack" 'GNU_STACK.*E[[:space:]]' segments
has_no "has no relocations in its code" 'TEXTREL' dynamic
has_no "has no path of its own for libraries" '\((RPATH|RUNPATH)\)' dynamic

# The loader calls malloc before it has set up the TLS of modules that need
# __tls_get_addr, and that function may itself allocate.
has_no "does not call __tls_get_addr" '__tls_get_addr' names
has_no "has no TLS relocation but initial-exec" \
    'DTPMOD|DTPOFF|DTPREL|TLSDESC' relocations

# A static TLS of more than this may not fit beside those of other modules
# that are loaded late (LD_AUDIT, dlopen).
tls=$($AWK '$1 == "TLS" { print $6 }' "$scratch/segments")
tls=$((${tls:-0}))
echo "$tls bytes" >"$scratch/tls"
if [ "$tls" -le 64 ]; then
    tap_ok "its TLS has at most 64 bytes ($tls)"
else
    tap_not_ok "its TLS has at most 64 bytes" "$scratch/tls"
fi

# It loads, and a program runs under it.
tap_check "a program runs with it preloaded" \
    env LD_PRELOAD="$library" LD_BIND_NOW=1 DBGMALLOC_OPTS=off true
tap_done
