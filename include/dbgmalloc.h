/*
 * dbgmalloc.h - a debugging allocator: file and line of each allocation, and
 * questions about the heap.
 *
 * Link with -ldbgmalloc, or preload libdbgmalloc.so. Including this header
 * makes each call of malloc and its family note its file and line; everything
 * works without it too, with return addresses in place of lines. It may come
 * before or after other headers, and works as `-include dbgmalloc.h`. C99 or
 * later, C++11 or later, GCC or Clang.
 *
 * Macros that change what it does, to be defined before it:
 *
 *   DBGMALLOC_DISABLE        no macros, and every function below does nothing
 *                            and needs no library
 *   DBGMALLOC_NO_MACROS      the functions below only
 *   DBGMALLOC_FUNC_CHECK     also dbgmalloc_funcs.h (C): memcpy, strcpy ...
 *   DBGMALLOC_EXTRA          also xmalloc, xcalloc, xrealloc, xstrdup and
 *                            xstrndup, which end the program in place of
 *                            giving NULL; recalloc; free_sized and
 *                            free_aligned_sized before C23
 *   DBGMALLOC_KEEP_FEATURES  leave feature-test macros alone (below)
 *
 * The options are the text of the environment variable DBGMALLOC_OPTS, see
 * dbgmalloc-options(7). A program may define its own defaults by
 *   const char *dbgmalloc_default_options(void)
 * It is called before there is a heap: it should return a literal.
 *
 * Unless said otherwise, a function may be called by any thread at any time,
 * but not from a signal handler; it leaves errno alone; sizes are bytes.
 */
#ifndef DBGMALLOC_H
#define DBGMALLOC_H 1

#define DBGMALLOC_VERSION "0.1.0"

/*
 * Where this header comes first (-include), the program's own
 * `#define _GNU_SOURCE` would come too late for the headers included here. So
 * all that glibc has is declared, unless a strict standard (-std=c99) or some
 * features were asked for on the command line; and the macros are as if this
 * header had not been.
 */
#if !defined(__cplusplus) && !defined(_FEATURES_H)                             \
    && !defined(__STRICT_ANSI__) && !defined(DBGMALLOC_KEEP_FEATURES)          \
    && !defined(_GNU_SOURCE) && !defined(_DEFAULT_SOURCE)                      \
    && !defined(_POSIX_SOURCE) && !defined(_POSIX_C_SOURCE)                    \
    && !defined(_XOPEN_SOURCE) && !defined(_BSD_SOURCE)                        \
    && !defined(_SVID_SOURCE) && !defined(_ISOC99_SOURCE)                      \
    && !defined(_ISOC11_SOURCE)
#define DBGMALLOC_FIRST_ 1
#define _GNU_SOURCE 1
#endif

#ifdef __cplusplus
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#endif
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* It declares reallocarray in strict C too, where it may be the program's. */
#if !defined(__cplusplus) && !defined(__USE_MISC) && !defined(_MALLOC_H)
#define reallocarray dbgmalloc_hidden_
#include <malloc.h>
#undef reallocarray
#endif
#include <malloc.h>
/* It declares posix_memalign by itself, which the macro would spoil. */
#if defined(__SSE__) && defined(__has_include)
#if __has_include(<mm_malloc.h>)
#include <mm_malloc.h>
#endif
#endif

#ifdef DBGMALLOC_FIRST_
#undef DBGMALLOC_FIRST_
#undef _GNU_SOURCE
#undef _DEFAULT_SOURCE
#undef _POSIX_SOURCE
#undef _POSIX_C_SOURCE
#undef _XOPEN_SOURCE
#undef _XOPEN_SOURCE_EXTENDED
#undef _ISOC95_SOURCE
#undef _ISOC99_SOURCE
#undef _ISOC11_SOURCE
#undef _ISOC2X_SOURCE
#undef _ISOC23_SOURCE
#undef _ATFILE_SOURCE
#undef _LARGEFILE64_SOURCE
#undef _DYNAMIC_STACK_SIZE_SOURCE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- types ---- */

