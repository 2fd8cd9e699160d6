/*
 * test_peek.c - looking at memory that may not be there, with and without the
 * system call that a sandbox refuses.
 */
#include "os/page.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 100 pages with known bytes, of which page 70 is protected. */
#define PAGES 100
#define HOLE 70

static char *memory;
static size_t page;

static int
setup(void **state)
{
    (void)state;
    page = page_size();
    memory = page_map(PAGES * page);
    if (memory == NULL)
        return -1;
    for (size_t i = 0; i < PAGES * page; i++)
        memory[i] = (char)(i * 7 + i / 4096);
    return page_protect(memory + HOLE * page, page);
}

static int
teardown(void **state)
{
    (void)state;
    page_unmap(memory, PAGES * page);
    return 0;
}

/* is_read_right - page_read from `offset` gives `expected` right bytes and
 * touches no more. */
static bool
is_read_right(size_t offset, size_t n, size_t expected)
{
    char *target = page_map(PAGES * page);
    bool is_right;

    if (target == NULL)
        return false;
    is_right = page_read(target, memory + offset, n) == expected &&
               memcmp(target, memory + offset, expected) == 0;
    for (size_t i = expected; i < expected + page && i < PAGES * page; i++)
        is_right = is_right && target[i] == 0;
    page_unmap(target, PAGES * page);
    return is_right;
}

static bool
are_reads_right(void)
{
    size_t hole = HOLE * page;

    return is_read_right(0, 0, 0) && is_read_right(0, 1, 1) &&
           is_read_right(page - 3, 6, 6) &&
           is_read_right(1, 10 * page, 10 * page) &&
           is_read_right(0, hole, hole) &&
           is_read_right(5, PAGES * page - 5, hole - 5) &&
           is_read_right(hole - 1, 2, 1) && is_read_right(hole, 8, 0) &&
           is_read_right(hole + page, 29 * page, 29 * page);
}

static bool
are_answers_right(void)
{
    size_t hole = HOLE * page;

    return page_is_readable(memory, 0) && page_is_readable(memory, 1) &&
           page_is_readable(memory, hole) &&
           page_is_readable(memory + page - 1, 2) &&
           !page_is_readable(memory, hole + 1) &&
           !page_is_readable(memory + hole - 1, 2) &&
           !page_is_readable(memory + hole, 1) &&
           page_is_readable(memory + hole - 1, 1) &&
           page_is_readable(memory + hole + page, 29 * page);
}

static bool
are_odd_addresses_unreadable(void)
{
    char target[16];

    return !page_is_readable(NULL, 1) &&
           !page_is_readable((const void *)8, 4) &&
           !page_is_readable((const void *)UINTPTR_MAX, 1) &&
           !page_is_readable(memory, SIZE_MAX) &&
           !page_is_readable((const void *)((uintptr_t)1 << 63), 1) &&
           page_read(target, NULL, 8) == 0 &&
           page_read(target, (const void *)UINTPTR_MAX, 8) == 0 &&
           page_read(target, (const void *)((uintptr_t)1 << 63), 8) == 0;
}

static void
test_page_read_holes_end_it(void **state)
{
    (void)state;
    errno = 77;
    assert_true(are_reads_right());
    assert_int_equal(errno, 77);
}

static void
test_page_is_readable_holes_are_seen(void **state)
{
    (void)state;
    assert_true(are_answers_right());
}

static void
test_page_read_odd_addresses_do_not_fault(void **state)
{
    (void)state;
    assert_true(are_odd_addresses_unreadable());
}

/* refuse_calls - from now on this process may not call process_vm_readv, and
 * not pipe2 either if `pipe_too`. */
static bool
refuse_calls(bool pipe_too)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                 pipe_too ? SYS_pipe2 : SYS_process_vm_readv, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog filter = {.len = 5, .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

enum { CHILD_RIGHT = 0, CHILD_WRONG = 1, CHILD_NO_FILTER = 2 };

/* run_refused - `check` in a child that may not call process_vm_readv. */
static void
run_refused(bool (*check)(void), bool pipe_too)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (!refuse_calls(pipe_too))
            _exit(CHILD_NO_FILTER);
        _exit(check() ? CHILD_RIGHT : CHILD_WRONG);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_NO_FILTER)
        skip();
    assert_int_equal(WEXITSTATUS(status), CHILD_RIGHT);
}

static void
test_page_read_refused_by_a_sandbox_still_reads(void **state)
{
    (void)state;
    run_refused(are_reads_right, false);
}

static void
test_page_is_readable_refused_by_a_sandbox_still_sees(void **state)
{
    (void)state;
    run_refused(are_answers_right, true);
}

static void
test_page_read_odd_addresses_in_a_sandbox_do_not_fault(void **state)
{
    (void)state;
    run_refused(are_odd_addresses_unreadable, false);
}

static bool
reads_nothing(void)
{
    char byte = 0;

    return page_read(&byte, memory, 1) == 0 && byte == 0;
}

static void
test_page_read_without_any_way_reads_nothing(void **state)
{
    (void)state;
    run_refused(reads_nothing, true);
}

static bool
leaks_no_descriptor(void)
{
    int before = dup(0);
    int after;
    char bytes[64];

    (void)close(before);
    for (int i = 0; i < 100; i++)
        (void)page_read(bytes, memory + HOLE * page - 32, sizeof(bytes));
    after = dup(0);
    return before >= 0 && before == after;
}

static void
test_page_read_in_a_sandbox_leaks_no_descriptor(void **state)
{
    (void)state;
    run_refused(leaks_no_descriptor, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_read_holes_end_it),
        cmocka_unit_test(test_page_is_readable_holes_are_seen),
        cmocka_unit_test(test_page_read_odd_addresses_do_not_fault),
        cmocka_unit_test(test_page_read_refused_by_a_sandbox_still_reads),
        cmocka_unit_test(test_page_is_readable_refused_by_a_sandbox_still_sees),
        cmocka_unit_test(
            test_page_read_odd_addresses_in_a_sandbox_do_not_fault),
        cmocka_unit_test(test_page_read_without_any_way_reads_nothing),
        cmocka_unit_test(test_page_read_in_a_sandbox_leaks_no_descriptor),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
