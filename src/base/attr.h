/*
 * base/attr.h - the compiler's annotations, spelled once.
 *
 * Nothing here has behaviour. A macro is UPPER; what it stands for is one
 * attribute of GCC and Clang.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define HOT __attribute__((hot))
#define COLD __attribute__((cold, noinline))
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

/* The name is visible outside the library; only front/ uses it. */
#define EXPORT __attribute__((visibility("default")))

/* A global that other files of the library use: reached without the detour by
 * the table of addresses that code in a shared library otherwise takes. */
#define HIDDEN __attribute__((visibility("hidden")))

/* Argument `fmt` is a printf format and `first` the first value for it. */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* OPAQUE - the compiler shall not think about what `x` is here: it would, say,
 * work out a pointer behind a loop anew that the loop has at hand. */
#define OPAQUE(x) __asm__("" : "+r"(x))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of `type` whose `member` lies at `ptr`. */
#define CONTAINER_OF(ptr, type, member)                                        \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* One cache line of the CPUs we know; a struct written by one thread and
 * read by others is aligned to it. */
#define CACHE_LINE 64
#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE)))

/* ALIAS_OF - in a declaration: the hidden name is another one of the function
 * `name`, which the same file defines. */
#if defined(__has_attribute)
#if __has_attribute(copy)
#define ALIAS_OF(name)                                                         \
    __attribute__((alias(#name), copy(name), visibility("hidden")))
#endif
#endif
#ifndef ALIAS_OF
#define ALIAS_OF(name) __attribute__((alias(#name), visibility("hidden")))
#endif

#endif
