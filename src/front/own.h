/*
 * front/own.h - our entry points by names that are always bound to ours.
 *
 * In a process that has another malloc, the name `malloc` is bound to that one
 * even here; own_malloc never is. They are aliases, made where the functions
 * are defined.
 */
#ifndef FRONT_OWN_H
#define FRONT_OWN_H

#include "base/attr.h"

/* Only their addresses are of use here. */
#define OWN_MALLOC(name) extern HIDDEN const char own_##name[];
#define OWN_OPERATOR(name) extern HIDDEN const char own_##name[];
#include "front/own.def"

#endif
