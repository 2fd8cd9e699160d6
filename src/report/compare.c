/*
 * report/compare.c - two snapshots compared: which stacks changed.
 *
 * A stack is known by a hash, of 64 bits, of the names and lines of its frames;
 * that two different ones of a program have the same is less likely than a
 * failure of the machine.
 */
#include "report/compare.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "meta/table.h"
#include "report/named.h"
#include "report/names.h"
#include "report/weigh.h"

static uint64_t
hash_text(uint64_t hash, const char *text)
{
    return text == NULL ? hash_add(hash, 1)
                        : hash_add(hash, hash_bytes(text, strlen(text)));
}

/* Where a function has no name its place in the module tells it, not its
 * address. */
static uint64_t
hash_frame(uint64_t hash, const struct names_frame *frame)
{
    hash = hash_text(hash, frame->function);
    if (frame->function == NULL && frame->module != NULL)
        return hash_add(hash_text(hash, frame->module), frame->module_offset);
    return hash_add(hash_text(hash, frame->file), frame->line);
}

static uint64_t
stack_key(const struct trace *trace)
{
    struct names_scratch scratch;
    uint64_t hash = 0;

    for (uint32_t i = 0; i < names_count(trace); i++) {
        unsigned count = names_frames(trace, i, &scratch);

        for (unsigned k = 0; k < count; k++)
            hash = hash_frame(hash, &scratch.frames[k]);
    }
    return hash;
}

/* The stack of that key, made if it is not there; NULL where memory is out. */
static struct compare_stack *
find_stack(struct vector *stacks, struct table *index,
           const struct trace *trace)
{
    uint64_t key = stack_key(trace);
    struct compare_stack *stack;
    uint64_t at;

    if (table_find(index, key, &at))
        return &VECTOR_AT(stacks, struct compare_stack, at);
    stack = vector_add(stacks);
    if (stack == NULL || table_insert(index, key, stacks->count - 1) != 0)
        return NULL;
    stack->trace = trace;
    return stack;
}

static int
add_side(const struct snapshot *snapshot, bool is_old, struct vector *stacks,
         struct table *index)
{
    struct vector weights = VECTOR_INIT(struct weigh_stack);
    int result = weigh_all(snapshot, &weights);
    bool is_session;

    named_use(snapshot);
    is_session = names_begin();
    for (size_t i = 0; result == 0 && i < weights.count; i++) {
        const struct weigh_stack *weight =
            &VECTOR_AT(&weights, struct weigh_stack, i);
        struct compare_stack *stack;

        if (weight->values[WEIGH_LIVE_BLOCKS] == 0)
            continue;
        stack = find_stack(stacks, index, weight->trace);
        if (stack == NULL) {
            result = -ENOMEM;
        } else if (is_old) {
            stack->old_bytes += weight->values[WEIGH_LIVE];
            stack->old_blocks += weight->values[WEIGH_LIVE_BLOCKS];
        } else {
            stack->new_bytes += weight->values[WEIGH_LIVE];
            stack->new_blocks += weight->values[WEIGH_LIVE_BLOCKS];
        }
    }
    names_end(is_session);
    vector_fini(&weights);
    return result;
}

static enum compare_change
change_of(const struct compare_stack *stack)
{
    if (stack->old_blocks == 0)
        return COMPARE_NEW;
    if (stack->new_blocks == 0)
        return COMPARE_GONE;
    if (stack->new_bytes != stack->old_bytes)
        return stack->new_bytes > stack->old_bytes ? COMPARE_GROWN
                                                   : COMPARE_SHRUNK;
    if (stack->new_blocks != stack->old_blocks)
        return stack->new_blocks > stack->old_blocks ? COMPARE_GROWN
                                                     : COMPARE_SHRUNK;
    return COMPARE_SAME;
}

static int
compare_by_growth(const void *left, const void *right)
{
    const struct compare_stack *a = left;
    const struct compare_stack *b = right;
    int64_t grown_a = (int64_t)(a->new_bytes - a->old_bytes);
    int64_t grown_b = (int64_t)(b->new_bytes - b->old_bytes);

    if (grown_a != grown_b)
        return grown_a > grown_b ? -1 : 1;
    if (a->change != b->change)
        return a->change < b->change ? -1 : 1;
    if (a->trace == NULL || b->trace == NULL || a->trace->id == b->trace->id)
        return 0;
    return a->trace->id < b->trace->id ? -1 : 1;
}

int
compare_stacks(const struct snapshot *old, const struct snapshot *new,
               struct vector *out_stacks)
{
    struct table index = TABLE_INIT;
    size_t kept = 0;
    int result = add_side(new, false, out_stacks, &index);

    if (result == 0)
        result = add_side(old, true, out_stacks, &index);
    table_fini(&index);
    for (size_t i = 0; i < out_stacks->count; i++) {
        struct compare_stack stack =
            VECTOR_AT(out_stacks, struct compare_stack, i);

        stack.change = change_of(&stack);
        if (stack.change != COMPARE_SAME)
            VECTOR_AT(out_stacks, struct compare_stack, kept++) = stack;
    }
    out_stacks->count = kept;
    vector_sort(out_stacks, compare_by_growth);
    named_use(new);
    return result;
}
