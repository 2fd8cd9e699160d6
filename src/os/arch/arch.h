/*
 * os/arch/arch.h - the contract that a CPU must meet.
 *
 * The build puts the folder's one matching pair of files behind this header
 * (ARCH_HEADER, for example "os/arch/x86_64.h"); nothing else in the tree
 * names a CPU. doc/PORTING.md says how to add one. Each CPU header gives, as
 * static inline functions:
 *
 *   long arch_call(long number, long a, long b, long c, long d, long e, long f)
 *       one system call; its result, or -errno.  Signal: yes.
 *   uintptr_t arch_thread_pointer(void)
 *       a value that is unique to the running thread while it lives, never 0,
 *       valid before libc has set up anything but TLS.  Signal: yes.
 *   uint64_t arch_ticks(void)
 *       a counter that is monotonic and the same on all CPUs, and
 *   bool arch_ticks_is_steady(void)
 *       true where arch_ticks can stand for a clock.
 *   uint64_t arch_ticks_rate(void)
 *       ticks per second, to the order of magnitude at least
 *   void arch_pause(void)
 *       a hint that this thread spins.
 *   bool arch_replace_alone(_Atomic uint8_t *p, uint8_t from, uint8_t to)
 *       true, and *p becomes `to`, if it was `from`: whole for the signal
 *       handlers of this thread, not for other threads.
 *   void arch_prefetch_write(const void *p)
 *   uintptr_t arch_strip_tag(uintptr_t addr)
 *       the address that the CPU uses: without tag or authentication bits.
 *
 *   struct arch_frame, const void *ARCH_FRAME()   (a macro)
 *       the frame of the function that it stands in, for as long as that
 *       function runs; it must not end by a jump to another (tail call), and
 *       is compiled with a frame pointer.
 *   uintptr_t arch_frame_pc(frame), arch_frame_sp(frame), arch_frame_fp(frame)
 *       where that function returns to, and the stack pointer and the frame
 *       pointer as its caller has them then.
 *   void arch_kept_read(uintptr_t out_registers[ARCH_KEPT_COUNT])
 *       the registers that a function keeps for its caller, as they are now.
 *   uintptr_t arch_frame_bottom(uintptr_t frame)
 *       the lowest address at which a function whose __builtin_frame_address
 *       is `frame` may have saved its caller's registers.
 *   uintptr_t arch_dynamic_vector(uintptr_t thread_pointer)
 *       glibc's vector of dynamic TLS of the thread, by reading its control
 *       block.
 *   bool arch_is_thread_block(const uintptr_t *words, uintptr_t addr)
 *       true if `words`, three or more read from `addr`, begin glibc's control
 *       block of a thread; false where that cannot be told.
 *
 * and, as constants:
 *
 *   ARCH_ADDR_BITS   user addresses that the kernel gives unasked lie below
 *                    2^ARCH_ADDR_BITS
 *   ARCH_NAME        "x86_64", ...
 *   ARCH_ELF_MACHINE the ELF e_machine of native files
 *   ARCH_RELOC_JUMP_SLOT, ARCH_RELOC_GLOB_DAT, ARCH_RELOC_ADDRESS
 *                    the relocations by which the loader puts the address of
 *                    a named symbol into a word
 *   ARCH_VDSO_CLOCK  the name of the vDSO's clock_gettime
 *   ARCH_SA_RESTORER the flag by which a handler announces arch_restorer to
 *                    the kernel; 0 where the kernel has its own trampoline
 *
 *   ARCH_SLICE_CODE_BYTES  see arch_slice_code
 *
 * for unwinding (registers by their DWARF numbers):
 *
 *   ARCH_REGISTERS       numbers that are kept; ARCH_REGISTER_SP and _FP among
 *                        them
 *   ARCH_SIGNAL_UCONTEXT distance from the stack pointer at a sigreturn
 *                        trampoline to the ucontext
 *   ARCH_SIGRETURN_BYTES of code, that arch_is_sigreturn(code) knows
 *
 * for the threads of another process:
 *
 *   ARCH_REMOTE_WORDS      64-bit words of NT_PRSTATUS
 *   ARCH_CALL_BYTES        of the instruction that makes a system call, which
 *                          ARCH_CALL_CODE lists
 *   ARCH_RESTORER_CODE     the bytes of a trampoline that ends a signal handler
 *   ARCH_LINK_BYTES        of a return address on the stack, 0 where it is in a
 *                          register
 *   ARCH_FRAME_BYTES       see arch_return_frame; a multiple of 64
 *   ARCH_RED_ZONE_BYTES    under the stack pointer that a function may use
 *   ARCH_NOTE_VECTORS      ptrace's name of all vector registers
 *   ARCH_NOTE_CALL         ... of the system call's number, 0 where it is among
 *                          the general registers
 *   ARCH_NOTE_SHADOW       ... of the shadow stack's pointer
 *
 * and in its .c file:
 *
 *   char arch_slice_code[], arch_slice_abort[]
 *       code that is never run, of ARCH_SLICE_CODE_BYTES bytes, and an address
 *       outside of it before which lies the signature that glibc registers
 *       restartable sequences with (RSEQ_SIG)
 *   void arch_restorer(void)       the rt_sigreturn trampoline
 *   arch_context_read, arch_fault_access, arch_run_on, arch_call_*,
 *   arch_finish, arch_finish_*,
 *   arch_registers_here, arch_registers_read   declared below
 *   arch_remote_*, arch_return_frame    declared below: the registers of a
 *                    stopped thread of another process
 */
