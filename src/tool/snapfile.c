/*
 * tool/snapfile.c - a snapshot's file is read, and of it what is asked for.
 */
#include "tool/snapfile.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/codec.h"
#include "report/report.h"
#include "tool/tool.h"

int
snapfile_open(const char *path, struct snapfile *out_file)
{
    FILE *stream;
    int result;

    memset(out_file, 0, sizeof(*out_file));
    if (strcmp(path, "-") == 0)
        return tool_read(stdin, &out_file->bytes, &out_file->size);
    if (file_map(path, &out_file->map) == 0) {
        out_file->size = out_file->map.size;
        return 0;
    }
    stream = fopen(path, "rb");
    if (stream == NULL)
        return -errno;
    result = tool_read(stream, &out_file->bytes, &out_file->size);
    (void)fclose(stream); /* only read */
    return result;
}

void
snapfile_close(struct snapfile *file)
{
    if (file->map.bytes != NULL)
        file_unmap(&file->map);
    free(file->bytes);
}

const void *
snapfile_bytes(const struct snapfile *file)
{
    return file->map.bytes != NULL ? (const void *)file->map.bytes
                                   : (const void *)file->bytes;
}

/* The likely mistake is to hand over the report itself. */
int
snapfile_decode(const char *path, const struct snapfile *file,
                struct snapshot *out_snapshot)
{
    const void *bytes = snapfile_bytes(file);
    const char *wrong = codec_decode(bytes, file->size, out_snapshot);

    if (wrong == NULL)
        return 0;
    if (codec_is_snapshot(bytes, file->size))
        return tool_fail("%s cannot be read: %s", path, wrong);
    return tool_fail("%s: %s. Snapshots are written by the option dump=FILE of "
                     "the library",
                     path, wrong);
}

int
snapfile_load(const char *path, struct snapshot *out_snapshot)
{
    struct snapfile file;
    int status;
    int error = snapfile_open(path, &file);

    if (error != 0)
        return tool_fail("cannot read %s: %s", path, strerror(-error));
    status = snapfile_decode(path, &file, out_snapshot);
    snapfile_close(&file);
    return status;
}

/* ---- filter ---- */

static bool
is_match(const regex_t *regex, const struct trace *trace)
{
    struct buffer text = BUFFER_INIT;
    bool is;

    names_list(&text, trace, 0, 0);
    is = text.bytes != NULL && regexec(regex, text.bytes, 0, NULL, 0) == 0;
    buffer_fini(&text);
    return is;
}

static void
filter_entries(struct snapshot *snapshot, const regex_t *regex)
{
    struct vector *entries = &snapshot->entries;
    size_t kept = 0;

    memset(snapshot->kinds, 0, sizeof(snapshot->kinds));
    snapshot->selected = (struct snapshot_total){0, 0};
    for (size_t i = 0; i < entries->count; i++) {
        struct snapshot_entry entry =
            VECTOR_AT(entries, struct snapshot_entry, i);

        if (!is_match(regex, entry.trace))
            continue;
        /* What it hangs under may be gone. */
        entry.parent = SNAPSHOT_NO_ENTRY;
        VECTOR_AT(entries, struct snapshot_entry, kept++) = entry;
        snapshot->kinds[entry.kind].blocks += entry.blocks;
        snapshot->kinds[entry.kind].bytes += entry.bytes;
        snapshot->selected.blocks += entry.blocks;
        snapshot->selected.bytes += entry.bytes;
    }
    entries->count = kept;
}

static void
filter_sites(struct snapshot *snapshot, const regex_t *regex)
{
    struct vector *sites = &snapshot->sites;
    size_t kept = 0;

    for (size_t i = 0; i < sites->count; i++) {
        struct snapshot_site site = VECTOR_AT(sites, struct snapshot_site, i);

        if (is_match(regex, site.trace))
            VECTOR_AT(sites, struct snapshot_site, kept++) = site;
    }
    sites->count = kept;
}

int
snapfile_filter(struct snapshot *snapshot, const char *pattern)
{
    regex_t regex;
    char what[128];
    int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    bool is_session;

    if (error != 0) {
        (void)regerror(error, &regex, what, sizeof(what));
        return tool_fail("--filter=%s: %s", pattern, what);
    }
    named_use(snapshot);
    is_session = names_begin();
    filter_entries(snapshot, &regex);
    filter_sites(snapshot, &regex);
    names_end(is_session);
    regfree(&regex);
    return 0;
}