/* What dbgmalloc_errno and an error handler tell; the numbers stay. */
enum dbgmalloc_error {
    DBGMALLOC_E_NONE = 0,
    /* a call of this interface that could not do what it was told */
    DBGMALLOC_E_OPTIONS = 1,     /* a token of the options is bad */
    DBGMALLOC_E_ARGUMENT = 2,    /* an argument is bad */
    DBGMALLOC_E_FULL = 3,        /* dbgmalloc_push: too many are saved */
    DBGMALLOC_E_EMPTY = 4,       /* dbgmalloc_pop: none are saved */
    DBGMALLOC_E_NOT_FOUND = 5,   /* the address is in no block known */
    DBGMALLOC_E_NO_RECORDS = 6,  /* a plain allocator: preset off, or `only` */
    DBGMALLOC_E_NO_MEMORY = 7,   /* for the library's own use */
    DBGMALLOC_E_BUSY = 8,        /* called from within a report */
    /* clang-format off */ /* a misuse that was found */
    DBGMALLOC_E_OVERRUN = 20, DBGMALLOC_E_UNDERRUN = 21,
    DBGMALLOC_E_DOUBLE_FREE = 22, DBGMALLOC_E_INTERIOR_FREE = 23,
    DBGMALLOC_E_FOREIGN_FREE = 24, DBGMALLOC_E_REALLOC_FREED = 25,
    DBGMALLOC_E_REALLOC_INTERIOR = 26, DBGMALLOC_E_REALLOC_FOREIGN = 27,
    DBGMALLOC_E_USABLE_SIZE_BAD = 28, DBGMALLOC_E_MISMATCHED_FREE = 29,
    DBGMALLOC_E_SIZE_MISMATCH = 30, DBGMALLOC_E_ALIGN_MISMATCH = 31,
    DBGMALLOC_E_WRITE_AFTER_FREE = 32, DBGMALLOC_E_CHECK_FREED = 33,
    DBGMALLOC_E_CHECK_FOREIGN = 34, DBGMALLOC_E_CHECK_RANGE = 35,
    DBGMALLOC_E_FREE_NULL = 36, DBGMALLOC_E_ZERO_SIZE = 37,
    DBGMALLOC_E_BAD_ALIGN = 38, DBGMALLOC_E_SIZE_OVERFLOW = 39,
    DBGMALLOC_E_LIMIT = 40, DBGMALLOC_E_MAX_ALLOC = 41,
    DBGMALLOC_E_OUT_OF_MEMORY = 42, DBGMALLOC_E_ADDR_WATCH = 43,
    DBGMALLOC_E_SEQ_WATCH, DBGMALLOC_E_BAD_READ, DBGMALLOC_E_BAD_WRITE,
    DBGMALLOC_E_USE_AFTER_FREE, DBGMALLOC_E_OVERLAP, DBGMALLOC_E_FAULT, /* 49 */
    DBGMALLOC_E_INJECTED, DBGMALLOC_E_PROTECTED_WRITE,
    DBGMALLOC_E_PROTECTED_FREE, DBGMALLOC_E_OWN_DAMAGE /* 53 */
    /* clang-format on */
};

enum dbgmalloc_flag {     /* each function says which ones it takes */
    DBGMALLOC_LIVE = 1,   /* blocks in use (also where neither is given) */
    DBGMALLOC_FREED = 2,  /* freed ones, as far as they are still known */
    DBGMALLOC_ALL = 4,    /* without the limits of leak-age and leak-size */
    DBGMALLOC_STRICT = 8  /* an address in no block is a fault too */
};

/* Where a call stands. */
struct dbgmalloc_place {
    const char *file; /* by this header, or NULL */
    unsigned line;
    const void *pc;   /* the return address, or NULL */
};

/* A block, live or freed. */
struct dbgmalloc_info {
    size_t struct_size;      /* set by the caller: sizeof of this struct */
    const void *block;       /* its address */
    size_t size;             /* bytes that were asked for */
    ptrdiff_t offset;        /* from the block to the address asked about */
    int is_live;             /* 1, or 0 for a freed one */
    unsigned thread, free_thread; /* 1, 2, ...; 0 while it is live, or where
                                     it is not known */
    unsigned mark;           /* the mark in force when it was made */
    uint64_t age_ns;         /* since it was made, or freed; 0: unknown */
    const char *function;    /* "malloc", "operator new", ... */
    struct dbgmalloc_place made, freed;
};

/* Counts since the start, and now. */
struct dbgmalloc_stats {
    size_t struct_size;      /* set by the caller: sizeof of this struct */
    uint64_t calls_malloc, calls_calloc, calls_realloc, calls_aligned;
    uint64_t calls_new, calls_free, calls_delete;
    uint64_t blocks_allocated, bytes_allocated;
    uint64_t blocks_freed, bytes_freed;
    uint64_t blocks_live, bytes_live;
    uint64_t blocks_peak, bytes_peak; /* when most bytes were live */
    uint64_t peak_time_ns;            /* after the start */
    uint64_t failures, findings, threads; /* failures: blocks refused */
    uint64_t heap_reserved;           /* address space, bytes */
    uint64_t heap_committed, own_memory; /* of blocks, and of the library */
};

/* One call that made, resized or freed a block. */
struct dbgmalloc_event {
    size_t struct_size;      /* set by the library */
    const char *function;    /* "malloc", "free", ... */
    const void *block;       /* the block made, or freed */
    const void *old;         /* realloc: the block that it was, else NULL */
    size_t size;
    size_t align;            /* asked for; 0: the default */
    struct dbgmalloc_place place;
};

