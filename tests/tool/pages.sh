# tests/tool/pages.sh - the manual page and the completions, which the tables
# make: man, bash, zsh and fish can read them.

. "$top_srcdir/tests/tool/common.sh"

cd "$scratch" || exit 99
dbgmalloc help --names >commands
dbgmalloc help --man >dbgmalloc.1
while read -r command; do
    grep -qxF ".SS $command" dbgmalloc.1 || echo "$command: no section"
    dbgmalloc help "$command" | sed -n 's/^  .*--\([a-z-]*\).*/\1/p' |
        grep -vx help | while read -r option; do
            grep -q "\\\\-\\\\-$(echo "$option" | sed 's/-/\\\\-/g')" \
                dbgmalloc.1 || echo "$command: no --$option"
        done
done <commands >bad
tap_is_empty "dbgmalloc(1) has every command and option" bad
if command -v man >/dev/null 2>&1; then
    MANROFFSEQ= LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z \
        ./dbgmalloc.1 2>bad >/dev/null
    tap_is_empty "man reads it without a warning" bad
elif command -v groff >/dev/null 2>&1; then
    groff -man -ww -z dbgmalloc.1 2>bad
    tap_is_empty "groff reads it without a warning" bad
else
    tap_skip "man reads it" "neither man nor groff is installed"
fi

for shell in bash zsh fish; do
    does completion $shell
    gives 0 "completion $shell"
    cp out $shell.completion
    if command -v $shell >/dev/null 2>&1; then
        tap_check "$shell reads it" $shell -n $shell.completion
    else
        tap_skip "$shell reads it" "$shell is not installed"
    fi
done
does completion csh
gives 2 "a shell that is not known"

# What bash makes of words.
if command -v bash >/dev/null 2>&1; then
    PATH=$top_builddir:$PATH
    export PATH
    cat >try.bash <<'END'
compopt() { :; }
. ./bash.completion
try()
{
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _dbgmalloc
    echo "$*: ${COMPREPLY[*]}"
}
try dbgmalloc wat
try dbgmalloc watch --dur
try dbgmalloc top --sort p
try dbgmalloc run -o low,check-fe
try dbgmalloc run --format = js
try dbgmalloc presets me
END
    bash try.bash >tried 2>&1
    cat >expected <<'END'
dbgmalloc wat: watch
dbgmalloc watch --dur: --duration
dbgmalloc top --sort p: pss pid
dbgmalloc run -o low,check-fe: low,check-fence
dbgmalloc run --format = js: json
dbgmalloc presets me: medium
END
    tap_check "bash completes commands, options and values" \
        diff expected tried
fi
tap_done
