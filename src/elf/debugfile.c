/*
 * elf/debugfile.c - the separate files that hold a module's debug information.
 */
#include "elf/debugfile.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"

int
debugfile_open(const char *path, struct debugfile *out_file)
{
    struct file_map map;
    struct image image;
    int error;

    if (strlen(path) >= sizeof out_file->path)
        return -ENAMETOOLONG;
    error = file_map(path, &map);
    if (error != 0)
        return error;
    error = image_open(map.bytes, map.size, &image);
    if (error != 0) {
        file_unmap(&map);
        return error;
    }
    out_file->map = map;
    out_file->image = image;
    (void)text_copy(out_file->path, sizeof out_file->path, path);
    return 0;
}

void
debugfile_close(struct debugfile *file)
{
    file_unmap(&file->map);
    memset(&file->image, 0, sizeof file->image);
}

/* Open `path` if its build-id is `id`. */
static int
open_with_id(const char *path, const unsigned char *id, size_t id_size,
             struct debugfile *out_file)
{
    const unsigned char *found;
    size_t found_size;
    int error = debugfile_open(path, out_file);

    if (error != 0)
        return error;
    if (image_build_id(&out_file->image, &found, &found_size) == 0 &&
        found_size == id_size && memcmp(found, id, id_size) == 0)
        return 0;
    debugfile_close(out_file);
    return -ENOENT;
}

/* DEBUGFILE_ROOT/<dir>/ab/cdef....debug */
static int
open_by_id(const char *directory, const unsigned char *id, size_t id_size,
           struct debugfile *out_file)
{
    char path[256];
    size_t n;

    if (id_size < 2 || id_size > 64)
        return -ENOENT;
    n = format_text(path, sizeof path, "%s/%s/%02x/", DEBUGFILE_ROOT,
                    directory, id[0]);
    for (size_t i = 1; i < id_size && n < sizeof path; i++)
        n += format_text(path + n, sizeof path - n, "%02x", id[i]);
    if (n + sizeof ".debug" > sizeof path)
        return -ENOENT;
    (void)text_copy(path + n, sizeof path - n, ".debug");
    return open_with_id(path, id, id_size, out_file);
}

/* CRC-32 as .gnu_debuglink uses it (the polynomial of Ethernet, reflected),
 * a nibble at a time. Source: ITU-T V.42. */
static uint32_t
checksum(const unsigned char *bytes, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t sum = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return ~sum;
}

/* One place where a debuglink may lead. The file is the right one if build-ids
 * say so, or if there are none and its checksum does. */
static int
try_link(const struct image *image, const struct image_link *link,
         const char *path, struct debugfile *out_file)
{
    const unsigned char *id;
    size_t id_size;
    int error;

    if (image_build_id(image, &id, &id_size) == 0)
        return open_with_id(path, id, id_size, out_file);
    error = debugfile_open(path, out_file);
    if (error != 0)
        return error;
    if (out_file->image.bytes != image->bytes &&
        checksum(out_file->map.bytes, out_file->map.size) == link->checksum)
        return 0;
    debugfile_close(out_file);
    return -ENOENT;
}

int
debugfile_find(const struct image *image, const char *path,
               struct debugfile *out_file)
{
    static const struct {
        const char *root;
        const char *below;
    } places[] = {{"", ""}, {"", ".debug/"}, {DEBUGFILE_ROOT, ""}};
    int directory_size = (int)(text_base_name(path) - path) - 1;
    const unsigned char *id;
    struct image_link link;
    char tried[DEBUGFILE_PATH_MAX];
    size_t id_size;

    if (image_build_id(image, &id, &id_size) == 0 &&
        open_by_id(".build-id", id, id_size, out_file) == 0)
        return 0;
    if (image_debug_link(image, &link) != 0 || directory_size < 0)
        return -ENOENT;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        size_t n = format_text(tried, sizeof tried, "%s%.*s/%s%s",
                               places[i].root, directory_size, path,
                               places[i].below, link.path);

        if (n < sizeof tried && !text_is_equal(tried, path) &&
            try_link(image, &link, tried, out_file) == 0)
            return 0;
    }
    return -ENOENT;
}

int
debugfile_find_alt(const struct image *image, const char *path,
                   struct debugfile *out_file)
{
    int directory_size = (int)(text_base_name(path) - path);
    char tried[DEBUGFILE_PATH_MAX];
    struct image_link link;

    if (image_alt_link(image, &link) != 0)
        return -ENOENT;
    if (link.path[0] == '/')
        directory_size = 0;
    if (format_text(tried, sizeof tried, "%.*s%s", directory_size, path,
                    link.path) < sizeof tried &&
        open_with_id(tried, link.id, link.id_size, out_file) == 0)
        return 0;
    return open_by_id(".build-id", link.id, link.id_size, out_file);
}