/* A misuse that was found. Texts live as long as the process. */
struct dbgmalloc_finding {
    size_t struct_size;      /* set by the library */
    int error;               /* DBGMALLOC_E_... */
    const char *key;         /* "overrun", ... */
    const char *title;       /* "write past the end of a block", ... */
    const char *during;      /* "free", "heap check", ... */
    uint64_t number;         /* 1, 2, ... */
    const void *addr;        /* the pointer passed, or the first bad byte */
    const void *block;       /* the block concerned, or NULL */
    size_t size;             /* of the block */
    size_t length;           /* bytes damaged, or asked for */
    /* where it was noticed, the block made, and freed, if it was */
    struct dbgmalloc_place place, made, freed;
};

/* dbgmalloc_walk's callback: 0 goes on, anything else ends the walk. Hooks:
 * what they allocate is not recorded. */
typedef int dbgmalloc_visit(const struct dbgmalloc_info *info, void *context);
typedef void dbgmalloc_event_hook(const struct dbgmalloc_event *event);
typedef void dbgmalloc_error_handler(const struct dbgmalloc_finding *finding);

#define DBGMALLOC_PRINTF_(format, first)                                       \
    __attribute__((__format__(__printf__, format, first)))
#define DBGMALLOC_MALLOC_ __attribute__((__malloc__, __warn_unused_result__))
#define DBGMALLOC_STATIC_ static __inline __attribute__((__unused__))

#ifndef DBGMALLOC_DISABLE

/* ---- set-up ---- */

/* dbgmalloc_version - the version of the library that runs: "1.2.3". */
const char *dbgmalloc_version(void);

/* dbgmalloc_active - 1 if every block has a record; 0 in a plain allocator
 * (preset off, or a program that `only` leaves out). */
int dbgmalloc_active(void);

/* dbgmalloc_setup - set the options that `options` names; the others stay, and
 * so do those that fix the layout of memory, once it is in use. Returns 0, or
 * DBGMALLOC_E_OPTIONS if a token was bad: it was named on stderr, and the good
 * ones count. */
int dbgmalloc_setup(const char *options);

/* dbgmalloc_options - the options in force that are not the default, as a text
 * for DBGMALLOC_OPTS. Returns its length, which was cut if that is not less
 * than `size`. */
size_t dbgmalloc_options(char *buffer, size_t size);

/* dbgmalloc_push, dbgmalloc_pop - save the options and set some; put the saved
 * ones in force again. Return 0, DBGMALLOC_E_OPTIONS, _FULL or _EMPTY. */
int dbgmalloc_push(const char *options);
int dbgmalloc_pop(void);

/* dbgmalloc_record, dbgmalloc_record_thread - record new blocks (1) or not (0),
 * in the process or the calling thread. Return what was in force before. */
int dbgmalloc_record(int on);
int dbgmalloc_record_thread(int on);

/* dbgmalloc_shutdown - make the report of the end now; there will be none at
 * exit. Recording and checks go on. */
void dbgmalloc_shutdown(void);

/* dbgmalloc_reopen_log - close the log and open it anew, for rotation; `path`
 * as for the option log, or NULL for the same name. Returns 0 or
 * DBGMALLOC_E_OPTIONS. */
int dbgmalloc_reopen_log(const char *path);

/* ---- verify: each returns the number of faults found and reported ---- */

/* dbgmalloc_check, dbgmalloc_check_all - the live block at `p`, exactly; every
 * block, and the library's own structures. */
int dbgmalloc_check(const void *p);
int dbgmalloc_check_all(void);

/* dbgmalloc_check_range - that the `n` bytes at `p` lie in one live block, or
 * in none at all (without DBGMALLOC_STRICT). */
int dbgmalloc_check_range(const void *p, size_t n, int flags);

/* ---- look ---- */

/* dbgmalloc_examine - the block that `p` points to, into, or just past; freed
 * ones too, as far as they are known. `info->struct_size` must be set. Returns
 * 0, DBGMALLOC_E_NOT_FOUND, _NO_RECORDS or _ARGUMENT. */
int dbgmalloc_examine(const void *p, struct dbgmalloc_info *info);

/* dbgmalloc_walk - call `visit` for each block, in no order. flags:
 * DBGMALLOC_LIVE, DBGMALLOC_FREED. Returns the number of calls. */
size_t dbgmalloc_walk(dbgmalloc_visit *visit, void *context, int flags);

/* ---- marks ---- */

/* dbgmalloc_mark - begin a new mark (1, 2, ...). For signal handlers too. */
unsigned dbgmalloc_mark(void);

/* dbgmalloc_count_since - bytes in blocks made since `mark`, and how many.
 * flags: DBGMALLOC_LIVE, DBGMALLOC_FREED. */
size_t dbgmalloc_count_since(unsigned mark, int flags, size_t *out_blocks);

