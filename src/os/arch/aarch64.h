/*
 * os/arch/aarch64.h - the contract of os/arch/arch.h, for 64-bit Arm.
 *
 * Included by arch.h alone. Sources: Arm ARM (DDI 0487) sec. D13 (TPIDR_EL0,
 * CNTVCT_EL0) and sec. C6.2 (XPACLRI); Linux Documentation/arch/arm64
 * (tagged-pointers, pointer-authentication).
 */
#ifndef OS_ARCH_AARCH64_H
#define OS_ARCH_AARCH64_H

#ifndef __aarch64__
#error "os/arch/aarch64.h was chosen for another CPU"
#endif

#include "base/attr.h"

#define ARCH_NAME "aarch64"
#define ARCH_ELF_MACHINE 183

/* ELF for the Arm 64-bit Architecture, sec. 5.7. */
#define ARCH_RELOC_JUMP_SLOT 1026
#define ARCH_RELOC_GLOB_DAT 1025
#define ARCH_RELOC_ADDRESS 257

/* The vDSO's function to read a clock. */
#define ARCH_VDSO_CLOCK "__kernel_clock_gettime"

/* With 52-bit addresses the kernel still stays below this unless a program
 * asks for more by a hint. */
#define ARCH_ADDR_BITS 48

/* A handler without a trampoline returns through the vDSO's, which unwinders
 * know; so ours is never announced. */
#define ARCH_SA_RESTORER UINT64_C(0)

/* arch_restorer - the rt_sigreturn trampoline; never called by C code. */
void arch_restorer(void);

#define ARCH_SLICE_CODE_BYTES 8

/* x0-x30 and sp. */
#define ARCH_REGISTERS 32
#define ARCH_REGISTER_FP 29
#define ARCH_REGISTER_SP 31

/* Behind the siginfo. */
#define ARCH_SIGNAL_UCONTEXT 128
#define ARCH_SIGRETURN_BYTES 8

/* "mov x8, #139; svc #0". */
static inline bool
arch_is_sigreturn(const unsigned char *code)
{
    static const unsigned char wanted[ARCH_SIGRETURN_BYTES] = {
        0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};

    for (unsigned i = 0; i < ARCH_SIGRETURN_BYTES; i++) {
        if (code[i] != wanted[i])
            return false;
    }
    return true;
}

/* The frame record lies anywhere in the frame, so it does not tell the stack
 * pointer: three words are written down. */
struct arch_frame {
    uintptr_t pc;
    uintptr_t sp;
    uintptr_t fp;
};

#define ARCH_FRAME()                                                           \
    ((const void *)&(struct arch_frame){                                       \
        (uintptr_t)__builtin_return_address(0),                                \
        (uintptr_t)__builtin_dwarf_cfa(),                                      \
        *(const uintptr_t *)__builtin_frame_address(0)})

static inline uintptr_t
arch_frame_pc(const void *frame)
{
    return ((const struct arch_frame *)frame)->pc;
}

static inline uintptr_t
arch_frame_sp(const void *frame)
{
    return ((const struct arch_frame *)frame)->sp;
}

static inline uintptr_t
arch_frame_fp(const void *frame)
{
    return ((const struct arch_frame *)frame)->fp;
}

/* struct user_pt_regs: x0 to x30, sp, pc, pstate. */
#define ARCH_REMOTE_WORDS 34
#define ARCH_CALL_BYTES 4
#define ARCH_CALL_CODE 0x01, 0x00, 0x00, 0xd4
#define ARCH_RESTORER_CODE 0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4
#define ARCH_FRAME_BYTES 4736
#define ARCH_LINK_BYTES 0
#define ARCH_RED_ZONE_BYTES 0
#define ARCH_NOTE_VECTORS 0x405 /* NT_ARM_SVE */
#define ARCH_NOTE_CALL 0x404 /* NT_ARM_SYSTEM_CALL */
#define ARCH_NOTE_SHADOW 0x410 /* NT_ARM_GCS */

static inline long
arch_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

static inline uintptr_t
arch_thread_pointer(void)
{
    uintptr_t self;

    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(self));
    return self;
}

static inline uint64_t
arch_ticks(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

/* The generic timer has one rate and one origin by definition. */
static inline bool
arch_ticks_is_steady(void)
{
    return true;
}

static inline uint64_t
arch_ticks_rate(void)
{
    uint64_t rate;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(rate));
    return rate;
}

static inline bool
arch_replace_alone(_Atomic uint8_t *p, uint8_t from, uint8_t to)
{
    return atomic_compare_exchange_strong_explicit(
        p, &from, to, memory_order_relaxed, memory_order_relaxed);
}

static inline void
arch_pause(void)
{
    __asm__ volatile("yield" : : : "memory");
}

static inline void
arch_prefetch_write(const void *p)
{
    __builtin_prefetch(p, 1);
}

#define ARCH_KEPT_COUNT 10

static ALWAYS_INLINE void
arch_kept_read(uintptr_t out_registers[ARCH_KEPT_COUNT])
{
    __asm__ volatile("stp x19, x20, [%0]\n\t"
                     "stp x21, x22, [%0, #16]\n\t"
                     "stp x23, x24, [%0, #32]\n\t"
                     "stp x25, x26, [%0, #48]\n\t"
                     "stp x27, x28, [%0, #64]"
                     :
                     : "r"(out_registers)
                     : "memory");
}

/* The frame record lies under all that the function saves. */
static inline uintptr_t
arch_frame_bottom(uintptr_t frame)
{
    return frame;
}

/* glibc's tcbhead_t begins with the vector. */
static inline uintptr_t
arch_dynamic_vector(uintptr_t thread_pointer)
{
    return ((const uintptr_t *)thread_pointer)[0];
}

/* The control block holds nothing that tells it from other memory. */
static inline bool
arch_is_thread_block(const uintptr_t *words, uintptr_t addr)
{
    (void)words;
    (void)addr;
    return false;
}

/*
 * The top byte is ignored by the CPU; the authentication code lies between it
 * and the highest address bit, whose place only the CPU knows. XPACLRI takes it
 * away, and as a hint it does nothing on a CPU without authentication.
 */
static inline uintptr_t
arch_strip_tag(uintptr_t addr)
{
    /* Bit 55 tells the kernel's half, whose top byte is not a tag to us. */
    if ((addr >> 55 & 1) != 0)
        return addr;
    addr &= (UINT64_C(1) << 56) - 1;
    __asm__("mov x30, %0\n\thint #7\n\tmov %0, x30" : "+r"(addr) : : "x30");
    return addr;
}

#endif
