# tests/fuzz/run.sh - each fuzz target, on what is in its corpus and on what
# libFuzzer makes of it, under ASan and UBSan.
#
# FUZZ_RUNS: executions of each target; 3000 if not said. FUZZ_SEED: 1.
# FUZZ_CC: a clang that has libFuzzer. What fails is copied to
# $top_builddir/fuzz-TARGET-*, to be run alone and put into the corpus.

. "$top_srcdir/tests/tap.sh"

runs=${FUZZ_RUNS-3000}
fuzz_cc=${FUZZ_CC-clang}
src=$top_srcdir/src
command -v "$fuzz_cc" >/dev/null || tap_skip_all "no clang"
cat >"$scratch/try.c" <<'END'
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return data == NULL && size > 0;
}
END
sanitizers=address,undefined
"$fuzz_cc" -fsanitize=fuzzer,$sanitizers -o "$scratch/try" "$scratch/try.c" \
    >"$scratch/said" 2>&1 || tap_skip_all "$fuzz_cc has no libFuzzer"

case $(uname -m) in
x86_64) arch=x86_64 ;;
aarch64) arch=aarch64 ;;
*) tap_skip_all "no arch of this CPU" ;;
esac

# compile WHAT OUTPUT INPUT... - with what WHAT of libFuzzer asks for.
compile()
{
    what=$1
    shift
    "$fuzz_cc" -std=gnu11 -O1 -g -D_GNU_SOURCE -w \
        "-DARCH_HEADER=\"os/arch/$arch.h\"" -iquote "$src" \
        "-fsanitize=$what,$sanitizers" -fno-sanitize-recover=undefined \
        -o "$@" 2>"$scratch/said"
}

objects=
for file in "$src"/base/*.c "$src"/dwarf/*.c "$src"/os/*.c \
    "$src/os/arch/$arch.c" "$src"/meta/*.c "$src"/conf/*.c \
    "$src"/model/*.c "$src"/elf/image.c "$src"/elf/inflate.c \
    "$src"/elf/symtab.c; do
    # Memory is to be ASan's.
    [ "$file" != "$src/meta/meta.c" ] || file=$top_srcdir/tests/fuzz/pages.c
    object=$scratch/$(echo "${file#"$src"/}" | tr / _).o
    objects="$objects $object"
    if ! compile fuzzer-no-link "$object" -c "$file"; then
        tap_not_ok "compile ${file#"$src"/}" "$scratch/said"
        tap_done
    fi
done

for target in cursor cfi line info image inflate codec options; do
    program=$scratch/fuzz_$target
    # No name of a scratch file has a blank in it.
    # shellcheck disable=SC2086
    if ! compile fuzzer "$program" "$top_srcdir/tests/fuzz/fuzz_$target.c" \
        $objects; then
        tap_not_ok "compile fuzz_$target" "$scratch/said"
        continue
    fi
    # Each option text is read, printed and read again, six times over.
    times=$runs
    [ $target != options ] || times=$((runs / 20))
    mkdir "$scratch/new.$target"
    if "$program" -runs="$times" -seed="${FUZZ_SEED-1}" \
        -timeout=25 -rss_limit_mb=2048 -close_fd_mask=2 -print_final_stats=1 \
        -artifact_prefix="$top_builddir/fuzz-$target-" \
        "$scratch/new.$target" "$top_srcdir/tests/fuzz/corpus/$target" \
        >"$scratch/said" 2>&1; then
        tap_ok "fuzz_$target: $times executions"
    else
        tap_not_ok "fuzz_$target: $times executions" "$scratch/said"
    fi
done
tap_done
