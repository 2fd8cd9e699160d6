/*
 * report/shorten.c - C++ and Rust names that are far too long to be read.
 */
#include "report/shorten.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* Levels of brackets that are tried, from the inside. */
#define SHORTEN_DEPTH 8

/* The bytes of an operator's name at `name`, which has brackets that open and
 * close nothing: operator<, operator->, operator(). */
static size_t
operator_size(const char *name)
{
    size_t n = sizeof "operator" - 1;

    if (!text_has_prefix(name, "operator"))
        return 0;
    if (text_has_prefix(name + n, "()"))
        return n + 2;
    while (name[n] != '\0' && strchr("<>=-!+*/%&|^~", name[n]) != NULL)
        n++;
    return n;
}

/* Copy with what is in brackets of level `depth` left out. Returns the size
 * that it has, or more than `size` where it does not fit. */
static size_t
copy_outer(char *out, size_t size, const char *name, unsigned depth)
{
    unsigned level = 0;
    size_t n = 0;

    while (*name != '\0') {
        size_t whole = operator_size(name);
        bool opens = whole == 0 && (*name == '<' || *name == '(');
        bool closes = whole == 0 && level > 0 &&
                      (*name == '>' || *name == ')') && name[-1] != '-';

        if (closes)
            level--;
        for (size_t i = 0; i < (whole > 0 ? whole : 1); i++, name++) {
            if (level < depth && n < size)
                out[n++] = *name;
        }
        if (!opens)
            continue;
        level++;
        if (level == depth && *name != '>' && *name != ')') {
            if (n + 3 > size)
                return size + 1;
            memcpy(out + n, "...", 3);
            n += 3;
        }
    }
    if (n < size)
        out[n] = '\0';
    return *name == '\0' && n < size ? n : size + 1;
}

void
shorten_name(char *out, size_t size, const char *name, size_t max)
{
    if (strlen(name) <= max) {
        (void)text_copy(out, size, name);
        return;
    }
    for (unsigned depth = SHORTEN_DEPTH; depth > 0; depth--) {
        if (copy_outer(out, size, name, depth) <= max)
            return;
    }
    (void)text_copy_n(out, size, name, max > 3 ? max - 3 : 0);
    (void)text_copy(out + strlen(out), size - strlen(out), "...");
}