/* dbgmalloc_log_since - report those blocks, if there are any; how many. */
size_t dbgmalloc_log_since(unsigned mark, int flags);

/* DBGMALLOC_ASSERT_NO_LEAKS - report the blocks made since `mark` that are
 * still live, and abort, if there are any. */
#define DBGMALLOC_ASSERT_NO_LEAKS(mark)                                        \
    dbgmalloc_assert_no_leaks_(__FILE__, __LINE__, (mark))
void dbgmalloc_assert_no_leaks_(const char *file, unsigned line,
                                unsigned mark);

/* ---- annotate: what the program knows of its blocks ---- */

/* dbgmalloc_ignore - leak reports pass over the live block at `p`. Returns 0,
 * or DBGMALLOC_E_NOT_FOUND. */
int dbgmalloc_ignore(const void *p);

/* dbgmalloc_ignore_begin, dbgmalloc_ignore_end - likewise for what the calling
 * thread makes in between. They nest. Return 0 or DBGMALLOC_E_EMPTY. */
int dbgmalloc_ignore_begin(void);
int dbgmalloc_ignore_end(void);

/* dbgmalloc_tag - reports give the live block at `p` this name, of up to 63
 * bytes. Returns 0, DBGMALLOC_E_NOT_FOUND, or _FULL after 511 names. */
int dbgmalloc_tag(const void *p, const char *name);

/* dbgmalloc_scope_begin, dbgmalloc_scope_end - likewise for what the calling
 * thread makes in between; the innermost of up to 16 counts. Return 0, or
 * DBGMALLOC_E_FULL, _EMPTY. */
int dbgmalloc_scope_begin(const char *name);
int dbgmalloc_scope_end(void);

/* dbgmalloc_root_register, dbgmalloc_root_unregister - the `n` bytes at `p`, in
 * no block, may hold pointers that keep blocks from being lost: memory shared
 * with a device or with other processes. Return 0, DBGMALLOC_E_NO_MEMORY or
 * _NOT_FOUND. */
int dbgmalloc_root_register(const void *p, size_t n);
int dbgmalloc_root_unregister(const void *p);

/* dbgmalloc_protect - nobody is to change, free or resize the live block at
 * `p`: whoever does is reported. A write to an OS page that is all the block's
 * faults at once, any other is found by the next check of the heap, or
 * dbgmalloc_unprotect, which ends it. Return 0, DBGMALLOC_E_NOT_FOUND,
 * _NO_RECORDS or _NO_MEMORY. */
int dbgmalloc_protect(const void *p);
int dbgmalloc_unprotect(const void *p);

/* ---- reports ---- */

/* dbgmalloc_leak_check - how many blocks dbgmalloc_log_leaks would list.
 * flags: DBGMALLOC_ALL. */
size_t dbgmalloc_leak_check(int flags);

/* dbgmalloc_log_leaks - write the leak report now. Returns the number of
 * blocks that it lists. flags: DBGMALLOC_ALL. */
size_t dbgmalloc_log_leaks(int flags);

/* dbgmalloc_log_stats - write the statistics now. */
void dbgmalloc_log_stats(void);

/* dbgmalloc_get_stats - the counts. `stats->struct_size` must be set. Returns
 * 0 or DBGMALLOC_E_ARGUMENT. */
int dbgmalloc_get_stats(struct dbgmalloc_stats *stats);

/* dbgmalloc_error_count - findings so far. */
size_t dbgmalloc_error_count(void);

/* dbgmalloc_message, dbgmalloc_vmessage - a line of the program's own in the
 * log; cut after 1,000 bytes. */
void dbgmalloc_message(const char *format, ...) DBGMALLOC_PRINTF_(1, 2);
void dbgmalloc_vmessage(const char *format, va_list values)
    DBGMALLOC_PRINTF_(1, 0);

/* ---- hooks ---- */

/* dbgmalloc_set_event_hook - call `hook` after each call that made, resized or
 * freed a block (NULL: none). Returns the earlier one. */
dbgmalloc_event_hook *dbgmalloc_set_event_hook(dbgmalloc_event_hook *hook);

/* dbgmalloc_set_error_handler - call `handler` for each misuse that is found,
 * before what on-error says (NULL: none). Returns the earlier one. */
dbgmalloc_error_handler *
dbgmalloc_set_error_handler(dbgmalloc_error_handler *handler);

/* dbgmalloc_on_error, dbgmalloc_on_alloc - empty, for break points: called at
 * each misuse found; and where the watched addr= is used or seq= reached. */
void dbgmalloc_on_error(void);
void dbgmalloc_on_alloc(void);

/* ---- errors ---- */

/* dbgmalloc_errno - the latest error of the process, DBGMALLOC_E_...; 0 before
 * the first. */
int dbgmalloc_errno(void);

/* dbgmalloc_strerror - it in words; never NULL. */
const char *dbgmalloc_strerror(int error);

