/*
 * report/explainkind.c - what is particular to each kind of finding: what
 * happened, and what most likely did it.
 */
#include "base/text.h"
#include "report/explain.h"
#include "report/words.h"

static void
add_block(struct buffer *out, const struct block *block)
{
    buffer_text(out, "block ");
    words_address(out, block->addr);
    buffer_text(out, " of ");
    words_bytes(out, block->size);
}

static bool
is_freed(const struct finding *finding)
{
    return finding->block.state == BLOCK_FREED ||
           finding->block.state == BLOCK_QUARANTINED;
}

/* Where finding->addr lies: "12 bytes into block ...", "0 bytes past the end
 * of block ...". */
static void
add_position(struct buffer *out, const struct finding *finding)
{
    ptrdiff_t offset = finding->offset;
    size_t size = finding->block.size;

    if (offset < 0) {
        words_bytes(out, (uint64_t)-offset);
        buffer_text(out, " before the start of ");
    } else if ((size_t)offset >= size) {
        words_bytes(out, (uint64_t)offset - size);
        buffer_text(out, " past the end of ");
    } else if (offset == 0) {
        buffer_text(out, "the start of ");
    } else {
        words_bytes(out, (uint64_t)offset);
        buffer_text(out, " into ");
    }
    if (is_freed(finding))
        buffer_text(out, "freed ");
    add_block(out, &finding->block);
}

static void
add_damage(struct buffer *out, const struct finding *finding)
{
    words_bytes(out, finding->length);
    buffer_text(out, " changed at ");
    words_address(out, finding->addr);
    if (finding->has_block) {
        buffer_text(out, ", ");
        add_position(out, finding);
    }
}

/* What was passed to a call: a block, an address in or near one, or an address
 * that is somewhere else. */
static void
add_passed(struct buffer *out, const struct finding *finding)
{
    if (finding->has_block && finding->offset == 0) {
        add_block(out, &finding->block);
        if (is_freed(finding))
            buffer_text(out, ", which was freed already");
        return;
    }
    words_address(out, finding->addr);
    buffer_text(out, " is ");
    if (finding->has_block)
        add_position(out, finding);
    else
        explain_place(out, finding);
}

/* A range and the block that it leaves. */
static void
add_range(struct buffer *out, const struct finding *finding)
{
    size_t size = finding->block.size;
    uint64_t end = (uint64_t)finding->offset + finding->length;

    words_bytes(out, finding->length);
    buffer_text(out, " at ");
    words_address(out, finding->addr);
    buffer_text(out, ", ");
    if (!finding->has_block) {
        explain_place(out, finding);
        return;
    }
    add_position(out, finding);
    if (finding->offset >= 0 && (size_t)finding->offset < size && end > size) {
        buffer_text(out, ", leave it by ");
        words_bytes(out, end - size);
    }
}

static const char *
access_word(const struct finding *finding)
{
    return finding->access == FINDING_ACCESS_WRITE  ? "write"
           : finding->access == FINDING_ACCESS_READ ? "read"
                                                    : "use";
}

/* What a call was about to do, or an instruction did (length 0), and where. */
static void
add_access(struct buffer *out, const struct finding *finding)
{
    size_t size = finding->block.size;
    uint64_t end = (uint64_t)finding->offset + finding->length;

    if (finding->length != 0) {
        buffer_print(out, "%s was to %s ", finding->during,
                     access_word(finding));
        words_bytes(out, finding->length);
    } else {
        buffer_print(out, "%s: %s", finding->during, access_word(finding));
    }
    buffer_text(out, " at ");
    words_address(out, finding->addr);
    buffer_text(out, finding->has_block ? ", " : ", which is ");
    if (!finding->has_block) {
        explain_place(out, finding);
        return;
    }
    add_position(out, finding);
    if (!is_freed(finding) && finding->offset >= 0 &&
        (size_t)finding->offset < size && end > size) {
        buffer_text(out, ": ");
        words_bytes(out, end - size);
        buffer_text(out, " too many");
    }
}

static void
add_overlap(struct buffer *out, const struct finding *finding)
{
    buffer_print(out, "%s was to copy ", finding->during);
    words_bytes(out, finding->length);
    buffer_text(out, " to ");
    words_address(out, finding->addr);
    buffer_text(out, ", and source and target have ");
    words_bytes(out, finding->size_given);
    buffer_text(out, " in common");
    if (finding->has_block) {
        buffer_text(out, "; the target is ");
        add_position(out, finding);
    }
}

