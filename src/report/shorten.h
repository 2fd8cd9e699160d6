/*
 * report/shorten.h - C++ and Rust names that are far too long to be read.
 */
#ifndef REPORT_SHORTEN_H
#define REPORT_SHORTEN_H

#include <stddef.h>

/*
 * shorten_name - copy `name`, at most `max` characters of it, to `out`.
 *
 * What is inside of template arguments and parameter lists is left out first,
 * the innermost before the outer, and stands as "...": "std::vector<...>::
 * push_back(...)". A name that is too long even so is cut, and ends in "...".
 *
 * size: bytes at `out`, more than max.
 * Thread: any.   Signal: yes.   Locks: none.
 */
void shorten_name(char *out, size_t size, const char *name, size_t max);

#endif
