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

/* A `syscall` instruction, and one that loads its number. */
#define CALL_SIZE 2
#define LOAD_SIZE 5
#define LOAD_EAX 0xb8
#define CALL_NUMBER_MOST 1023

/*
 * The bytes of an instruction before `end` that loads an argument from the
 * stack, as libc's functions have one between the number and the call: mov
 * disp8(%rsp) or (%rsp) into another register than eax. 0 if there is none.
 */
static size_t
argument_size(const unsigned char *end)
{
    size_t size = 0;

    /* Intel SDM vol. 2, MOV 8B /r, and table 2-2 (ModRM, SIB 0x24: rsp). */
    if (end[-4] == 0x8b && (end[-3] & 0xc7) == 0x44 && end[-2] == 0x24 &&
        (end[-3] & 0x38) != 0)
        size = 4;
    else if (end[-3] == 0x8b && (end[-2] & 0xc7) == 0x04 && end[-1] == 0x24 &&
             (end[-2] & 0x38) != 0)
        size = 3;
    if (size != 0 && (end[-(int)size - 1] & 0xf0) == 0x40)
        size++; /* a REX prefix */
    return size;
}

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
    next -= CALL_SIZE;
    if (next[-LOAD_SIZE] != LOAD_EAX)
        next -= argument_size(next);
    if (next[-LOAD_SIZE] != LOAD_EAX)
        return -1;
    memcpy(&number, next - LOAD_SIZE + 1, sizeof(number));
    return number >= 0 && number <= CALL_NUMBER_MOST ? number : -1;
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

/* rbx: the argument; r12: the result. 14 is rt_sigprocmask, 2 SIG_SETMASK. */
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".globl arch_finish\n"
        ".hidden arch_finish\n"
        ".hidden arch_finish_start\n"
        ".hidden arch_finish_open\n"
        ".hidden arch_finish_done\n"
        ".hidden arch_finish_shut\n"
        ".globl arch_finish_start\n"
        ".globl arch_finish_open\n"
        ".globl arch_finish_done\n"
        ".globl arch_finish_shut\n"
        ".type arch_finish, @function\n"
        "arch_finish:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    pushq %rbx\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbx, -16\n"
        "    pushq %r12\n"
        "    .cfi_def_cfa_offset 24\n"
        "    .cfi_offset %r12, -24\n"
        "    movq %rdi, %rbx\n"
        "arch_finish_start:\n"
        "    movl $14, %eax\n"
        "    movl $2, %edi\n"
        "    movq %rbx, %rsi\n"
        "    xorl %edx, %edx\n"
        "    movl $8, %r10d\n"
        "    syscall\n"
        "arch_finish_open:\n"
        "    movq 8(%rbx), %rax\n"
        "    movq 16(%rbx), %rdi\n"
        "    movq 24(%rbx), %rsi\n"
        "    movq 32(%rbx), %rdx\n"
        "    movq 40(%rbx), %r10\n"
        "    movq 48(%rbx), %r8\n"
        "    movq 56(%rbx), %r9\n"
        "    syscall\n"
        "arch_finish_done:\n"
        "    movq %rax, %r12\n"
        "    movl $14, %eax\n"
        "    movl $2, %edi\n"
        "    leaq 64(%rbx), %rsi\n"
        "    xorl %edx, %edx\n"
        "    movl $8, %r10d\n"
        "    syscall\n"
        "arch_finish_shut:\n"
        "    movq %r12, %rax\n"
        "    popq %r12\n"
        "    .cfi_restore %r12\n"
        "    .cfi_def_cfa_offset 16\n"
        "    popq %rbx\n"
        "    .cfi_restore %rbx\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size arch_finish, . - arch_finish\n"
        ".popsection\n");

enum arch_finish_state
arch_finish_find(const void *ucontext, struct arch_finish **out_finish)
{
    const ucontext_t *context = ucontext;
    const greg_t *registers = context->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];

    if (pc < (uintptr_t)arch_finish_open || pc > (uintptr_t)arch_finish_shut)
        return ARCH_FINISH_NONE;
    *out_finish = (struct arch_finish *)registers[REG_RBX];
    if (pc < (uintptr_t)arch_finish_done)
        return ARCH_FINISH_BEGUN;
    if (pc == (uintptr_t)arch_finish_done && registers[REG_RAX] == -EINTR)
        return ARCH_FINISH_STOPPED;
    return ARCH_FINISH_OVER;
}