void
explain_place(struct buffer *out, const struct finding *finding)
{
    switch (finding->place) {
    case FINDING_PLACE_BLOCK:
        buffer_text(out, "in or near a block");
        break;
    case FINDING_PLACE_NULL:
        buffer_text(out,
                    finding->addr == 0 ? "null" : "null and a small offset");
        break;
    case FINDING_PLACE_STACK:
        buffer_text(out, "on the stack of this thread: a local variable");
        break;
    case FINDING_PLACE_GLOBAL:
        buffer_text(out, "in ");
        words_safe(out, text_base_name(finding->module));
        buffer_text(out, ": a global or static object, or code");
        break;
    case FINDING_PLACE_LIBC:
        buffer_text(out, "in the C library's own heap, not in ours");
        break;
    case FINDING_PLACE_MAPPED:
        buffer_text(out, "in a mapping that no malloc made");
        if (finding->module[0] != '\0') {
            buffer_text(out, ", of the file ");
            words_safe(out, finding->module);
        }
        break;
    case FINDING_PLACE_UNMAPPED:
        buffer_text(out, "not mapped: no memory is there");
        break;
    case FINDING_PLACE_OURS:
        buffer_text(out, "in memory that holds no block now");
        break;
    case FINDING_PLACE_UNKNOWN:
        buffer_text(out, "in no block");
        break;
    }
}

/* What a block made by `origin` is to be freed with. */
static const char *
right_free(enum origin origin)
{
    if (block_is_pair(origin, ORIGIN_DELETE))
        return "delete";
    if (block_is_pair(origin, ORIGIN_DELETE_ARRAY))
        return "delete[]";
    return "free";
}

static void
add_given(struct buffer *out, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_SIZE_MISMATCH:
        buffer_print(out, "%s was given ", block_origin_name(finding->call));
        words_bytes(out, finding->size_given);
        buffer_text(out, " for ");
        add_block(out, &finding->block);
        break;
    case FINDING_ALIGN_MISMATCH:
        buffer_print(out, "%s was given alignment %lu for ",
                     block_origin_name(finding->call),
                     (unsigned long)finding->align_given);
        add_block(out, &finding->block);
        if (finding->block.align != 0)
            buffer_print(out, " with alignment %lu",
                         (unsigned long)finding->block.align);
        else
            buffer_text(out, " with no alignment of its own");
        break;
    case FINDING_MISMATCHED_FREE:
        add_block(out, &finding->block);
        buffer_print(out, " was made by %s and freed by %s",
                     block_origin_name(finding->block.origin),
                     block_origin_name(finding->call));
        break;
    default:
        break;
    }
}

static void
add_request(struct buffer *out, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_ZERO_SIZE:
        buffer_print(out, "%s was asked for 0 bytes",
                     block_origin_name(finding->call));
        break;
    case FINDING_BAD_ALIGN:
        buffer_print(out, "%s was asked for alignment %lu",
                     block_origin_name(finding->call),
                     (unsigned long)finding->align_given);
        break;
    case FINDING_LIMIT:
    case FINDING_MAX_ALLOC:
        buffer_print(out, "%s was asked for ",
                     block_origin_name(finding->call));
        words_bytes(out, finding->length);
        buffer_print(out, "; the option %s allows ",
                     finding->kind == FINDING_LIMIT ? "limit" : "max-alloc");
        words_bytes(out, finding->size_given);
        break;
    default:
        buffer_print(out, "%s was asked for ",
                     block_origin_name(finding->call));
        words_bytes(out, finding->length);
        break;
    }
}

