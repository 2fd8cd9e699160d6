/*
 * conf/value.h - the value of one option: from text, to text, compared.
 *
 * For conf's own files only. What value_print writes, value_read reads back to
 * the same value.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/option.h"

/* The longest value as text, its NUL included, bytes: a path. */
#define VALUE_MAX 4096

/*
 * value_read - set the option's field of `values` from the `n` bytes at
 * `text`, which hold no NUL and are without blanks at both ends.
 *
 * Returns 0; -EINVAL if the text is no such value, -ERANGE if it is out of
 * range, -ENOSPC if the store of texts is full. `values` is untouched then.
 * Locks: held: conf_lock (the store).
 */
int MUST_CHECK value_read(const struct option *option, const char *text,
                          size_t n, struct conf *values);

/* value_accepted - what value_read wants, for a message: "a size from 1 to
 * 4096 bytes". Returns `buffer`. */
const char *value_accepted(const struct option *option, char *buffer,
                           size_t size);

/* value_print - the option's field as text, without escapes. Returns the
 * length of the whole text, at most VALUE_MAX - 1. */
size_t value_print(const struct option *option, const struct conf *values,
                   char *buffer, size_t size);

/* value_is_equal - true if the option's fields in `a` and `b` are the same. */
bool value_is_equal(const struct option *option, const struct conf *a,
                    const struct conf *b);

/* value_copy - set the option's field of `to` to that of `from`, with plain
 * stores of at most a word. */
void value_copy(const struct option *option, struct conf *to,
                const struct conf *from);

/* value_formats - the words that `format=` accepts, or NULL for any. */
const char *value_formats(void);

#endif
