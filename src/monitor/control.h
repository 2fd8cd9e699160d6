/*
 * monitor/control.h - the process's side of an attachment: the page that it
 * shares with the command (model/control.h), looked at by our thread.
 */
#ifndef MONITOR_CONTROL_H
#define MONITOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/control.h"

/* What control needs of those above it. */
struct control_hooks {
    void (*refresh)(struct control *control); /* modules may have come */
    void (*detach)(void);                     /* end the attachment */
};

/*
 * control_open - make the page and the memory file for reports.
 *
 * Returns the page's descriptor, or -errno.   Thread: one at a time.
 */
int MUST_CHECK control_open(const struct control_hooks *hooks);

/* control_page - the page, or NULL where there is none. */
struct control *control_page(void);

/* control_is_open - true while our thread must look at the page. */
bool control_is_open(void);

/* control_look - for our thread: do what the command asks, say how things
 * stand. */
void control_look(void);

/* control_close - the attachment is over: the page says so, and the memory
 * files are closed.   Thread: one at a time. */
void control_close(void);

/* control_child - in a forked child: the attachment is the parent's. */
void control_child(void);

#endif
