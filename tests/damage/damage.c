/*
 * damage.c [OPERATIONS [SEED]] - random heap operations with random single
 * bytes damaged, run under the library with fences and a quarantine: every
 * damage must be reported, with the right kind and block, and nothing else.
 *
 * What is damaged is within reach of a guarantee: any byte of the slack and
 * fence after a live block, up to the next slot; the 16 bytes before one; any
 * byte of a freed block that is held. A damaged block is left alone until its
 * damage is found: by its free, or by one of the checks of the whole heap. A
 * write to a freed block whose pages are closed faults: that is tried in a
 * child, which must end of it, and the fault be said to be that of the block.
 * Ends with 0, or names on stderr what was missed or is not true.
 */
#define DBGMALLOC_NO_MACROS
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbgmalloc.h"

enum { BLOCKS = 4000, HELD = 600, PENDING = 64, FENCE = 16 };

enum kind { NONE, REAR, FRONT, FREED, CLOSED };

struct block {
    unsigned char *p;
    size_t size;
};

struct damage {
    enum kind kind;
    unsigned char *at;
    unsigned char *block;
    size_t size;
    int seen;
};

static struct block live[BLOCKS];
/* The blocks freed last: with a quarantine of 2000, all of them are held. */
static struct block held[HELD];
static struct damage pending[PENDING];
static unsigned pending_count, reported, planted, held_next;
static unsigned faulted;
static int failed;
static int failed_pipe = -1; /* a child that faults tells its parent here */
static uint64_t state;

static int (*check_all)(void);
static dbgmalloc_error_handler *(*set_handler)(dbgmalloc_error_handler *);

/* keep - hide from the compiler what a pointer is. */
static inline void *
keep(void *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

/* Xorshift, by Marsaglia. */
static uint64_t
draw(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % n;
}

static size_t
draw_size(void)
{
    switch (draw(10)) {
    case 0:
        return draw(5000);
    case 1:
        return draw(100) == 0 ? draw(60000) : draw(300);
    default:
        return draw(200);
    }
}

static const char *
name_of(enum kind kind)
{
    return kind == FREED    ? "write-after-free"
           : kind == CLOSED ? "use-after-free"
           : kind == FRONT  ? "underrun"
                            : "overrun";
}

static void
say(const char *what, const char *kind, const void *at, const void *block,
    size_t size)
{
    fprintf(stderr, "%s: %s at %p, block %p of %zu bytes\n", what, kind, at,
            block, size);
    failed = 1;
}

static void
noticed(const struct dbgmalloc_finding *finding)
{
    for (unsigned i = 0; i < pending_count; i++) {
        struct damage *damage = &pending[i];

        if (damage->at != finding->addr)
            continue;
        reported++;
        if (damage->seen++ != 0)
            say("reported twice", finding->key, finding->addr, finding->block,
                finding->size);
        if (strcmp(finding->key, name_of(damage->kind)) != 0 ||
            finding->block != damage->block || finding->size != damage->size ||
            finding->length != (damage->kind != CLOSED)) {
            say("reported as", finding->key, finding->addr, finding->block,
                finding->size);
            say("and was", name_of(damage->kind), damage->at, damage->block,
                damage->size);
        }
        if (failed_pipe >= 0)
            (void)!write(failed_pipe, failed ? "n" : "y", 1);
        return;
    }
    say("not true", finding->key, finding->addr, finding->block, finding->size);
}

static int
is_pending(const void *block)
{
    for (unsigned i = 0; i < pending_count; i++) {
        if (pending[i].block == block && !pending[i].seen)
            return 1;
    }
    return 0;
}

static void
settle(void)
{
    check_all();
    for (unsigned i = 0; i < pending_count; i++) {
        struct damage *damage = &pending[i];

        if (!damage->seen)
            say("missed", name_of(damage->kind), damage->at, damage->block,
                damage->size);
    }
    pending_count = 0;
}

static void
plant(enum kind kind, const struct block *block, ptrdiff_t offset)
{
    struct damage *damage = &pending[pending_count++];

    *damage =
        (struct damage){kind, block->p + offset, block->p, block->size, 0};
    block->p[offset] ^= (unsigned char)(1 + draw(255));
    planted++;
}

/* The kernel reads for us, and does not fault. */
static int
is_closed(const void *p)
{
    static int pipes[2] = {-1, -1};
    char byte;

    if (pipes[0] < 0 && pipe(pipes) != 0)
        abort();
    if (write(pipes[1], p, 1) == 1)
        return read(pipes[0], &byte, 1) != 1;
    return errno == EFAULT;
}

/* Write to a closed page in a child: the fault must be reported as that of the
 * block, and end the child. */
static void
touch(const struct block *block, ptrdiff_t offset)
{
    static const struct rlimit no_core;
    int pipes[2], status = 0;
    char byte = 0;
    pid_t pid;

    if (pipe(pipes) != 0)
        abort();
    pid = fork();
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core); /* a help */
        pending_count = 0;
        failed_pipe = pipes[1];
        plant(CLOSED, block, offset);
        _exit(0);
    }
    close(pipes[1]);
    if (pid < 0 || read(pipes[0], &byte, 1) != 1 || byte != 'y' ||
        waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGSEGV)
        say("no fault, or another", "use-after-free", block->p + offset,
            block->p, block->size);
    close(pipes[0]);
    faulted++;
}

