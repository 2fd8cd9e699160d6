/*
 * The tables in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/format.h"
#include "conf/conf.h"

/* The line of the manual for the option that is looked for. */
struct wanted {
    const char *name;
    char text[400];
};

static bool
describe(const struct conf_option *option, void *context)
{
    struct wanted *wanted = context;

    if (strcmp(option->name, wanted->name) != 0)
        return true;
    (void)format_text(wanted->text, sizeof(wanted->text), "%s%s|%s|%s",
                      option->name, option->syntax, option->standard,
                      option->accepted);
    return false;
}

static const char *
described(const char *name)
{
    static struct wanted wanted;

    wanted.name = name;
    wanted.text[0] = '\0';
    conf_option_each(describe, &wanted);
    return wanted.text;
}

static void
test_conf_option_each_shows_standard_values(void **state)
{
    (void)state;
    assert_string_equal(described("check-fence"),
                        "check-fence[=N]|on, 16|a size from 0 to 4096 bytes");
    assert_string_equal(described("alloc-blank"),
                        "alloc-blank[=BYTE]|off, 0xDA|a byte from 0 to 255");
    assert_string_equal(described("print"), "print|on|on or off");
    assert_string_equal(described("leak-age"),
                        "leak-age=TIME|0|a time, such as 10s, 500ms, 2m or "
                        "1h");
    assert_string_equal(described("interval"),
                        "interval=N|auto|auto|auto, or a number");
    assert_string_equal(described("on-error"),
                        "on-error=log|abort|stop|exit|dump|log|log, abort, "
                        "stop, exit or dump");
}

static void
test_conf_option_each_knows_the_formats(void **state)
{
    (void)state;
    assert_string_equal(described("format"),
                        "format=FORMAT|text|the name of a format");
    conf_set_formats("text|json|html");
    assert_string_equal(described("format"),
                        "format=text|json|html|text|text, json or html");
    conf_set_formats(NULL);
}

/* Every option has help of which a sentence can be made, and options of one
 * group stand together. */
static bool
check_option(const struct conf_option *option, void *context)
{
    enum conf_group *group = context;

    assert_true(strlen(option->help) > 10);
    assert_int_not_equal(option->help[strlen(option->help) - 1], '.');
    assert_true(strlen(option->standard) > 0);
    assert_true(option->syntax[0] == '\0' || option->syntax[0] == '=' ||
                option->syntax[0] == '[');
    assert_true(option->group >= *group);
    *group = option->group;
    return true;
}

static void
test_conf_option_each_has_help_in_order(void **state)
{
    enum conf_group group = CONF_GROUP_OUTPUT;

    (void)state;
    conf_option_each(check_option, &group);
    assert_int_equal(group, CONF_GROUP_REACTION);
    for (int i = 0; i < CONF__GROUP_COUNT; i++)
        assert_true(strlen(conf_group_title((enum conf_group)i)) > 0);
}

static bool
count_preset(const struct conf_preset *preset, void *context)
{
    assert_true(strlen(preset->help) > 0);
    return ++*(int *)context < 2;
}

static void
test_conf_preset_each_stops_when_told(void **state)
{
    int count = 0;

    (void)state;
    conf_preset_each(count_preset, &count);
    assert_int_equal(count, 2);
}

static bool
check_alias(const struct conf_alias *alias, void *context)
{
    /* What has no effect says why. */
    assert_true(alias->tokens[0] != '\0' || alias->help[0] != '\0');
    ++*(int *)context;
    return true;
}

static void
test_conf_alias_each_explains_what_does_nothing(void **state)
{
    int count = 0;

    (void)state;
    conf_alias_each(check_alias, &count);
    assert_true(count > 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_option_each_shows_standard_values),
        cmocka_unit_test(test_conf_option_each_knows_the_formats),
        cmocka_unit_test(test_conf_option_each_has_help_in_order),
        cmocka_unit_test(test_conf_preset_each_stops_when_told),
        cmocka_unit_test(test_conf_alias_each_explains_what_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
