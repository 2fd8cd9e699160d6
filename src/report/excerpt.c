/*
 * report/excerpt.c - lines of a source file around a place.
 */
#include "report/excerpt.h"

#include <string.h>

#include "base/attr.h"
#include "base/text.h"

#define SIZE_MAX_READ ((size_t)16 << 20)

/* Whatever has no such end is not shown. */
static const char *const ends[] = {
    ".c",   ".h",   ".cc",  ".cpp", ".cxx", ".C",   ".hh",
    ".hpp", ".hxx", ".ipp", ".inl", ".tcc", ".m",   ".mm",
    ".rs",  ".go",  ".d",   ".f90", ".f",   ".s",   ".S",
    ".y",   ".l",   ".zig", ".adb", ".ads", ".pas", ".swift"};

static bool
is_source_name(const char *path)
{
    const char *dot = strrchr(text_base_name(path), '.');

    for (size_t i = 0; dot != NULL && i < ARRAY_COUNT(ends); i++) {
        if (text_is_equal(dot, ends[i]))
            return true;
    }
    return false;
}

bool
excerpt_open(struct excerpt *source, const char *path)
{
    if (source->path != NULL && text_is_equal(source->path, path))
        return source->map.size > 0;
    excerpt_close(source);
    source->path = path;
    if (path[0] != '/' || !is_source_name(path) ||
        file_map(path, &source->map) != 0) {
        source->map.size = 0;
        return false;
    }
    if (source->map.size > SIZE_MAX_READ ||
        memchr(source->map.bytes, '\0', source->map.size) != NULL) {
        file_unmap(&source->map);
        source->map.size = 0;
    }
    return source->map.size > 0;
}

bool
excerpt_line(const struct excerpt *source, uint32_t number,
             const char **out_text,
            size_t *out_n)
{
    const char *at = (const char *)source->map.bytes;
    const char *end = at + source->map.size;
    const char *stop;

    for (uint32_t i = 1; i < number && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        at = newline == NULL ? end : newline + 1;
    }
    if (number == 0 || at >= end)
        return false;
    stop = memchr(at, '\n', (size_t)(end - at));
    *out_text = at;
    *out_n = (size_t)((stop == NULL ? end : stop) - at);
    return true;
}

void
excerpt_close(struct excerpt *source)
{
    if (source->path != NULL && source->map.size > 0)
        file_unmap(&source->map);
    source->path = NULL;
    source->map.size = 0;
}