/* ---- explicit sites, for a program's own wrappers ---- */

/* As the functions without _at; the block's site is file:line. `file` must
 * live as long as the process. */
void *dbgmalloc_malloc_at(const char *file, unsigned line, size_t size)
    DBGMALLOC_MALLOC_;
void *dbgmalloc_calloc_at(const char *file, unsigned line, size_t count,
                          size_t size) DBGMALLOC_MALLOC_;
void *dbgmalloc_realloc_at(const char *file, unsigned line, void *p,
                           size_t size);
void *dbgmalloc_aligned_at(const char *file, unsigned line, size_t align,
                           size_t size) DBGMALLOC_MALLOC_;
char *dbgmalloc_strdup_at(const char *file, unsigned line, const char *text)
    DBGMALLOC_MALLOC_;
char *dbgmalloc_strndup_at(const char *file, unsigned line, const char *text,
                           size_t size) DBGMALLOC_MALLOC_;
void dbgmalloc_free_at(const char *file, unsigned line, void *p);

/* realloc whose new bytes, past the old size, are zero. */
void *dbgmalloc_recalloc_at(const char *file, unsigned line, void *p,
                            size_t size);

int dbgmalloc_asprintf_at(const char *file, unsigned line, char **out_text,
                          const char *format, ...) DBGMALLOC_PRINTF_(4, 5);
int dbgmalloc_vasprintf_at(const char *file, unsigned line, char **out_text,
                           const char *format, va_list values)
    DBGMALLOC_PRINTF_(4, 0);
ptrdiff_t dbgmalloc_getline_at(const char *file, unsigned line, char **text,
                               size_t *size, FILE *stream);

/* dbgmalloc_give_up_at - say that `size` bytes cannot be had, and abort. */
__attribute__((__noreturn__)) void
dbgmalloc_give_up_at(const char *file, unsigned line, size_t size);

/* The notes that the macros leave: the next call of the allocator in this
 * thread stands at file:line, if it has the argument `value`. */
void dbgmalloc_note_(const char *file, unsigned line, uintptr_t value);
void dbgmalloc_note_text_(const char *file, unsigned line, const char *text);

#else /* DBGMALLOC_DISABLE: nothing is done, and no library is needed */
#include "dbgmalloc_off.h"
#endif /* DBGMALLOC_DISABLE */

#include "dbgmalloc_refs.h"

#ifdef __cplusplus
}
#endif

/* ---- macros ---- */

/*
 * The name of the function stays, and one of its arguments is passed through a
 * helper that notes file and line: so `std::malloc(n)` and `o.free(p)` go on
 * to mean what they did. A call with another number of arguments than the
 * function has (a method of the same name) is left alone. The library believes
 * a note only if the next call of the allocator has that argument.
 */
#if !defined(DBGMALLOC_DISABLE) && !defined(DBGMALLOC_NO_MACROS)

/* DBGMALLOC_ARITY_ - 1, 2, 3, or N for more arguments (up to 12). */
#define DBGMALLOC_13TH_(a, b, c, d, e, f, g, h, i, j, k, l, m, ...) m
#define DBGMALLOC_ARITY_(...)                                                  \
    DBGMALLOC_13TH_(__VA_ARGS__, N, N, N, N, N, N, N, N, N, 3, 2, 1, 0)
#define DBGMALLOC_COMMA_(...)                                                  \
    DBGMALLOC_13TH_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)
/* 1 if there is no argument, else 0. Source: Gustedt, Detect empty macro
 * arguments, 2010. */
#define DBGMALLOC_TRIGGER_(...) ,
#define DBGMALLOC_VOID_(...)                                                   \
    DBGMALLOC_VOID_2_(                                                         \
        DBGMALLOC_COMMA_(__VA_ARGS__),                                         \
        DBGMALLOC_COMMA_(DBGMALLOC_TRIGGER_ __VA_ARGS__),                      \
        DBGMALLOC_COMMA_(__VA_ARGS__()),                                       \
        DBGMALLOC_COMMA_(DBGMALLOC_TRIGGER_ __VA_ARGS__()))
