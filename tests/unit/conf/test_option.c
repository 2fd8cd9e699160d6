/*
 * The tables: names are unique, and found whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "conf/option.h"

static void
test_option_find_whole_names_only(void **state)
{
    const struct option *option = option_find("check-fence=16", 11);

    (void)state;
    assert_non_null(option);
    assert_string_equal(option->name, "check-fence");
    assert_null(option_find("check-fence", 10));
    assert_null(option_find("check-fence=", 12));
    assert_null(option_find("", 0));
}

static void
test_option_find_preset_whole_names_only(void **state)
{
    (void)state;
    assert_string_equal(option_find_preset("low", 3)->name, "low");
    assert_null(option_find_preset("low", 2));
    assert_null(option_find_preset("lower", 5));
}

static void
test_option_find_alias_without_its_equals(void **state)
{
    (void)state;
    assert_string_equal(option_find_alias("inter", 5)->tokens, "interval=");
    assert_string_equal(option_find_alias("none", 4)->tokens, "off");
    assert_null(option_find_alias("inter=", 6));
    assert_null(option_find_alias("inte", 4));
}

/* One name cannot mean two things, with "no-" before it either. */
static void
test_option_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const char *name = option_table[i].name;

        assert_ptr_equal(option_find(name, strlen(name)), &option_table[i]);
        /* The bare word is the preset where the option needs a value. */
        assert_true(option_table[i].bare == NULL ||
                    option_find_preset(name, strlen(name)) == NULL);
        assert_null(option_find_alias(name, strlen(name)));
        assert_int_not_equal(strncmp(name, "no-", 3), 0);
    }
    for (size_t i = 0; i < option_preset_count; i++) {
        const char *name = option_presets[i].name;

        assert_ptr_equal(option_find_preset(name, strlen(name)),
                         &option_presets[i]);
        assert_null(option_find_alias(name, strlen(name)));
    }
    for (size_t i = 0; i < option_alias_count; i++) {
        const char *name = option_aliases[i].name;
        size_t n = strcspn(name, "=");

        assert_ptr_equal(option_find_alias(name, n), &option_aliases[i]);
    }
}

/* The field of struct conf bears the option's name. */
static void
test_option_fields_bear_the_names(void **state)
{
    static const char *const fields[] = {
#define OPTION(field, ...) #field,
#include "conf/options.def"
#undef OPTION
    };

    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const char *name = option_table[i].name;

        assert_int_equal(strlen(fields[i]), strlen(name));
        for (size_t k = 0; name[k] != '\0'; k++)
            assert_int_equal(fields[i][k], name[k] == '-' ? '_' : name[k]);
    }
}

static void
test_option_word_next_gives_each_word(void **state)
{
    const char *words = "one|two|three";
    size_t n = 0;

    (void)state;
    assert_memory_equal(option_word_next(&words, &n), "one", 3);
    assert_int_equal(n, 3);
    assert_memory_equal(option_word_next(&words, &n), "two", 3);
    assert_memory_equal(option_word_next(&words, &n), "three", 5);
    assert_int_equal(n, 5);
    assert_null(option_word_next(&words, &n));
    words = NULL;
    assert_null(option_word_next(&words, &n));
}

static void
test_option_word_index_whole_words_only(void **state)
{
    (void)state;
    assert_int_equal(option_word_index("one|two|three", "one", 3), 0);
    assert_int_equal(option_word_index("one|two|three", "three", 5), 2);
    assert_int_equal(option_word_index("one|two|three", "thre", 4), -1);
    assert_int_equal(option_word_index("one|two|three", "one|two", 7), -1);
    assert_int_equal(option_word_index("one|two|three", "", 0), -1);
    assert_int_equal(option_word_index(NULL, "one", 3), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_option_find_whole_names_only),
        cmocka_unit_test(test_option_find_preset_whole_names_only),
        cmocka_unit_test(test_option_find_alias_without_its_equals),
        cmocka_unit_test(test_option_names_are_unique),
        cmocka_unit_test(test_option_fields_bear_the_names),
        cmocka_unit_test(test_option_word_next_gives_each_word),
        cmocka_unit_test(test_option_word_index_whole_words_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
