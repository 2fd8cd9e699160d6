/*
 * tool/top.c - `dbgmalloc top`: who has the machine's memory.
 *
 * By PSS, which counts a page that n processes share as a n-th in each: the sum
 * is then what the kernel counts as mapped by processes (AnonPages and Mapped
 * of /proc/meminfo), and the rest of MemTotal is named beside it.
 */
#include <errno.h>
#include <math.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/procfs.h"
#include "tool/screen.h"
#include "tool/tool.h"

enum { OPTION_JSON = 256, OPTION_ALL };

enum sort { SORT_PSS, SORT_RSS, SORT_SWAP, SORT_VSZ, SORT_PID, SORT_NAME };

static const char *const sort_words[] = {"pss", "rss", "swap",
                                         "vsz", "pid", "name"};

struct row {
    struct procfs_process process;
    struct procfs_memory memory;
    struct procfs_share share;
    bool has_share; /* else share.pss is a guess: RSS, shared pages in full */
    double tree;    /* PSS of it and its descendants */
    size_t parent;  /* row number, or SIZE_MAX */
    unsigned depth;
    bool is_placed;
};

struct top {
    struct row *rows;
    size_t count;
    size_t hidden; /* processes of which smaps_rollup could not be read */
    struct procfs_machine machine;
    double pss; /* of those that could be read */
    double pss_anon;
    double swap_pss;
    double guessed; /* RSS of those that could not */
    enum sort sort;
    size_t rows_max;
    bool is_tree;
    bool is_json;
};

/* --- collect --- */

static void
collect(struct top *top)
{
    size_t count = 0;
    pid_t *pids = procfs_list(&count);

    top->rows = tool_alloc((count + 1) * sizeof(*top->rows));
    for (size_t i = 0; i < count; i++) {
        struct row *row = &top->rows[top->count];

        *row = (struct row){.parent = SIZE_MAX};
        /* Whoever has ended by now has no memory. */
        if (procfs_process(pids[i], &row->process) != 0 ||
            row->process.is_kernel || procfs_memory(pids[i], &row->memory) != 0)
            continue;
        row->has_share = procfs_share(pids[i], &row->share) == 0;
        if (row->has_share) {
            top->pss += row->share.pss;
            top->pss_anon += row->share.pss_anon;
            top->swap_pss += row->share.swap_pss;
        } else {
            row->share.pss = row->memory.rss;
            row->share.swap_pss = row->memory.swap;
            top->guessed += row->memory.rss;
            top->hidden++;
        }
        top->count++;
    }
    free(pids);
}

/* Who is whose child, and what each tree has. */
static void
link_tree(struct top *top)
{
    for (size_t i = 0; i < top->count; i++) {
        for (size_t k = 0; k < top->count; k++) {
            if (top->rows[k].process.pid == top->rows[i].process.parent &&
                k != i)
                top->rows[i].parent = k;
        }
    }
    for (size_t i = 0; i < top->count; i++) {
        size_t at = i;

        /* As many steps as there are rows: the list was not read at one
     * instant, so it might have a circle. */
        for (size_t steps = 0; at != SIZE_MAX && steps < top->count; steps++) {
            top->rows[at].tree += top->rows[i].share.pss;
            at = top->rows[at].parent;
        }
    }
}

/* --- order --- */

/* For qsort, which has no context; one thread. */
static enum sort sort_now;
static bool sort_trees;

static int
compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    double p = 0;
    double q = 0;

    switch (sort_now) {
    case SORT_PSS:
        p = sort_trees ? x->tree : x->share.pss;
        q = sort_trees ? y->tree : y->share.pss;
        break;
    case SORT_RSS:
        p = x->memory.rss;
        q = y->memory.rss;
        break;
    case SORT_SWAP:
        p = x->share.swap_pss;
        q = y->share.swap_pss;
        break;
    case SORT_VSZ:
        p = x->memory.virtual;
        q = y->memory.virtual;
        break;
    case SORT_NAME:
        if (strcmp(x->process.name, y->process.name) != 0)
            return strcmp(x->process.name, y->process.name);
        break;
    case SORT_PID:
        break;
    }
    if (p != q)
        return p < q ? 1 : -1;
    return (x->process.pid > y->process.pid) -
           (x->process.pid < y->process.pid);
}