void
explain_what(struct buffer *out, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_OVERRUN:
    case FINDING_UNDERRUN:
    case FINDING_WRITE_AFTER_FREE:
        add_damage(out, finding);
        break;
    case FINDING_MISMATCHED_FREE:
    case FINDING_SIZE_MISMATCH:
    case FINDING_ALIGN_MISMATCH:
        add_given(out, finding);
        break;
    case FINDING_CHECK_RANGE:
        add_range(out, finding);
        break;
    case FINDING_BAD_READ:
    case FINDING_BAD_WRITE:
    case FINDING_USE_AFTER_FREE:
    case FINDING_FAULT:
        add_access(out, finding);
        break;
    case FINDING_OVERLAP:
        add_overlap(out, finding);
        break;
    case FINDING_ZERO_SIZE:
    case FINDING_BAD_ALIGN:
    case FINDING_SIZE_OVERFLOW:
    case FINDING_LIMIT:
    case FINDING_MAX_ALLOC:
    case FINDING_OUT_OF_MEMORY:
    case FINDING_INJECTED:
        add_request(out, finding);
        break;
    case FINDING_PROTECTED_WRITE:
        if (finding->length == 0)
            add_access(out, finding);
        else
            add_damage(out, finding);
        break;
    case FINDING_PROTECTED_FREE:
        buffer_print(out, "%s was given ", block_origin_name(finding->call));
        add_block(out, &finding->block);
        buffer_text(out, ", which the program protects");
        break;
    case FINDING_OWN_DAMAGE:
        buffer_text(out, "the library's own memory at ");
        words_address(out, finding->addr);
        buffer_text(out, " does not hold what was written there");
        break;
    case FINDING_FREE_NULL:
        buffer_print(out, "%s was given a null pointer",
                     block_origin_name(finding->call));
        break;
    default:
        add_passed(out, finding);
        break;
    }
}

/* One byte of 0 right after the block is the terminator of a string in all
 * but name. */
static bool
is_terminator(const struct finding *finding)
{
    size_t at = finding->addr - finding->bytes_addr;

    return finding->length == 1 && finding->has_block && finding->offset >= 0 &&
           (size_t)finding->offset == finding->block.size &&
           finding->addr >= finding->bytes_addr && at < finding->bytes_count &&
           finding->bytes[at] == 0;
}

static void
advise_damage(struct buffer *out, const struct finding *finding)
{
    if (finding->kind == FINDING_WRITE_AFTER_FREE) {
        buffer_text(out, "a pointer to the block was kept and written "
                         "through after the free; clear it there, or free "
                         "later");
    } else if (finding->has_culprit) {
        buffer_text(out, "the neighbour's user wrote too far; look at both "
                         "blocks' users");
    } else if (is_terminator(finding)) {
        buffer_text(out, "a string's terminating NUL was not counted; ask "
                         "for one byte more");
    } else if (finding->kind == FINDING_UNDERRUN) {
        buffer_text(out, "an index below 0, or a pointer that was moved "
                         "back too far");
    } else {
        buffer_text(out, "a copy or loop goes past the ");
        words_bytes(out, finding->block.size);
        buffer_text(out, " that were asked for; compare what its code writes "
                         "with that");
    }
}

/* Of an access outside of a block, or to a freed one. */
static void
advise_access(struct buffer *out, const struct finding *finding)
{
    bool is_call = finding->length != 0;

    if (finding->kind == FINDING_USE_AFTER_FREE)
        buffer_text(out, "a pointer to the block was kept and used after the "
                         "free; clear it there, or free later");
    else if (finding->offset < 0)
        buffer_text(out, "an index below 0, or a pointer that was moved back "
                         "too far");
    else if (is_call)
        buffer_text(out, "a size that is not that of the block: compare what "
                         "the call is told with what was asked for");
    else
        buffer_text(out, "an index or pointer went past the end of the block");
}

static void
advise_fault(struct buffer *out, const struct finding *finding)
{
    switch (finding->place) {
    case FINDING_PLACE_NULL:
        buffer_text(out, "a null pointer was used: look where it came from");
        break;
    case FINDING_PLACE_UNMAPPED:
    case FINDING_PLACE_UNKNOWN:
        buffer_text(out, "a pointer that was never set, was overwritten, or "
                         "is of memory that is gone");
        break;
    case FINDING_PLACE_OURS:
        buffer_text(out, "a wild pointer, or one to a block that is long "
                         "freed");
        break;
    case FINDING_PLACE_STACK:
        buffer_text(out, "the stack is used up: endless recursion, or large "
                         "local arrays");
        break;
    case FINDING_PLACE_GLOBAL:
        if (finding->access == FINDING_ACCESS_WRITE)
            buffer_text(out, "a string constant or other constant was "
                             "written to");
        break;
    default:
        break;
    }
}