static void
plant_freed(const struct block *block)
{
    ptrdiff_t offset = (ptrdiff_t)draw(block->size);

    if (!is_closed(block->p + offset))
        plant(FREED, block, offset);
    else
        touch(block, offset);
}

/* Damage one byte of a live or a held block. A byte that is as far from this
 * block as from the next would be anybody's: the first one after the block and
 * the last one before it are laid at this block's door. */
static void
damage_some(void)
{
    struct block *block;

    if (pending_count == PENDING)
        settle();
    if (draw(2) == 0) {
        block = &held[draw(HELD)];
        if (block->p != NULL && block->size != 0 && !is_pending(block->p))
            plant_freed(block);
        return;
    }
    block = &live[draw(BLOCKS)];
    if (block->p == NULL || is_pending(block->p))
        return;
    if (draw(2) == 0)
        plant(FRONT, block, -1);
    else
        plant(REAR, block, (ptrdiff_t)(block->size + draw(FENCE / 2)));
}

/* No two damages may lie in one gap, or both are one finding: so only one of
 * the live blocks is damaged between two checks. */
static int
has_live_damage(void)
{
    for (unsigned i = 0; i < pending_count; i++) {
        if (pending[i].kind != FREED && !pending[i].seen)
            return 1;
    }
    return 0;
}

static void
hold(const struct block *block)
{
    /* The pages of large ones are closed: writing there ends the program. */
    if (block->size > 30000)
        return;
    /* One that is pushed out of the list may leave the quarantine, and its
     * damage is found then. */
    held[held_next++ % HELD] = *block;
}

static void
forget(const void *p)
{
    for (unsigned i = 0; i < HELD; i++) {
        if (held[i].p == p)
            held[i].p = NULL;
    }
}

static void
made(struct block *block, void *p, size_t size)
{
    if (p == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    forget(p);
    block->p = p;
    block->size = size;
    memset(p, (int)size, size);
}

static void
operate(void)
{
    struct block *block = &live[draw(BLOCKS)];
    size_t size = draw_size();

    if (block->p == NULL) {
        void *p = NULL;

        switch (draw(4)) {
        case 0:
            p = calloc(1, size);
            break;
        case 1:
            p = memalign((size_t)16 << draw(6), size);
            break;
        default:
            p = malloc(size);
        }
        made(block, p, size);
    } else if (draw(5) == 0 && size != 0) {
        struct block old = {keep(block->p), block->size};
        void *p = realloc(block->p, size);

        if (p != old.p)
            hold(&old);
        made(block, p, size);
    } else {
        struct block old = *block;

        block->p = NULL;
        free(keep(old.p));
        hold(&old);
    }
}

int
main(int argc, char **argv)
{
    unsigned long operations = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;

    state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    state = state * UINT64_C(0x9e3779b97f4a7c15) | 1;
    check_all = (int (*)(void))dlsym(RTLD_DEFAULT, "dbgmalloc_check_all");
    set_handler = (dbgmalloc_error_handler * (*)(dbgmalloc_error_handler *))
        dlsym(RTLD_DEFAULT, "dbgmalloc_set_error_handler");
    if (check_all == NULL || set_handler == NULL) {
        fprintf(stderr, "not under the library\n");
        return 2;
    }
    set_handler(noticed);
    for (unsigned long i = 0; i < operations && !failed; i++) {
        operate();
        if (draw(20) == 0 && !has_live_damage())
            damage_some();
        if (draw(500) == 0)
            settle();
    }
    settle();
    printf("%lu operations, %u bytes damaged, %u reported; %u faults\n",
           operations, planted, reported, faulted);
    return failed || planted != reported || planted == 0;
}
