/*
 * os/arch/x86_64.c - the signal trampoline of x86-64, and what a signal
 * handler's third argument says there.
 */
#include "os/arch/arch.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

/* The exception numbers and page-fault error bits of Intel SDM vol. 3,
 * sec. 6.15 (interrupt 14). */
#define TRAP_PAGE_FAULT 14
#define FAULT_WAS_WRITE 0x2
#define FAULT_WAS_FETCH 0x10

/*
 * Unwinders know a signal frame by exactly these two instructions where there
 * is no unwind information for them, so there is none. They look up the return
 * address less one: the nop keeps that out of the function before.
 */
__asm__(".pushsection .text.arch_restorer,\"ax\",@progbits\n"
        ".p2align 4\n"
        "    nop\n"
        ".globl arch_restorer\n"
        ".hidden arch_restorer\n"
        ".type arch_restorer, @function\n"
        "arch_restorer:\n"
        "    movq $15, %rax\n"
        "    syscall\n"
        ".size arch_restorer, . - arch_restorer\n"
        ".popsection\n");

void
arch_context_read(const void *ucontext, struct arch_context *out_context)
{
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;

    out_context->pc = (uintptr_t)registers[REG_RIP];
    out_context->sp = (uintptr_t)registers[REG_RSP];
    out_context->fp = (uintptr_t)registers[REG_RBP];
}

void
arch_registers_read(const void *ucontext, struct arch_registers *out_registers)
{
    /* The kernel's order, by DWARF number. */
    static const unsigned char order[ARCH_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
        REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
        REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;

    for (unsigned i = 0; i < ARCH_REGISTERS; i++)
        out_registers->value[i] = (uintptr_t)registers[order[i]];
    out_registers->pc = (uintptr_t)registers[REG_RIP];
}

/* The registers that a function keeps, into struct arch_registers. */
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".globl arch_registers_here\n"
        ".hidden arch_registers_here\n"
        ".type arch_registers_here, @function\n"
        "arch_registers_here:\n"
        "    movq %rbx, 24(%rdi)\n"
        "    movq %rbp, 48(%rdi)\n"
        "    leaq 8(%rsp), %rax\n"
        "    movq %rax, 56(%rdi)\n"
        "    movq %r12, 96(%rdi)\n"
        "    movq %r13, 104(%rdi)\n"
        "    movq %r14, 112(%rdi)\n"
        "    movq %r15, 120(%rdi)\n"
        "    movq (%rsp), %rax\n"
        "    movq %rax, 136(%rdi)\n"
        "    ret\n"
        ".size arch_registers_here, . - arch_registers_here\n"
        ".popsection\n");

static_assert(offsetof(struct arch_registers, pc) == 136,
              "as the code above has it");

enum arch_access
arch_fault_access(const void *ucontext)
{
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;

    /* A non-canonical address faults with another trap, which does not tell. */
    if (registers[REG_TRAPNO] != TRAP_PAGE_FAULT)
        return ARCH_ACCESS_UNKNOWN;
    if ((registers[REG_ERR] & FAULT_WAS_WRITE) != 0)
        return ARCH_ACCESS_WRITE;
    if ((registers[REG_ERR] & FAULT_WAS_FETCH) != 0)
        return ARCH_ACCESS_UNKNOWN;
    return ARCH_ACCESS_READ;
}

/* A `syscall` instruction, and one that loads its number just before it. */
#define CALL_SIZE 2
#define LOAD_SIZE 5
#define LOAD_EAX 0xb8

long
arch_call_interrupted(const void *ucontext, long known)
{
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;
    const unsigned char *next = (const unsigned char *)registers[REG_RIP];
    int32_t number;

    if (registers[REG_RAX] != -EINTR || next[-2] != 0x0f || next[-1] != 0x05)
        return -1;
    if (known >= 0)
        return known;
    if (next[-CALL_SIZE - LOAD_SIZE] != LOAD_EAX)
        return -1;
    memcpy(&number, next - CALL_SIZE - LOAD_SIZE + 1, sizeof(number));
    return number;
}

void
arch_call_arguments(const void *ucontext, uintptr_t first,
                    uintptr_t out_arguments[6])
{
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;

    (void)first; /* the call left it in place */
    out_arguments[0] = (uintptr_t)registers[REG_RDI];
    out_arguments[1] = (uintptr_t)registers[REG_RSI];
    out_arguments[2] = (uintptr_t)registers[REG_RDX];
    out_arguments[3] = (uintptr_t)registers[REG_R10];
    out_arguments[4] = (uintptr_t)registers[REG_R8];
    out_arguments[5] = (uintptr_t)registers[REG_R9];
}

void
arch_call_again(void *ucontext, long number, uintptr_t first)
{
    ucontext_t *context = ucontext;

    (void)first;
    context->uc_mcontext.gregs[REG_RAX] = number;
    context->uc_mcontext.gregs[REG_RIP] -= CALL_SIZE;
}

void
arch_call_result(void *ucontext, long result)
{
    ucontext_t *context = ucontext;

    context->uc_mcontext.gregs[REG_RAX] = result;
}

/* The signature is RSEQ_SIG of glibc's sys/rseq.h. */
__asm__(".pushsection .text\n"
        ".hidden arch_slice_code\n"
        ".hidden arch_slice_abort\n"
        ".globl arch_slice_code\n"
        ".globl arch_slice_abort\n"
        ".long 0x53053053\n"
        "arch_slice_abort:\n"
        "ud2\n"
        "arch_slice_code:\n"
        "ud2\n"
        "ud2\n"
        ".popsection\n");

/* The old stack pointer waits in a register that the callee keeps. */
__asm__(".pushsection .text\n"
        ".globl arch_run_on\n"
        ".hidden arch_run_on\n"
        ".type arch_run_on, @function\n"
        "arch_run_on:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbp, -16\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    movq %rdi, %rsp\n"
        "    movq %rdx, %rdi\n"
        "    call *%rsi\n"
        "    movq %rbp, %rsp\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size arch_run_on, . - arch_run_on\n"
        ".popsection\n");
