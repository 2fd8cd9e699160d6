/*
 * report/frametext.c - the frames of a JSON document, each put into words once.
 */
#include "report/frametext.h"

#include "report/names.h"

struct range {
    uint32_t first;
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
        .ranges = VECTOR_INIT(struct range),
        .pieces = VECTOR_INIT(struct piece),
        .json = BUFFER_INIT,
    };
    spots_init(&frames->spots);
}

void
frametext_fini(struct frametext *frames)
{
    spots_fini(&frames->spots);
    vector_fini(&frames->ranges);
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
fill_range(struct frametext *frames, const struct trace *trace, uint32_t i)
{
    struct names_scratch scratch;
    unsigned count = names_frames(trace, i, &scratch);
    struct range *range = vector_add(&frames->ranges);

    if (range == NULL)
        return false;
    range->first = (uint32_t)frames->pieces.count;
    for (unsigned k = 0; k < count; k++) {
        struct piece *piece = vector_add(&frames->pieces);
        struct emit emit;

        if (piece == NULL)
            return false;
        piece->start = frames->json.count;
        emit_begin(&emit, &frames->json);
        add_frame(&emit, &scratch.frames[k]);
        piece->size = frames->json.count - piece->start;
        range->count++;
    }
    return !frames->json.failed;
}

/* The pieces of that entry, made if they are not there; NULL where memory is
 * out. */
static const struct range *
find_range(struct frametext *frames, const struct trace *trace, uint32_t i)
{
    bool is_new;
    uint32_t spot;

    if (frames->failed)
        return NULL;
    spot = spots_enter(&frames->spots, trace, i, &is_new);
    if (spot == SPOTS_NONE || (is_new && !fill_range(frames, trace, i))) {
        frames->failed = true;
        return NULL;
    }
    return &VECTOR_AT(&frames->ranges, struct range, spot);
}

void
frametext_add(struct frametext *frames, struct emit *emit,
              const struct trace *trace, uint32_t i)
{
    const struct range *range = find_range(frames, trace, i);

    if (range == NULL) {
        add_anew(emit, trace, i);
        return;
    }
    for (uint32_t k = 0; k < range->count; k++) {
        const struct piece *piece =
            &VECTOR_AT(&frames->pieces, struct piece, range->first + k);

        emit_raw(emit, NULL, frames->json.bytes + piece->start, piece->size);
    }
}