#define DBGMALLOC_VOID_2_(a, b, c, d) DBGMALLOC_VOID_3_(a, b, c, d)
#define DBGMALLOC_VOID_3_(a, b, c, d)                                          \
    DBGMALLOC_COMMA_(DBGMALLOC_CASE_##a##b##c##d)
#define DBGMALLOC_CASE_0001 ,

#define DBGMALLOC_REST_(wrap, ...) __VA_ARGS__
#define DBGMALLOC_PASTE_(a, b, c) DBGMALLOC_PASTE_2_(a, b, c)
#define DBGMALLOC_PASTE_2_(a, b, c) a##b##c

/* DBGMALLOC_ARGS1_ and so on - pass one, two or three arguments to `wrap`, any
 * other number on as they are. */
#define DBGMALLOC_ARGS1_(wrap, ...)                                            \
    DBGMALLOC_PASTE_(DBGMALLOC_ARGS1_, DBGMALLOC_VOID_(__VA_ARGS__),          \
                     DBGMALLOC_ARITY_(__VA_ARGS__))                            \
    (wrap, __VA_ARGS__)
#define DBGMALLOC_ARGS1_01(wrap, x) wrap(x)
#define DBGMALLOC_ARGS1_11(wrap, x) x
#define DBGMALLOC_ARGS1_02 DBGMALLOC_REST_
#define DBGMALLOC_ARGS1_03 DBGMALLOC_REST_
#define DBGMALLOC_ARGS1_0N DBGMALLOC_REST_
#define DBGMALLOC_ARGS2_(wrap, ...)                                            \
    DBGMALLOC_PASTE_(DBGMALLOC_ARGS2_, , DBGMALLOC_ARITY_(__VA_ARGS__))        \
    (wrap, __VA_ARGS__)
#define DBGMALLOC_ARGS2_1 DBGMALLOC_REST_
#define DBGMALLOC_ARGS2_2(wrap, x, y) wrap(x, y)
#define DBGMALLOC_ARGS2_3 DBGMALLOC_REST_
#define DBGMALLOC_ARGS2_N DBGMALLOC_REST_
#define DBGMALLOC_ARGS3_(wrap, ...)                                            \
    DBGMALLOC_PASTE_(DBGMALLOC_ARGS3_, , DBGMALLOC_ARITY_(__VA_ARGS__))        \
    (wrap, __VA_ARGS__)
#define DBGMALLOC_ARGS3_1 DBGMALLOC_REST_
#define DBGMALLOC_ARGS3_2 DBGMALLOC_REST_
#define DBGMALLOC_ARGS3_3(wrap, x, y, z) wrap(x, y, z)
#define DBGMALLOC_ARGS3_N DBGMALLOC_REST_

/* The helpers note a size, a pointer or a text, and give it back. */
#ifdef __cplusplus
#define DBGMALLOC_INLINE_ __attribute__((__always_inline__)) inline

/* A literal 0 or NULL may stand for a pointer, and would not if it went
 * through a function as a number: it goes through as this. */
template <typename T> struct dbgmalloc_zero_ {
    T value;
    operator T() const { return value; }
    template <typename U> operator U *() const
    {
        return reinterpret_cast<U *>(static_cast<intptr_t>(value));
    }
};

template <typename T> struct dbgmalloc_is_address_ {
    static const bool value =
        !std::is_class<typename std::decay<T>::type>::value
        && !std::is_integral<typename std::decay<T>::type>::value
        && std::is_convertible<T, const volatile void *>::value;
};

template <typename T>
DBGMALLOC_INLINE_
    typename std::enable_if<dbgmalloc_is_address_<T>::value, T &&>::type
    dbgmalloc_p_(const char *file, unsigned line, T &&p)
{
    const volatile void *address = p;
    dbgmalloc_note_(file, line, reinterpret_cast<uintptr_t>(address));
    return static_cast<T &&>(p);
}
template <typename T>
DBGMALLOC_INLINE_ typename std::enable_if<
    !dbgmalloc_is_address_<T>::value
        && !std::is_integral<typename std::decay<T>::type>::value,
    T &&>::type
dbgmalloc_p_(const char *, unsigned, T &&other)
{
    return static_cast<T &&>(other);
}
template <typename T>
DBGMALLOC_INLINE_ typename std::enable_if<
    std::is_integral<typename std::decay<T>::type>::value,
    dbgmalloc_zero_<typename std::decay<T>::type>>::type
dbgmalloc_p_(const char *, unsigned, T &&n)
{
    dbgmalloc_zero_<typename std::decay<T>::type> zero = {n};
    return zero;
}

template <typename T>
DBGMALLOC_INLINE_ typename std::enable_if<
    std::is_integral<T>::value || std::is_enum<T>::value, T>::type
dbgmalloc_n_(const char *file, unsigned line, T n)
{
    dbgmalloc_note_(file, line, static_cast<uintptr_t>(n));
    return n;
}
template <typename T>
DBGMALLOC_INLINE_ typename std::enable_if<
    !std::is_integral<T>::value && !std::is_enum<T>::value, T>::type
dbgmalloc_n_(const char *, unsigned, T n) { return n; }

DBGMALLOC_INLINE_ const char *
dbgmalloc_s_(const char *file, unsigned line, const char *s)
{
    dbgmalloc_note_text_(file, line, s);
    return s;
}
template <typename T>
DBGMALLOC_INLINE_ typename std::enable_if<
    !std::is_convertible<T, const char *>::value, T &&>::type
dbgmalloc_s_(const char *, unsigned, T &&other)
{
    return static_cast<T &&>(other);
}

#define DBGMALLOC_N_(n) ::dbgmalloc_n_(__FILE__, __LINE__, n)
#define DBGMALLOC_P_(p) ::dbgmalloc_p_(__FILE__, __LINE__, p)
#define DBGMALLOC_S_(s) ::dbgmalloc_s_(__FILE__, __LINE__, s)

#else /* C */

/* Always inlined, so the compiler still sees sizes. */
#define DBGMALLOC_INLINE_                                                      \
    extern __inline __attribute__((__gnu_inline__, __always_inline__))
DBGMALLOC_INLINE_ size_t
dbgmalloc_n_(const char *file, unsigned line, size_t n)
{
    dbgmalloc_note_(file, line, (uintptr_t)n);
    return n;
}
DBGMALLOC_INLINE_ void *
dbgmalloc_p_(const char *file, unsigned line, void *p)
{
    dbgmalloc_note_(file, line, (uintptr_t)p);
    return p;
}
DBGMALLOC_INLINE_ const char *
dbgmalloc_s_(const char *file, unsigned line, const char *s)
{
    dbgmalloc_note_text_(file, line, s);
    return s;
}
#define DBGMALLOC_N_(n) dbgmalloc_n_(__FILE__, __LINE__, (n))
#define DBGMALLOC_P_(p) dbgmalloc_p_(__FILE__, __LINE__, (p))
#define DBGMALLOC_S_(s) dbgmalloc_s_(__FILE__, __LINE__, (s))
#endif

#define DBGMALLOC_NX_(n, x) DBGMALLOC_N_(n), x
#define DBGMALLOC_XN_(x, n) x, DBGMALLOC_N_(n)
#define DBGMALLOC_PX_(p, x) DBGMALLOC_P_(p), x
#define DBGMALLOC_PXX_(p, x, y) DBGMALLOC_P_(p), x, y
#define DBGMALLOC_XXN_(x, y, n) x, y, DBGMALLOC_N_(n)

#define malloc(...) malloc(DBGMALLOC_ARGS1_(DBGMALLOC_N_, __VA_ARGS__))
#define calloc(...) calloc(DBGMALLOC_ARGS2_(DBGMALLOC_NX_, __VA_ARGS__))
#define realloc(...) realloc(DBGMALLOC_ARGS2_(DBGMALLOC_PX_, __VA_ARGS__))
#define free(...) free(DBGMALLOC_ARGS1_(DBGMALLOC_P_, __VA_ARGS__))
#define memalign(...) memalign(DBGMALLOC_ARGS2_(DBGMALLOC_XN_, __VA_ARGS__))
#define pvalloc(...) pvalloc(DBGMALLOC_ARGS1_(DBGMALLOC_N_, __VA_ARGS__))

/* The others only where the features asked for declare them. */
#ifdef __USE_MISC
#define valloc(...) valloc(DBGMALLOC_ARGS1_(DBGMALLOC_N_, __VA_ARGS__))
#define reallocarray(...)                                                      \
    reallocarray(DBGMALLOC_ARGS3_(DBGMALLOC_PXX_, __VA_ARGS__))
#endif
#ifdef __USE_ISOC11
#define aligned_alloc(...)                                                     \
    aligned_alloc(DBGMALLOC_ARGS2_(DBGMALLOC_XN_, __VA_ARGS__))
#endif
#ifdef __USE_XOPEN2K
#define posix_memalign(...)                                                    \
    posix_memalign(DBGMALLOC_ARGS3_(DBGMALLOC_XXN_, __VA_ARGS__))
#endif
#if defined(__USE_MISC) || defined(__USE_XOPEN_EXTENDED)
#define strdup(...) strdup(DBGMALLOC_ARGS1_(DBGMALLOC_S_, __VA_ARGS__))
#endif

/* libc allocates in these, so other functions take their place; but not in
 * C++, where methods have these names. */
#ifndef __cplusplus
#ifdef __USE_XOPEN2K8
#define strndup(text, size)                                                    \
    dbgmalloc_strndup_at(__FILE__, __LINE__, (text), (size))
#define getline(text, size, stream)                                            \
    dbgmalloc_getline_at(__FILE__, __LINE__, (text), (size), (stream))
#endif
#ifdef __USE_GNU
#define asprintf(...) dbgmalloc_asprintf_at(__FILE__, __LINE__, __VA_ARGS__)
#define vasprintf(out_text, format, values)                                    \
    dbgmalloc_vasprintf_at(__FILE__, __LINE__, (out_text), (format), (values))
#endif
#endif

#if defined(DBGMALLOC_EXTRA)                                                   \
    || (!defined(__cplusplus) && defined(__STDC_VERSION__)                     \
        && __STDC_VERSION__ > 201710L)
#ifdef __cplusplus
extern "C" {
#endif
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t align, size_t size);
#ifdef __cplusplus
}
#endif
#define free_sized(...)                                                        \
    free_sized(DBGMALLOC_ARGS2_(DBGMALLOC_PX_, __VA_ARGS__))
