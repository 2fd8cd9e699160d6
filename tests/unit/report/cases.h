/*
 * tests/unit/report/cases.h - cases that run in a process of their own.
 *
 * The test program calls itself by exec, with the name of a case, with options
 * in the environment, in a directory of its own that has its standard error in
 * the file "stderr"; the test then looks at what the directory holds.
 */
#ifndef CASES_H
#define CASES_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "conf/conf.h"
#include "report/log.h"
#include "report/report.h"

/* ---- inside a case: what the process does ---- */

/* A broken expectation inside a case ends it. */
#define NEED(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #condition);      \
            _exit(50);                                                         \
        }                                                                      \
    } while (0)

UNUSED static void
say(const char *text)
{
    report_write(text, strlen(text));
}

UNUSED static void
make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    NEED(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

UNUSED static void
wait_for(pid_t pid)
{
    int status;

    NEED(waitpid(pid, &status, 0) == pid && status == 0);
}

/* The child's file is found by its number. */
UNUSED static void
note_child(void)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%d", (int)getpid());
    make_file("child", text);
}

UNUSED static void
exec_self(const char *name)
{
    (void)execl("/proc/self/exe", "test_log", name, (char *)NULL);
    _exit(51);
}

/* A case by its name; `is_open`: the log is opened before it runs. */
struct test_case {
    const char *name;
    void (*run)(void);
    bool is_open;
};

UNUSED static int
run_case(const struct test_case *cases, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cases[i].name, name) != 0)
            continue;
        conf_set_formats("text|json");
        conf_init(NULL);
        if (cases[i].is_open)
            report_open();
        cases[i].run();
        return 0;
    }
    return 52;
}

/* ---- outside: what is there afterwards ---- */

static char directory[64];

UNUSED static int
enter(void **state)
{
    (void)state;
    (void)strcpy(directory, "/tmp/dbgmalloc-log-XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

UNUSED static int
leave(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

UNUSED static void
run(const char *name, const char *options)
{
    char *const arguments[] = {(char[]){"test_log"}, strdup(name), NULL};
    char opts[256];
    char pwd[128];
    char home[] = "HOME=/nonexistent";
    char *const environment[] = {opts, pwd, home, NULL};
    int status;
    pid_t pid;

    (void)snprintf(opts, sizeof(opts), "DBGMALLOC_OPTS=%s", options);
    (void)snprintf(pwd, sizeof(pwd), "PWD=%s", directory);
    pid = fork();
    if (pid == 0) {
        int fd;

        if (chdir(directory) != 0)
            _exit(53);
        fd = open("stderr", O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || dup2(fd, 2) != 2)
            _exit(54);
        (void)close(fd);
        (void)execve("/proc/self/exe", arguments, environment);
        _exit(55);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    free(arguments[1]);
    if (status != 0) {
        char command[128];

        (void)snprintf(command, sizeof(command), "cat %s/stderr", directory);
        (void)!system(command);
    }
    assert_int_equal(status, 0);
}

UNUSED static const char *
path_of(const char *name)
{
    static char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

UNUSED static bool
exists(const char *name)
{
    struct stat st;

    return stat(path_of(name), &st) == 0;
}

/* The file's text without the line that says whose log it is, which must be
 * there if `has_head`. */
UNUSED static const char *
text_of(const char *name, bool has_head)
{
    static char text[16384];
    FILE *file = fopen(path_of(name), "rb");
    char *end;
    size_t n;

    if (file == NULL)
        return "(no such file)";
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    if (!has_head)
        return text;
    assert_int_equal(strncmp(text, "dbgmalloc ", 10), 0);
    assert_non_null(strstr(text, ": log of "));
    assert_non_null(strstr(text, "(pid "));
    end = strstr(text, "\n\n");
    assert_non_null(end);
    return end + 2;
}

/* The name of the child's own file beside `name`. */
UNUSED static const char *
child_log(const char *name)
{
    static char child[128];

    (void)snprintf(child, sizeof(child), "%s.%s", name,
                   text_of("child", false));
    return child;
}

/* The process id is part of the name that is looked for. */
UNUSED static const char *
find_sibling(const char *prefix)
{
    static char name[256];
    DIR *dir = opendir(directory);
    struct dirent *entry;

    assert_non_null(dir);
    (void)strcpy(name, "");
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            (void)snprintf(name, sizeof(name), "%s", entry->d_name);
    }
    (void)closedir(dir);
    return name;
}

#define TEST(test_case) cmocka_unit_test_setup_teardown(test_case, enter, leave)

#endif
