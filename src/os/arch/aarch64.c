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

/* x19: the argument; x20: the result. 135 is rt_sigprocmask, 2 SIG_SETMASK. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
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
        ".type arch_finish, %function\n"
        "arch_finish:\n"
        "    .cfi_startproc\n"
        "    hint #34\n" /* bti c */
        "    stp x19, x20, [sp, #-16]!\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset x19, -16\n"
        "    .cfi_offset x20, -8\n"
        "    mov x19, x0\n"
        "arch_finish_start:\n"
        "    mov x8, #135\n"
        "    mov x0, #2\n"
        "    mov x1, x19\n"
        "    mov x2, #0\n"
        "    mov x3, #8\n"
        "    svc #0\n"
        "arch_finish_open:\n"
        "    ldr x8, [x19, #8]\n"
        "    ldp x0, x1, [x19, #16]\n"
        "    ldp x2, x3, [x19, #32]\n"
        "    ldp x4, x5, [x19, #48]\n"
        "    svc #0\n"
        "arch_finish_done:\n"
        "    mov x20, x0\n"
        "    mov x8, #135\n"
        "    mov x0, #2\n"
        "    add x1, x19, #64\n"
        "    mov x2, #0\n"
        "    mov x3, #8\n"
        "    svc #0\n"
        "arch_finish_shut:\n"
        "    mov x0, x20\n"
        "    ldp x19, x20, [sp], #16\n"
        "    .cfi_restore x19\n"
        "    .cfi_restore x20\n"
        "    .cfi_def_cfa_offset 0\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size arch_finish, . - arch_finish\n"
        ".popsection\n");

enum arch_finish_state
arch_finish_find(const void *ucontext, struct arch_finish **out_finish)
{
    const ucontext_t *context = ucontext;
    uintptr_t pc = (uintptr_t)context->uc_mcontext.pc;

    if (pc < (uintptr_t)arch_finish_open || pc > (uintptr_t)arch_finish_shut)
        return ARCH_FINISH_NONE;
    *out_finish = (struct arch_finish *)context->uc_mcontext.regs[19];
    if (pc < (uintptr_t)arch_finish_done)
        return ARCH_FINISH_BEGUN;
    if (pc == (uintptr_t)arch_finish_done &&
        (long)context->uc_mcontext.regs[0] == -EINTR)
        return ARCH_FINISH_STOPPED;
    return ARCH_FINISH_OVER;
}

void
arch_finish_again(const void *ucontext)
{
    const ucontext_t *context = ucontext;

    __asm__ volatile("ldp x19, x20, [%0, #152]\n"
                     "ldp x21, x22, [%0, #168]\n"
                     "ldp x23, x24, [%0, #184]\n"
                     "ldp x25, x26, [%0, #200]\n"
                     "ldp x27, x28, [%0, #216]\n"
                     "ldp x29, x30, [%0, #232]\n"
                     "mov sp, %1\n"
                     "b arch_finish_start\n"
                     :
                     : "r"(context->uc_mcontext.regs),
                       "r"(context->uc_mcontext.sp)
                     : "memory", "x19", "x20", "x21", "x22", "x23", "x24",
                       "x25", "x26", "x27", "x28", "x30");
    __builtin_unreachable();
}

/* ---- a stopped thread of another process ---- */

/* Words of struct user_pt_regs; x0 is 0. */
enum register_word {
    WORD_X8 = 8,
    WORD_DATA = 19, /* the trampoline's; a function keeps it */
    WORD_LINK = 30,
    WORD_SP = 31,
    WORD_PC = 32,
    WORD_PSTATE = 33
};

void
arch_remote_loaded(struct arch_remote *registers)
{
    (void)registers; /* the call's number has a note of its own */
}

void
arch_remote_stored(struct arch_remote *registers)
{
    (void)registers; /* as above */
}

uintptr_t
arch_remote_pc(const struct arch_remote *registers)
{
    return registers->words[WORD_PC];
}

uintptr_t
arch_remote_sp(const struct arch_remote *registers)
{
    return registers->words[WORD_SP];
}

uintptr_t
arch_remote_thread_pointer(const struct arch_remote *registers)
{
    (void)registers; /* it is in NT_ARM_TLS */
    return 0;
}

