/*
 * report/place.c - what lies at an address that is in no block.
 */
#include <string.h>

#include "base/text.h"
#include "os/process.h"
#include "report/report.h"

/* Null and small offsets from it; the kernel maps nothing so low
 * (vm.mmap_min_addr). */
#define NULL_RANGE 65536

struct place_search {
    uintptr_t addr;
    uintptr_t stack; /* an address on the calling thread's stack */
    struct finding *finding;
    /* The path of the mapping before, and where it ended: a module's zeroed
     * data (.bss) lies in nameless pages right after it. */
    char path[sizeof(((struct process_mapping *)0)->path)];
    uintptr_t path_end;
    bool has_code;
};

/* "[heap]", "[stack]" and the like are names of the kernel's making. */
static bool
is_module(const char *path)
{
    return path[0] == '/' || text_is_equal(path, "[vdso]");
}

static void
set_module(struct place_search *search, const char *path)
{
    struct finding *finding = search->finding;

    finding->place = FINDING_PLACE_GLOBAL;
    (void)text_copy(finding->module, sizeof(finding->module), path);
    if (path != search->path)
        (void)text_copy(search->path, sizeof(search->path), path);
}

static void
set_place(struct place_search *search, const struct process_mapping *mapping)
{
    struct finding *finding = search->finding;

    if (search->stack >= mapping->start && search->stack < mapping->end)
        finding->place = FINDING_PLACE_STACK;
    else if (text_is_equal(mapping->path, "[stack]"))
        finding->place = FINDING_PLACE_STACK;
    else if (text_is_equal(mapping->path, "[heap]"))
        finding->place = FINDING_PLACE_LIBC;
    else if (is_module(mapping->path))
        set_module(search, mapping->path);
    else if (mapping->path[0] == '\0' && search->path[0] != '\0' &&
             search->path_end == mapping->start)
        set_module(search, search->path);
    else
        finding->place = FINDING_PLACE_MAPPED;
}

static bool
visit_mapping(const struct process_mapping *mapping, void *context)
{
    struct place_search *search = context;

    if (mapping->start > search->addr)
        return false;
    if (search->addr < mapping->end) {
        set_place(search, mapping);
        return false;
    }
    if (is_module(mapping->path)) {
        (void)text_copy(search->path, sizeof(search->path), mapping->path);
        search->path_end = mapping->end;
    } else {
        search->path[0] = '\0';
    }
    return true;
}

/* A file of data that the program mapped has no code; a module has. */
static bool
visit_code(const struct process_mapping *mapping, void *context)
{
    struct place_search *search = context;

    search->has_code =
        mapping->executable && text_is_equal(mapping->path, search->path);
    return !search->has_code;
}

/*
 * A thread's stack is known by an address of this function's own frame: it
 * lies in the same mapping, unless the program runs on a stack of its own
 * making, which then is what the mapping says it is.
 */
void
report_place(struct finding *finding)
{
    struct place_search search = {
        .addr = finding->addr,
        .stack = (uintptr_t)__builtin_frame_address(0),
        .finding = finding,
        .path = "",
    };

    finding->module[0] = '\0';
    if (finding->addr < NULL_RANGE) {
        finding->place = FINDING_PLACE_NULL;
        return;
    }
    finding->place = FINDING_PLACE_UNMAPPED;
    if (process_each_mapping(visit_mapping, &search) < 0)
        finding->place = FINDING_PLACE_UNKNOWN;
    if (finding->place == FINDING_PLACE_GLOBAL &&
        process_each_mapping(visit_code, &search) >= 0 && !search.has_code)
        finding->place = FINDING_PLACE_MAPPED;
}
