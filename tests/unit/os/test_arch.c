/*
 * test_arch.c - what a CPU promises in os/arch/arch.h.
 */
#include "os/arch/arch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
test_arch_call_results_are_the_kernels(void **state)
{
    char byte = 'x';
    int ends[2];

    (void)state;
    assert_int_equal(arch_call(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(arch_call(SYS_write, ends[1], (long)&byte, 1, 0, 0, 0), 1);
    byte = 0;
    assert_int_equal(arch_call(SYS_read, ends[0], (long)&byte, 1, 0, 0, 0), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
    assert_int_equal(arch_call(SYS_close, -1, 0, 0, 0, 0, 0), -EBADF);
}

static void
test_arch_call_six_arguments_arrive(void **state)
{
    long page = sysconf(_SC_PAGESIZE);
    FILE *file = tmpfile();
    long result;

    (void)state;
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 2 * page), 0);
    assert_int_equal(pwrite(fileno(file), "here", 4, page), 4);
    /* The last one, the offset, is what is read back. */
    result = arch_call(SYS_mmap, 0, page, PROT_READ, MAP_PRIVATE, fileno(file),
                       page);
    assert_true(result > 0);
    assert_memory_equal((const void *)result, "here", 4);
    assert_int_equal(munmap((void *)result, (size_t)page), 0);
    (void)fclose(file);
}

static void *
thread_pointer(void *context)
{
    *(uintptr_t *)context = arch_thread_pointer();
    return NULL;
}

static void
test_arch_thread_pointer_differs_by_thread(void **state)
{
    uintptr_t other = 0;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, thread_pointer, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(other != 0);
    assert_true(arch_thread_pointer() != 0);
    assert_true(other != arch_thread_pointer());
    assert_true(arch_thread_pointer() == arch_thread_pointer());
}

static void
test_arch_ticks_steady_do_not_go_back(void **state)
{
    uint64_t last = arch_ticks();

    (void)state;
    if (!arch_ticks_is_steady())
        skip();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = arch_ticks();

        assert_true(now >= last);
        last = now;
    }
}

static void
test_arch_strip_tag_plain_address_is_unchanged(void **state)
{
    uintptr_t here = (uintptr_t)&state;

    assert_true(arch_strip_tag(here) == here);
    assert_true(arch_strip_tag(0) == 0);
    assert_true(here >> ARCH_ADDR_BITS == 0);
}

static void
test_arch_elf_machine_is_this_programs(void **state)
{
    Elf64_Ehdr head;
    FILE *file = fopen("/proc/self/exe", "r");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fread(&head, sizeof(head), 1, file), 1);
    (void)fclose(file);
    assert_int_equal(head.e_machine, ARCH_ELF_MACHINE);
}

static sigjmp_buf back;
static struct arch_context fault_context;
static enum arch_access fault_access;

static void
on_fault(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)info;
    arch_context_read(ucontext, &fault_context);
    fault_access = arch_fault_access(ucontext);
    siglongjmp(back, 1);
}

/* Not inlined, so that a faulting pc is inside of it. */
static void __attribute__((noinline, no_sanitize("address", "undefined")))
touch(volatile char *p, bool write)
{
    if (write)
        *p = 1;
    else
        (void)*p;
}

static void
fault(volatile char *p, bool write)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    struct sigaction old;

    action.sa_sigaction = on_fault;
    assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
    if (sigsetjmp(back, 1) == 0) {
        touch(p, write);
        fail();
    }
    assert_int_equal(sigaction(SIGSEGV, &old, NULL), 0);
}

static void
test_arch_fault_access_tells_read_from_write(void **state)
{
    char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(p != MAP_FAILED);
    fault(p, true);
    assert_int_equal(fault_access, ARCH_ACCESS_WRITE);
    fault(p, false);
    assert_int_equal(fault_access, ARCH_ACCESS_READ);
    assert_int_equal(munmap(p, 4096), 0);
}

static void
test_arch_context_read_is_where_it_faulted(void **state)
{
    char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)state;
    assert_true(p != MAP_FAILED);
    fault(p, true);
    assert_in_range(fault_context.pc, (uintptr_t)touch, (uintptr_t)touch + 256);
    assert_in_range(fault_context.sp, here - 8192, here);
    assert_int_equal(munmap(p, 4096), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arch_call_results_are_the_kernels),
        cmocka_unit_test(test_arch_call_six_arguments_arrive),
        cmocka_unit_test(test_arch_thread_pointer_differs_by_thread),
        cmocka_unit_test(test_arch_ticks_steady_do_not_go_back),
        cmocka_unit_test(test_arch_strip_tag_plain_address_is_unchanged),
        cmocka_unit_test(test_arch_elf_machine_is_this_programs),
        cmocka_unit_test(test_arch_fault_access_tells_read_from_write),
        cmocka_unit_test(test_arch_context_read_is_where_it_faulted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
