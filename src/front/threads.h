/*
 * front/threads.h - noticing that a thread ends.
 */
#ifndef FRONT_THREADS_H
#define FRONT_THREADS_H

/* threads_install - make the key whose destructor tells us. Once, at start.
 * Signal: no. */
void threads_install(void);

/* threads_arrive - the calling thread has a self now (track_set_thread_hook);
 * arrange for track_thread_end when it ends. errno: untouched. */
void threads_arrive(void);

#endif
