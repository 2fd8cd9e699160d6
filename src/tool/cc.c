/*
 * tool/cc.c - `dbgmalloc cc`: compile and link a program with the header forced
 * in and the library linked, by its own build: `make CC="dbgmalloc cc gcc"`.
 *
 * The compiler's command line is handed on with words added: the header, which
 * gives each allocation its file and line, where C or C++ is compiled; the
 * library, where something is linked. Then we become the compiler.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tool/target.h"
#include "tool/tool.h"

#ifndef TOOL_INCLUDEDIR
#define TOOL_INCLUDEDIR "/usr/local/include"
#endif

enum { OPTION_SHOW = 256, OPTION_NO_HEADER };

/* What the command line asks of the compiler. */
struct job {
    bool is_compiling; /* C or C++ sources are among the words */
    bool is_linking;
    bool is_static;
    bool is_shared; /* a library: the program will bring ours */
};

/* Options of the compiler whose value is the next word. */
static bool
takes_value(const char *word)
{
    static const char *const options[] = {
        "-o",       "-I",         "-L",       "-D",          "-U",
        "-include", "-isystem",   "-iquote",  "-x",          "-MF",
        "-MT",      "-MQ",        "-Xlinker", "-Xassembler", "-Xpreprocessor",
        "-l",       "-T",         "-u",       "-z",          "-arch",
        "-imacros", "-idirafter", "--param",
    };

    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        if (strcmp(word, options[i]) == 0)
            return true;
    }
    return false;
}

static bool
ends_in(const char *word, const char *const *suffixes)
{
    const char *dot = strrchr(text_base_name(word), '.');

    for (; dot != NULL && *suffixes != NULL; suffixes++) {
        if (strcmp(dot, *suffixes) == 0)
            return true;
    }
    return false;
}

static void
look_at(char *const *words, struct job *job)
{
    static const char *const sources[] = {".c",   ".cc", ".cpp", ".cxx", ".C",
                                          ".c++", ".cp", ".i",   ".ii",  NULL};
    bool has_input = false;
    bool is_language_given = false;

    job->is_linking = true;
    for (; *words != NULL; words++) {
        const char *word = *words;

        if (strcmp(word, "-c") == 0 || strcmp(word, "-S") == 0 ||
            strcmp(word, "-E") == 0 || strcmp(word, "-M") == 0 ||
            strcmp(word, "-MM") == 0 || strcmp(word, "-fsyntax-only") == 0 ||
            strcmp(word, "-r") == 0)
            job->is_linking = false;
        job->is_static |=
            strcmp(word, "-static") == 0 || strcmp(word, "-static-pie") == 0;
        job->is_shared |= strcmp(word, "-shared") == 0;
        is_language_given |= strncmp(word, "-x", 2) == 0;
        if (takes_value(word)) {
            if (words[1] != NULL)
                words++;
            continue;
        }
        if (*word == '-' && word[1] != '\0')
            continue;
        has_input = true;
        job->is_compiling |= ends_in(word, sources) || *word == '-';
    }
    /* cc --version, cc -print-search-dirs: nothing is made. */
    job->is_linking &= has_input;
    job->is_compiling |= has_input && is_language_given;
}

static char *
if_there(char *path)
{
    char *real = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;

    free(path);
    return real;
}

/* The path of dbgmalloc.h, to be freed: beside this executable's bindir (or, of
 * a build, in the source tree), else where it was configured to be. */
static char *
find_header(void)
{
    static const char *const places[] = {"../include", "include"};
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *found = NULL;

    if (n > 0) {
        self[n] = '\0';
        *strrchr(self, '/') = '\0';
        for (size_t i = 0; i < ARRAY_COUNT(places) && found == NULL; i++)
            found = if_there(tool_text("%s/%s/dbgmalloc.h", self, places[i]));
    }
    if (found == NULL)
        found = if_there(tool_text("%s/dbgmalloc.h", TOOL_INCLUDEDIR));
    return found;
}