/* Put the children of each row after it, in the order that they have now. */
static void
place(struct top *top, struct row *to, size_t *count, pid_t parent,
      unsigned depth)
{
    for (size_t i = 0; i < top->count; i++) {
        struct row *row = &top->rows[i];

        if (row->is_placed || row->process.parent != parent)
            continue;
        row->is_placed = true;
        row->depth = depth;
        to[(*count)++] = *row;
        /* So deep nobody looks, and a stack has an end. */
        if (depth < 100)
            place(top, to, count, row->process.pid, depth + 1);
    }
}

static void
sort_rows(struct top *top)
{
    struct row *rows;
    size_t count = 0;

    link_tree(top);
    sort_now = top->sort;
    sort_trees = top->is_tree;
    qsort(top->rows, top->count, sizeof(*top->rows), compare_rows);
    if (!top->is_tree)
        return;
    rows = tool_alloc((top->count + 1) * sizeof(*rows));
    place(top, rows, &count, 0, 0);
    /* Those whose parent is not in the list (it ended, or is in another
   * namespace), as trees of their own. */
    for (size_t i = 0; i < top->count; i++) {
        bool is_orphan = !top->rows[i].is_placed;

        for (size_t k = 0; k < top->count && is_orphan; k++)
            is_orphan = top->rows[k].process.pid != top->rows[i].process.parent;
        if (is_orphan)
            place(top, rows, &count, top->rows[i].process.parent, 0);
    }
    for (size_t i = 0; i < top->count; i++) {
        if (!top->rows[i].is_placed)
            rows[count++] = top->rows[i];
    }
    free(top->rows);
    top->rows = rows;
}

/* --- say --- */

static const char *
user_name(unsigned uid, char *buffer, size_t size)
{
    const struct passwd *entry = getpwuid(uid);

    if (entry != NULL)
        screen_clean(buffer, size, entry->pw_name);
    else
        snprintf(buffer, size, "%u", uid);
    return buffer;
}

static void
put_rows(const struct top *top)
{
    unsigned columns = screen_columns(stdout);
    size_t n = top->rows_max > 0 && top->rows_max < top->count ? top->rows_max
                                                               : top->count;

    screen_put(stdout, SCREEN_BOLD,
               "    PID USER              PSS        RSS       SWAP        VSZ "
               "COMMAND");
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &top->rows[i];
        char pss[24];
        char rss[24];
        char swap[24];
        char vsz[24];
        char user[32];
        char command[512];

        screen_bytes(pss, sizeof(pss), row->share.pss);
        printf("%7d %-10.10s %10s%c %10s %10s %10s ", (int)row->process.pid,
               user_name(row->process.uid, user, sizeof(user)), pss,
               row->has_share ? ' ' : '?',
               screen_bytes(rss, sizeof(rss), row->memory.rss),
               screen_bytes(swap, sizeof(swap), row->share.swap_pss),
               screen_bytes(vsz, sizeof(vsz), row->memory.virtual));
        procfs_command(row->process.pid, command, sizeof(command));
        /* On a terminal, what does not fit is cut; in a file nothing is. */
        printf("%*s%.*s\n", top->is_tree ? (int)(2 * row->depth) : 0, "",
               screen_is_terminal(stdout) && columns > 72
                   ? (int)columns - 66 - (int)(2 * row->depth) > 8
                         ? (int)columns - 66 - (int)(2 * row->depth)
                         : 8
                   : 511,
               command);
    }
    if (n < top->count)
        printf("%zu more; -n says how many are shown, --all shows them all\n",
               top->count - n);
}

