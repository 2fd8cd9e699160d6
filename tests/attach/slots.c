/*
 * slots.c PID - how many words of the process's modules lead into a library of
 * dbgmalloc's that was brought in by `dbgmalloc attach`: import slots that are
 * redirected. Looked at is all that is mapped from files but that library.
 * Prints the number; exit status 2 if the process cannot be read.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BROUGHT "/memfd:dbgmalloc.so"
#define AREAS_MAX 4096

struct area {
    uintptr_t start, end;
    char rights[8];
    char path[256];
};

static struct area areas[AREAS_MAX];
static size_t area_count;

static int
read_areas(const char *pid)
{
    char path[64], line[4608];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%s/maps", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof(line), file) != NULL && area_count < AREAS_MAX) {
        struct area *area = &areas[area_count];

        area->path[0] = '\0';
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %255s",
                   &area->start, &area->end, area->rights, area->path) >= 3)
            area_count++;
    }
    fclose(file);
    return 0;
}

static int
is_brought(const struct area *area)
{
    return strncmp(area->path, BROUGHT, strlen(BROUGHT)) == 0;
}

/* The library's areas, which lie side by side. */
static uintptr_t brought_start = UINTPTR_MAX, brought_end;

static void
find_brought(void)
{
    for (size_t i = 0; i < area_count; i++) {
        if (!is_brought(&areas[i]))
            continue;
        if (areas[i].start < brought_start)
            brought_start = areas[i].start;
        if (areas[i].end > brought_end)
            brought_end = areas[i].end;
    }
}

static unsigned long
count_in(int memory, const struct area *area)
{
    size_t size = area->end - area->start;
    uintptr_t *words = malloc(size);
    unsigned long count = 0;
    ssize_t n = words == NULL
                    ? -1
                    : pread(memory, words, size, (off_t)area->start);

    for (ssize_t i = 0; i < n / (ssize_t)sizeof(*words); i++)
        count += words[i] >= brought_start && words[i] < brought_end;
    free(words);
    return count;
}

int
main(int argc, char **argv)
{
    unsigned long count = 0;
    char path[64];
    int memory;

    if (argc != 2 || read_areas(argv[1]) != 0)
        return 2;
    snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
    memory = open(path, O_RDONLY);
    if (memory < 0)
        return 2;
    find_brought();
    for (size_t i = 0; i < area_count; i++) {
        const struct area *area = &areas[i];

        /* Code holds no slots, nor does memory that processes share. */
        if (area->path[0] == '/' && !is_brought(area) &&
            strpbrk(area->rights, "xs") == NULL)
            count += count_in(memory, area);
    }
    printf("%lu\n", count);
    return 0;
}
