/*
 * test_file.c - files without stdio. Each test has an empty directory.
 */
#include "os/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/page.h"
#include "os/signal.h"

static char directory[64];
static char path[80];

static int
setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/test_file_XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/file", directory);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

/* make_file - `path` with this content. */
static void
make_file(const char *content)
{
    int fd = file_open(path, FILE_WRITE, 0);

    assert_true(fd >= 0);
    assert_int_equal(file_truncate(fd, 0), 0);
    assert_int_equal(file_write(fd, content, strlen(content)), 0);
    file_close(fd);
}

static void
test_file_open_missing_gives_enoent(void **state)
{
    (void)state;
    errno = 77;
    assert_int_equal(file_open(path, FILE_READ, 0), -ENOENT);
    assert_int_equal(errno, 77);
}

static void
test_file_open_least_fd_is_met_and_closed_on_exec(void **state)
{
    int before = dup(0);
    int after;
    int fd = file_open("/dev/null", FILE_READ, 200);

    (void)state;
    assert_true(fd >= 200);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    file_close(fd);
    fd = file_open("/dev/null", FILE_READ, 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    file_close(fd);
    (void)close(before);
    after = dup(0);
    (void)close(after);
    assert_int_equal(before, after);
}

static void
test_file_open_least_fd_over_the_limit_still_opens(void **state)
{
    struct rlimit old;
    struct rlimit low;
    int fd;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    fd = file_open("/dev/null", FILE_READ, 1000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_in_range(fd, 3, 63);
    file_close(fd);
}

static void
test_file_open_write_keeps_what_is_there(void **state)
{
    char text[16];
    int fd;

    (void)state;
    make_file("abcdef");
    fd = file_open(path, FILE_WRITE, 0);
    assert_int_equal(file_write(fd, "XY", 2), 0);
    file_close(fd);
    assert_int_equal(file_read_whole(path, text, sizeof(text)), 6);
    assert_string_equal(text, "XYcdef");
}

static void
test_file_open_new_file_heeds_the_umask(void **state)
{
    struct file_identity identity;
    mode_t mask = umask(027);

    (void)state;
    make_file("");
    (void)umask(mask);
    assert_int_equal(file_identify_path(path, &identity), 0);
    assert_int_equal(identity.mode & 0777, 0640);
}

static void
test_file_open_append_writes_go_to_the_end(void **state)
{
    char text[16];
    int a;
    int b;

    (void)state;
    a = file_open(path, FILE_APPEND, 0);
    b = file_open(path, FILE_APPEND, 0);
    assert_int_equal(file_write(a, "one", 3), 0);
    assert_int_equal(file_write(b, "two", 3), 0);
    assert_int_equal(file_write(a, "3", 1), 0);
    file_close(a);
    file_close(b);
    assert_int_equal(file_read_whole(path, text, sizeof(text)), 7);
    assert_string_equal(text, "onetwo3");
}

static void
test_file_write_bad_descriptor_gives_ebadf(void **state)
{
    (void)state;
    assert_int_equal(file_write(-1, "x", 1), -EBADF);
    assert_int_equal(file_write(-1, "", 0), 0);
}

static void
test_file_write_full_disk_gives_enospc(void **state)
{
    int fd = file_open("/dev/full", FILE_WRITE, 0);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, "x", 1), -ENOSPC);
    file_close(fd);
}

static volatile sig_atomic_t pipe_signals;

static void
on_pipe(int number)
{
    (void)number;
    pipe_signals++;
}

