/*
 * tool/remotewalk.h - where a stopped thread of another process is: may it be
 * made to call a function now?
 *
 * Not while a frame of its stack lies in the dynamic loader, in an allocator or
 * in fork, all of which hold locks that the call would wait for.
 */
#ifndef TOOL_REMOTEWALK_H
#define TOOL_REMOTEWALK_H

#include "os/arch/arch.h"
#include "tool/remotemap.h"

enum remotewalk_place {
    REMOTEWALK_SAFE,
    REMOTEWALK_IN_LOADER,
    REMOTEWALK_IN_ALLOCATOR,
    REMOTEWALK_IN_FORK, /* or ending, or making a thread */
    REMOTEWALK_LOST     /* a frame in a module could not be undone */
};

/* remotewalk_place - what the stack of a stopped thread says. Cost: a copy of
 * the unwind table of each module on the stack, once per map. */
enum remotewalk_place remotewalk_place(const struct remotemap *map,
                                       const struct arch_remote *registers);

/* remotewalk_words - "in the dynamic loader", ... */
const char *remotewalk_words(enum remotewalk_place place);

#endif
