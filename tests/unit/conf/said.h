/*
 * tests/unit/conf/said.h - what the code under test said on fd 2, and an
 * environment of its own.
 */
#ifndef SAID_H
#define SAID_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int said_saved = -1;
static FILE *said_file;

/* said_begin - from now on fd 2 is kept. */
static inline void
said_begin(void)
{
    fflush(stderr);
    said_file = tmpfile();
    said_saved = dup(2);
    dup2(fileno(said_file), 2);
}

/* said_end - fd 2 is as before; what was said, in a static buffer. */
static inline const char *
said_end(void)
{
    static char text[65536];
    size_t n;

    dup2(said_saved, 2);
    close(said_saved);
    rewind(said_file);
    n = fread(text, 1, sizeof(text) - 1, said_file);
    text[n] = '\0';
    fclose(said_file);
    return text;
}

/* said_lines - the number of lines in `text`. */
static inline unsigned
said_lines(const char *text)
{
    unsigned lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* said_clean_place - an empty working directory, which is HOME too, and no
 * DBGMALLOC_OPTS: so nothing outside of the test sets options. */
static inline void
said_clean_place(void)
{
    char place[] = "/tmp/test_conf_XXXXXX";

    if (mkdtemp(place) == NULL || chdir(place) != 0)
        abort();
    setenv("HOME", place, 1);
    unsetenv("DBGMALLOC_OPTS");
}

/* said_leave_place - remove what said_clean_place made. */
static inline void
said_leave_place(void)
{
    const char *place = getenv("HOME");

    unlink(".dbgmallocrc");
    if (chdir("/") == 0 && place != NULL)
        rmdir(place);
}

/* said_write - make the file `path` of `text`. */
static inline void
said_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

#endif
