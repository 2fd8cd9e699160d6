/* The program of annotate.sh: what it says of its blocks, and marks. */
#include "dbgmalloc.h"

#include <sched.h>
#include <signal.h>

#define PROVE(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);            \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static void *kept[8];

/* The signal is answered by the library's thread, at some time. */
static void
prove_mark_signal(void)
{
    unsigned mark = dbgmalloc_mark();

    PROVE(raise(SIGUSR1) == 0);
    while (dbgmalloc_mark() == ++mark)
        sched_yield();
}

static void
prove_toggle_signal(void)
{
    unsigned mark = dbgmalloc_mark();

    PROVE(raise(SIGUSR2) == 0);
    for (;;) {
        void *p = malloc(5);
        size_t blocks;

        PROVE(p != NULL);
        (void)dbgmalloc_count_since(mark, DBGMALLOC_LIVE, &blocks);
        free(p);
        if (blocks == 0)
            break;
        sched_yield();
    }
    PROVE(dbgmalloc_record(1) == 0);
}

int
main(int argc, char **argv)
{
    unsigned mark;
    size_t blocks;

    if (argc > 1 && strcmp(argv[1], "signals") == 0) {
        prove_mark_signal();
        prove_toggle_signal();
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "assert") == 0) {
        mark = dbgmalloc_mark();
        DBGMALLOC_ASSERT_NO_LEAKS(mark);
        kept[0] = malloc(1);
        DBGMALLOC_ASSERT_NO_LEAKS(mark); /* ends here */
        return 0;
    }
    mark = dbgmalloc_mark();
    kept[0] = malloc(100);
    PROVE(dbgmalloc_ignore(kept[0]) == 0);
    PROVE(dbgmalloc_ignore(&mark) == DBGMALLOC_E_NOT_FOUND);

    PROVE(dbgmalloc_ignore_begin() == 0);
    PROVE(dbgmalloc_ignore_begin() == 0);
    kept[1] = malloc(200);
    PROVE(dbgmalloc_ignore_end() == 0);
    kept[2] = calloc(1, 300);
    PROVE(dbgmalloc_ignore_end() == 0);
    PROVE(dbgmalloc_ignore_end() == DBGMALLOC_E_EMPTY);
    PROVE(dbgmalloc_count_since(mark, DBGMALLOC_LIVE, &blocks) == 0);
    PROVE(blocks == 0);

    PROVE(dbgmalloc_scope_begin("request") == 0);
    kept[3] = malloc(10);
    PROVE(dbgmalloc_scope_begin("parse") == 0);
    kept[4] = malloc(20);
    PROVE(dbgmalloc_scope_end() == 0);
    kept[5] = malloc(30);
    PROVE(dbgmalloc_scope_end() == 0);
    PROVE(dbgmalloc_scope_end() == DBGMALLOC_E_EMPTY);
    PROVE(dbgmalloc_scope_begin("") == DBGMALLOC_E_ARGUMENT);

    kept[6] = malloc(1000);
    PROVE(dbgmalloc_tag(kept[6], "table") == 0);
    PROVE(dbgmalloc_tag(&mark, "table") == DBGMALLOC_E_NOT_FOUND);
    /* Moved, it keeps its name; what was aligned is still freed rightly. */
    kept[6] = realloc(kept[6], 100000);
    PROVE(posix_memalign(&kept[7], 256, 50) == 0);
    PROVE(dbgmalloc_tag(kept[7], "aligned") == 0);
    free(kept[7]);
    PROVE(dbgmalloc_count_since(mark, DBGMALLOC_LIVE, &blocks) == 100060);
    PROVE(blocks == 4);

    PROVE(dbgmalloc_root_register(kept, sizeof(kept)) == 0);
    PROVE(dbgmalloc_root_unregister(kept) == 0);
    PROVE(dbgmalloc_root_unregister(kept) == DBGMALLOC_E_NOT_FOUND);

    for (int i = 0; i < 16; i++)
        PROVE(dbgmalloc_scope_begin("deep") == 0);
    PROVE(dbgmalloc_scope_begin("deep") == DBGMALLOC_E_FULL);
    for (int i = 0; i < 16; i++)
        PROVE(dbgmalloc_scope_end() == 0);
    PROVE(dbgmalloc_error_count() == 0);
    return 0;
}
