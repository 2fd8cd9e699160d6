/*
 * test_family.c - a process and all that it forks: each is served once.
 */
#include "tool/family.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT_STATUS 7

/* A process that has forked another one, which is told through the pipe. */
static pid_t
make_family(pid_t *out_child)
{
    int ends[2];
    pid_t parent;

    assert_int_equal(pipe(ends), 0);
    parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        pid_t child = fork();

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (child == 0)
            child = getpid();
        else if (write(ends[1], &child, sizeof(child)) != sizeof(child))
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], out_child, sizeof(*out_child)),
                     sizeof(*out_child));
    (void)close(ends[0]);
    (void)close(ends[1]);
    return parent;
}

static void
end_family(pid_t parent, pid_t child)
{
    (void)kill(child, SIGKILL);
    (void)kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
}

static void
test_family_root_is_who_the_others_descend_from(void **state)
{
    pid_t child, other_child;
    pid_t parent = make_family(&child);
    pid_t other = make_family(&other_child);
    const pid_t both[] = {child, parent};
    const pid_t strangers[] = {child, other};

    (void)state;
    assert_int_equal(family_root(both, 2), parent);
    assert_int_equal(family_root(both, 1), child);
    assert_int_equal(family_root(strangers, 2), 0);
    assert_int_equal(family_root(both, 0), 0);
    end_family(parent, child);
    end_family(other, other_child);
}

/* ---- serving ---- */

static int told[2];
static pid_t root;

/* Of a worker: who it serves, and a status that says whether that is root. */
static int
serve(pid_t pid, void *context)
{
    assert_ptr_equal(context, told);
    if (write(told[1], &pid, sizeof(pid)) != sizeof(pid))
        return 1;
    return pid == root ? ROOT_STATUS : 0;
}

static int
nobody_asks(void)
{
    return 0;
}

static void
test_family_serve_each_is_served_once(void **state)
{
    pid_t child, first, second;

    (void)state;
    assert_int_equal(pipe(told), 0);
    root = make_family(&child);
    (void)usleep(700000); /* longer than FAMILY_AGE */
    assert_int_equal(family_serve(root, serve, told, nobody_asks), ROOT_STATUS);
    end_family(root, child);
    (void)close(told[1]);
    assert_int_equal(read(told[0], &first, sizeof(first)), sizeof(first));
    assert_int_equal(read(told[0], &second, sizeof(second)), sizeof(second));
    assert_true(first == root || first == child);
    assert_int_equal(second, first == root ? child : root);
    assert_int_equal(read(told[0], &first, sizeof(first)), 0);
    (void)close(told[0]);
}

/* A worker that does not end by itself: a SIGTERM each time somebody asks. */
static int
serve_until_told(pid_t pid, void *unused)
{
    (void)unused;
    (void)signal(SIGTERM, SIG_DFL);
    for (;;)
        pause();
    return pid == 0;
}

static int
asked_at_the_third_look(void)
{
    static int looks;

    return ++looks >= 3 ? 1 : 0;
}

static void
test_family_serve_when_asked_tells_its_workers(void **state)
{
    pid_t child;

    (void)state;
    root = make_family(&child);
    assert_int_not_equal(
        family_serve(root, serve_until_told, NULL, asked_at_the_third_look),
        ROOT_STATUS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* root alone is left */
    end_family(root, child);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_family_root_is_who_the_others_descend_from),
        cmocka_unit_test(test_family_serve_each_is_served_once),
        cmocka_unit_test(test_family_serve_when_asked_tells_its_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
