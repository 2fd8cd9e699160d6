/*
 * cases.c - leak programs in C, each a function of this one program:
 *
 *   cases NAME     run it and exit
 *   cases --list   a line for each: NAME DEFINITE INDIRECT POSSIBLE FLAGS
 */
#define _GNU_SOURCE
#include "leakcase.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <search.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

struct node {
    struct node *next;
    struct node *other;
    char pad[16];
};

static struct node *
node(struct node *next)
{
    struct node *n = take(sizeof(*n));

    n->next = next;
    return n;
}

static struct node *
list(int count)
{
    struct node *head = NULL;

    while (count-- > 0)
        head = node(head);
    return head;
}

static void *global_data = &global_data;
static void *global_bss;
static char *global_inside;
static void *global_table[8];
static __thread void *tls_bss;

/* ---- what is lost ---- */

static void lost_small(void) { leakcase_sink = *(char *)take(77); }
static void lost_zero(void) { leakcase_sink = (int)(intptr_t)take(0); }
static void lost_large(void) { leakcase_sink = *(char *)take(100000); }
static void lost_huge(void) { leakcase_sink = *(char *)take(5000001); }
static void
lost_many(void)
{
    for (int i = 0; i < 1000; i++)
        leakcase_sink = *(char *)take(16);
}
static void
lost_calloc(void)
{
    leakcase_sink = *(char *)calloc(7, 11);
}
static void
lost_realloc(void)
{
    leakcase_sink = *(char *)realloc(take(10), 3000);
}
static void
lost_memalign(void)
{
    void *p = NULL;

    leakcase_sink = posix_memalign(&p, 4096, 600);
}
static void
lost_aligned(void)
{
    leakcase_sink = (int)(intptr_t)aligned_alloc(64, 128);
}
static void
lost_strdup(void)
{
    leakcase_sink = *strdup("eleven text");
}
static void
lost_asprintf(void)
{
    char *text = NULL;

    leakcase_sink = asprintf(&text, "%s", "abc");
    leakcase_sink = *(text = realloc(text, 4));
}
static void lost_list(void) { leakcase_sink = list(10)->pad[0]; }
static void
lost_tree(void)
{
    struct node *root = node(list(2));

    root->other = list(3);
}
/* Two lost ways lead to one block: it hangs under one of them. */
static void
lost_shared(void)
{
    struct node *shared = node(NULL);

    leakcase_sink = node(shared)->pad[0] + node(shared)->pad[0];
}
/* LSan calls a ring that nothing leads to indirect, all of it, and thus says
 * that nothing is lost directly. One must be the first, as memcheck has it. */
static void
lost_ring(void)
{
    struct node *a = node(NULL);
    struct node *b = node(a);

    a->next = b;
}
static void
lost_ring_with_tail(void)
{
    struct node *a = node(NULL);
    struct node *b = node(a);

    a->next = b;
    b->other = list(3);
    /* And a head that leads into the ring. */
    leakcase_sink = node(a)->pad[0];
}
static void
lost_self(void)
{
    struct node *n = node(NULL);

    n->next = n;
}
/* A ring too: LSan as above. */
static void
lost_double_links(void)
{
    struct node *head = NULL;

    for (int i = 0; i < 5; i++) {
        struct node *n = node(head);

        if (head != NULL)
            head->other = n;
        head = n;
    }
}
/* Only the middle of a lost block's child is pointed to. */
static void
lost_child_inside(void)
{
    char **parent = take(sizeof(*parent));

    *parent = (char *)take(50) + 24;
}
static void
lost_overwritten(void)
{
    global_bss = take(31);
    global_bss = take(32);
}
/* Freed memory is not searched. */
static void
lost_in_freed(void) /* f: libc's freed memory is the program's, and a root */
{
    void **p = take(64);

    global_bss = p;
    p[5] = take(21);
    free(p);
}
static void
lost_unaligned(void)
{
    static char packed[16];
    void *p = take(22);

    memcpy(packed + 1, &p, sizeof(p));
}
static void
lost_hidden(void)
{
    static volatile uintptr_t hidden;

    hidden = ~(uintptr_t)take(23);
}
/* Under valgrind blocks lie below 4 GiB, where half a word is all of it. */
static void
lost_half(void)
{
    static volatile uint32_t half[2];

    half[0] = (uint32_t)(uintptr_t)take(24);
}
/* A pointer to what follows a block does not point to it. */
static void
lost_past_end(void)
{
    global_inside = (char *)take(48) + 48;
}
static void
lost_before(void)
{
    global_inside = (char *)take(48) - 8;
}
static void
lost_directory(void)
{
    DIR *directory = opendir("/");

    leakcase_sink = directory == NULL;
    /* What libc asks for is its own affair: a block of ours in its place. */
    closedir(directory);
    leakcase_sink = *(char *)take(25);
}
static void
lost_in_unmapped(void)
{
    void **page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[3] = take(26);
    munmap(page, 4096);
}
static void
lost_under_root(void)
{
    struct node *n = node(list(2));

    global_bss = n;
    n->next = NULL;
}

