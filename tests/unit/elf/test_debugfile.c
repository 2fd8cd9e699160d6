/*
 * test_debugfile.c - separate debug files: of a file that has none, and one by
 * name and checksum, made here.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of an ELF header and a .gnu_debuglink, without build-id. */
struct linked_file {
    Elf64_Ehdr header;
    Elf64_Shdr sections[3];
    char names[32];
    char link[16];
    uint32_t checksum;
};

static char directory[] = "/tmp/dbgmalloc-test-XXXXXX";

static int
make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int
remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static void
make_file(struct linked_file *file, uint32_t checksum)
{
    memset(file, 0, sizeof *file);
    memcpy(file->header.e_ident, ELFMAG, SELFMAG);
    file->header.e_ident[EI_CLASS] = ELFCLASS64;
    file->header.e_ident[EI_DATA] = ELFDATA2LSB;
    file->header.e_shoff = offsetof(struct linked_file, sections);
    file->header.e_shentsize = sizeof(Elf64_Shdr);
    file->header.e_shnum = 3;
    file->header.e_shstrndx = 1;
    memcpy(file->names, "\0.gnu_debuglink", 16);
    file->sections[1].sh_type = SHT_STRTAB;
    file->sections[1].sh_offset = offsetof(struct linked_file, names);
    file->sections[1].sh_size = sizeof file->names;
    file->sections[2].sh_name = 1;
    file->sections[2].sh_type = SHT_PROGBITS;
    file->sections[2].sh_offset = offsetof(struct linked_file, link);
    file->sections[2].sh_size = sizeof file->link + 4;
    strcpy(file->link, "other.dbg.file1");
    file->checksum = checksum;
}

static void
write_file(const char *path, const void *bytes, size_t n)
{
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, n, stream), n);
    assert_int_equal(fclose(stream), 0);
}

static void
test_debugfile_find_link_needs_the_right_checksum(void **state)
{
    struct linked_file file;
    struct debugfile found;
    struct image image;
    char path[256];
    char debug_path[256];
    static const Elf64_Ehdr shortest = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB}};

    (void)state;
    (void)snprintf(path, sizeof path, "%s/program", directory);
    (void)snprintf(debug_path, sizeof debug_path, "%s/other.dbg.file1",
                   directory);
    write_file(debug_path, &shortest, sizeof shortest);

    make_file(&file, 0x9df8b494);
    assert_int_equal(image_open(&file, sizeof file, &image), 0);
    assert_int_equal(debugfile_find(&image, path, &found), 0);
    assert_string_equal(found.path, debug_path);
    debugfile_close(&found);

    file.checksum ^= 1;
    assert_int_equal(debugfile_find(&image, path, &found), -ENOENT);
    (void)unlink(debug_path);
    file.checksum ^= 1;
    assert_int_equal(debugfile_find(&image, path, &found), -ENOENT);
}

static void
test_debugfile_find_no_link_is_absent(void **state)
{
    static const Elf64_Ehdr plain = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB}};
    struct debugfile found;
    struct image image;

    (void)state;
    assert_int_equal(image_open(&plain, sizeof plain, &image), 0);
    assert_int_equal(debugfile_find(&image, "/bin/x", &found), -ENOENT);
    assert_int_equal(debugfile_find_alt(&image, "/bin/x", &found), -ENOENT);
}

static void
test_debugfile_open_what_is_no_elf_file_fails(void **state)
{
    struct debugfile found;

    (void)state;
    assert_int_equal(debugfile_open("/no/such/file", &found), -ENOENT);
    assert_int_not_equal(debugfile_open("/etc/passwd", &found), 0);
    assert_int_equal(debugfile_open("/proc/self/exe", &found), 0);
    debugfile_close(&found);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debugfile_find_link_needs_the_right_checksum),
        cmocka_unit_test(test_debugfile_find_no_link_is_absent),
        cmocka_unit_test(test_debugfile_open_what_is_no_elf_file_fails),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
