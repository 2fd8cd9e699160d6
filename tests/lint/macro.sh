# tests/lint/macro.sh - another project uses dbgmalloc: by DBGMALLOC_CHECK in its
# configure.ac, and by pkg-config, from an installed copy; and does without.

. "$top_srcdir/tests/tap.sh"

command -v autoconf >/dev/null 2>&1 || tap_skip_all "autoconf is not installed"

project=$scratch/project
mkdir -p "$project"
cp "$top_srcdir/m4/dbgmalloc.m4" "$project/aclocal.m4"
cat >"$project/configure.ac" <<'END'
AC_INIT([project], [1])
AC_CONFIG_HEADERS([config.h])
AC_PROG_CC
DBGMALLOC_CHECK([echo "used: yes"], [echo "used: no"])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
END
cat >"$project/Makefile.in" <<'END'
program: program.c config.h
	@CC@ @CFLAGS@ -I. @CPPFLAGS@ @DBGMALLOC_CFLAGS@ program.c -o $@ \
		@LDFLAGS@ @DBGMALLOC_LIBS@ @LIBS@
END
cat >"$project/program.c" <<'END'
#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_DBGMALLOC
#include <dbgmalloc.h>
#endif

int
main(void)
{
    char *p = malloc(10);

    if (p == NULL)
        return 1;
    free(p);
#if defined HAVE_DBGMALLOC && !defined DBGMALLOC_DISABLE
    puts("with dbgmalloc");
#elif defined DBGMALLOC_DISABLE && !defined HAVE_DBGMALLOC
    puts("without dbgmalloc");
#endif
    return 0;
}
END
if ! (cd "$project" && autoheader &&
    autoconf) >"$scratch/log" 2>&1; then
    tap_not_ok "autoconf takes a configure.ac with DBGMALLOC_CHECK" \
        "$scratch/log"
    tap_done
fi
tap_ok "autoconf takes a configure.ac with DBGMALLOC_CHECK"

# build DIRECTORY ARGUMENT... - configure and build the project there.
build()
{
    where=$scratch/$1
    shift
    mkdir -p "$where" && cd "$where" || return 1
    env -u DBGMALLOC_CFLAGS -u DBGMALLOC_LIBS -u LIBS CC="$CC" \
        "$project/configure" -q "$@" >"$where/log" 2>&1 || return 1
    cp "$project/program.c" "$where/" && $MAKE program >>"$where/log" 2>&1
}

# says DIRECTORY TEXT - the program built there prints TEXT.
says()
{
    got=$(DBGMALLOC_OPTS=off "$scratch/$1/program")
    [ "$got" = "$2" ] && return 0
    echo "printed '$got', not '$2'"
    return 1
}

build plain
tap_check "a project is built without the library" says plain \
    "without dbgmalloc"
build refused --without-dbgmalloc
tap_check "--without-dbgmalloc is heeded" says refused "without dbgmalloc"
if build nowhere --with-dbgmalloc="$scratch/nothing"; then
    tap_not_ok "--with-dbgmalloc of a place without it stops configure"
else
    tap_check "--with-dbgmalloc of a place without it stops configure" \
        grep "cannot be" "$scratch/nowhere/log"
fi

if [ ! -f "$top_srcdir/include/dbgmalloc.h" ]; then
    tap_skip "a project is built with the library" "no public header yet"
    tap_done
fi

# An installed copy, in a place that the linker and loader do not search.
if ! $MAKE -C "$top_builddir" install DESTDIR="$scratch/root" \
    >"$scratch/install" 2>&1; then
    tap_not_ok "make install DESTDIR=..." "$scratch/install"
    tap_done
fi
tap_ok "make install DESTDIR=..."
root=$scratch/root$prefix
(cd "$scratch/root" && find . -type f | sort) >"$scratch/installed"
for file in include/dbgmalloc.h share/aclocal/dbgmalloc.m4; do
    tap_check "installs $file" grep -F "/$file" "$scratch/installed"
done

LD_LIBRARY_PATH=$scratch/root$libdir
export LD_LIBRARY_PATH
build with --with-dbgmalloc="$root" ||
    sed 's/^/# /' "$scratch/with/log"
tap_check "a project is built with the library" says with "with dbgmalloc"
tap_check "its program has the library" \
    grep -q dbgmalloc "$scratch/with/program"

pc=${PKG_CONFIG-pkg-config}
if command -v "$pc" >/dev/null 2>&1; then
    PKG_CONFIG_PATH=$scratch/root$libdir/pkgconfig
    PKG_CONFIG_SYSROOT_DIR=$scratch/root
    export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    tap_check "pkg-config knows it" "$pc" --print-errors --exists dbgmalloc
    build bypc --with-dbgmalloc || sed 's/^/# /' "$scratch/bypc/log"
    tap_check "a project finds it by pkg-config" says bypc "with dbgmalloc"
else
    tap_skip "pkg-config knows it" "pkg-config is not installed"
fi
tap_done
