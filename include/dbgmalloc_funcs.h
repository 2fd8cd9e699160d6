/*
 * dbgmalloc_funcs.h - check the arguments of memcpy, strcpy, sprintf and their
 * like, also where the compiler makes them part of the program's own code.
 *
 * Included by dbgmalloc.h where DBGMALLOC_FUNC_CHECK is defined, in C. Each
 * macro says file and line, has the library compare pointers and lengths with
 * the blocks that they are in, and calls the function itself. The option
 * check-funcs need not be on, and sees no error a second time if it is.
 *
 * C++ gets no macros, for methods have these names: compile with -fno-builtin,
 * and the option check-funcs sees every call.
 */
#ifndef DBGMALLOC_FUNCS_H
#define DBGMALLOC_FUNCS_H 1

#include <wchar.h>

/* What is to be read is `source`, `n` bytes or a text of at most so many; what
 * is to be written, that much at `target`. flags: DBGMALLOC_FUNC_... */
#define DBGMALLOC_FUNC_TEXT_ 1   /* source is a text, and its end counts */
#define DBGMALLOC_FUNC_APART_ 2  /* they must not overlap */
#define DBGMALLOC_FUNC_APPEND_ 4 /* behind the text that is in target */
#define DBGMALLOC_FUNC_ALL_ 8    /* n bytes are written, however short it is */
void dbgmalloc_func_(const char *file, unsigned line, const char *name,
                     const void *target, const void *source, size_t n,
                     int flags);
int dbgmalloc_sprintf_(const char *file, unsigned line, char *target, size_t n,
                       const char *format, ...) DBGMALLOC_PRINTF_(5, 6);
int dbgmalloc_vsprintf_(const char *file, unsigned line, char *target,
                        size_t n, const char *format, va_list values)
    DBGMALLOC_PRINTF_(5, 0);

/* A call of `name` with what it returns; each argument is evaluated once. */
#define DBGMALLOC_FUNC3_(type, name, target, source, n, bytes, flags)          \
    __extension__({                                                            \
        __typeof__(type) dbgmalloc_t_ = (target);                              \
        const void *dbgmalloc_s_ = (source);                                   \
        size_t dbgmalloc_c_ = (n);                                             \
        dbgmalloc_func_(__FILE__, __LINE__, #name, dbgmalloc_t_, dbgmalloc_s_, \
                        dbgmalloc_c_ * (bytes), (flags));                      \
        (name)(dbgmalloc_t_, dbgmalloc_s_, dbgmalloc_c_);                      \
    })
#define DBGMALLOC_FUNC2_(name, target, source, flags)                          \
    __extension__({                                                            \
        char *dbgmalloc_t_ = (target);                                         \
        const char *dbgmalloc_s_ = (source);                                   \
        dbgmalloc_func_(__FILE__, __LINE__, #name, dbgmalloc_t_, dbgmalloc_s_, \
                        (size_t)-1, (flags));                                  \
        (name)(dbgmalloc_t_, dbgmalloc_s_);                                    \
    })

#undef memcpy
#define memcpy(target, source, n)                                              \
    DBGMALLOC_FUNC3_(void *, memcpy, target, source, n, 1,                     \
                     DBGMALLOC_FUNC_APART_)
#undef memmove
#define memmove(target, source, n)                                             \
    DBGMALLOC_FUNC3_(void *, memmove, target, source, n, 1, 0)
#undef wmemcpy
#define wmemcpy(target, source, n)                                             \
    DBGMALLOC_FUNC3_(wchar_t *, wmemcpy, target, source, n, sizeof(wchar_t),   \
                     DBGMALLOC_FUNC_APART_)
#undef wmemmove
#define wmemmove(target, source, n)                                            \
    DBGMALLOC_FUNC3_(wchar_t *, wmemmove, target, source, n, sizeof(wchar_t), 0)
