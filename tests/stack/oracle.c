/*
 * oracle.c - every stack that a program allocates from, walked twice.
 *
 * A library to preload: malloc and its kin are libc's own, and each call's
 * stack is captured by src/stack and by libgcc's _Unwind_Backtrace and compared
 * frame for frame. What differs is written to standard error; the counts go to
 * the file that ORACLE_LOG names, one line for each process. ORACLE_DEPTH is
 * the option `stack`, 256 unless it is given.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "base/attr.h"
#include "os/thread.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "stack/stack.h"

#define SHOWN_MOST 8

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

struct theirs {
    uintptr_t sp;       /* of the caller's frame */
    uint32_t count;     /* frames in pc */
    bool is_inside;     /* still in this library */
    uintptr_t pc[MEMO_TRACE_MOST];
};

struct thread {
    struct stack_cache cache;
    struct theirs theirs;
};

static __thread struct thread *mine;
static __thread bool is_busy;
static _Atomic uint64_t equal, different, deepest, frames;
static _Atomic bool is_started;

static _Unwind_Reason_Code
add(struct _Unwind_Context *context, void *data)
{
    struct theirs *theirs = data;
    int is_exact = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &is_exact);

    /* The context's CFA is the stack pointer of this frame. */
    if (theirs->is_inside && _Unwind_GetCFA(context) < theirs->sp)
        return _URC_NO_REASON;
    theirs->is_inside = false;
    if (pc == 0)
        return _URC_NO_REASON;
    if (theirs->count == stack_depth)
        return _URC_NORMAL_STOP;
    theirs->pc[theirs->count++] = pc + (is_exact ? 1 : 0);
    return _URC_NO_REASON;
}

static void
show(const char *whose, const uintptr_t *pc, uint32_t count)
{
    char line[512];

    dprintf(2, "oracle: %s\n", whose);
    for (uint32_t i = 0; i < count && i < 40; i++) {
        Dl_info info = {0};
        int n;

        (void)dladdr((void *)(pc[i] - 1), &info);
        n = snprintf(line, sizeof(line), "  %3u %#lx %s+%#lx %s\n", i,
                     (unsigned long)pc[i],
                     info.dli_fname != NULL ? info.dli_fname : "?",
                     (unsigned long)(pc[i] - (uintptr_t)info.dli_fbase),
                     info.dli_sname != NULL ? info.dli_sname : "");
        if (n > 0)
            (void)!write(2, line, (size_t)n);
    }
}

/* Another thread may be just making it. */
static const struct trace *
wait_for(stack_id id)
{
    const struct trace *trace = depot_find(id);

    for (unsigned i = 0; id != STACK_ID_NONE && trace == NULL && i < 10000;
         i++) {
        thread_sleep(100000);
        trace = depot_find(id);
    }
    return trace;
}

static NOINLINE void
compare(const void *caller)
{
    struct thread *thread = mine;
    struct theirs *theirs;
    const struct trace *trace;
    uint64_t most;

    if (!atomic_load(&is_started))
        return;
    is_busy = true;
    if (thread == NULL) {
        thread = mine = meta_map(sizeof(*thread));
        if (thread == NULL)
            abort();
    }
    trace = wait_for(stack_capture(&thread->cache, caller, NULL, 0));
    if (trace == NULL)
        abort();
    theirs = &thread->theirs;
    theirs->sp = arch_frame_sp(caller);
    theirs->count = 0;
    theirs->is_inside = true;
    (void)_Unwind_Backtrace(add, theirs);
    atomic_fetch_add(&frames, trace->count);
    most = atomic_load(&deepest);
    if (trace->count > most)
        atomic_store(&deepest, trace->count);
    if (trace->count == theirs->count &&
        memcmp(trace->pc, theirs->pc, theirs->count * sizeof(*theirs->pc)) ==
            0) {
        atomic_fetch_add(&equal, 1);
    } else if (atomic_fetch_add(&different, 1) < SHOWN_MOST) {
        show("ours", trace->pc, trace->count);
        show("libgcc's", theirs->pc, theirs->count);
    }
    is_busy = false;
}

#define COMPARE()                                                              \
    do {                                                                       \
        if (!is_busy)                                                          \
            compare(ARCH_FRAME());                                             \
    } while (0)

__attribute__((visibility("default"))) void *
malloc(size_t size)
{
    COMPARE();
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *
calloc(size_t count, size_t size)
{
    COMPARE();
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *
realloc(void *p, size_t size)
{
    COMPARE();
    return __libc_realloc(p, size);
}

__attribute__((visibility("default"))) void
free(void *p)
{
    if (p != NULL)
        COMPARE();
    __libc_free(p);
}

__attribute__((constructor)) static void
start(void)
{
    const char *depth = getenv("ORACLE_DEPTH");

    is_busy = true;
    stack_set_depth(depth != NULL ? (uint32_t)atoi(depth) : MEMO_TRACE_MOST);
    (void)modules_refresh();
    is_busy = false;
    atomic_store(&is_started, true);
}

__attribute__((destructor)) static void
finish(void)
{
    const char *log = getenv("ORACLE_LOG");
    int fd;

    is_busy = true;
    fd = log != NULL ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0666) : 2;
    if (fd >= 0)
        dprintf(fd, "equal %llu different %llu deepest %llu frames %llu "
                    "traces %llu lost %llu\n",
                (unsigned long long)equal, (unsigned long long)different,
                (unsigned long long)deepest, (unsigned long long)frames,
                (unsigned long long)depot_count(),
                (unsigned long long)depot_lost());
}
