/*
 * os/arch/aarch64.c - the signal trampoline of 64-bit Arm, and what a signal
 * handler's third argument says there.
 */
#include "os/arch/arch.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

/* The records behind the registers in a signal frame (Linux uapi
 * asm/sigcontext.h): a magic number and a size each, the last all zero. */
#define RECORD_ESR 0x45535201u

struct record_head {
    uint32_t magic;
    uint32_t size; /* bytes, with this head */
};

/* Arm ARM, ESR_EL1: the exception class, and of a data abort the bits "cache
 * maintenance" and "write, not read". */
#define ESR_CLASS(esr) ((unsigned)((esr) >> 26) & 0x3f)
#define ESR_CLASS_DATA_ABORT 0x24u
#define ESR_CACHE_OP (UINT64_C(1) << 8)
#define ESR_WRITE (UINT64_C(1) << 6)

__asm__(".pushsection .text.arch_restorer,\"ax\",%progbits\n"
        ".p2align 4\n"
        "    nop\n"
        ".globl arch_restorer\n"
        ".hidden arch_restorer\n"
        ".type arch_restorer, %function\n"
        "arch_restorer:\n"
        "    mov x8, #139\n"
        "    svc #0\n"
        ".size arch_restorer, . - arch_restorer\n"
        ".popsection\n");

void
arch_context_read(const void *ucontext, struct arch_context *out_context)
{
    const ucontext_t *context = ucontext;

    out_context->pc = (uintptr_t)context->uc_mcontext.pc;
    out_context->sp = (uintptr_t)context->uc_mcontext.sp;
    out_context->fp = (uintptr_t)context->uc_mcontext.regs[29];
}

void
arch_registers_read(const void *ucontext, struct arch_registers *out_registers)
{
    const ucontext_t *context = ucontext;

    for (unsigned i = 0; i < 31; i++)
        out_registers->value[i] = (uintptr_t)context->uc_mcontext.regs[i];
    out_registers->value[31] = (uintptr_t)context->uc_mcontext.sp;
    out_registers->pc = (uintptr_t)context->uc_mcontext.pc;
}

/* The registers that a function keeps, into struct arch_registers. */
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".globl arch_registers_here\n"
        ".hidden arch_registers_here\n"
        ".type arch_registers_here, %function\n"
        "arch_registers_here:\n"
        "    stp x19, x20, [x0, #152]\n"
        "    stp x21, x22, [x0, #168]\n"
        "    stp x23, x24, [x0, #184]\n"
        "    stp x25, x26, [x0, #200]\n"
        "    stp x27, x28, [x0, #216]\n"
        "    stp x29, x30, [x0, #232]\n"
        "    mov x9, sp\n"
        "    stp x9, x30, [x0, #248]\n"
        "    ret\n"
        ".size arch_registers_here, . - arch_registers_here\n"
        ".popsection\n");

static_assert(offsetof(struct arch_registers, pc) == 256,
              "as the code above has it");

/* find_esr - the exception syndrome in the frame's records, 0 if it is not
 * there (an emulator, an old kernel). */
static uint64_t
find_esr(const ucontext_t *context)
{
    const unsigned char *records = context->uc_mcontext.__reserved;
    size_t size = sizeof(context->uc_mcontext.__reserved);
    size_t at = 0;

    while (at + sizeof(struct record_head) + sizeof(uint64_t) <= size) {
        struct record_head head;
        uint64_t esr;

        memcpy(&head, records + at, sizeof(head));
        if (head.magic == RECORD_ESR) {
            memcpy(&esr, records + at + sizeof(head), sizeof(esr));
            return esr;
        }
        if (head.magic == 0 || head.size < sizeof(head))
            return 0;
        at += head.size;
    }
    return 0;
}

enum arch_access
arch_fault_access(const void *ucontext)
{
    uint64_t esr = find_esr(ucontext);

    /* Cache maintenance reports itself as a write, which it is not. */
    if (ESR_CLASS(esr) != ESR_CLASS_DATA_ABORT || (esr & ESR_CACHE_OP) != 0)
        return ARCH_ACCESS_UNKNOWN;
    return (esr & ESR_WRITE) != 0 ? ARCH_ACCESS_WRITE : ARCH_ACCESS_READ;
}

/* The signature is RSEQ_SIG of glibc's sys/rseq.h: a brk that is never run. */
__asm__(".pushsection .text\n"
        ".hidden arch_slice_code\n"
        ".hidden arch_slice_abort\n"
        ".globl arch_slice_code\n"
        ".globl arch_slice_abort\n"
        ".balign 4\n"
        ".inst 0xd428bc00\n"
        "arch_slice_abort:\n"
        "brk #0\n"
        "arch_slice_code:\n"
        "brk #0\n"
        "brk #0\n"
        ".popsection\n");

/* The old stack pointer waits in a register that the callee keeps. */
__asm__(".pushsection .text\n"
        ".globl arch_run_on\n"
        ".hidden arch_run_on\n"
        ".type arch_run_on, %function\n"
        "arch_run_on:\n"
        "    .cfi_startproc\n"
        "    hint #34\n" /* bti c */
        "    stp x29, x30, [sp, #-16]!\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset x29, -16\n"
        "    .cfi_offset x30, -8\n"
        "    mov x29, sp\n"
        "    .cfi_def_cfa_register x29\n"
        "    mov sp, x0\n"
        "    mov x0, x2\n"
        "    blr x1\n"
        "    mov sp, x29\n"
        "    .cfi_def_cfa_register sp\n"
        "    ldp x29, x30, [sp], #16\n"
        "    .cfi_restore x29\n"
        "    .cfi_restore x30\n"
        "    .cfi_def_cfa_offset 0\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size arch_run_on, . - arch_run_on\n"
        ".popsection\n");
/* `svc #0`. */
#define CALL_SIZE 4
#define CALL_CODE 0xd4000001u

long
arch_call_interrupted(const void *ucontext, long known)
{
    const ucontext_t *context = ucontext;
    uint32_t code;

    /* The call's first argument is lost, so one that nobody looked at before
     * cannot be made again, though its number still stands in x8. */
    if (known < 0 || (long)context->uc_mcontext.regs[0] != -EINTR)
        return -1;
    memcpy(&code, (const char *)context->uc_mcontext.pc - CALL_SIZE,
           sizeof(code));
    return code == CALL_CODE ? known : -1;
}

void
arch_call_arguments(const void *ucontext, uintptr_t first,
                    uintptr_t out_arguments[6])
{
    const ucontext_t *context = ucontext;

    out_arguments[0] = first;
    for (int i = 1; i < 6; i++)
        out_arguments[i] = (uintptr_t)context->uc_mcontext.regs[i];
}

void
arch_call_again(void *ucontext, long number, uintptr_t first)
{
    ucontext_t *context = ucontext;

    context->uc_mcontext.regs[8] = (uint64_t)number;
    context->uc_mcontext.regs[0] = first;
    context->uc_mcontext.pc -= CALL_SIZE;
}

void
arch_call_result(void *ucontext, long result)
{
    ucontext_t *context = ucontext;

    context->uc_mcontext.regs[0] = (uint64_t)result;
}