static void
test_file_write_broken_pipe_raises_no_signal(void **state)
{
    int ends[2];

    (void)state;
    pipe_signals = 0;
    (void)signal(SIGPIPE, on_pipe);
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(file_write(ends[1], "x", 1), -EPIPE);
    assert_int_equal(pipe_signals, 0);
    /* The program's own writes still raise it. */
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(pipe_signals, 1);
    (void)close(ends[1]);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void
test_file_write_broken_socket_raises_no_signal(void **state)
{
    int ends[2];

    (void)state;
    pipe_signals = 0;
    (void)signal(SIGPIPE, on_pipe);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    (void)close(ends[0]);
    assert_int_equal(file_write(ends[1], "x", 1), -EPIPE);
    assert_int_equal(pipe_signals, 0);
    (void)close(ends[1]);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void
test_file_write_ignored_sigpipe_does_not_wait(void **state)
{
    int ends[2];

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(file_write(ends[1], "x", 1), -EPIPE);
    (void)close(ends[1]);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void
test_file_write_pending_sigpipe_stays(void **state)
{
    uint64_t mask = signal_block_mask(UINT64_C(1) << (SIGPIPE - 1));
    int ends[2];

    (void)state;
    pipe_signals = 0;
    (void)signal(SIGPIPE, on_pipe);
    (void)raise(SIGPIPE);
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(file_write(ends[1], "x", 1), -EPIPE);
    assert_int_equal(pipe_signals, 0);
    signal_restore(mask);
    assert_int_equal(pipe_signals, 1);
    (void)close(ends[1]);
    (void)signal(SIGPIPE, SIG_DFL);
}

/* More than a pipe holds, and the writer may not wait in write itself. */
#define LARGE (512 * 1024)

static void *
read_all(void *context)
{
    char bytes[4096];
    size_t total = 0;
    ssize_t n;

    while ((n = read(*(int *)context, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] != (char)((total + (size_t)i) * 13))
                return NULL;
        }
        total += (size_t)n;
    }
    return total == LARGE ? context : NULL;
}

static void
test_file_write_full_pipe_is_waited_for(void **state)
{
    char *bytes = malloc(LARGE);
    void *result = NULL;
    pthread_t reader;
    int ends[2];

    (void)state;
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 13);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &ends[0]), 0);
    assert_int_equal(file_write(ends[1], bytes, LARGE), 0);
    (void)close(ends[1]);
    assert_int_equal(pthread_join(reader, &result), 0);
    (void)close(ends[0]);
    assert_non_null(result);
    free(bytes);
}

static void
test_file_read_gives_parts_then_nothing(void **state)
{
    char text[16];
    int fd;

    (void)state;
    make_file("abcdef");
    fd = file_open(path, FILE_READ, 0);
    assert_int_equal(file_read(fd, text, 4), 4);
    assert_memory_equal(text, "abcd", 4);
    assert_int_equal(file_read(fd, text, 4), 2);
    assert_int_equal(file_read(fd, text, 4), 0);
    file_close(fd);
    assert_int_equal(file_read(fd, text, 4), -EBADF);
}

static void
test_file_read_at_does_not_move(void **state)
{
    char text[16];
    int fd;

    (void)state;
    make_file("abcdef");
    fd = file_open(path, FILE_READ, 0);
    assert_int_equal(file_read_at(fd, text, 3, 2), 3);
    assert_memory_equal(text, "cde", 3);
    assert_int_equal(file_read_at(fd, text, 3, 6), 0);
    assert_int_equal(file_read(fd, text, 1), 1);
    assert_int_equal(text[0], 'a');
    file_close(fd);
}

static void
test_file_read_whole_fits_or_not_at_the_byte(void **state)
{
    char text[8];

    (void)state;
    make_file("abcdef");
    assert_int_equal(file_read_whole(path, text, 7), 6);
    assert_string_equal(text, "abcdef");
    assert_int_equal(file_read_whole(path, text, 6), -EFBIG);
    assert_int_equal(file_read_whole(directory, text, 6), -EISDIR);
    make_file("");
    assert_int_equal(file_read_whole(path, text, 1), 0);
    assert_string_equal(text, "");
}