#define free_aligned_sized(...)                                                \
    free_aligned_sized(DBGMALLOC_ARGS3_(DBGMALLOC_PXX_, __VA_ARGS__))
#endif

#if defined(DBGMALLOC_FUNC_CHECK) && !defined(__cplusplus)
#include "dbgmalloc_funcs.h"
#endif
#endif /* macros */

/* ---- the extra functions, and C++'s new ---- */

#ifdef DBGMALLOC_EXTRA
/* clang-format off */
DBGMALLOC_STATIC_ void *
dbgmalloc_sure_(const char *file, unsigned line, void *p, size_t size)
{ if (!p && size) dbgmalloc_give_up_at(file, line, size); return p; }
DBGMALLOC_STATIC_ void *
dbgmalloc_xmalloc_(const char *f, unsigned l, size_t size)
{ return dbgmalloc_sure_(f, l, dbgmalloc_malloc_at(f, l, size), size); }
DBGMALLOC_STATIC_ void *
dbgmalloc_xcalloc_(const char *f, unsigned l, size_t count, size_t size)
{ return dbgmalloc_sure_(f, l, dbgmalloc_calloc_at(f, l, count, size),
                         count != 0 ? size : 0); }
DBGMALLOC_STATIC_ void *
dbgmalloc_xrealloc_(const char *f, unsigned l, void *p, size_t size)
{ return dbgmalloc_sure_(f, l, dbgmalloc_realloc_at(f, l, p, size), size); }
DBGMALLOC_STATIC_ char *
dbgmalloc_xstrndup_(const char *f, unsigned l, const char *text, size_t size)
{ return (char *)dbgmalloc_sure_(
      f, l, dbgmalloc_strndup_at(f, l, text, size), size + 1); }
