/*
 * report/dump.c - a snapshot in its file form.
 */
#include "report/dump.h"

#include <errno.h>

#include "base/text.h"
#include "conf/conf.h"
#include "meta/buffer.h"
#include "model/codec.h"
#include "report/alert.h"
#include "report/log.h"
#include "report/names.h"
#include "report/render.h"
#include "report/report.h"
#include "report/whole.h"

/* Guarded by report_lock. */
static struct whole dump_file;
static struct whole document_file;

static const char *
keep_text(struct snapshot *snapshot, const char *text)
{
    return text == NULL ? NULL : snapshot_text(snapshot, text);
}

static int
add_findings(struct snapshot *snapshot)
{
    struct finding finding;
    uint64_t times;

    for (size_t i = 0; alert_kept(i, &finding, &times); i++) {
        struct snapshot_noticed *noticed = vector_add(&snapshot->noticed);

        if (noticed == NULL)
            return -ENOMEM;
        noticed->finding = finding;
        noticed->times = times;
        noticed->finding.during = keep_text(snapshot, finding.during);
    }
    return 0;
}

/* 1 + the index of the module that `path` and the address speak of; one is
 * made where a resolver knows more modules than were listed. 0: none. */
static uint32_t
find_module(struct snapshot *snapshot, const char *path, uintptr_t base)
{
    struct vector *modules = &snapshot->modules;
    struct module *module;

    if (path == NULL)
        return 0;
    for (size_t i = 0; i < modules->count; i++) {
        module = &VECTOR_AT(modules, struct module, i);
        if (module->base == base && text_is_equal(module->path, path))
            return (uint32_t)i + 1;
    }
    module = vector_add(modules);
    if (module == NULL)
        return 0;
    module->path = snapshot_text(snapshot, path);
    module->base = base;
    return (uint32_t)modules->count;
}

static int
name_frame(struct snapshot *snapshot, size_t i, struct names_scratch *scratch)
{
    struct snapshot_frame *frame =
        &VECTOR_AT(&snapshot->frames, struct snapshot_frame, i);
    unsigned count = names_address(frame->pc, frame->generation, scratch);

    frame->first = (uint32_t)snapshot->names.count;
    for (unsigned k = 0; k < count; k++) {
        const struct names_frame *from = &scratch->frames[k];
        struct snapshot_name *name = vector_add(&snapshot->names);

        if (name == NULL)
            return -ENOMEM;
        name->function = keep_text(snapshot, from->function);
        name->linkage = keep_text(snapshot, from->linkage);
        name->file = keep_text(snapshot, from->file);
        name->function_offset = from->function_offset;
        name->module_offset = from->module_offset;
        name->line = from->line;
        name->is_inlined = from->is_inlined;
        name->module = find_module(snapshot, from->module,
                                   frame->pc - from->module_offset);
        frame->count++;
    }
    return 0;
}

int
dump_complete(struct snapshot *snapshot)
{
    struct names_scratch scratch;
    bool is_session;
    int result = add_findings(snapshot);

    if (result == 0)
        result = snapshot_list_frames(snapshot);
    is_session = names_begin();
    for (size_t i = 0; result == 0 && i < snapshot->frames.count; i++)
        result = name_frame(snapshot, i, &scratch);
    names_end(is_session);
    names_release();
    return result;
}

bool
report_is_dump_wanted(void)
{
    return conf_now()->dump != NULL && !log_is_silent();
}

bool
report_is_picture(void)
{
    return render_is_whole(render_format());
}

void
report_dump(struct snapshot *snapshot)
{
    static const char no_memory[] =
        "dbgmalloc: no memory for the snapshot of dump=\n";
    struct buffer out = BUFFER_INIT;
    enum log_hold hold;

    if (dump_complete(snapshot) != 0 || codec_encode(snapshot, &out) != 0) {
        log_stderr(no_memory, sizeof(no_memory) - 1);
    } else {
        hold = log_hold();
        if (hold != LOG_HOLD_NONE) {
            /* It says what failed itself, once. */
            (void)whole_write(&dump_file, conf_now()->dump, out.bytes,
                              out.count);
            log_release(hold);
        }
    }
    buffer_fini(&out);
}

void
dump_document(const char *bytes, size_t n)
{
    const char *pattern = conf_now()->log;
    enum log_hold hold = log_hold();

    if (hold == LOG_HOLD_NONE)
        return;
    if (pattern != NULL && *pattern == '+')
        pattern++;
    /* It says what failed itself, once. */
    if (pattern != NULL)
        (void)whole_write(&document_file, pattern, bytes, n);
    log_release(hold);
}

void
dump_forget(bool is_forked)
{
    whole_forget(&document_file, is_forked);
    whole_forget(&dump_file, is_forked);
}
