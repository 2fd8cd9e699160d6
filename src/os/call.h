/*
 * os/call.h - system calls that go straight to the kernel.
 *
 * Another preloaded library may have replaced libc's wrappers by functions
 * that call malloc, and the wrappers set errno; so os/ uses only these. Each
 * returns the kernel's result, or a negative errno.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef OS_CALL_H
#define OS_CALL_H

#include <sys/syscall.h>

#include "os/arch/arch.h"

#define CALL_0(n) arch_call((n), 0, 0, 0, 0, 0, 0)
#define CALL_1(n, a) arch_call((n), (long)(a), 0, 0, 0, 0, 0)
#define CALL_2(n, a, b) arch_call((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL_3(n, a, b, c)                                                     \
    arch_call((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL_4(n, a, b, c, d)                                                  \
    arch_call((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL_5(n, a, b, c, d, e)                                               \
    arch_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define CALL_6(n, a, b, c, d, e, f)                                            \
    arch_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),      \
              (long)(f))

#endif