static void
advise_interior(struct buffer *out, const struct finding *finding)
{
    if (is_freed(finding)) {
        buffer_text(out, "the pointer was moved, and its block is freed "
                         "already");
        return;
    }
    buffer_text(out, "the pointer was moved after the block was made, or is "
                     "that of a member; pass ");
    words_address(out, finding->block.addr);
}

static void
advise_foreign(struct buffer *out, const struct finding *finding)
{
    if (finding->has_block) {
        if (finding->offset != 0)
            advise_interior(out, finding);
        else if (is_freed(finding))
            buffer_text(out, "a pointer to the block was kept after the "
                             "free");
        return;
    }
    switch (finding->place) {
    case FINDING_PLACE_STACK:
        buffer_text(out, "a local array or alloca's memory; it is neither "
                         "freed nor resized");
        break;
    case FINDING_PLACE_GLOBAL:
        buffer_text(out, "a global object or a string constant; it is "
                         "neither freed nor resized");
        break;
    case FINDING_PLACE_LIBC:
        buffer_text(out, "the block was made by another allocator, before "
                         "this one was in place or in another namespace");
        break;
    case FINDING_PLACE_NULL:
        buffer_text(out, "the address of a member of a null pointer");
        break;
    case FINDING_PLACE_MAPPED:
        buffer_text(out, "memory of mmap, of another thread's stack or of "
                         "another allocator; give it back where it came "
                         "from");
        break;
    default:
        buffer_text(out, "a pointer that was never set, or whose variable "
                         "was overwritten");
        break;
    }
}

void
explain_advice(struct buffer *out, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_OVERRUN:
    case FINDING_UNDERRUN:
    case FINDING_WRITE_AFTER_FREE:
        advise_damage(out, finding);
        break;
    case FINDING_DOUBLE_FREE:
        buffer_text(out, "two owners free the same block; let one of the two "
                         "places go, or clear the pointer after the first "
                         "free");
        break;
    case FINDING_INTERIOR_FREE:
    case FINDING_REALLOC_INTERIOR:
        advise_interior(out, finding);
        break;
    case FINDING_FOREIGN_FREE:
    case FINDING_REALLOC_FOREIGN:
    case FINDING_CHECK_FOREIGN:
    case FINDING_CHECK_FREED:
    case FINDING_USABLE_SIZE_BAD:
        advise_foreign(out, finding);
        break;
    case FINDING_REALLOC_FREED:
        buffer_text(out, "an old copy of the pointer: realloc moves blocks, "
                         "and its result must replace every copy");
        break;
    case FINDING_MISMATCHED_FREE:
        buffer_print(out, "free this block with %s",
                     right_free(finding->block.origin));
        break;
    case FINDING_SIZE_MISMATCH:
        buffer_text(out, "the type at the free is not the type that was "
                         "made, or a class is deleted through a base "
                         "without a virtual destructor");
        break;
    case FINDING_ALIGN_MISMATCH:
        buffer_text(out, "the type at the free is not the one that was made");
        break;
    case FINDING_SIZE_OVERFLOW:
        buffer_text(out, "a negative number became a size, or a product "
                         "wrapped");
        break;
    case FINDING_BAD_READ:
    case FINDING_BAD_WRITE:
    case FINDING_USE_AFTER_FREE:
        advise_access(out, finding);
        break;
    case FINDING_FAULT:
        advise_fault(out, finding);
        break;
    case FINDING_OVERLAP:
        buffer_text(out, "use memmove, which allows it");
        break;
    case FINDING_PROTECTED_WRITE:
    case FINDING_PROTECTED_FREE:
        buffer_text(out, "unprotect the block before it is changed, or look "
                         "why it is");
        break;
    case FINDING_OWN_DAMAGE:
        buffer_text(out, "a wild pointer, or a system call that was given "
                         "one: a watchpoint there (gdb: watch *(char *)");
        words_address(out, finding->addr);
        buffer_text(out, ") shows who writes; what is said of this memory "
                         "from here on may be wrong");
        break;
    case FINDING_BAD_ALIGN:
        buffer_text(out, "an alignment is a power of two (and for "
                         "posix_memalign a multiple of a pointer's size)");
        break;
    default:
        break;
    }
}
