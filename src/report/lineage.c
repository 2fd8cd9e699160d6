/*
 * report/lineage.c - is this process a child of one that writes the same log?
 *
 * The files of /proc are searched in pieces, with the end of one piece kept in
 * front of the next, so no file is too large and nothing is allocated.
 */
#include "report/lineage.h"
#include "report/words.h"

#include <elf.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"

#define PIECE 4096
#define OPTIONS_MAX 4096
#define NS_PER_SECOND UINT64_C(1000000000)

/* Static, since a first report may come from a handler on a small stack.
 * Guarded by report_lock, as is every caller. */
static char scratch_piece[2 * PIECE];
static char scratch_ours[OPTIONS_MAX];
static char scratch_theirs[OPTIONS_MAX];

/* The file in which a mapping of ours lies. */
struct own_file {
    uintptr_t addr;
    char path[sizeof(((struct process_mapping *)0)->path)];
};

static bool
visit_own(const struct process_mapping *mapping, void *context)
{
    struct own_file *own = context;

    if (own->addr < mapping->start || own->addr >= mapping->end)
        return true;
    (void)text_copy(own->path, sizeof(own->path), mapping->path);
    return false;
}

/* True if `file` holds the `n` bytes at `wanted`, n < PIECE. */
static bool
has_bytes(const char *file, const char *wanted, size_t n)
{
    char *piece = scratch_piece;
    size_t kept = 0;
    bool is_found = false;
    int fd = file_open(file, FILE_READ, 3);

    if (fd < 0)
        return false;
    while (!is_found) {
        long count = file_read(fd, piece + kept, PIECE);
        size_t size;

        if (count <= 0)
            break;
        size = kept + (size_t)count;
        is_found = words_contain(piece, size, wanted, n);
        kept = size < n - 1 ? size : n - 1;
        memmove(piece, piece + size - kept, kept);
    }
    file_close(fd);
    return is_found;
}

/* The value of DBGMALLOC_OPTS that the kernel passed to process `pid`, with
 * what it begins and ends with, "" if it had none; false if it cannot be
 * read. */
static bool
read_options(const char *environ_path, char *value, size_t size)
{
    static const char name[] = "DBGMALLOC_OPTS=";
    char *piece = scratch_piece;
    size_t matched = 0; /* bytes of `name` seen at the start of an entry */
    size_t length = 0;
    bool is_name = true;
    bool is_done = false;
    long count = 0;
    int fd = file_open(environ_path, FILE_READ, 3);

    if (fd < 0)
        return false;
    while (!is_done && (count = file_read(fd, piece, PIECE)) > 0) {
        for (long i = 0; i < count && !is_done; i++) {
            if (piece[i] == '\0') {
                is_done = is_name && matched == sizeof(name) - 1;
                is_name = true;
                matched = 0;
            } else if (is_name && matched == sizeof(name) - 1) {
                if (length + 1 < size)
                    value[length++] = piece[i];
            } else if (is_name && piece[i] == name[matched]) {
                matched++;
            } else {
                is_name = false;
            }
        }
    }
    file_close(fd);
    value[length] = '\0';
    return count >= 0;
}

bool
lineage_is_child(void)
{
    struct own_file own = {.addr = (uintptr_t)&lineage_is_child, .path = ""};
    char file[64];
    char line_end[sizeof(own.path) + 2];
    int parent = process_parent_id();
    size_t n;

    if (parent <= 1 || process_each_mapping(visit_own, &own) < 0 ||
        own.path[0] == '\0')
        return false;
    (void)format_text(file, sizeof(file), "/proc/%d/environ", parent);
    if (!read_options(file, scratch_theirs, OPTIONS_MAX) ||
        !read_options("/proc/self/environ", scratch_ours, OPTIONS_MAX) ||
        !text_is_equal(scratch_ours, scratch_theirs))
        return false;
    n = format_text(line_end, sizeof(line_end), "%s\n", own.path);
    (void)format_text(file, sizeof(file), "/proc/%d/maps", parent);
    return has_bytes(file, line_end, n);
}

bool
lineage_start_ticks(const char *stat, uint64_t *out_ticks)
{
    const char *field = strrchr(stat, ')');
    const char *end;

    if (field == NULL)
        return false;
    /* The field after the name is number 3; the start time is number 22. */
    for (int number = 2; number < 22; number++) {
        field = strchr(field, ' ');
        if (field == NULL)
            return false;
        field++;
    }
    end = strchr(field, ' ');
    if (end == NULL)
        return false;
    return text_read_u64(field, (size_t)(end - field), out_ticks) == 0;
}

uint64_t
lineage_start(void)
{
    char text[1024];
    uint64_t ticks;
    uint64_t hundredths;
    uint64_t up_ns;
    uint64_t start_ns;
    uint64_t per_second = process_aux(AT_CLKTCK);
    const char *dot;

    if (per_second == 0 ||
        file_read_whole("/proc/self/stat", text, sizeof(text)) <= 0 ||
        !lineage_start_ticks(text, &ticks) ||
        file_read_whole("/proc/uptime", text, sizeof(text)) <= 0)
        return 0;
    dot = strchr(text, '.');
    if (dot == NULL || strlen(dot) < 3 ||
        text_read_u64(text, (size_t)(dot - text), &up_ns) != 0)
        return 0;
    hundredths = (uint64_t)(dot[1] - '0') * 10 + (uint64_t)(dot[2] - '0');
    up_ns = up_ns * NS_PER_SECOND + hundredths * (NS_PER_SECOND / 100);
    start_ns = ticks * (NS_PER_SECOND / per_second);
    if (start_ns > up_ns)
        start_ns = up_ns;
    return clock_unix() - (up_ns - start_ns);
}
