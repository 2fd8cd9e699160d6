/*
 * test_world.c - the world is stopped with too little time, so that the answers
 * come late: no sleeping call may say that it was interrupted, and the next
 * stop, with time enough, misses nobody.
 *
 * All share one CPU, which the sleepers get when nobody else wants it: so they
 * have not answered yet when the next stop begins.
 */
#include "leak/world.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/tasks.h"
#include "os/thread.h"

#define SLEEPERS 12
#define ENDLESS 5
#define ROUNDS 200
#define NO_TIME UINT64_C(1)
#define TIME_ENOUGH UINT64_C(5000000000)

static atomic_int is_over;
static atomic_int ids[SLEEPERS];
static atomic_int disturbed;

static int
sleep_in(unsigned how, int epoll)
{
    struct timespec time = {0, 20000000};
    struct epoll_event event;
    sigset_t set;
    sem_t semaphore;
    int result;

    switch (how % 6) {
    case 0:
        return nanosleep(&time, NULL);
    case ENDLESS: /* the code around it does not tell which call it is */
        time.tv_sec = 100000;
        return (int)syscall(SYS_nanosleep, &time, NULL);
    case 1:
        return poll(NULL, 0, 20);
    case 2:
        sigemptyset(&set);
        return epoll_pwait(epoll, &event, 1, 20, &set);
    case 3:
        return epoll_wait(epoll, &event, 1, 20);
    default:
        (void)sem_init(&semaphore, 0, 0);
        (void)clock_gettime(CLOCK_REALTIME, &time);
        time.tv_nsec += 20000000;
        if (time.tv_nsec >= 1000000000) {
            time.tv_nsec -= 1000000000;
            time.tv_sec++;
        }
        result = sem_timedwait(&semaphore, &time);
        (void)sem_destroy(&semaphore);
        return result;
    }
}

static void *
sleeper(void *argument)
{
    unsigned how = (unsigned)(uintptr_t)argument;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    const struct sched_param none = {0};

    (void)sched_setscheduler(0, SCHED_IDLE, &none); /* of this thread */
    atomic_store(&ids[how], thread_id());
    while (!atomic_load(&is_over)) {
        errno = 0;
        if (sleep_in(how, epoll) < 0 && errno == EINTR &&
            !atomic_load(&is_over))
            (void)atomic_fetch_add(&disturbed, 1);
    }
    (void)close(epoll);
    return NULL;
}

static void
on_end(int number)
{
    (void)number; /* what counts is that a call ends */
}

/* Until it sleeps in the call of which nothing else is known. */
static void
wait_for_sleep(int tid)
{
    struct tasks_look look;

    do {
        (void)usleep(1000);
        assert_int_equal(tasks_look(tid, &look), 0);
    } while (!look.has_place || look.call != SYS_nanosleep);
}

static void
start(pthread_t *threads)
{
    const struct sigaction end = {.sa_handler = on_end};

    assert_int_equal(sigaction(SIGUSR1, &end, NULL), 0);
    atomic_store(&is_over, 0);
    atomic_store(&disturbed, 0);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        atomic_store(&ids[i], 0);
        assert_int_equal(
            pthread_create(&threads[i], NULL, sleeper, (void *)(uintptr_t)i),
            0);
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        while (atomic_load(&ids[i]) == 0)
            (void)usleep(1000);
        if (i % 6 == ENDLESS)
            wait_for_sleep(atomic_load(&ids[i]));
    }
}

static void
finish(const pthread_t *threads)
{
    atomic_store(&is_over, 1);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        while (pthread_tryjoin_np(threads[i], NULL) != 0) {
            (void)pthread_kill(threads[i], SIGUSR1);
            (void)usleep(1000);
        }
    }
}

/* Between a stop and its end no libc lock may be taken, so nothing is asserted
 * there. */
static unsigned
stop(uint64_t most_ns, size_t *out_stopped)
{
    struct world world;
    int error = world_stop(0, most_ns, &world);

    world_resume();
    assert_int_equal(error, 0);
    assert_int_equal(world.error, 0);
    *out_stopped = world.parked + world.kernel;
    return world.missed;
}

static void
test_world_stop_that_gives_up_disturbs_no_sleeper(void **state)
{
    pthread_t threads[SLEEPERS];
    size_t stopped;
    unsigned missed = 0;

    (void)state;
    start(threads);
    for (int i = 0; i < ROUNDS; i++)
        missed += stop(NO_TIME, &stopped);
    finish(threads);
    assert_true(missed > 0);
    assert_int_equal(atomic_load(&disturbed), 0);
}

static sem_t second_begins, second_is_over;
static unsigned missed_by_second;
static size_t stopped_by_second;

/* It is listed behind the sleepers, and does not stop itself, so that in its
 * stops each of them has another entry than in the main thread's. */
static void *
stop_from_here(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        (void)sem_wait(&second_begins);
        missed_by_second += stop(TIME_ENOUGH, &stopped_by_second);
        (void)sem_post(&second_is_over);
    }
    return NULL;
}

static void
test_world_stop_after_one_that_gave_up_misses_nobody(void **state)
{
    pthread_t threads[SLEEPERS];
    pthread_t second;
    size_t stopped;

    (void)state;
    start(threads);
    assert_int_equal(sem_init(&second_begins, 0, 0), 0);
    assert_int_equal(sem_init(&second_is_over, 0, 0), 0);
    assert_int_equal(pthread_create(&second, NULL, stop_from_here, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        (void)stop(NO_TIME, &stopped);
        (void)sem_post(&second_begins);
        while (sem_wait(&second_is_over) != 0)
            continue;
        assert_int_equal(missed_by_second, 0);
        assert_int_equal(stopped_by_second, SLEEPERS + 1);
    }
    assert_int_equal(pthread_join(second, NULL), 0);
    finish(threads);
    assert_int_equal(atomic_load(&disturbed), 0);
}

static void
test_world_stop_of_nobody_misses_nobody(void **state)
{
    size_t stopped;

    (void)state;
    assert_int_equal(stop(TIME_ENOUGH, &stopped), 0);
    assert_int_equal(stopped, 0);
    assert_true(world_is_alone(0));
}

/* The first of the CPUs that this process may use, alone. */
static int
use_one_cpu(void **state)
{
    cpu_set_t may, one;
    size_t cpu = 0;

    (void)state;
    if (sched_getaffinity(0, sizeof(may), &may) != 0)
        return 0; /* as it is */
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &may))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    (void)sched_setaffinity(0, sizeof(one), &one);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world_stop_of_nobody_misses_nobody),
        cmocka_unit_test(test_world_stop_that_gives_up_disturbs_no_sleeper),
        cmocka_unit_test(test_world_stop_after_one_that_gave_up_misses_nobody),
    };

    return cmocka_run_group_tests(tests, use_one_cpu, NULL);
}