#ifndef OS_ARCH_ARCH_H
#define OS_ARCH_ARCH_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include ARCH_HEADER

/* Registers of an interrupted thread, as a signal handler gets them. */
struct arch_context {
    uintptr_t pc;
    uintptr_t sp;
    uintptr_t fp;
};

/* arch_context_read - what `ucontext`, the third argument of a signal
 * handler, says of the interrupted code.  Signal: yes. */
void arch_context_read(const void *ucontext, struct arch_context *out_context);

enum arch_access { ARCH_ACCESS_UNKNOWN, ARCH_ACCESS_READ, ARCH_ACCESS_WRITE };

/* arch_fault_access - what a memory fault tried to do, from the handler's
 * third argument.  Signal: yes. */
enum arch_access arch_fault_access(const void *ucontext);

/* arch_run_on - call run(argument) on another stack, whose end (highest
 * address, a multiple of 16) is `stack_end`; returns when it does.
 * Signal: yes. */
void arch_run_on(void *stack_end, void (*run)(void *), void *argument);
/*
 * arch_call_interrupted - the number of the system call that the interrupted
 * code is just coming back from with EINTR, or -1 if that is not what it is
 * doing, or the number cannot be told.
 *
 * known: the number if it is known already, else -1.   Signal: yes.
 */
long arch_call_interrupted(const void *ucontext, long known);

/* arch_call_arguments - the arguments of that call; the first one is
 * `first` where the CPU does not keep it. */
void arch_call_arguments(const void *ucontext, uintptr_t first,
                         uintptr_t out_arguments[6]);

/* arch_call_again - have the handler return to the call, to be made once more;
 * arch_call_result - ... to where it is over, with this result. */
void arch_call_again(void *ucontext, long number, uintptr_t first);
void arch_call_result(void *ucontext, long result);

/* A call that is finished in a handler. The CPU's code knows the order. */
struct arch_finish {
    uint64_t mask; /* of signals, for the length of the call */
    long number;
    uintptr_t arguments[6];
    uint64_t blocked; /* the mask afterwards */
};

static_assert(offsetof(struct arch_finish, number) == 8 &&
                  offsetof(struct arch_finish, arguments) == 16 &&
                  offsetof(struct arch_finish, blocked) == 64,
              "as the code of every CPU has it");

/*
 * arch_finish - set the mask of signals, make the call, and set the other mask;
 * returns its result.
 *
 * Meanwhile a handler may interrupt it: see arch_finish_find. The caller keeps
 * nothing in floating-point registers.   Signal: in a handler alone.
 */
long arch_finish(struct arch_finish *finish);

/* Places in it: where it begins anew, before the call, after it, at its end. */
extern const char arch_finish_start[] __attribute__((visibility("hidden")));
extern const char arch_finish_open[] __attribute__((visibility("hidden")));
extern const char arch_finish_done[] __attribute__((visibility("hidden")));
extern const char arch_finish_shut[] __attribute__((visibility("hidden")));

enum arch_finish_state {
    ARCH_FINISH_NONE,    /* the interrupted code is not arch_finish's */
    ARCH_FINISH_BEGUN,   /* the call is not made yet */
    ARCH_FINISH_STOPPED, /* it returns -EINTR */
    ARCH_FINISH_OVER     /* it is over */
};

/* arch_finish_find - which arch_finish the handler interrupted, and where. */
enum arch_finish_state arch_finish_find(const void *ucontext,
                                        struct arch_finish **out_finish);

/*
 * arch_finish_again - leave the handler without a return, which would make the
 * kernel forget what is left of the time of an interrupted call, and have the
 * interrupted arch_finish begin anew. The mask of signals is all the kernel's
 * part in being in a handler, and that is set there.
 *
 * Returns only where the CPU keeps a second stack of return addresses.
 */
