/*
 * os/arch/x86_64.h - the contract of os/arch/arch.h, for x86-64.
 *
 * Included by arch.h alone. Sources: AMD64 System V ABI (sec. A.2.1, system
 * calls; sec. 3.4.2, thread pointer), Intel SDM vol. 3 sec. 18.17 (TSC).
 */
#ifndef OS_ARCH_X86_64_H
#define OS_ARCH_X86_64_H

#ifndef __x86_64__
#error "os/arch/x86_64.h was chosen for another CPU"
#endif

#include "base/attr.h"

#define ARCH_NAME "x86_64"
#define ARCH_ELF_MACHINE 62

/* psABI x86-64, table 4.9. */
#define ARCH_RELOC_JUMP_SLOT 7
#define ARCH_RELOC_GLOB_DAT 6
#define ARCH_RELOC_ADDRESS 1

/* The vDSO's function to read a clock. */
#define ARCH_VDSO_CLOCK "__vdso_clock_gettime"

/* With five-level page tables the kernel still stays below this unless a
 * program asks for more by a hint. */
#define ARCH_ADDR_BITS 47

/* The kernel has no trampoline of its own on this CPU: each handler must bring
 * one, and say so by this flag. */
#define ARCH_SA_RESTORER UINT64_C(0x04000000)

#define ARCH_SLICE_CODE_BYTES 4

/* rax rdx rcx rbx rsi rdi rbp rsp r8-r15, and the return address. */
#define ARCH_REGISTERS 17
#define ARCH_REGISTER_FP 6
#define ARCH_REGISTER_SP 7

#define ARCH_SIGNAL_UCONTEXT 0
#define ARCH_SIGRETURN_BYTES 9

/* "mov $15, %rax; syscall", as all libcs have it. */
static inline bool
arch_is_sigreturn(const unsigned char *code)
{
    static const unsigned char wanted[ARCH_SIGRETURN_BYTES] = {
        0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};

    for (unsigned i = 0; i < ARCH_SIGRETURN_BYTES; i++) {
        if (code[i] != wanted[i])
            return false;
    }
    return true;
}

/* What lies at the frame pointer; above it is the caller's frame. */
struct arch_frame {
    uintptr_t fp;
    uintptr_t pc;
};

#define ARCH_FRAME() __builtin_frame_address(0)

static inline uintptr_t
arch_frame_pc(const void *frame)
{
    return ((const struct arch_frame *)frame)->pc;
}

static inline uintptr_t
arch_frame_sp(const void *frame)
{
    return (uintptr_t)frame + sizeof(struct arch_frame);
}

static inline uintptr_t
arch_frame_fp(const void *frame)
{
    return ((const struct arch_frame *)frame)->fp;
}

/* struct user_regs_struct; the call's number is one of them (orig_rax). */
#define ARCH_REMOTE_WORDS 27
#define ARCH_CALL_BYTES 2
#define ARCH_CALL_CODE 0x0f, 0x05
#define ARCH_RESTORER_CODE 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05
#define ARCH_FRAME_BYTES 1024
#define ARCH_LINK_BYTES 8
#define ARCH_RED_ZONE_BYTES 128
#define ARCH_NOTE_VECTORS 0x202 /* NT_X86_XSTATE */
#define ARCH_NOTE_CALL 0
#define ARCH_NOTE_SHADOW 0x204 /* NT_X86_SHSTK */

/* arch_restorer - the rt_sigreturn trampoline; never called by C code. */
void arch_restorer(void);

static inline long
arch_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* The first word of the thread's control block is its own address. */
static inline uintptr_t
arch_thread_pointer(void)
{
    uintptr_t self;

    __asm__ volatile("movq %%fs:0, %0" : "=r"(self));
    return self;
}

static inline uint64_t
arch_ticks(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* CPUID leaf 0x80000007, EDX bit 8: the counter runs at one rate in every
 * power state. CPUID may trap to a hypervisor, so a caller asks once. */
static inline bool
arch_ticks_is_steady(void)
{
    uint32_t a = UINT32_C(0x80000000);
    uint32_t b;
    uint32_t c = 0;
    uint32_t d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (a < UINT32_C(0x80000007))
        return false;
    a = UINT32_C(0x80000007);
    c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (d & (UINT32_C(1) << 8)) != 0;
}

/* The rate is not architectural; its order of magnitude is. */
static inline uint64_t
arch_ticks_rate(void)
{
    return UINT64_C(2500000000);
}

static inline bool
arch_replace_alone(_Atomic uint8_t *p, uint8_t from, uint8_t to)
{
    bool is_replaced;

    /* Without the lock prefix, which is most of what it costs. */
    __asm__ volatile("cmpxchgb %3, %1"
                     : "=@ccz"(is_replaced), "+m"(*p), "+a"(from)
                     : "q"(to)
                     : "memory");
    return is_replaced;
}

static inline void
arch_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void
arch_prefetch_write(const void *p)
{
    __builtin_prefetch(p, 1);
}

#define ARCH_KEPT_COUNT 6

static ALWAYS_INLINE void
arch_kept_read(uintptr_t out_registers[ARCH_KEPT_COUNT])
{
    __asm__ volatile("movq %%rbx, 0(%0)\n\t"
                     "movq %%rbp, 8(%0)\n\t"
                     "movq %%r12, 16(%0)\n\t"
                     "movq %%r13, 24(%0)\n\t"
                     "movq %%r14, 32(%0)\n\t"
                     "movq %%r15, 40(%0)"
                     :
                     : "r"(out_registers)
                     : "memory");
}

/* rbp is saved at the frame's address, and the other five under it. */
static inline uintptr_t
arch_frame_bottom(uintptr_t frame)
{
    return frame - 5 * sizeof(uintptr_t);
}

/* glibc's tcbhead_t: its own address, the vector, and its own address again as
 * that of the thread's descriptor. */
static inline uintptr_t
arch_dynamic_vector(uintptr_t thread_pointer)
{
    return ((const uintptr_t *)thread_pointer)[1];
}

static inline bool
arch_is_thread_block(const uintptr_t *words, uintptr_t addr)
{
    return words[0] == addr && words[2] == addr;
}

/* Linear address masking is off unless a program asks for it, and masking
 * always would make pointers out of fill patterns. */
static inline uintptr_t
arch_strip_tag(uintptr_t addr)
{
    return addr;
}

#endif
