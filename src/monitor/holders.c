/*
 * monitor/holders.c - of a freed block that was used: who still points to it.
 */
#include "monitor/holders.h"

#include <string.h>

#include "base/hash.h"
#include "base/seen.h"
#include "base/text.h"
#include "heap/heap.h"
#include "meta/buffer.h"
#include "monitor/refs.h"
#include "report/report.h"

/* Searches that a process makes at most: each costs a look at all memory. */
#define SEARCHES_MOST 16
#define SEARCH_BYTES_MOST ((uint64_t)1 << 30)

/* Variables that a process names at most: each costs a look at symbols. */
#define VARIABLES_MOST 64

/* Holders that are named. */
#define NAMED_MOST 3

struct holders {
    struct buffer text;
    unsigned named;
    uint64_t unnamed; /* further ones in globals and blocks */
    uint64_t stack;   /* words of the thread's stack */
};

/* The block's place is new, and there were not too many. */
static bool
is_search_due(const struct finding *finding)
{
    static _Atomic uint64_t seen[SEARCHES_MOST];
    uint64_t key = (uint64_t)finding->kind + 1;

    if (finding->block.alloc != NULL)
        key = hash_add(key, finding->block.alloc->id);
    if (finding->block.freed != NULL)
        key = hash_add(key, finding->block.freed->id);
    return seen_add(seen, SEARCHES_MOST, key);
}

/* Likewise the place of the call: a later finding there is only counted. */
static bool
is_name_due(const struct finding *finding)
{
    static _Atomic uint64_t seen[VARIABLES_MOST];
    uint64_t key = (uint64_t)finding->kind + 1;

    if (finding->trace != NULL)
        key = hash_add(key, finding->trace->id);
    else
        key = hash_add(key, finding->addr);
    return seen_add(seen, VARIABLES_MOST, key);
}

static bool
add_holder(const struct refs_found *found, void *context)
{
    struct holders *holders = context;
    struct buffer *text = &holders->text;

    if (found->kind == REFS_STACK) {
        holders->stack++;
        return true;
    }
    if (holders->named == NAMED_MOST) {
        holders->unnamed++;
        return true;
    }
    buffer_text(text, holders->named++ == 0 ? "" : ", ");
    if (found->kind == REFS_GLOBAL) {
        report_variable_text(text, found->at);
        return true;
    }
    buffer_print(text, "byte %lu of a block of %'lu bytes",
                 (unsigned long)(found->at - found->block.addr),
                 (unsigned long)found->block.size);
    if (found->block.alloc != NULL) {
        buffer_text(text, " made at ");
        report_frame_text(text, found->block.alloc, 0);
    }
    return true;
}

/* Add `text`, cut to what there is room for. */
static void
add_note(struct finding *finding, const struct buffer *text)
{
    size_t n = strlen(finding->note);

    if (text->bytes == NULL || text->count == 0)
        return;
    if (n > 0 && n + 2 < sizeof(finding->note))
        n += text_copy(finding->note + n, sizeof(finding->note) - n, "; ");
    (void)text_copy_n(finding->note + n, sizeof(finding->note) - n, text->bytes,
                      text->count);
}

static void
note_holders(struct finding *finding)
{
    struct holders holders = {.text = BUFFER_INIT};
    struct refs_search search = {
        .stack = finding->stack,
        .bytes_most = SEARCH_BYTES_MOST,
    };
    struct buffer *text = &holders.text;
    uint64_t visited;
    int error;

    refs_of_block(&search, &finding->block);
    buffer_text(text, "still pointed to by ");
    error = refs_find(&search, add_holder, &holders, &visited);
    if (holders.unnamed > 0)
        buffer_print(text, ", %'lu more", (unsigned long)holders.unnamed);
    if (holders.stack > 0)
        buffer_print(text, "%s%'lu word%s of this thread's stack",
                     holders.named > 0 ? ", " : "",
                     (unsigned long)holders.stack,
                     holders.stack == 1 ? "" : "s");
    if (error != 0)
        buffer_text(text, " (not all memory was looked at)");
    if (visited > 0)
        add_note(finding, text);
    buffer_fini(text);
}

static void
note_variable(struct finding *finding)
{
    struct buffer text = BUFFER_INIT;

    buffer_text(&text, "the address is that of ");
    report_variable_text(&text, finding->addr);
    add_note(finding, &text);
    buffer_fini(&text);
}

void
holders_note(struct finding *finding)
{
    bool is_freed =
        finding->has_block && (finding->block.state == BLOCK_FREED ||
                               finding->block.state == BLOCK_QUARANTINED);

    if (heap_is_entered())
        return;
    if (is_freed && is_search_due(finding))
        note_holders(finding);
    else if (!finding->has_block && finding->place == FINDING_PLACE_GLOBAL &&
             is_name_due(finding))
        note_variable(finding);
}
