/*
 * test_sha256.c - SHA-256 and CRC-32 of texts whose sums are known.
 */
#include "base/sha256.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/crc.h"

static void
test_sha256_text_of_known_texts_is_known(void **state)
{
    static const struct {
        const char *text;
        const char *hash;
    } known[] = {
        {"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
        {"abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="},
    };
    char text[SHA256_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        assert_string_equal(
            sha256_text(known[i].text, strlen(known[i].text), text),
            known[i].hash);
}

static void
test_crc_add_in_parts_is_that_of_the_whole(void **state)
{
    static const char text[] = "123456789";

    (void)state;
    assert_int_equal(crc_add(0, text, 9), 0xcbf43926);
    for (size_t i = 0; i <= 9; i++)
        assert_int_equal(crc_add(crc_add(0, text, i), text + i, 9 - i),
                         0xcbf43926);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_text_of_known_texts_is_known),
        cmocka_unit_test(test_crc_add_in_parts_is_that_of_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