/* ---- what is possibly lost ---- */

static void possible_inside(void) { global_inside = (char *)take(90) + 20; }
static void
possible_aligned_inside(void)
{
    global_inside = (char *)take(90) + 24;
}
static void
possible_last_byte(void) /* f: there lies the next header of libc's */
{
    global_inside = (char *)take(33) + 32;
}
static void
possible_large(void)
{
    global_inside = (char *)take(200000) + 100000;
}
static void
possible_huge(void)
{
    global_inside = (char *)take(3000000) + 2999992;
}
/* What a possibly lost block leads to is possibly lost too. */
static void
possible_chain(void)
{
    struct node *n = list(4);

    global_inside = (char *)n + 20;
}
static void
possible_child(void)
{
    char **p = take(sizeof(*p));

    *p = (char *)take(60) + 12;
    global_bss = p;
}
/* A pointer to its first byte, found later, settles it. */
static void
possible_and_reached(void)
{
    global_inside = (char *)take(91) + 20;
    global_bss = global_inside - 20;
}

/* ---- roots ---- */

static void root_data(void) { global_data = take(201); }
static void root_bss(void) { global_bss = take(202); }
static void root_table(void) { global_table[7] = list(5); }
static void root_zero(void) { global_bss = take(0); }
static void root_huge(void) { global_bss = take(4000000); }
static void
root_in_huge(void)
{
    void **p = take(4000000);

    p[400000] = take(44);
    global_bss = p;
}
static void root_tls(void) { tls_bss = take(203); }
static void
root_key(void)
{
    pthread_key_t key;

    pthread_key_create(&key, NULL);
    pthread_setspecific(key, take(204));
}
/* Keys from the 33rd on lie in a block of libc's. */
static void
root_far_key(void)
{
    pthread_key_t key;

    for (int i = 0; i < 100; i++)
        pthread_key_create(&key, NULL);
    pthread_setspecific(key, take(205));
}
static void
root_stack(void)
{
    void *volatile held = take(206);

    (void)held;
    exit(0);
}
static void
root_register(void)
{
    void *held = take(207);

#ifdef __x86_64__
    __asm__ volatile("movq %0, %%rbx\n\txorq %0, %0\n\txorl %%edi, %%edi\n\t"
                     "call *%1"
                     : "+r"(held)
                     : "r"(exit)
                     : "rbx", "rdi", "memory");
#else
    void *volatile stacked = held;
    (void)stacked;
    exit(0);
#endif
}
static void root_environment(void) { setenv("LEAKCASE", "a value", 1); }
static void
root_mapping(void)
{
    void **page = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[4000] = take(208);
}
static void
root_read_only(void)
{
    void **page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[40] = take(209);
    leakcase_sink = mprotect(page, 4096, PROT_READ);
}
static void
root_break(void)
{
    void **p = sbrk(4096);

    if (p != (void *)-1)
        p[100] = take(210);
}
static void
on_exit_nothing(int status, void *argument)
{
    leakcase_sink = status + (argument != NULL);
}
static void root_file(void) { leakcase_sink = fopen("/dev/null", "r") == NULL; }
static int
compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}
static void
root_search_tree(void)
{
    static void *root;

    tsearch(strdup("one"), &root, compare_text);
    tsearch(strdup("two"), &root, compare_text);
}
static void
root_exit_argument(void)
{
    on_exit(on_exit_nothing, take(211));
}

/* ---- threads ---- */

static sem_t thread_ready;

static void *
wait_for_ever(void *unused)
{
    (void)unused;
    sem_post(&thread_ready);
    for (;;)
        pause();
    return NULL;
}

static void
start(void *(*run)(void *), void *argument)
{
    pthread_t thread;

    sem_init(&thread_ready, 0, 0);
    if (pthread_create(&thread, NULL, run, argument) != 0)
        _exit(3);
    sem_wait(&thread_ready);
}

