# tests/lint/aarch64.sh - the sources compile for aarch64 without a warning, and
# the layers under the heap work there, as far as an emulator can tell.

. "$top_srcdir/tests/tap.sh"

[ "$AARCH64_CC" != no ] ||
    tap_skip_all "no cross compiler (gcc-aarch64-linux-gnu)"
echo '#include <stddef.h>
#include <sys/syscall.h>
int main(void) { return 0; }' >"$scratch/empty.c"
$AARCH64_CC "$scratch/empty.c" -o "$scratch/empty" >/dev/null 2>&1 ||
    tap_skip_all "the cross compiler has no libc (libc6-dev-arm64-cross)"

# The flags are this machine's but for what names its CPU.
flags="-std=gnu11 -O2 -fPIC -fvisibility=hidden -ftls-model=initial-exec
    -mno-outline-atomics -Wall -Wextra -Wshadow -Wcast-qual -Wwrite-strings
    -Wundef -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
    -D_GNU_SOURCE -DARCH_HEADER=\"os/arch/aarch64.h\""

# compile FILE OBJECT
compile()
{
    $AARCH64_CC $flags -iquote "$top_srcdir/src" \
        -iquote "$top_srcdir/include" -c "$1" -o "$2"
}

# check FILE... - what the optimizer might find is found on this machine.
check()
{
    $AARCH64_CC $flags -iquote "$top_srcdir/src" \
        -iquote "$top_srcdir/include" -fsyntax-only "$@"
}

# Every source file of every layer that is built here; code is made of those
# that the smoke test takes.
for layer in $(library_layers); do
    [ -n "$(library_objects "$layer")" ] || continue
    case $layer in
    base | os | meta)
        for source in "$top_srcdir/src/$layer"/*.c; do
            compile "$source" "$scratch/$layer-$(basename "$source" .c).o" ||
                echo "$source"
        done
        ;;
    *)
        check "$top_srcdir/src/$layer"/*.c || echo "src/$layer"
        ;;
    esac
done >"$scratch/messages" 2>&1
compile "$top_srcdir/src/os/arch/aarch64.c" "$scratch/os-aarch64.o" \
    >>"$scratch/messages" 2>&1
tap_is_empty "the sources compile for aarch64 without a warning" \
    "$scratch/messages"
[ ! -s "$scratch/messages" ] || tap_done

if [ "$QEMU_AARCH64" = no ]; then
    tap_skip "tests/unit/os/smoke.c runs on aarch64" \
        "no emulator (qemu-user)"
    tap_done
fi
# tell is enough for the smoke test; what it does not use is not linked.
rm -f "$scratch/libtell.a"
aarch64-linux-gnu-ar cr "$scratch/libtell.a" "$scratch"/base-*.o \
    "$scratch"/os-*.o "$scratch"/meta-*.o >"$scratch/messages" 2>&1
if ! $AARCH64_CC $flags -fno-PIC -no-pie -static -iquote "$top_srcdir/src" \
    "$top_srcdir/tests/unit/os/smoke.c" "$scratch/libtell.a" \
    -o "$scratch/smoke" >"$scratch/messages" 2>&1; then
    tap_not_ok "tests/unit/os/smoke.c links for aarch64" "$scratch/messages"
    tap_done
fi
tap_check "tests/unit/os/smoke.c runs on aarch64" \
    "$QEMU_AARCH64" "$scratch/smoke"
tap_done