#undef memset
#define memset(target, byte, n)                                                \
    __extension__({                                                            \
        void *dbgmalloc_t_ = (target);                                         \
        int dbgmalloc_b_ = (byte);                                             \
        size_t dbgmalloc_c_ = (n);                                             \
        dbgmalloc_func_(__FILE__, __LINE__, "memset", dbgmalloc_t_, NULL,      \
                        dbgmalloc_c_, 0);                                      \
        (memset)(dbgmalloc_t_, dbgmalloc_b_, dbgmalloc_c_);                    \
    })
#undef memcmp
#define memcmp(a, b, n)                                                        \
    __extension__({                                                            \
        const void *dbgmalloc_a_ = (a);                                        \
        const void *dbgmalloc_b_ = (b);                                        \
        size_t dbgmalloc_c_ = (n);                                             \
        dbgmalloc_func_(__FILE__, __LINE__, "memcmp", NULL, dbgmalloc_a_,      \
                        dbgmalloc_c_, 0);                                      \
        dbgmalloc_func_(__FILE__, __LINE__, "memcmp", NULL, dbgmalloc_b_,      \
                        dbgmalloc_c_, 0);                                      \
        (memcmp)(dbgmalloc_a_, dbgmalloc_b_, dbgmalloc_c_);                    \
    })

#undef strcpy
#define strcpy(target, source)                                                 \
    DBGMALLOC_FUNC2_(strcpy, target, source,                                   \
                     DBGMALLOC_FUNC_TEXT_ | DBGMALLOC_FUNC_APART_)
#undef strcat
#define strcat(target, source)                                                 \
    DBGMALLOC_FUNC2_(strcat, target, source,                                   \
                     DBGMALLOC_FUNC_TEXT_ | DBGMALLOC_FUNC_APART_              \
                         | DBGMALLOC_FUNC_APPEND_)
#undef strncpy
#define strncpy(target, source, n)                                             \
    DBGMALLOC_FUNC3_(char *, strncpy, target, source, n, 1,                    \
                     DBGMALLOC_FUNC_TEXT_ | DBGMALLOC_FUNC_APART_              \
                         | DBGMALLOC_FUNC_ALL_)
#undef strncat
#define strncat(target, source, n)                                             \
    DBGMALLOC_FUNC3_(char *, strncat, target, source, n, 1,                    \
                     DBGMALLOC_FUNC_TEXT_ | DBGMALLOC_FUNC_APART_              \
                         | DBGMALLOC_FUNC_APPEND_)
#ifdef __USE_XOPEN2K8
#undef stpcpy
#define stpcpy(target, source)                                                 \
    DBGMALLOC_FUNC2_(stpcpy, target, source,                                   \
                     DBGMALLOC_FUNC_TEXT_ | DBGMALLOC_FUNC_APART_)
#endif
#undef strlen
#define strlen(text)                                                           \
    __extension__({                                                            \
        const char *dbgmalloc_s_ = (text);                                     \
        dbgmalloc_func_(__FILE__, __LINE__, "strlen", NULL, dbgmalloc_s_,      \
                        (size_t)-1, DBGMALLOC_FUNC_TEXT_);                     \
        (strlen)(dbgmalloc_s_);                                                \
    })

#undef sprintf
#define sprintf(...) dbgmalloc_sprintf_3_(__VA_ARGS__)
#define dbgmalloc_sprintf_3_(target, ...)                                      \
    dbgmalloc_sprintf_(__FILE__, __LINE__, (target), (size_t)-1, __VA_ARGS__)
#undef snprintf
#define snprintf(target, n, ...)                                               \
    dbgmalloc_sprintf_(__FILE__, __LINE__, (target), (n), __VA_ARGS__)
#undef vsprintf
#define vsprintf(target, format, values)                                       \
    dbgmalloc_vsprintf_(__FILE__, __LINE__, (target), (size_t)-1, (format),    \
                        (values))
#undef vsnprintf
#define vsnprintf(target, n, format, values)                                   \
    dbgmalloc_vsprintf_(__FILE__, __LINE__, (target), (n), (format), (values))

#endif
