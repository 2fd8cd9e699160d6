/*
 * report/explain.c - a finding in words: the frame of the text.
 *
 * What is particular to a kind stands in explainkind.c.
 */
#include "report/explain.h"

#include "base/format.h"
#include "report/hexrows.h"
#include "report/names.h"
#include "report/words.h"

#define FRAMES_INDENT 6

/* ", 2.3 s ago, by thread 1", for what block_who says. */
static void
make_when(char *text, size_t size, const struct finding *finding,
          uint64_t time_ns, uint32_t thread)
{
    char age[24];
    size_t n = 0;

    text[0] = '\0';
    if (time_ns != 0 && finding->time_ns >= time_ns)
        n = format_text(
            text, size, ", %s ago",
            format_time(age, sizeof(age), finding->time_ns - time_ns));
    if (thread != 0 && n < size)
        (void)format_text(text + n, size - n, ", by thread %u",
                          (unsigned)thread);
}

static void
add_history(struct buffer *out, const struct finding *finding,
            const struct block *block, const char *name)
{
    bool is_freed =
        block->state == BLOCK_FREED || block->state == BLOCK_QUARANTINED;
    char when[80];

    /* The record has one time: for a freed block that of the free. */
    make_when(when, sizeof(when), finding, is_freed ? 0 : block->time_ns,
              block->thread);
    buffer_print(out, "  %s made by %s", name,
                 block_origin_name(block->origin));
    names_site(out, block->alloc, when, FRAMES_INDENT);
    if (!is_freed)
        return;
    make_when(when, sizeof(when), finding, block->time_ns, block->free_thread);
    buffer_print(out, "  %s freed", name);
    names_site(out, block->freed, when, FRAMES_INDENT);
}

static void
add_noticed(struct buffer *out, const struct finding *finding)
{
    char who[96];
    size_t n = 0;

    who[0] = '\0';
    if (finding->thread != 0)
        n = format_text(who, sizeof(who), ", by thread %u (tid %d)",
                        (unsigned)finding->thread, finding->tid);
    if (finding->operation != 0)
        (void)format_text(who + n, sizeof(who) - n, ", operation %'lu",
                          (unsigned long)finding->operation);
    buffer_print(out, "  noticed in %s",
                 finding->during != NULL ? finding->during
                                         : block_origin_name(finding->call));
    names_site(out, finding->trace, who, FRAMES_INDENT);
}

static void
add_bytes(struct buffer *out, const struct finding *finding)
{
    struct hexrows rows = {
        .addr = finding->bytes_addr,
        .bytes = finding->bytes,
        .count = finding->bytes_count,
        .damaged = finding->bytes_damaged,
    };

    if (finding->bytes_count == 0 || finding->bytes_count > FINDING_BYTES_MAX)
        return;
    if (finding->has_block) {
        rows.start = finding->block.addr;
        rows.end = finding->block.addr + finding->block.size;
    }
    buffer_print(out, "  memory there%s:\n",
                 finding->has_block
                     ? finding->bytes_damaged != 0
                           ? " (| where the block begins and ends, ^^ what "
                             "was changed)"
                           : " (| where the block begins and ends)"
                     : "");
    hexrows_add(out, &rows, 4);
}

static void
add_culprit(struct buffer *out, const struct finding *finding)
{
    const struct block *culprit = &finding->culprit;

    buffer_text(out, "  neighbour: block ");
    words_address(out, culprit->addr);
    buffer_text(out, " of ");
    words_bytes(out, culprit->size);
    buffer_text(out, ", which more likely was written past its ");
    buffer_text(out, culprit->addr <= finding->addr ? "end\n" : "start\n");
    add_history(out, finding, culprit, "neighbour");
}

void
explain_full(struct buffer *out, const struct finding *finding)
{
    size_t before;

    buffer_print(out, "dbgmalloc: finding %lu: %s (%s)\n  ",
                 (unsigned long)finding->number, finding_title(finding->kind),
                 finding_key(finding->kind));
    explain_what(out, finding);
    buffer_char(out, '\n');
    if (finding->has_block)
        add_history(out, finding, &finding->block, "block");
    add_noticed(out, finding);
    if (finding->has_culprit)
        add_culprit(out, finding);
    before = out->count;
    buffer_text(out, "  likely: ");
    explain_advice(out, finding);
    if (out->count == before + sizeof("  likely: ") - 1)
        out->count = before; /* there is nothing to say */
    else
        buffer_char(out, '\n');
    if (finding->note[0] != '\0') {
        buffer_text(out, "  note: ");
        words_safe(out, finding->note);
        buffer_char(out, '\n');
    }
    add_bytes(out, finding);
    buffer_char(out, '\n');
}

void
explain_short(struct buffer *out, const struct finding *finding, uint64_t times)
{
    buffer_print(out,
                 "dbgmalloc: finding %lu: %s: ", (unsigned long)finding->number,
                 finding_title(finding->kind));
    explain_what(out, finding);
    if (times > 1)
        buffer_print(out, " (noticed %'lu times so far)", (unsigned long)times);
    buffer_text(out, "\n  ");
    if (finding->has_block) {
        buffer_print(out, "made by %s at ",
                     block_origin_name(finding->block.origin));
        names_brief(out, finding->block.alloc);
        if (finding->block.freed != NULL) {
            buffer_text(out, "; freed at ");
            names_brief(out, finding->block.freed);
        }
        buffer_text(out, "; ");
    }
    buffer_print(out, "noticed in %s at ",
                 finding->during != NULL ? finding->during
                                         : block_origin_name(finding->call));
    names_brief(out, finding->trace);
    buffer_char(out, '\n');
}