static void
put_total(const char *name, double bytes, double whole, const char *means)
{
    char text[24];

    printf("  %-16s %10s %5.1f %%  %s\n", name,
           screen_bytes(text, sizeof(text), bytes), 100 * bytes / whole, means);
}

static void
put_totals(const struct top *top)
{
    const struct procfs_machine *m = &top->machine;
    double processes = m->anon + m->mapped;
    double cache = fmax(m->cached - m->mapped, 0);
    double rest = m->total - m->free - processes - cache - m->slab - m->kernel -
                  m->huge - m->swap_cached;
    double whole = fmax(m->total, 1);
    char a[24];
    char b[24];

    putchar('\n');
    screen_put(stdout, SCREEN_BOLD, "the machine");
    printf(": %s in all, %s available\n", screen_bytes(a, sizeof(a), m->total),
           screen_bytes(b, sizeof(b), m->available));
    put_total("processes", processes, whole,
              "what the kernel has mapped for them, shared pages once");
    put_total("page cache", cache, whole, "files in memory, of no process");
    put_total("slab", m->slab, whole, "the kernel's own objects");
    put_total("kernel", m->kernel, whole, "its stacks, page tables, per CPU");
    if (m->huge > 0)
        put_total("huge pages", m->huge, whole, "set aside by hugetlbfs");
    put_total("rest", rest, whole, "drivers and what nobody counts");
    put_total("free", m->free, whole, "");
    if (m->swap_total > 0)
        printf("  swap: %s of %s\n",
               screen_bytes(a, sizeof(a), m->swap_total - m->swap_free),
               screen_bytes(b, sizeof(b), m->swap_total));
    printf("the sum of PSS is %s, %.1f %% of the kernel's count\n",
           screen_bytes(a, sizeof(a), top->pss + top->guessed),
           100 * (top->pss + top->guessed) / fmax(processes, 1));
    if (top->hidden > 0)
        printf("of %zu process%s the PSS could not be read (RSS with a \"?\" "
               "in its place, %s in all): run as root to see it\n",
               top->hidden, top->hidden == 1 ? "" : "es",
               screen_bytes(a, sizeof(a), top->guessed));
}

static void
put_json(const struct top *top)
{
    const struct procfs_machine *m = &top->machine;
    size_t n = top->rows_max > 0 && top->rows_max < top->count ? top->rows_max
                                                               : top->count;

    printf("{\"dbgmalloc\": \"%s\",\n \"machine\": {\"total\": %.0f, "
           "\"free\": %.0f, \"available\": %.0f, \"anon\": %.0f, \"mapped\": "
           "%.0f, \"cached\": %.0f, \"slab\": %.0f, \"kernel\": %.0f, "
           "\"hugetlb\": %.0f, \"swap_total\": %.0f, \"swap_free\": %.0f},\n"
           " \"sum\": {\"pss\": %.0f, \"pss_anon\": %.0f, \"swap_pss\": %.0f, "
           "\"kernel_count\": %.0f, \"processes\": %zu, \"unreadable\": %zu},\n"
           " \"processes\": [",
           tool_version(), m->total, m->free, m->available, m->anon, m->mapped,
           m->cached, m->slab, m->kernel, m->huge, m->swap_total, m->swap_free,
           top->pss, top->pss_anon, top->swap_pss, m->anon + m->mapped,
           top->count, top->hidden);
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &top->rows[i];
        char command[4096];

        printf("%s\n  {\"pid\": %d, \"parent\": %d, \"uid\": %u, \"name\": ",
               i > 0 ? "," : "", (int)row->process.pid,
               (int)row->process.parent, row->process.uid);
        screen_json(stdout, row->process.name);
        fputs(", \"command\": ", stdout);
        screen_json(stdout,
                    procfs_command(row->process.pid, command, sizeof(command)));
        fputs(", \"pss\": ", stdout);
        if (row->has_share)
            printf("%.0f, \"swap_pss\": %.0f", row->share.pss,
                   row->share.swap_pss);
        else
            fputs("null, \"swap_pss\": null", stdout);
        printf(", \"rss\": %.0f, \"anon\": %.0f, \"file\": %.0f, \"shmem\": "
               "%.0f, \"swap\": %.0f, \"virtual\": %.0f, \"threads\": %.0f, "
               "\"tree_pss\": %.0f}",
               row->memory.rss, row->memory.anon, row->memory.file,
               row->memory.shmem, row->memory.swap, row->memory.virtual,
               row->memory.threads, row->tree);
    }
    puts("\n ]}");
}