/* rdsspq, which does nothing where there is no shadow stack. */
static uintptr_t
shadow_stack(void)
{
    uintptr_t value = 0;

    __asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0x1e, 0xc8" : "+a"(value));
    return value;
}

void
arch_finish_again(const void *ucontext)
{
    const ucontext_t *context = ucontext;

    if (shadow_stack() != 0)
        return;
    __asm__ volatile("movq %c1(%0), %%rbx\n"
                     "movq %c2(%0), %%rbp\n"
                     "movq %c3(%0), %%r12\n"
                     "movq %c4(%0), %%r13\n"
                     "movq %c5(%0), %%r14\n"
                     "movq %c6(%0), %%r15\n"
                     "movq %c7(%0), %%rsp\n"
                     "jmp arch_finish_start\n"
                     :
                     : "a"(context->uc_mcontext.gregs), "i"(8 * REG_RBX),
                       "i"(8 * REG_RBP), "i"(8 * REG_R12), "i"(8 * REG_R13),
                       "i"(8 * REG_R14), "i"(8 * REG_R15), "i"(8 * REG_RSP)
                     : "memory");
    __builtin_unreachable();
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

/* ---- a stopped thread of another process ---- */

/* Words of struct user_regs_struct (<sys/user.h>). */
enum register_word {
    WORD_R15, WORD_R14, WORD_R13, WORD_R12, WORD_RBP, WORD_RBX, WORD_R11,
    WORD_R10, WORD_R9, WORD_R8, WORD_RAX, WORD_RCX, WORD_RDX, WORD_RSI,
    WORD_RDI, WORD_ORIG_RAX, WORD_RIP, WORD_CS, WORD_EFLAGS, WORD_RSP,
    WORD_SS, WORD_FS_BASE, WORD_GS_BASE, WORD_DS, WORD_ES, WORD_FS, WORD_GS,
    WORD__COUNT
};

static_assert(WORD__COUNT == ARCH_REMOTE_WORDS, "one word a register");

/* By DWARF number: AMD64 System V ABI, figure 3.36. */
static const uint8_t dwarf_words[] = {
    WORD_RAX, WORD_RDX, WORD_RCX, WORD_RBX, WORD_RSI, WORD_RDI,
    WORD_RBP, WORD_RSP, WORD_R8,  WORD_R9,  WORD_R10, WORD_R11,
    WORD_R12, WORD_R13, WORD_R14, WORD_R15, WORD_RIP};

#define EFLAGS_DIRECTION UINT64_C(0x400)

void
arch_remote_loaded(struct arch_remote *registers)
{
    registers->call = (int64_t)registers->words[WORD_ORIG_RAX];
}

void
arch_remote_stored(struct arch_remote *registers)
{
    registers->words[WORD_ORIG_RAX] = (uint64_t)registers->call;
}

uintptr_t
arch_remote_pc(const struct arch_remote *registers)
{
    return registers->words[WORD_RIP];
}

uintptr_t
arch_remote_sp(const struct arch_remote *registers)
{
    return registers->words[WORD_RSP];
}

uintptr_t
arch_remote_thread_pointer(const struct arch_remote *registers)
{
    return registers->words[WORD_FS_BASE];
}

bool
arch_remote_read(const struct arch_remote *registers, uint32_t number,
                    uint64_t *out_value)
{
    if (number >= sizeof(dwarf_words))
        return false;
    *out_value = registers->words[dwarf_words[number]];
    return true;
}

int64_t
arch_remote_result(const struct arch_remote *registers)
{
    return (int64_t)registers->words[WORD_RAX];
}

void
arch_remote_replay(struct arch_remote *registers, uintptr_t site)
{
    registers->words[WORD_RAX] = (uint64_t)registers->call;
    registers->words[WORD_RIP] = site;
    registers->call = -1;
}

void
arch_remote_begin(struct arch_remote *registers, uintptr_t pc,
                     uintptr_t sp, const uint64_t arguments[6], uintptr_t data,
                     uintptr_t link)
{
    (void)link; /* lies on the stack */
    registers->words[WORD_RIP] = pc;
    registers->words[WORD_RSP] = sp;
    registers->words[WORD_RDI] = arguments[0];
    registers->words[WORD_RSI] = arguments[1];
    registers->words[WORD_RDX] = arguments[2];
    registers->words[WORD_RCX] = arguments[3];
    registers->words[WORD_R8] = arguments[4];
    registers->words[WORD_R9] = arguments[5];
    registers->words[WORD_RBX] = data;
    registers->words[WORD_RAX] = 0;
    registers->words[WORD_EFLAGS] &= ~EFLAGS_DIRECTION;
    registers->call = -1;
}

/* The kernel's signal frame after the handler's return address is a ucontext
 * (Linux uapi asm/ucontext.h, asm/sigcontext.h); ours has the 512 bytes of
 * FXSAVE behind it. */
#define FRAME_FLOATS 512
#define FLOATS_BYTES 512
#define FLAGS_SS 6 /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
#define KERNEL_CONTEXT_BYTES (offsetof(ucontext_t, uc_sigmask) + 8)

static_assert(KERNEL_CONTEXT_BYTES <= FRAME_FLOATS, "the parts are apart");
static_assert(FRAME_FLOATS + FLOATS_BYTES <= ARCH_FRAME_BYTES, "they fit");

void
arch_return_frame(unsigned char *buffer, uintptr_t addr,
                  const struct arch_remote *registers, const void *floats,
                  size_t floats_size, uint64_t mask)
{
    static const struct {
        uint8_t greg, word;
    } pairs[] = {
        {REG_R8, WORD_R8},   {REG_R9, WORD_R9},     {REG_R10, WORD_R10},
        {REG_R11, WORD_R11}, {REG_R12, WORD_R12},   {REG_R13, WORD_R13},
        {REG_R14, WORD_R14}, {REG_R15, WORD_R15},   {REG_RDI, WORD_RDI},
        {REG_RSI, WORD_RSI}, {REG_RBP, WORD_RBP},   {REG_RBX, WORD_RBX},
        {REG_RDX, WORD_RDX}, {REG_RAX, WORD_RAX},   {REG_RCX, WORD_RCX},
        {REG_RSP, WORD_RSP}, {REG_RIP, WORD_RIP},   {REG_EFL, WORD_EFLAGS}};
    ucontext_t context;

    memset(buffer, 0, ARCH_FRAME_BYTES);
    memset(&context, 0, sizeof(context));
    context.uc_flags = FLAGS_SS;
    /* Not valid, so that the thread's alternate stack stays as it is. */
    context.uc_stack.ss_flags = -1;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        context.uc_mcontext.gregs[pairs[i].greg] =
            (greg_t)registers->words[pairs[i].word];
    context.uc_mcontext.gregs[REG_CSGSFS] =
        (greg_t)((registers->words[WORD_CS] & 0xffff) |
                 registers->words[WORD_SS] << 48);
    if (floats_size >= FLOATS_BYTES) {
        context.uc_mcontext.fpregs = (void *)(addr + FRAME_FLOATS);
        memcpy(buffer + FRAME_FLOATS, floats, FLOATS_BYTES);
        /* What follows the legacy area is described in its last bytes: there
         * is nothing. */
        memset(buffer + FRAME_FLOATS + 464, 0, 48);
    }
    memcpy(buffer, &context, offsetof(ucontext_t, uc_sigmask));
    memcpy(buffer + offsetof(ucontext_t, uc_sigmask), &mask, sizeof(mask));
}

/* rbx holds `data`; a function keeps it. The stack pointer is a multiple of 16
 * where the call stands. */
__asm__(".pushsection .rodata\n"
        ".p2align 4\n"
        ".hidden arch_trampoline\n"
        ".hidden arch_trampoline_end\n"
        ".globl arch_trampoline\n"
        ".globl arch_trampoline_end\n"
        "arch_trampoline:\n"
        "endbr64\n"
        "movq 8(%rbx), %rdi\n"
        "movq 16(%rbx), %rsi\n"
        "movq 24(%rbx), %rdx\n"
        "movq 32(%rbx), %rcx\n"
        "movq 40(%rbx), %r8\n"
        "movq 48(%rbx), %r9\n"
        "xorl %eax, %eax\n"
        "call *(%rbx)\n"
        "movq %rax, 56(%rbx)\n"
        "movq $1, 64(%rbx)\n"
        "movq 72(%rbx), %rdi\n"
        "movq 80(%rbx), %rsi\n"
        "movl $23, %edx\n"   /* SIGURG */
        "movl $234, %eax\n"  /* tgkill */
        "syscall\n"
        "1: movq 88(%rbx), %rsp\n"
        "movl $15, %eax\n"
        "syscall\n"
        "jmp 1b\n"
        "arch_trampoline_end:\n"
        ".popsection\n");