DBGMALLOC_STATIC_ char *
dbgmalloc_xstrdup_(const char *f, unsigned l, const char *text)
{ return (char *)dbgmalloc_sure_(f, l, dbgmalloc_strdup_at(f, l, text),
                                 strlen(text) + 1); }
/* clang-format on */
#define xmalloc(size) dbgmalloc_xmalloc_(__FILE__, __LINE__, (size))
#define xcalloc(count, size)                                                   \
    dbgmalloc_xcalloc_(__FILE__, __LINE__, (count), (size))
#define xrealloc(p, size)                                                      \
    dbgmalloc_xrealloc_(__FILE__, __LINE__, (p), (size))
#define xstrdup(text) dbgmalloc_xstrdup_(__FILE__, __LINE__, (text))
#define xstrndup(text, size)                                                   \
    dbgmalloc_xstrndup_(__FILE__, __LINE__, (text), (size))
#define recalloc(p, size)                                                      \
    dbgmalloc_recalloc_at(__FILE__, __LINE__, (p), (size))
#endif

/*
 * DBGMALLOC_NEW - new with file and line, in C++: `#define new DBGMALLOC_NEW`
 * after all #include lines of a file without placement and operator new.
 */
#ifdef __cplusplus
#ifdef DBGMALLOC_DISABLE
#define DBGMALLOC_NEW new
#else
struct dbgmalloc_new_ { const char *file; unsigned line; };
/* The deletes are for a constructor that throws. */
#define DBGMALLOC_NEW_FORM_(array)                                             \
    __attribute__((__always_inline__)) inline void *operator new array(        \
        std::size_t n, const dbgmalloc_new_ &at)                               \
    {                                                                          \
        dbgmalloc_note_(at.file, at.line, n);                                  \
        return ::operator new array(n);                                        \
    }                                                                          \
    inline void operator delete array(void *p, const dbgmalloc_new_ &) noexcept\
    {                                                                          \
        ::operator delete array(p);                                            \
    }
DBGMALLOC_NEW_FORM_()
DBGMALLOC_NEW_FORM_([])
#ifdef __cpp_aligned_new
#define DBGMALLOC_NEW_ALIGNED_(array)                                          \
    __attribute__((__always_inline__)) inline void *operator new array(        \
        std::size_t n, std::align_val_t align, const dbgmalloc_new_ &at)       \
    {                                                                          \
        dbgmalloc_note_(at.file, at.line, n);                                  \
        return ::operator new array(n, align);                                 \
    }                                                                          \
    inline void operator delete array(void *p, std::align_val_t align,         \
                                      const dbgmalloc_new_ &) noexcept         \
    {                                                                          \
        ::operator delete array(p, align);                                     \
    }
DBGMALLOC_NEW_ALIGNED_()
DBGMALLOC_NEW_ALIGNED_([])
#endif
#define DBGMALLOC_NEW new (dbgmalloc_new_{__FILE__, __LINE__})
#endif
#endif

#endif /* DBGMALLOC_H */
