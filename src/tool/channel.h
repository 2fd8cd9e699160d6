/*
 * tool/channel.h - the command's side of an attachment: the page that it shares
 * with the process (model/control.h), and the memory file with its reports.
 *
 * Both lie in memory files of the process's, which are opened through /proc.
 *
 * Thread: one.   Signal: no.
 */
#ifndef TOOL_CHANNEL_H
#define TOOL_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/attr.h"
#include "model/control.h"

struct channel {
    int pid;
    struct control *control; /* NULL: not open */
    int log;                 /* the reports, -1: not open */
    off_t read_to;
};

/* channel_reach - open descriptor `fd` of process `pid` anew. Returns ours, or
 * -errno. */
int MUST_CHECK channel_reach(int pid, int fd, int flags);

/* channel_find - the page's descriptor in process `pid`, where somebody is
 * attached to it already, or -ENOENT. */
int MUST_CHECK channel_find(int pid);

/* channel_open - map the page that is descriptor `fd` of process `pid`, and
 * open the reports. Returns 0; -ESRCH if the process has ended, -ENXIO if it
 * runs another program by now, or another -errno. Pair: channel_close. */
int MUST_CHECK channel_open(struct channel *channel, int pid, int fd);

void channel_close(struct channel *channel);

/* channel_is_alive - true until the process has ended. */
bool channel_is_alive(const struct channel *channel);

/* channel_beat - say that this command is alive, as it must now and then. */
void channel_beat(struct channel *channel);

/* channel_pause - wait for a moment, or a signal. */
void channel_pause(void);

/*
 * channel_ask - ask for `request` (enum control_request) and wait until it is
 * done.
 *
 * is_wanted: asked meanwhile; NULL: always.
 * Returns 0; -ESRCH if the process ended; -ENXIO if it runs another program by
 * now; -ECONNRESET if it has ended the attachment, since it heard nothing of
 * this command for too long; -ETIMEDOUT; -EINTR if it is not wanted any more.
 */
int MUST_CHECK channel_ask(struct channel *channel, uint32_t request,
                           uint64_t timeout_ns, bool (*is_wanted)(void));

/* channel_show - copy to `out` what was reported since. */
void channel_show(struct channel *channel, FILE *out);

/* channel_take - what was reported since, as a text. To be freed. */
char *channel_take(struct channel *channel);

#endif
