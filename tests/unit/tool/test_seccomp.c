/*
 * test_seccomp - filters are run as the kernel runs them, and judged.
 */
#include "tool/seccomp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct seccomp_data some_call = {
    .nr = 7, .arch = 9, .args = {UINT64_C(0x1122334455667788)}};

/* What the program leaves in A. */
static uint32_t
run(const struct sock_filter *program, size_t count)
{
    return seccomp_run(program, count, &some_call);
}

static void
test_seccomp_run_loads_what_the_call_is(void **state)
{
    const struct sock_filter number[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_STMT(BPF_RET | BPF_A, 0)};
    const struct sock_filter argument[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args) + 4),
        BPF_STMT(BPF_RET | BPF_A, 0)};
    const struct sock_filter length[] = {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
                                         BPF_STMT(BPF_RET | BPF_A, 0)};

    (void)state;
    assert_int_equal(run(number, COUNT(number)), 7);
    assert_int_equal(run(argument, COUNT(argument)), 0x11223344);
    assert_int_equal(run(length, COUNT(length)), sizeof(struct seccomp_data));
}

static void
test_seccomp_run_computes(void **state)
{
    static const struct {
        uint16_t operation;
        uint32_t operand, wanted; /* of 40 */
    } rows[] = {{BPF_ADD, 2, 42}, {BPF_SUB, 41, UINT32_MAX}, {BPF_MUL, 3, 120},
                {BPF_DIV, 7, 5},  {BPF_OR, 3, 43},           {BPF_AND, 12, 8},
                {BPF_XOR, 8, 32}, {BPF_LSH, 2, 160},         {BPF_RSH, 3, 5}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sock_filter by_constant[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 40),
            BPF_STMT(BPF_ALU | rows[i].operation | BPF_K, rows[i].operand),
            BPF_STMT(BPF_RET | BPF_A, 0)};
        const struct sock_filter by_x[] = {
            BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, rows[i].operand),
            BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 40),
            BPF_STMT(BPF_ALU | rows[i].operation | BPF_X, 0),
            BPF_STMT(BPF_RET | BPF_A, 0)};

        assert_int_equal(run(by_constant, COUNT(by_constant)), rows[i].wanted);
        assert_int_equal(run(by_x, COUNT(by_x)), rows[i].wanted);
    }
}

static void
test_seccomp_run_keeps_words(void **state)
{
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 5),
        BPF_STMT(BPF_ST, 15),
        BPF_STMT(BPF_ALU | BPF_NEG, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_STX, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 15),
        BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, 3),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_RET | BPF_A, 0)};

    (void)state;
    assert_int_equal(run(program, COUNT(program)), 0);
}

static void
test_seccomp_run_jumps(void **state)
{
    static const struct {
        uint16_t operation;
        uint32_t operand;
        bool is_taken; /* by 6 */
    } rows[] = {{BPF_JEQ, 6, true},  {BPF_JEQ, 5, false}, {BPF_JGT, 5, true},
                {BPF_JGT, 6, false}, {BPF_JGE, 6, true},  {BPF_JGE, 7, false},
                {BPF_JSET, 2, true}, {BPF_JSET, 9, false}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 6),
            BPF_JUMP(BPF_JMP | rows[i].operation | BPF_K, rows[i].operand, 1,
                     0),
            BPF_STMT(BPF_RET | BPF_K, 1),
            BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
            BPF_STMT(BPF_RET | BPF_K, 2),
            BPF_STMT(BPF_RET | BPF_K, 3)};

        assert_int_equal(run(program, COUNT(program)),
                         rows[i].is_taken ? 3 : 1);
    }
}

/* The kernel takes none of these, but a file that says it is one may. */
static void
test_seccomp_run_nonsense_is_the_strictest(void **state)
{
    static const struct sock_filter rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data) - 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UINT32_MAX),
        BPF_STMT(BPF_LD | BPF_W | BPF_MEM, BPF_MEMWORDS),
        BPF_STMT(BPF_STX, BPF_MEMWORDS),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
        BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0)};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(run(&rows[i], 1), SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(run(NULL, 0), SECCOMP_RET_KILL_PROCESS);
}

struct rule {
    int64_t number; /* of this call */
    uint32_t action;
    uint32_t others;
};

static uint32_t
answer(int64_t call, void *context)
{
    const struct rule *rule = context;

    return call == rule->number ? rule->action : rule->others;
}

static int
judge(struct rule rule, char *why, size_t size)
{
    return seccomp_judge(answer, &rule, why, size);
}

static void
test_seccomp_judge_says_what_is_refused(void **state)
{
    char why[256] = "";

    (void)state;
    assert_int_equal(judge((struct rule){SYS_ptrace, SECCOMP_RET_KILL_PROCESS,
                                         SECCOMP_RET_ALLOW},
                           why, sizeof why),
                     0);
    assert_int_equal(judge((struct rule){SYS_mmap, SECCOMP_RET_KILL_THREAD,
                                         SECCOMP_RET_ALLOW},
                           why, sizeof why),
                     -1);
    assert_non_null(strstr(why, "ends a process that calls mmap,"));
    assert_int_equal(
        judge((struct rule){SYS_mmap, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_LOG},
              why, sizeof why),
        -1);
    assert_non_null(strstr(why, "refuses mmap,"));
}

static void
test_seccomp_judge_does_without_some(void **state)
{
    char why[256] = "";

    (void)state;
    assert_int_equal(
        judge((struct rule){SYS_process_vm_readv, SECCOMP_RET_ERRNO | 38,
                            SECCOMP_RET_ALLOW},
              why, sizeof why),
        0);
    assert_int_equal(judge((struct rule){SYS_process_vm_readv, SECCOMP_RET_TRAP,
                                         SECCOMP_RET_ALLOW},
                           why, sizeof why),
                     -1);
    /* A call that is put off is a call too. */
    assert_int_equal(
        judge((struct rule){-1, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW},
              why, sizeof why),
        -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seccomp_run_loads_what_the_call_is),
        cmocka_unit_test(test_seccomp_run_computes),
        cmocka_unit_test(test_seccomp_run_keeps_words),
        cmocka_unit_test(test_seccomp_run_jumps),
        cmocka_unit_test(test_seccomp_run_nonsense_is_the_strictest),
        cmocka_unit_test(test_seccomp_judge_says_what_is_refused),
        cmocka_unit_test(test_seccomp_judge_does_without_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