static void *
hold_on_stack(void *size)
{
    void *volatile held = take((size_t)size);

    (void)held;
    return wait_for_ever(NULL);
}
static void thread_stack(void) { start(hold_on_stack, (void *)301); }
static void *
hold_in_tls(void *size)
{
    tls_bss = take((size_t)size);
    return wait_for_ever(NULL);
}
static void thread_tls(void) { start(hold_in_tls, (void *)302); }
static void *
hold_in_key(void *size)
{
    pthread_key_t key;

    pthread_key_create(&key, NULL);
    pthread_setspecific(key, take((size_t)size));
    return wait_for_ever(NULL);
}
static void thread_key(void) { start(hold_in_key, (void *)303); }
static void *
hold_in_far_key(void *size)
{
    pthread_key_t key;

    for (int i = 0; i < 100; i++)
        pthread_key_create(&key, NULL);
    pthread_setspecific(key, take((size_t)size));
    return wait_for_ever(NULL);
}
static void thread_far_key(void) { start(hold_in_far_key, (void *)304); }
static void *
hold_in_register(void *size)
{
    void *held = take((size_t)size);

    sem_post(&thread_ready);
#ifdef __x86_64__
    /* The address lies in rbx alone, and the thread sleeps in the kernel. */
    __asm__ volatile("movq %0, %%rbx\n\txorq %0, %0\n"
                     "1:\tmovl $34, %%eax\n\tsyscall\n\tjmp 1b"
                     : "+r"(held)
                     :
                     : "rbx", "rax", "rcx", "r11", "memory");
#endif
    for (;;) {
        pause();
        leakcase_sink = *(char *)held;
    }
    return NULL;
}
static void thread_register(void) { start(hold_in_register, (void *)305); }
static void *
lose(void *size)
{
    void *volatile held = take((size_t)size);

    (void)held;
    return NULL;
}
/* libc keeps the stack of the thread for the next one, and with it the vector
 * of its thread-local memory, which memcheck calls possibly lost (run.sh). */
static void
thread_ended(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, lose, (void *)306);
    pthread_join(thread, NULL);
}
static void *
lose_in_tls(void *size)
{
    tls_bss = take((size_t)size);
    return NULL;
}
static void
thread_ended_tls(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, lose_in_tls, (void *)307);
    pthread_join(thread, NULL);
}
static volatile pid_t thread_id;

static void *
give_result(void *size)
{
    thread_id = gettid();
    return take((size_t)size);
}
static void *thread_handle;
/* A result that nobody has fetched yet, and somebody still may: it lies in what
 * libc keeps of the thread, where neither peer looks. */
static void
thread_result(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, give_result, (void *)308);
    thread_handle = (void *)thread;
    while (thread_id == 0 || tgkill(getpid(), thread_id, 0) == 0)
        sched_yield();
}
/* The result was fetched, and forgotten. */
static void
thread_result_lost(void)
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, give_result, (void *)311);
    pthread_join(thread, &result);
    leakcase_sink = *(char *)result;
}
static void *
hold_on_own_stack(void *unused)
{
    void *volatile held = take(309);

    (void)held;
    return wait_for_ever(unused);
}
static void
thread_own_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    static void *stack;

    stack = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, 1 << 18);
    sem_init(&thread_ready, 0, 0);
    pthread_create(&thread, &attributes, hold_on_own_stack, NULL);
    sem_wait(&thread_ready);
}
static void *
block_signals(void *size)
{
    void *volatile held = take((size_t)size);
    sigset_t all;

    (void)held;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    return wait_for_ever(NULL);
}
static void thread_signals_blocked(void) { start(block_signals, (void *)310); }

/* ---- heuristics ---- */

/* The number of bytes, and the bytes. */
static void
inside_sized(void)
{
    uint64_t *p = take(8 + 120);

    *p = 120;
    global_inside = (char *)(p + 1);
}

/* A hand-made aligned block: the address for free lies right before it. */
static void
inside_aligned(void)
{
    char *raw = take(64 + 200);
    uintptr_t aligned = ((uintptr_t)raw + 8 + 63) & ~(uintptr_t)63;

    ((void **)aligned)[-1] = raw;
    global_inside = (char *)aligned;
}

