# dbgmalloc.m4 - for the configure.ac of a project that can be built with
# dbgmalloc.                                                        serial 1
#
# DBGMALLOC_CHECK([ACTION-IF-USED], [ACTION-IF-NOT-USED])
#
# Adds --with-dbgmalloc[=PREFIX] to configure; without it, or with
# --without-dbgmalloc, nothing is looked for. PREFIX is where dbgmalloc is
# installed; without PREFIX pkg-config is asked, and then the compiler.
#
# Where it is used:  HAVE_DBGMALLOC is defined to 1;
#                    DBGMALLOC_CFLAGS  the include path, for AM_CPPFLAGS
#                    DBGMALLOC_LIBS    the library, for LDADD or LIBS
#                    configure fails if it cannot be found or linked.
# Where it is not:   DBGMALLOC_DISABLE is defined to 1, so that a dbgmalloc.h
#                    that is found all the same gives no macros, and calls that
#                    do nothing and need no library; both variables are empty.
#
# dbgmalloc_used is "yes" or "no". A source file says:
#
#     #include <config.h>
#     #ifdef HAVE_DBGMALLOC
#     #include <dbgmalloc.h>
#     #endif
#
# Copyright (c) 2026 the dbgmalloc authors. Under the MIT license, like the
# library; a project may copy this file into its own m4 directory.

AC_DEFUN([DBGMALLOC_CHECK], [
  AC_ARG_WITH([dbgmalloc],
    [AS_HELP_STRING([--with-dbgmalloc@<:@=PREFIX@:>@],
       [link with the dbgmalloc debugging allocator])],
    [], [with_dbgmalloc=no])
  AC_ARG_VAR([DBGMALLOC_CFLAGS], [compiler flags for dbgmalloc])
  AC_ARG_VAR([DBGMALLOC_LIBS], [linker flags for dbgmalloc])

  AS_CASE([$with_dbgmalloc],
    [no], [
      dbgmalloc_used=no
      DBGMALLOC_CFLAGS=
      DBGMALLOC_LIBS=
    ],
    [
      dbgmalloc_used=yes
      AS_CASE([$with_dbgmalloc],
        [yes], [
          dbgmalloc_pc=${PKG_CONFIG-pkg-config}
          AS_IF([($dbgmalloc_pc --exists dbgmalloc) >/dev/null 2>&1], [
            : "${DBGMALLOC_CFLAGS=`$dbgmalloc_pc --cflags dbgmalloc`}"
            : "${DBGMALLOC_LIBS=`$dbgmalloc_pc --libs dbgmalloc`}"
          ])
        ],
        [
          # lib64 where the distribution keeps its libraries there.
          dbgmalloc_libdir=$with_dbgmalloc/lib
          for dbgmalloc_dir in lib lib64 "lib/`$CC -print-multiarch 2>/dev/null`"
          do
            AS_IF([test -f "$with_dbgmalloc/$dbgmalloc_dir/libdbgmalloc.so" ||
                   test -f "$with_dbgmalloc/$dbgmalloc_dir/libdbgmalloc.a"],
              [dbgmalloc_libdir=$with_dbgmalloc/$dbgmalloc_dir])
          done
          : "${DBGMALLOC_CFLAGS=-I$with_dbgmalloc/include}"
          : "${DBGMALLOC_LIBS=-L$dbgmalloc_libdir -ldbgmalloc}"
        ])
      : "${DBGMALLOC_LIBS=-ldbgmalloc}"

      AC_MSG_CHECKING([for dbgmalloc ($DBGMALLOC_CFLAGS $DBGMALLOC_LIBS)])
      dbgmalloc_save_CPPFLAGS=$CPPFLAGS
      dbgmalloc_save_LIBS=$LIBS
      CPPFLAGS="$CPPFLAGS $DBGMALLOC_CFLAGS"
      LIBS="$DBGMALLOC_LIBS $LIBS"
      AC_LINK_IFELSE(
        [AC_LANG_PROGRAM([[#include <dbgmalloc.h>]],
                         [[return dbgmalloc_version() == 0;]])],
        [dbgmalloc_found=yes], [dbgmalloc_found=no])
      CPPFLAGS=$dbgmalloc_save_CPPFLAGS
      LIBS=$dbgmalloc_save_LIBS
      AC_MSG_RESULT([$dbgmalloc_found])
      AS_IF([test "x$dbgmalloc_found" = xno],
        [AC_MSG_ERROR([--with-dbgmalloc was given, but dbgmalloc cannot be
                       linked with; give --with-dbgmalloc=PREFIX])])
    ])

  AC_SUBST([DBGMALLOC_CFLAGS])
  AC_SUBST([DBGMALLOC_LIBS])
  AS_IF([test "x$dbgmalloc_used" = xyes],
    [AC_DEFINE([HAVE_DBGMALLOC], [1], [Define to 1 to use dbgmalloc.])
     $1],
    [AC_DEFINE([DBGMALLOC_DISABLE], [1],
       [Define to 1 to make dbgmalloc.h do nothing.])
     $2])
])
