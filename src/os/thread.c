/*
 * os/thread.c - who is running, and threads of our own.
 *
 * Threads of our own are libc's: report code runs on them, and a bare clone
 * would leave libc without their TLS.
 */
#include "os/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/format.h"
#include "base/text.h"
#include "os/call.h"
#include "os/file.h"
#include "os/lines.h"
#include "os/lock.h"
#include "os/signal.h"

/* Enough for the unwinder and the report; libc puts the program's static TLS
 * on the same stack. */
#define STACK_SIZE ((size_t)256 * 1024)

/* What a new thread needs; it lies on its maker's stack until `started`. */
struct start {
    void (*run)(void *);
    void *argument;
    _Atomic uint32_t started;
};

int
thread_id(void)
{
    return (int)CALL_0(SYS_gettid);
}

int
thread_process_id(void)
{
    return (int)CALL_0(SYS_getpid);
}

/*
 * own_mask - every signal but those that libc sends between its own threads,
 * which lie below SIGRTMIN: setuid waits until each thread has handled one.
 */
static uint64_t
own_mask(void)
{
    uint64_t mask = UINT64_MAX;

    for (int number = 32; number < SIGRTMIN; number++)
        mask &= ~(UINT64_C(1) << (number - 1));
    return mask;
}

static void *
thread_main(void *context)
{
    struct start *start = context;
    void (*run)(void *) = start->run;
    void *argument = start->argument;

    signal_restore(own_mask());
    atomic_store(&start->started, 1);
    /* The maker may have gone on already, and `start` with it; waking an
     * address where nobody waits does no harm. */
    lock_wake(&start->started, 1);
    run(argument);
    return NULL;
}

/* create - pthread_create, detached, with our stack or the default one. */
static int
create(struct start *start, bool default_stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0 && !default_stack)
        error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (error == 0)
        error = pthread_create(&thread, &attributes, thread_main, start);
    /* Ours holds nothing that this could fail to give back. */
    (void)pthread_attr_destroy(&attributes);
    return -error;
}

int
thread_start(void (*run)(void *), void *argument)
{
    struct start start = {.run = run, .argument = argument, .started = 0};
    int saved_errno = errno;
    uint64_t mask = signal_block_mask(own_mask());
    int error = create(&start, false);

    /* A program with very large static TLS does not fit our stack. */
    if (error == -EINVAL)
        error = create(&start, true);
    while (error == 0 && atomic_load(&start.started) == 0)
        (void)lock_wait(&start.started, 0, 0); /* looked at again anyway */
    signal_restore(mask);
    /* libc's allocation for the thread may have failed, and said so. */
    errno = saved_errno;
    return error;
}

void
thread_sleep(uint64_t ns)
{
    struct timespec time = {
        .tv_sec = (time_t)(ns / UINT64_C(1000000000)),
        .tv_nsec = (long)(ns % UINT64_C(1000000000)),
    };

    /* The contract lets a signal end it early. */
    (void)CALL_4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL);
}

const char *
thread_name(int tid, char *buffer, size_t size)
{
    char path[48];
    char name[32];
    const char *text = name;
    size_t n;
    long result;

    (void)format_text(path, sizeof(path), "/proc/self/task/%d/comm", tid);
    result = file_read_whole(path, name, sizeof(name));
    if (result <= 0) {
        (void)text_copy(buffer, size, "?");
        return buffer;
    }
    n = (size_t)result;
    text_trim(&text, &n);
    (void)text_copy_n(buffer, size, text, n);
    return buffer;
}

unsigned
thread_count(void)
{
    uint64_t count = 0;

    if (lines_field("/proc/self/status", "Threads:", &count) != 0)
        return 0;
    return (unsigned)count;
}