/* --- the command --- */

static enum sort
read_sort(const struct tool_args *args)
{
    for (size_t i = 0; i < ARRAY_COUNT(sort_words); i++) {
        if (strcmp(sort_words[i], args->value) == 0)
            return (enum sort)i;
    }
    tool_usage(args, "--sort: \"%s\" is none of pss, rss, swap, vsz, pid, name",
               args->value);
}

static int
run_top(struct tool_args *args)
{
    struct top top = {.rows_max = 20};
    bool has_max = false;
    int option;
    int rc;

    while ((option = tool_next(args)) != 0) {
        switch (option) {
        case 'n':
            top.rows_max = tool_count(args, "number", 1);
            has_max = true;
            break;
        case OPTION_ALL:
            top.rows_max = 0;
            has_max = true;
            break;
        case 's':
            top.sort = read_sort(args);
            break;
        case 't':
            top.is_tree = true;
            break;
        case OPTION_JSON:
            top.is_json = true;
            break;
        }
    }
    if (args->argc > 0)
        tool_usage(args,
                   "\"%s\" is too much; of single processes tells "
                   "\"dbgmalloc watch\"",
                   args->argv[0]);
    /* A tree is no tree without its leaves, a document not without its end. */
    if (!has_max && (top.is_tree || top.is_json))
        top.rows_max = 0;
    rc = procfs_machine(&top.machine);
    if (rc != 0)
        return tool_fail("/proc/meminfo cannot be read: %s", strerror(-rc));
    collect(&top);
    sort_rows(&top);
    if (top.is_json) {
        put_json(&top);
    } else {
        put_rows(&top);
        put_totals(&top);
    }
    free(top.rows);
    return TOOL_OK;
}

static const struct tool_option options[] = {
    {'n', "number", "N", TOOL_WORD_ANY, NULL, "so many processes; 20"},
    {OPTION_ALL, "all", NULL, TOOL_WORD_ANY, NULL, "all processes"},
    {'s', "sort", "KEY", TOOL_WORD_CHOICE, "pss|rss|swap|vsz|pid|name",
     "the order; pss"},
    {'t', "tree", NULL, TOOL_WORD_ANY, NULL,
     "children below their parents, trees by the PSS of all in them"},
    {OPTION_JSON, "json", NULL, TOOL_WORD_ANY, NULL, "all figures, as JSON"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc top", "the twenty processes with most memory, and the totals"},
    {"sudo dbgmalloc top --tree", "all of them, by whom they were started"},
    {"dbgmalloc top --json | jq '.processes[0]'", "for scripts"},
    {0},
};

const struct tool_command tool_command_top = {
    .name = "top",
    .operands = "",
    .summary = "who has the machine's memory, shared pages counted once",
    .about =
        "Lists processes by PSS: a page that n processes share counts as a "
        "n-th in each, so that the sum is what the kernel has mapped for "
        "processes, and not several times as much, as with RSS. Below the "
        "list, where the rest of the machine's memory is.\n"
        "Without root, other users' PSS cannot be read: their RSS stands in "
        "its place, with a question mark.\n",
    .options = options,
    .examples = examples,
    .run = run_top,
};