bool
arch_remote_read(const struct arch_remote *registers, uint32_t number,
                    uint64_t *out_value)
{
    if (number > WORD_PC)
        return false;
    *out_value = registers->words[number];
    return true;
}

int64_t
arch_remote_result(const struct arch_remote *registers)
{
    return (int64_t)registers->words[0];
}

/* The first argument is in x0, which the kernel has overwritten only where
 * there is a result; who replays a call gives registers as they were before. */
void
arch_remote_replay(struct arch_remote *registers, uintptr_t site)
{
    registers->words[WORD_X8] = (uint64_t)registers->call;
    registers->words[WORD_PC] = site;
    registers->call = -1;
}

void
arch_remote_begin(struct arch_remote *registers, uintptr_t pc,
                     uintptr_t sp, const uint64_t arguments[6], uintptr_t data,
                     uintptr_t link)
{
    for (size_t i = 0; i < 6; i++)
        registers->words[i] = arguments[i];
    registers->words[WORD_PC] = pc;
    registers->words[WORD_SP] = sp;
    registers->words[WORD_DATA] = data;
    registers->words[WORD_LINK] = link;
    registers->call = -1;
}

/* A signal frame: siginfo, then a ucontext whose records the kernel insists on
 * one of, the floating-point registers (Linux uapi asm/sigcontext.h). */
#define FRAME_INFO 128
#define RECORD_FPSIMD 0x46508001u
#define FPSIMD_BYTES (8 + 4 + 4 + 512)

static_assert(FRAME_INFO + sizeof(ucontext_t) <= ARCH_FRAME_BYTES, "it fits");

void
arch_return_frame(unsigned char *buffer, uintptr_t addr,
                  const struct arch_remote *registers, const void *floats,
                  size_t floats_size, uint64_t mask)
{
    struct record_head head = {RECORD_FPSIMD, FPSIMD_BYTES};
    ucontext_t context;
    unsigned char *records = context.uc_mcontext.__reserved;

    (void)addr; /* nothing in it points into it */
    memset(buffer, 0, ARCH_FRAME_BYTES);
    memset(&context, 0, sizeof(context));
    context.uc_stack.ss_flags = -1; /* not valid: it stays as it is */
    memcpy(context.uc_mcontext.regs, registers->words, 31 * sizeof(uint64_t));
    context.uc_mcontext.sp = registers->words[WORD_SP];
    context.uc_mcontext.pc = registers->words[WORD_PC];
    context.uc_mcontext.pstate = registers->words[WORD_PSTATE];
    memcpy(records, &head, sizeof(head));
    /* NT_PRFPREG has the 32 registers first and fpsr, fpcr behind them; the
     * record the other way round. */
    if (floats_size >= 512 + 8) {
        memcpy(records + 8, (const char *)floats + 512, 8);
        memcpy(records + 16, floats, 512);
    }
    memcpy(&context.uc_sigmask, &mask, sizeof(mask));
    memcpy(buffer + FRAME_INFO, &context, sizeof(context));
}

/* x19 holds `data`; a function keeps it. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".hidden arch_trampoline\n"
        ".hidden arch_trampoline_end\n"
        ".globl arch_trampoline\n"
        ".globl arch_trampoline_end\n"
        "arch_trampoline:\n"
        "hint #34\n" /* bti c */
        "ldp x0, x1, [x19, #8]\n"
        "ldp x2, x3, [x19, #24]\n"
        "ldp x4, x5, [x19, #40]\n"
        "ldr x9, [x19]\n"
        "blr x9\n"
        "str x0, [x19, #56]\n"
        "mov x9, #1\n"
        "str x9, [x19, #64]\n"
        "ldp x0, x1, [x19, #72]\n"
        "mov x2, #23\n"  /* SIGURG */
        "mov x8, #131\n" /* tgkill */
        "svc #0\n"
        "1: ldr x9, [x19, #88]\n"
        "mov sp, x9\n"
        "mov x8, #139\n"
        "svc #0\n"
        "b 1b\n"
        "arch_trampoline_end:\n"
        ".popsection\n");
