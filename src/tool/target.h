/*
 * tool/target.h - the program that is to be run: can the library be preloaded
 * into it?
 *
 * The loader ignores LD_PRELOAD, or never sees it, in a static program, in one
 * that gets rights its caller does not have, in one for another CPU and in one
 * of another libc; all of them would run, and nothing would be found.
 */
#ifndef TOOL_TARGET_H
#define TOOL_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct target {
    char *path;    /* of the file that is executed, found in PATH */
    char *name;    /* what it is called as a process: an interpreter's name for
                    a script */
    char *refusal; /* why the library cannot be preloaded, or NULL */
    char *advice;  /* what to do instead; with refusal */
    char *warning; /* it can, but will not see all; or NULL */
};

/*
 * target_examine - look at the program that `argv` runs.
 *
 * argv: as for execvp.
 * Returns 0, or -errno where there is no such program or it cannot be executed;
 * then nothing but `path` may be set. All texts are to be freed by target_free.
 */
int target_examine(char *const *argv, struct target *out_target);
void target_free(struct target *target);

/*
 * target_library - the path of libdbgmalloc.so, to be freed: DBGMALLOC_LIB,
 * else the one beside this executable or in .libs there, else in the libdir
 * beside this executable's bindir, else where it was configured to be; NULL if
 * none can be read.
 */
char *target_library(void);

/*
 * target_have_library - *library is what --lib gave, or NULL: then
 * target_library gives it. Returns false, and has said why, where there is none
 * or the loader cannot preload it.
 */
bool target_have_library(char **library);

/* target_preload - LD_PRELOAD with `library` before what is in it now; to be
 * freed. */
char *target_preload(const char *library);

/* target_only - the name as the option only= takes it, where what would end a
 * name stands for itself alone; to be freed. */
char *target_only(const struct target *target);

#endif
