/*
 * report/render.c - which format, and when a report is worth saying.
 */
#include "report/render.h"

#include <errno.h>

#include "base/text.h"
#include "conf/conf.h"
#include "report/alert.h"
#include "report/dump.h"
#include "report/log.h"
#include "report/names.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

static const struct {
    const char *key;
    void (*render)(struct buffer *out, const struct snapshot *snapshot,
                   bool with_stats);
} formats[REPORT__FORMAT_COUNT] = {
    [REPORT_TEXT] = {"text", render_text},
    [REPORT_TABLE] = {"table", render_table},
    [REPORT_JSON] = {"json", render_json},
    [REPORT_FOLDED] = {"folded", render_folded},
    [REPORT_PPROF] = {"pprof", render_pprof},
    [REPORT_MASSIF] = {"massif", render_massif},
    [REPORT_HTML] = {"html", render_html},
    [REPORT_OPENMETRICS] = {"openmetrics", render_openmetrics},
};

static const struct {
    const char *key;
    const char *title;
} reasons[] = {
    [SNAPSHOT_EXIT] = {"exit", "at exit"},
    [SNAPSHOT_SIGNAL] = {"signal", "on a signal"},
    [SNAPSHOT_API] = {"api", "asked for by the program"},
    [SNAPSHOT_PERIODIC] = {"periodic", "at an interval"},
    [SNAPSHOT_CRASH] = {"crash", "at a crash"},
};

static const char *const leak_keys[LEAK__COUNT] = {
    [LEAK_OUTSTANDING] = "outstanding", [LEAK_DEFINITE] = "definite",
    [LEAK_INDIRECT] = "indirect",       [LEAK_POSSIBLE] = "possible",
    [LEAK_REACHABLE] = "reachable",     [LEAK_RUNTIME] = "runtime",
    [LEAK_UNSEEN] = "unseen",
};

static const char *const verdict_keys[SNAPSHOT__VERDICT_COUNT] = {
    [SNAPSHOT_NO_VERDICT] = "unknown", [SNAPSHOT_LOST] = "lost",
    [SNAPSHOT_GROWING] = "growing",    [SNAPSHOT_PLATEAU] = "plateau",
    [SNAPSHOT_ONE_OFF] = "one-off",
};

const char *
render_version(void)
{
    return PACKAGE_VERSION;
}

const char *
report_format_key(enum report_format format)
{
    if ((unsigned)format >= REPORT__FORMAT_COUNT)
        return "unknown";
    return formats[format].key;
}

const char *
report_format_help(enum report_format format)
{
    static const char *const helps[REPORT__FORMAT_COUNT] = {
#define FORMAT(id, key, help) help,
#include "report/formats.def"
#undef FORMAT
    };

    return (unsigned)format < REPORT__FORMAT_COUNT ? helps[format] : "";
}

enum report_format
render_format(void)
{
    const char *key = conf_now()->format;

    for (unsigned i = 0; key != NULL && i < REPORT__FORMAT_COUNT; i++) {
        if (text_is_equal(key, formats[i].key))
            return (enum report_format)i;
    }
    return REPORT_TEXT;
}

bool
render_is_document(enum report_format format)
{
    return format != REPORT_TEXT && format != REPORT_TABLE;
}

bool
render_is_whole(enum report_format format)
{
    return render_is_document(format) && format != REPORT_JSON;
}

const char *
render_reason(enum snapshot_reason reason)
{
    return (unsigned)reason < ARRAY_COUNT(reasons) ? reasons[reason].title : "";
}

const char *
render_reason_key(enum snapshot_reason reason)
{
    return (unsigned)reason < ARRAY_COUNT(reasons) ? reasons[reason].key
                                                   : "unknown";
}

const char *
render_leak_key(enum leak_kind kind)
{
    return (unsigned)kind < LEAK__COUNT ? leak_keys[kind] : "unknown";
}

const char *
render_verdict_key(enum snapshot_verdict verdict)
{
    return (unsigned)verdict < SNAPSHOT__VERDICT_COUNT ? verdict_keys[verdict]
                                                       : "unknown";
}

struct snapshot_total
render_leaks(const struct snapshot *snapshot, uint64_t *out_sites)
{
    uint64_t sites = 0;

    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        sites +=
            snapshot_is_leak(entry->kind) && entry->parent == SNAPSHOT_NO_ENTRY;
    }
    *out_sites = sites;
    return snapshot_leaks(snapshot);
}

bool
render_finding(const struct snapshot *snapshot, size_t i,
               struct finding *out_finding, uint64_t *out_times)
{
    const struct snapshot_noticed *noticed;

    if (!snapshot->is_decoded)
        return alert_kept(i, out_finding, out_times);
    if (i >= snapshot->noticed.count)
        return false;
    noticed = &VECTOR_AT(&snapshot->noticed, struct snapshot_noticed, i);
    *out_finding = noticed->finding;
    *out_times = noticed->times;
    return true;
}

uint64_t
render_findings(const struct snapshot *snapshot)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < FINDING__COUNT; i++)
        total += snapshot->findings[i];
    return total;
}

int
report_render(const struct snapshot *snapshot, enum report_format format,
              struct buffer *out)
{
    bool is_session;

    if ((unsigned)format >= REPORT__FORMAT_COUNT)
        return -EINVAL;
    is_session = names_begin();
    formats[format].render(out, snapshot, true);
    names_end(is_session);
    return out->failed ? -ENOMEM : 0;
}

/* A tree of programs under the library stays quiet on its terminal as long as
 * nothing is wrong; whoever asked for a report gets one. */
static bool
is_worth_saying(const struct snapshot *snapshot)
{
    uint64_t sites;

    if (snapshot->reason != SNAPSHOT_EXIT || report_is_file())
        return true;
    if (conf_now()->log_stats == CONF_ON)
        return true;
    return render_leaks(snapshot, &sites).blocks > 0 ||
           render_findings(snapshot) > 0;
}

static bool
wants_stats(const struct snapshot *snapshot)
{
    if (snapshot->reason != SNAPSHOT_EXIT)
        return true;
    if (conf_now()->log_stats == CONF_AUTO)
        return report_is_file();
    return conf_now()->log_stats == CONF_ON;
}

void
report_snapshot(const struct snapshot *snapshot)
{
    report_snapshot_as(snapshot, render_format());
}

void
report_snapshot_as(const struct snapshot *snapshot, enum report_format format)
{
    static const char cut[] =
        "\ndbgmalloc: memory ran out, this report is cut here\n";
    struct buffer out = BUFFER_INIT;
    bool is_session;

    if (log_is_silent() || log_is_none())
        return;
    if (!render_is_document(format) && !is_worth_saying(snapshot))
        return;
    is_session = names_begin();
    formats[format].render(&out, snapshot,
                           format == REPORT_JSON || wants_stats(snapshot));
    names_end(is_session);
    names_release();
    if (render_is_whole(format) && report_is_file()) {
        if (!out.failed)
            dump_document(out.bytes, out.count);
        buffer_fini(&out);
        return;
    }
    report_write(out.bytes, out.count);
    if (out.failed)
        report_write(cut, sizeof(cut) - 1);
    buffer_fini(&out);
}
