/*
 * report/frametext.c - the frames of a JSON document, each put into words once.
 */
#include "report/frametext.h"

#include "base/hash.h"
#include "report/names.h"

struct frametext_spot {
    uintptr_t pc;
    uint32_t generation;
    uint32_t first; /* of its frames in `pieces` */
    uint32_t count;
};

struct piece {
    size_t start;
    size_t size;
};

void
frametext_init(struct frametext *frames)
{
    *frames = (struct frametext){
        .index = TABLE_INIT,
        .spots = VECTOR_INIT(struct frametext_spot),
        .pieces = VECTOR_INIT(struct piece),
        .json = BUFFER_INIT,
    };
}

void
frametext_fini(struct frametext *frames)
{
    table_fini(&frames->index);
    vector_fini(&frames->spots);
    vector_fini(&frames->pieces);
    buffer_fini(&frames->json);
}

static void
add_frame(struct emit *emit, const struct names_frame *frame)
{
    emit_object_compact(emit, NULL);
    if (frame->address != 0)
        emit_address(emit, "address", frame->address);
    if (frame->module != NULL) {
        emit_text(emit, "module", frame->module);
        emit_number(emit, "offset", frame->module_offset);
    }
    if (frame->function != NULL) {
        emit_text(emit, "function", frame->function);
        emit_number(emit, "function_offset", frame->function_offset);
    }
    if (frame->file != NULL) {
        emit_text(emit, "file", frame->file);
        if (frame->line != 0)
            emit_number(emit, "line", frame->line);
    }
    if (frame->is_inlined)
        emit_bool(emit, "inlined", true);
    emit_close(emit);
}

/* Straight into the document. */
static void
add_anew(struct emit *emit, const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);

    for (unsigned k = 0; k < count; k++)
        add_frame(emit, &scratch.frames[k]);
}

/* Put the frames of a new spot into words. False where memory is out. */
static bool
fill_spot(struct frametext *frames, struct frametext_spot *spot,
          const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);

    spot->first = (uint32_t)frames->pieces.count;
    for (unsigned k = 0; k < count; k++) {
        struct piece *piece = vector_add(&frames->pieces);
        struct emit emit;

        if (piece == NULL)
            return false;
        piece->start = frames->json.count;
        emit_begin(&emit, &frames->json);
        add_frame(&emit, &scratch.frames[k]);
        piece->size = frames->json.count - piece->start;
        spot->count++;
    }
    return !frames->json.failed;
}

/* The spot of that address, made if it is not there; NULL where memory is
 * out. */
static const struct frametext_spot *
find_spot(struct frametext *frames, const struct trace *trace, uint32_t i)
{
    struct frametext_spot wanted = {.pc = trace->pc[i],
                                    .generation = trace->generation};
    uint64_t key = hash_add(hash_u64(wanted.pc), wanted.generation);
    struct frametext_spot *spot;
    uint64_t index;

    while (table_find(&frames->index, key, &index)) {
        spot = &VECTOR_AT(&frames->spots, struct frametext_spot, index);
        if (spot->pc == wanted.pc && spot->generation == wanted.generation)
            return spot;
        key = hash_u64(key + 1);
    }
    if (!fill_spot(frames, &wanted, trace, i))
        return NULL;
    spot = vector_add(&frames->spots);
    if (spot == NULL ||
        table_insert(&frames->index, key, frames->spots.count - 1) != 0)
        return NULL;
    *spot = wanted;
    return spot;
}

void
frametext_add(struct frametext *frames, struct emit *emit,
              const struct trace *trace, uint32_t i)
{
    const struct frametext_spot *spot = NULL;

    /* What the header noted is of this trace alone. */
    if (i < trace->count && (i > 0 || trace->file == NULL))
        spot = find_spot(frames, trace, i);
    if (spot == NULL) {
        add_anew(emit, trace, i);
        return;
    }
    for (uint32_t k = 0; k < spot->count; k++) {
        const struct piece *piece =
            &VECTOR_AT(&frames->pieces, struct piece, spot->first + k);

        emit_raw(emit, NULL, frames->json.bytes + piece->start, piece->size);
    }
}