static void
test_file_read_whole_proc_file_is_read(void **state)
{
    char text[64];

    (void)state;
    assert_true(file_read_whole("/proc/self/comm", text, sizeof(text)) > 0);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void
test_file_truncate_cuts_and_grows(void **state)
{
    struct file_identity identity;
    int fd;

    (void)state;
    make_file("abcdef");
    fd = file_open(path, FILE_WRITE, 0);
    assert_int_equal(file_truncate(fd, 2), 0);
    assert_int_equal(file_identify(fd, &identity), 0);
    assert_true(identity.size == 2);
    assert_int_equal(file_truncate(fd, 100), 0);
    assert_int_equal(file_identify(fd, &identity), 0);
    assert_true(identity.size == 100);
    file_close(fd);
}

static void
test_file_try_lock_second_open_is_refused(void **state)
{
    int a = file_open(path, FILE_WRITE, 0);
    int b = file_open(path, FILE_WRITE, 0);

    (void)state;
    assert_int_equal(file_try_lock(a), 0);
    assert_int_equal(file_try_lock(a), 0);
    assert_int_equal(file_try_lock(b), -EWOULDBLOCK);
    file_close(a);
    assert_int_equal(file_try_lock(b), 0);
    file_close(b);
}

static void
test_file_try_lock_child_shares_it(void **state)
{
    int fd = file_open(path, FILE_WRITE, 0);
    int status = 0;
    pid_t child;

    (void)state;
    assert_int_equal(file_try_lock(fd), 0);
    child = fork();
    if (child == 0)
        _exit(file_try_lock(fd) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    file_close(fd);
}

static void
test_file_identify_agrees_with_libc(void **state)
{
    struct file_identity identity;
    struct file_identity by_path;
    struct stat status;
    int fd;

    (void)state;
    make_file("abc");
    fd = file_open(path, FILE_READ, 0);
    assert_int_equal(file_identify(fd, &identity), 0);
    assert_int_equal(file_identify_path(path, &by_path), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(identity.device == status.st_dev);
    assert_true(identity.inode == status.st_ino);
    assert_true(identity.size == 3);
    assert_int_equal(identity.mode, status.st_mode);
    assert_true(identity.mtime_ns / 1000000000 == (uint64_t)status.st_mtime);
    assert_true(file_is_same(&identity, &by_path));
    file_close(fd);
    assert_int_equal(file_identify(fd, &identity), -EBADF);
    assert_int_equal(file_identify_path("", &identity), -ENOENT);
}

static void
test_file_is_same_other_file_differs(void **state)
{
    struct file_identity a;
    struct file_identity b;

    (void)state;
    make_file("abc");
    assert_int_equal(file_identify_path(path, &a), 0);
    assert_int_equal(file_identify_path(directory, &b), 0);
    assert_false(file_is_same(&a, &b));
}

static void
test_file_is_terminal_only_for_one(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int fd = file_open("/dev/null", FILE_READ, 0);

    (void)state;
    assert_false(file_is_terminal(fd));
    assert_false(file_is_terminal(-1));
    file_close(fd);
    if (master < 0)
        skip();
    assert_true(file_is_terminal(master));
    (void)close(master);
}

static void
test_file_map_content_is_there(void **state)
{
    struct file_map map;
    const unsigned char *bytes;

    (void)state;
    make_file("mapped");
    assert_int_equal(file_map(path, &map), 0);
    assert_int_equal(map.size, 6);
    assert_memory_equal(map.bytes, "mapped", 6);
    bytes = map.bytes;
    file_unmap(&map);
    assert_null(map.bytes);
    assert_false(page_is_readable(bytes, 1));
    file_unmap(&map);
}

static void
test_file_map_other_kinds_are_refused(void **state)
{
    struct file_map map = {.bytes = NULL, .size = 7};

    (void)state;
    assert_int_equal(file_map(path, &map), -ENOENT);
    assert_int_equal(file_map(directory, &map), -EINVAL);
    assert_int_equal(file_map("/dev/null", &map), -EINVAL);
    make_file("");
    assert_int_equal(file_map(path, &map), -ENODATA);
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_map(path, &map), -EINVAL);
    assert_null(map.bytes);
    assert_int_equal(map.size, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_open_missing_gives_enoent,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_open_least_fd_is_met_and_closed_on_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_open_least_fd_over_the_limit_still_opens, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_file_open_write_keeps_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_open_new_file_heeds_the_umask,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_open_append_writes_go_to_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_write_bad_descriptor_gives_ebadf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_write_full_disk_gives_enospc,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_write_broken_pipe_raises_no_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_write_broken_socket_raises_no_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_write_ignored_sigpipe_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_write_pending_sigpipe_stays,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_write_full_pipe_is_waited_for,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_read_gives_parts_then_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_read_at_does_not_move, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_file_read_whole_fits_or_not_at_the_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_read_whole_proc_file_is_read,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_truncate_cuts_and_grows,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_file_try_lock_second_open_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_try_lock_child_shares_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_identify_agrees_with_libc,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_is_same_other_file_differs,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_is_terminal_only_for_one,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_map_content_is_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_file_map_other_kinds_are_refused,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