#define CASES(X)                                                               \
    X(lost_small, "1/77 0/0 0/0")                                              \
    X(lost_zero, "1/0 0/0 0/0 l")                                              \
    X(lost_large, "1/100000 0/0 0/0")                                          \
    X(lost_huge, "1/5000001 0/0 0/0")                                          \
    X(lost_many, "1000/16000 0/0 0/0")                                         \
    X(lost_calloc, "1/77 0/0 0/0")                                             \
    X(lost_realloc, "1/3000 0/0 0/0")                                          \
    X(lost_memalign, "1/600 0/0 0/0")                                          \
    X(lost_aligned, "1/128 0/0 0/0")                                           \
    X(lost_strdup, "1/12 0/0 0/0")                                             \
    X(lost_asprintf, "1/4 0/0 0/0")                                            \
    X(lost_list, "1/32 9/288 0/0")                                             \
    X(lost_tree, "1/32 5/160 0/0")                                             \
    X(lost_shared, "2/64 1/32 0/0")                                            \
    X(lost_ring, "1/32 1/32 0/0 l")                                            \
    X(lost_ring_with_tail, "1/32 5/160 0/0")                                   \
    X(lost_self, "1/32 0/0 0/0")                                               \
    X(lost_double_links, "1/32 4/128 0/0 l")                                   \
    X(lost_child_inside, "1/8 1/50 0/0")                                       \
    X(lost_overwritten, "1/31 0/0 0/0")                                        \
    X(lost_in_freed, "1/21 0/0 0/0 f")                                         \
    X(lost_unaligned, "1/22 0/0 0/0")                                          \
    X(lost_hidden, "1/23 0/0 0/0")                                             \
    X(lost_half, "1/24 0/0 0/0 v")                                             \
    X(lost_past_end, "1/48 0/0 0/0")                                           \
    X(lost_before, "1/48 0/0 0/0")                                             \
    X(lost_directory, "1/25 0/0 0/0")                                          \
    X(lost_in_unmapped, "1/26 0/0 0/0")                                        \
    X(lost_under_root, "1/32 1/32 0/0")                                        \
    X(possible_inside, "0/0 0/0 1/90")                                         \
    X(possible_aligned_inside, "0/0 0/0 1/90")                                 \
    X(possible_last_byte, "0/0 0/0 1/33 f")                                    \
    X(possible_large, "0/0 0/0 1/200000")                                      \
    X(possible_huge, "0/0 0/0 1/3000000")                                      \
    X(possible_chain, "0/0 0/0 4/128")                                         \
    X(possible_child, "0/0 0/0 1/60")                                          \
    X(possible_and_reached, "0/0 0/0 0/0")                                     \
    X(root_data, "0/0 0/0 0/0")                                                \
    X(root_bss, "0/0 0/0 0/0")                                                 \
    X(root_table, "0/0 0/0 0/0")                                               \
    X(root_zero, "0/0 0/0 0/0")                                                \
    X(root_huge, "0/0 0/0 0/0")                                                \
    X(root_in_huge, "0/0 0/0 0/0")                                             \
    X(root_tls, "0/0 0/0 0/0")                                                 \
    X(root_key, "0/0 0/0 0/0")                                                 \
    X(root_far_key, "0/0 0/0 0/0")                                             \
    X(root_stack, "0/0 0/0 0/0")                                               \
    X(root_register, "0/0 0/0 0/0")                                            \
    X(root_environment, "0/0 0/0 0/0")                                         \
    X(root_mapping, "0/0 0/0 0/0 l")                                           \
    X(root_read_only, "0/0 0/0 0/0 vl")                                        \
    X(root_break, "0/0 0/0 0/0 l")                                             \
    X(root_file, "0/0 0/0 0/0")                                                \
    X(root_search_tree, "0/0 0/0 0/0")                                         \
    X(root_exit_argument, "0/0 0/0 0/0")                                       \
    X(thread_stack, "0/0 0/0 0/0 v")                                           \
    X(thread_tls, "0/0 0/0 0/0 v")                                             \
    X(thread_key, "0/0 0/0 0/0 v")                                             \
    X(thread_far_key, "0/0 0/0 0/0 v")                                         \
    X(thread_register, "0/0 0/0 0/0 v")                                        \
    X(thread_ended, "1/306 0/0 0/0 v")                                         \
    X(thread_ended_tls, "1/307 0/0 0/0 v")                                     \
    X(thread_result, "0/0 0/0 0/0 vl")                                         \
    X(thread_result_lost, "1/311 0/0 0/0 v")                                   \
    X(thread_own_stack, "0/0 0/0 0/0 v")                                       \
    X(thread_signals_blocked, "0/0 0/0 0/0 v")                                 \
    X(inside_sized, "0/0 0/0 0/0 l")                                           \
    X(inside_aligned, "0/0 0/0 0/0 v")

static const struct leakcase cases[] = {
#define X(name, expect) {#name, name, expect},
    CASES(X)
#undef X
};

volatile int leakcase_sink;


int
main(int argc, char **argv)
{
    const size_t count = sizeof(cases) / sizeof(cases[0]);

    for (size_t i = 0; i < count; i++) {
        if (argc == 2 && strcmp(argv[1], "--list") == 0)
            printf("%s %s\n", cases[i].name, cases[i].expect);
        else if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            leakcase_run(&cases[i]);
            return 0;
        }
    }
    return argc == 2 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
