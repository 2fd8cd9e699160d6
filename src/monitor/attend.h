/*
 * monitor/attend.h - the process's side of an attachment: the page that it
 * shares with the command (model/control.h), looked at by our thread.
 */
#ifndef MONITOR_ATTEND_H
#define MONITOR_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/control.h"

/* What control needs of those above it. */
struct attend_hooks {
    void (*refresh)(struct control *control); /* modules may have come */
    void (*detach)(void);                     /* end the attachment */
};

/*
 * attend_open - make the page and the memory file for reports.
 *
 * Returns the page's descriptor, or -errno.   Thread: one at a time.
 */
int MUST_CHECK attend_open(const struct attend_hooks *hooks);

/* attend_page - the page that was made, or NULL where there is none. */
struct control *attend_page(void);

/* attend_begin - the page that was made is for our thread to look at from now
 * on. */
void attend_begin(void);

/* attend_is_open - true while our thread must look at the page. */
bool attend_is_open(void);

/* attend_look - for our thread: do what the command asks, say how things
 * stand. */
void attend_look(void);

/* attend_close - the attachment is over: the page says so, and the memory
 * files are closed.   Thread: one at a time. */
void attend_close(void);

/* attend_child - in a forked child: the attachment is the parent's. */
void attend_child(void);

#endif