void arch_finish_again(const void *ucontext);

/* Registers of one frame: those that a function keeps for its caller, at
 * least. */
struct arch_registers {
    uintptr_t value[ARCH_REGISTERS];
    uintptr_t pc;
};

/* arch_registers_here - the registers as the caller has them when this
 * returns. */
void arch_registers_here(struct arch_registers *out_registers);

/* arch_registers_read - all registers of the code that a signal interrupted,
 * from a handler's third argument.  Signal: yes. */
void arch_registers_read(const void *ucontext,
                         struct arch_registers *out_registers);

extern const char arch_slice_code[] __attribute__((visibility("hidden")));
extern const char arch_slice_abort[] __attribute__((visibility("hidden")));

#include ARCH_HEADER

/*
 * Registers of a stopped thread of another process: what ptrace gives as
 * NT_PRSTATUS, and the system call that the thread is in.
 */
struct arch_remote {
    uint64_t words[ARCH_REMOTE_WORDS];
    int64_t call; /* its number, -1: none */
};

/* arch_remote_loaded, arch_remote_stored - NT_PRSTATUS was just read
 * into `words` (and, where the CPU keeps it apart, the number of the call into
 * `call`); is about to be written from them. */
void arch_remote_loaded(struct arch_remote *registers);
void arch_remote_stored(struct arch_remote *registers);

uintptr_t arch_remote_pc(const struct arch_remote *registers);
uintptr_t arch_remote_sp(const struct arch_remote *registers);

/* arch_remote_thread_pointer - the thread's arch_thread_pointer, 0 where
 * these registers do not tell. */
uintptr_t arch_remote_thread_pointer(const struct arch_remote *registers);

/* arch_remote_read - the register that DWARF numbers `number`; false if it
 * is not among them. */
bool arch_remote_read(const struct arch_remote *registers,
                         uint32_t number, uint64_t *out_value);

/* arch_remote_result - what a system call or a function returned. */
int64_t arch_remote_result(const struct arch_remote *registers);

/* arch_remote_replay - let the thread run the system call that it is in
 * once more, from the instruction at `site`: the call was not begun, or ended
 * early for no reason of the program's. */
void arch_remote_replay(struct arch_remote *registers, uintptr_t site);

/*
 * arch_remote_begin - let the thread run code: at `pc` with the stack at
 * `sp`, the function's four arguments in place, in no system call. `data` goes
 * to the register that ARCH_TRAMPOLINE takes its work from. Where the CPU keeps
 * it in a register, `link` is the return address.
 */
void arch_remote_begin(struct arch_remote *registers, uintptr_t pc,
                          uintptr_t sp, const uint64_t arguments[6],
                          uintptr_t data, uintptr_t link);

/*
 * arch_return_frame - what the system call that ends a signal handler restores
 * everything from: `registers`, the floating-point registers (as NT_PRFPREG)
 * and the signal mask.
 *
 * buffer: ARCH_FRAME_BYTES of it; it will lie at `addr`, a multiple of 64.
 * The stack pointer must be `addr` when the call is made.
 */
void arch_return_frame(unsigned char *buffer, uintptr_t addr,
                       const struct arch_remote *registers,
                       const void *floats, size_t floats_size, uint64_t mask);

/*
 * Code for arch_remote_begin, independent of its place: calls the function
 * at `data`[0] with the arguments `data`[1..6], stores its result in `data`[7]
 * and 1 in `data`[8], sends SIGURG to itself (process `data`[9], thread
 * `data`[10]: a tracer stops it there, and nobody else minds), sets the stack
 * pointer to `data`[11], where a return frame lies, and makes the system call
 * that restores from it, again if it should return.
 */
extern const unsigned char arch_trampoline[]
    __attribute__((visibility("hidden")));
extern const unsigned char arch_trampoline_end[]
    __attribute__((visibility("hidden")));

/* Words of `data`. */
enum arch_trampoline_word {
    ARCH_TRAMPOLINE_FUNCTION = 0,
    ARCH_TRAMPOLINE_ARGUMENTS = 1,
    ARCH_TRAMPOLINE_RESULT = 7,
    ARCH_TRAMPOLINE_DONE = 8,
    ARCH_TRAMPOLINE_PROCESS = 9,
    ARCH_TRAMPOLINE_THREAD = 10,
    ARCH_TRAMPOLINE_FRAME = 11,
    ARCH_TRAMPOLINE_WORDS = 12
};

#endif