/* The words of the compiler, to be executed. */
struct words {
    char **word;
    size_t count;
};

static void
add(struct words *words, char *word)
{
    words->word =
        tool_grow(words->word, (words->count + 2) * sizeof(*words->word));
    words->word[words->count++] = word;
    words->word[words->count] = NULL;
}

/* Returns TOOL_OK, or TOOL_FAILED where the header or the library is not to be
 * found. */
static int
add_ours(struct words *words, const struct job *job, bool has_header)
{
    char *library = target_library();
    char *header = find_header();
    char *directory;

    if (job->is_compiling && has_header) {
        if (header == NULL)
            return tool_fail("dbgmalloc.h is not found beside this command or "
                             "in " TOOL_INCLUDEDIR);
        add(words, tool_text("%s", "-include"));
        add(words, header);
    }
    if (!job->is_linking || job->is_shared)
        return TOOL_OK;
    if (library == NULL)
        return tool_fail("libdbgmalloc.so is not found; say where it is by "
                         "DBGMALLOC_LIB");
    directory =
        tool_text("%.*s", (int)(strrchr(library, '/') - library), library);
    if (job->is_static) {
        add(words, tool_text("%s/libdbgmalloc.a", directory));
        return TOOL_OK;
    }
    add(words, library);
    add(words, tool_text("-Wl,-rpath,%s", directory));
    return TOOL_OK;
}

static int
run_cc(struct tool_args *args)
{
    struct words words = {0};
    struct job job = {0};
    bool is_showing = false;
    bool has_header = true;
    int option;

    while ((option = tool_next(args)) != 0) {
        is_showing |= option == OPTION_SHOW;
        has_header &= option != OPTION_NO_HEADER;
    }
    if (args->argc == 0)
        tool_usage(args, "which compiler? For example: dbgmalloc cc gcc -g "
                         "app.c -o app");
    look_at(args->argv + 1, &job);
    for (int i = 0; i < args->argc; i++)
        add(&words, args->argv[i]);
    if (add_ours(&words, &job, has_header) != TOOL_OK)
        return TOOL_FAILED;
    if (is_showing) {
        for (size_t i = 0; i < words.count; i++)
            printf("%s%s", i > 0 ? " " : "", words.word[i]);
        putchar('\n');
        return TOOL_OK;
    }
    execvp(words.word[0], words.word);
    tool_say("cannot run %s: %s", words.word[0], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}

static const struct tool_option options[] = {
    {OPTION_SHOW, "show", NULL, TOOL_WORD_ANY, NULL,
     "print the compiler's command line, and do not run it"},
    {OPTION_NO_HEADER, "no-header", NULL, TOOL_WORD_ANY, NULL,
     "link the library alone, without the header forced in"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc cc gcc -g app.c -o app", "compile and link in one"},
    {"make CC=\"dbgmalloc cc gcc\" CXX=\"dbgmalloc cc g++\"",
     "a whole project, its makefile unchanged"},
    {0},
};

static const struct tool_exit exits[] = {
    {0, "that of the compiler, whatever it is"},
    {TOOL_USAGE, "the command line is wrong"},
    {TOOL_FAILED, "the header or the library is not found"},
    {126, "the compiler cannot be executed"},
    {127, "there is no such compiler"},
    {0},
};

const struct tool_command tool_command_cc = {
    .name = "cc",
    .operands = "COMPILER [ARG]...",
    .word = TOOL_WORD_PROGRAM,
    .stops_at_operand = true,
    .summary = "compile and link with the header and the library",
    .about =
        "Runs the compiler with dbgmalloc.h included before every C and C++ "
        "source, so that each allocation knows its file and line, and with the "
        "library linked to what it links: shared, or static with -static. "
        "Shared libraries that it links get the header alone; the program "
        "brings the allocator.\n",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_cc,
};
