/*
 * test_image.c - the file of this very program as an image, and damaged ones.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct file_map self;

static int
map_self(void **state)
{
    (void)state;
    return file_map("/proc/self/exe", &self);
}

static int
unmap_self(void **state)
{
    (void)state;
    file_unmap(&self);
    return 0;
}

static void
test_image_open_own_file_has_sections(void **state)
{
    struct image image;
    struct image_section text;
    struct image_section none;

    (void)state;
    assert_int_equal(image_open(self.bytes, self.size, &image), 0);
    assert_int_equal(image_find_section(&image, ".text", &text), 0);
    assert_true((text.flags & SHF_EXECINSTR) != 0);
    assert_non_null(text.bytes);
    assert_int_equal(image_find_section(&image, ".no.such", &none), -ENOENT);
    assert_int_equal(image_section(&image, image.section_count, &none),
                     -EINVAL);
}

static void
test_image_open_other_bytes_refused(void **state)
{
    unsigned char bytes[64] = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB};
    struct image image;

    (void)state;
    assert_int_equal(image_open("#!/bin/sh\n", 10, &image), -ENOEXEC);
    assert_int_equal(image_open("", 0, &image), -ENOEXEC);
    assert_int_equal(image_open(bytes, 20, &image), -EINVAL);
    assert_int_equal(image_open(bytes, 64, &image), -ENOTSUP);
}

/* A copy of exactly n bytes, so that a sanitizer sees a read past them. */
static void
check_cut(size_t n)
{
    unsigned char *bytes = malloc(n);
    struct image image;
    const unsigned char *id;
    size_t id_size;

    assert_non_null(bytes);
    memcpy(bytes, self.bytes, n);
    if (image_open(bytes, n, &image) == 0) {
        struct image_section section;

        for (uint32_t i = 0; i < image.section_count; i++) {
            if (image_section(&image, i, &section) == 0 &&
                section.bytes != NULL)
                assert_true(section.bytes + section.size <= bytes + n);
        }
        if (image_build_id(&image, &id, &id_size) == 0)
            assert_true(id + id_size <= bytes + n);
    }
    free(bytes);
}

static void
test_image_open_cut_file_never_reads_past_it(void **state)
{
    (void)state;
    for (size_t n = 1; n < 128; n++)
        check_cut(n);
    for (size_t n = 128; n < self.size; n += self.size / 97 + 1)
        check_cut(n);
}

static void
test_image_open_counts_outside_refused(void **state)
{
    unsigned char *bytes = malloc(self.size);
    struct image image;
    Elf64_Ehdr header;

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, self.bytes, self.size);
    memcpy(&header, bytes, sizeof header);
    header.e_shoff = UINT64_MAX - 8;
    memcpy(bytes, &header, sizeof header);
    assert_int_equal(image_open(bytes, self.size, &image), -EINVAL);
    header.e_shoff = 0;
    header.e_phoff = self.size - 8;
    memcpy(bytes, &header, sizeof header);
    assert_int_equal(image_open(bytes, self.size, &image), -EINVAL);
    header.e_phoff = 0;
    memcpy(bytes, &header, sizeof header);
    assert_int_equal(image_open(bytes, self.size, &image), 0);
    assert_int_equal(image.section_count, 0);
    assert_int_equal(image.segment_count, 0);
    free(bytes);
}

static void
test_image_note_found_behind_others(void **state)
{
    /* "XX\0" type 1 with 3 bytes, then "GNU\0" type 3 with 2. */
    static const unsigned char notes[] = {
        3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'X', 'X', 0, 0, 7, 7, 7, 0,
        4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0xcd, 0, 0};
    const unsigned char *bytes;
    size_t size;

    (void)state;
    assert_int_equal(
        image_note(notes, sizeof notes, 4, "GNU", 3, &bytes, &size), 0);
    assert_int_equal(size, 2);
    assert_int_equal(bytes[0], 0xab);
    assert_int_equal(
        image_note(notes, sizeof notes, 4, "GNU", 4, &bytes, &size), -ENOENT);
    assert_int_equal(image_note(notes, 36, 4, "GNU", 3, &bytes, &size),
                     -ENOENT);
    assert_int_equal(image_note(notes, 0, 4, "GNU", 3, &bytes, &size),
                     -ENOENT);
}

static void
test_image_string_needs_its_end_inside(void **state)
{
    static const char table[] = {0, 'a', 'b', 0, 'c'};

    (void)state;
    assert_string_equal(image_string(table, 5, 1), "ab");
    assert_string_equal(image_string(table, 5, 3), "");
    assert_null(image_string(table, 5, 4));
    assert_null(image_string(table, 5, 5));
    assert_null(image_string(NULL, 5, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image_open_own_file_has_sections),
        cmocka_unit_test(test_image_open_other_bytes_refused),
        cmocka_unit_test(test_image_open_cut_file_never_reads_past_it),
        cmocka_unit_test(test_image_open_counts_outside_refused),
        cmocka_unit_test(test_image_note_found_behind_others),
        cmocka_unit_test(test_image_string_needs_its_end_inside),
    };

    return cmocka_run_group_tests(tests, map_self, unmap_self);
}
