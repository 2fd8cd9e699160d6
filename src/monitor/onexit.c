/*
 * monitor/onexit.c - what is due at the end of the process.
 *
 * A process that did nothing wrong and was not asked for statistics leaves no
 * trace: no line on stderr, no file. So a whole tree of preloaded programs
 * stays quiet but for those that leak.
 */
#include "monitor/monitor.h"

#include "base/attr.h"
#include "base/text.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/periodic.h"

/* How long the end waits for a report that our thread is writing. */
#define ONEXIT_WAIT_NS UINT64_C(5000000000)

/* What the end knows before it has looked at the blocks, and after. */
struct ending {
    bool has_stats;
    bool has_findings;
    bool has_leaks; /* blocks are left that the options select */
};

static bool
is_stats_wanted(const struct conf *conf)
{
    if (conf->log_stats == CONF_AUTO)
        return report_is_file();
    return conf->log_stats == CONF_ON;
}

/* Blocks that were not freed are listed where somebody will look for them: on
 * stderr they would change what a correct program says. */
static bool
is_leaks_wanted(const struct conf *conf)
{
    if (conf->log_leaks == CONF_AUTO)
        return report_is_file() || conf->exit_code != 0 ||
               !text_is_equal(conf->format, "text");
    return conf->log_leaks == CONF_ON;
}

/* Text says findings at once; other formats keep them for the document. */
static bool
is_finding_kept(const struct conf *conf)
{
    return conf->format != NULL && !text_is_equal(conf->format, "text");
}

static bool
is_worth_saying(const struct snapshot *snapshot, void *context)
{
    struct ending *ending = context;

    ending->has_leaks =
        snapshot->has_leaks && snapshot_leaks(snapshot).blocks > 0;
    return ending->has_leaks || ending->has_stats ||
           (ending->has_findings && is_finding_kept(conf_now()));
}

bool
monitor_exit(const struct leak_caller *caller)
{
    const struct conf *conf = conf_now();
    struct collect_request request;
    struct ending ending = {0};

    if (!track_is_recording())
        return false;
    /* Our thread may be in the middle of a report. If it does not come to its
     * end (the log is a pipe that nobody reads), the process still must. */
    if (!periodic_stop(ONEXIT_WAIT_NS))
        return track_finding_count(FINDING__COUNT) > 0;
    track_internal_begin();
    if (conf->check_shutdown)
        (void)track_check_all("check at exit", NULL); /* counted below */
    collect_request_init(&request, SNAPSHOT_EXIT);
    request.caller = caller;
    request.with_leaks = is_leaks_wanted(conf);
    request.with_stats = ending.has_stats = is_stats_wanted(conf);
    ending.has_findings = track_finding_count(FINDING__COUNT) > 0;
    if (request.with_leaks || request.with_stats || ending.has_findings ||
        report_is_dump_wanted()) {
        /* Refused where the program exits from inside a report of its own,
         * in a hook: there is no second one then. */
        (void)monitor_report_if(&request, is_worth_saying, &ending);
    }
    track_internal_end();
    return ending.has_findings || ending.has_leaks;
}
