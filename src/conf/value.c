/*
 * conf/value.c - one reader for each TYPE of options.def.
 *
 * A reader looks at the whole text and sets the field only if it understood
 * all of it. "on" and "off" are tried last, as another way to write the
 * option's bare and off forms, so that `check-fence=off` does what it says.
 */
#include "conf/value.h"

#include "base/attr.h"
#include "base/bits.h"
#include "base/text.h"
#include "conf/store.h"
#include "os/signal.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

typedef int reader(const struct option *option, const char *text, size_t n,
                   void *field);

/* The numbers that a signal may have; 32 and 33 are libc's own. */
#define SIGNAL_LAST 64
#define SIGNAL_LIBC_FIRST 32
#define SIGNAL_LIBC_LAST 33

static bool
text_is(const char *text, size_t n, const char *word)
{
    return text_is_equal_n(word, text, n);
}

/* Read a number with `read`, keep to the option's range, set *field. */
static int
read_number(const struct option *option, const char *text, size_t n,
            int (*read)(const char *, size_t, uint64_t *), uint64_t *field)
{
    uint64_t value;
    int rc = read(text, n, &value);

    if (rc != 0)
        return rc;
    if (value < option->min || value > option->max)
        return -ERANGE;
    *field = value;
    return 0;
}

/* Set *field, a const char *, to a lasting copy of the text. */
static int
keep_text(const char *text, size_t n, void *field)
{
    const char *kept = store_text(text, n);

    if (kept == NULL)
        return -ENOSPC;
    *(const char **)field = kept;
    return 0;
}

static int
read_switch(const struct option *option UNUSED, const char *text, size_t n,
            void *field)
{
    static const char *const words[] = {"on", "off", "yes",  "no",
                                        "1",  "0",   "true", "false"};

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (text_is(text, n, words[i])) {
            *(bool *)field = i % 2 == 0;
            return 0;
        }
    }
    return -EINVAL;
}

static int
read_log(const struct option *option UNUSED, const char *text, size_t n,
         void *field)
{
    static const char none[] = "none";
    uint64_t fd;

    if (n == 0 || (n == 1 && *text == '+'))
        return -EINVAL;
    if (text_is(text, n, "stderr")) {
        *(const char **)field = NULL;
        return 0;
    }
    if (text_is(text, n, "off") || text_is(text, n, "none")) {
        *(const char **)field = none;
        return 0;
    }
    if (n >= 3 && memcmp(text, "fd:", 3) == 0) {
        int rc = text_read_u64(text + 3, n - 3, &fd);

        if (rc != 0)
            return rc;
        if (fd > INT_MAX)
            return -ERANGE;
    }
    return keep_text(text, n, field);
}

static int
read_path(const struct option *option UNUSED, const char *text, size_t n,
          void *field)
{
    if (n == 0)
        return -EINVAL;
    if (text_is(text, n, "off") || text_is(text, n, "none")) {
        *(const char **)field = NULL;
        return 0;
    }
    return keep_text(text, n, field);
}

static int
read_names(const struct option *option UNUSED, const char *text, size_t n,
           void *field)
{
    if (text_is(text, n, "off")) {
        *(const char **)field = NULL;
        return 0;
    }
    if (n == 0 || text[0] == ':' || text[n - 1] == ':')
        return -EINVAL;
    for (size_t i = 1; i < n; i++) {
        if (text[i] == ':' && text[i - 1] == ':')
            return -EINVAL;
    }
    return keep_text(text, n, field);
}

static int
read_format(const struct option *option UNUSED, const char *text, size_t n,
            void *field)
{
    if (value_formats() != NULL) {
        if (option_word_index(value_formats(), text, n) < 0)
            return -EINVAL;
        return keep_text(text, n, field);
    }
    if (n == 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (!(text[i] >= 'a' && text[i] <= 'z') && text[i] != '-')
            return -EINVAL;
    }
    return keep_text(text, n, field);
}

static int
read_choice(const struct option *option, const char *text, size_t n,
            void *field)
{
    int index = option_word_index(option->words, text, n);

    if (index < 0)
        return -EINVAL;
    *(int *)field = index;
    return 0;
}

/*
 * The next part of a list joined by ':', '+' or ','; *at moves past it. A '+'
 * in RTMIN+2 belongs to the name. Every part counts, an empty one too.
 */
static const char *
list_next(const char *text, size_t n, size_t *at, size_t *out_n)
{
    size_t begin = *at;
    size_t end = begin;

    if (begin > n)
        return NULL;
    while (end < n && text[end] != ':' && text[end] != ',') {
        if (text[end] == '+' &&
            !(end - begin >= 5 && memcmp(text + end - 5, "RTMIN", 5) == 0))
            break;
        end++;
    }
    *at = end + 1;
    *out_n = end - begin;
    return text + begin;
}

static int
read_flags(const struct option *option, const char *text, size_t n, void *field)
{
    unsigned bits = 0;
    size_t at = 0;
    const char *part;
    size_t length;

    if (text_is(text, n, "none")) {
        *(unsigned *)field = 0;
        return 0;
    }
    if (n > 0 && *text == '+') {
        bits = *(unsigned *)field;
        at = 1;
    }
    while ((part = list_next(text, n, &at, &length)) != NULL) {
        int index = option_word_index(option->words, part, length);

        if (index < 0)
            return -EINVAL;
        bits |= 1U << index;
    }
    *(unsigned *)field = bits;
    return 0;
}

static int
read_count(const struct option *option, const char *text, size_t n, void *field)
{
    return read_number(option, text, n, text_read_u64, field);
}

static int
read_auto(const struct option *option, const char *text, size_t n, void *field)
{
    if (text_is(text, n, "auto")) {
        *(uint64_t *)field = 0;
        return 0;
    }
    return read_count(option, text, n, field);
}

static int
read_size(const struct option *option, const char *text, size_t n, void *field)
{
    return read_number(option, text, n, text_read_size, field);
}

static int
read_time(const struct option *option, const char *text, size_t n, void *field)
{
    return read_number(option, text, n, text_read_time, field);
}

static int
read_fence(const struct option *option, const char *text, size_t n, void *field)
{
    uint64_t bytes;
    int rc = read_size(option, text, n, &bytes);

    if (rc == 0)
        *(uint64_t *)field = bits_align_up(bytes, 16);
    return rc;
}

static int
read_power(const struct option *option, const char *text, size_t n, void *field)
{
    uint64_t bytes;
    int rc = read_size(option, text, n, &bytes);

    if (rc != 0)
        return rc;
    if (!bits_is_power(bytes))
        return -EINVAL;
    *(uint64_t *)field = bytes;
    return 0;
}

static int
read_byte(const struct option *option, const char *text, size_t n, void *field)
{
    uint64_t value;
    int rc;

    if (text_is(text, n, "off")) {
        *(int *)field = -1;
        return 0;
    }
    rc = read_count(option, text, n, &value);
    if (rc == 0)
        *(int *)field = (int)value;
    return rc;
}

static int
read_every(const struct option *option UNUSED, const char *text, size_t n,
           void *field)
{
    struct conf_every *every = field;
    uint64_t value = 0;
    int rc = 0;

    if (text_is(text, n, "off")) {
        every->ns = every->operations = 0;
        return 0;
    }
    /* A number alone counts operations; with a unit it is a time. */
    rc = text_read_u64(text, n, &value);
    if (rc == 0) {
        every->ns = 0;
        every->operations = value;
        return 0;
    }
    if (rc == -ERANGE)
        return rc;
    rc = text_read_time(text, n, &value);
    if (rc == 0) {
        every->ns = value;
        every->operations = 0;
    }
    return rc;
}

static int
read_range(const struct option *option, const char *text, size_t n, void *field)
{
    struct conf_range *range = field;
    const char *dash = n > 0 ? memchr(text, '-', n) : NULL;
    size_t length = dash != NULL ? (size_t)(dash - text) : n;
    uint64_t min;
    uint64_t max = UINT64_MAX;
    int rc = read_size(option, text, length, &min);

    if (rc == 0 && dash != NULL)
        rc = read_size(option, dash + 1, n - length - 1, &max);
    if (rc != 0)
        return rc;
    if (min > max)
        return -ERANGE;
    range->min = min;
    range->max = max;
    return 0;
}

/* FILE:LINE: true, and the parts, if that is what the text is. */
static bool
split_site(const char *text, size_t n, size_t *out_file_n, unsigned *out_line)
{
    size_t digits = n;
    uint64_t line = 0;

    while (digits > 0 && text[digits - 1] >= '0' && text[digits - 1] <= '9')
        digits--;
    if (digits == n || digits < 2 || text[digits - 1] != ':')
        return false;
    for (size_t i = digits; i < n; i++) {
        line = line * 10 + (uint64_t)(text[i] - '0');
        if (line > INT_MAX)
            return false;
    }
    *out_file_n = digits - 1;
    *out_line = (unsigned)line;
    return line > 0;
}

static int
read_start(const struct option *option UNUSED, const char *text, size_t n,
           void *field)
{
    struct conf_start *start = field;
    enum conf_start_kind kind = CONF_START_COUNT;
    const char *file = NULL;
    unsigned line = 0;
    uint64_t value = 0;
    size_t file_n;
    int rc = 0;

    if (split_site(text, n, &file_n, &line)) {
        kind = CONF_START_SITE;
        rc = keep_text(text, file_n, &file);
    } else if (n > 1 && text[0] == 's') {
        kind = CONF_START_SIZE;
        rc = text_read_size(text + 1, n - 1, &value);
    } else {
        rc = text_read_u64(text, n, &value);
    }
    if (rc != 0)
        return rc;
    if (kind != CONF_START_SITE && value == 0)
        kind = CONF_START_NONE;
    start->kind = kind;
    start->n = value;
    start->file = file;
    start->line = line;
    return 0;
}

/* "5", "0.25": per cent, as millionths of the whole. */
static int
read_share(const char *text, size_t n, uint64_t *out_millionths)
{
    uint64_t value = 0;
    uint64_t scale = 10000;
    bool has_point = false;

    if (n == 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' && !has_point) {
            has_point = true;
        } else if (text[i] < '0' || text[i] > '9' || value > 1000000) {
            return -EINVAL;
        } else if (!has_point) {
            value = value * 10 + (uint64_t)(text[i] - '0') * 10000;
        } else {
            scale /= 10;
            value += (uint64_t)(text[i] - '0') * scale;
        }
    }
    *out_millionths = value;
    return value <= 1000000 ? 0 : -ERANGE;
}

/* "s64k", "s64k:2": allocations of at least so many bytes, the second of them.
 * False if it is something else. */
static bool
split_size(const char *text, size_t n, uint64_t *out_size, uint64_t *out_n)
{
    const char *colon = n > 0 ? memchr(text, ':', n) : NULL;
    size_t length = colon != NULL ? (size_t)(colon - text) : n;
    uint64_t size, nth = 0;

    if (length < 2 || text[0] != 's' ||
        text_read_size(text + 1, length - 1, &size) != 0 ||
        (colon != NULL && text_read_u64(colon + 1, n - length - 1, &nth) != 0))
        return false;
    *out_size = size;
    *out_n = nth;
    return true;
}

static int
read_fail(const struct option *option UNUSED, const char *text, size_t n,
          void *field)
{
    struct conf_fail *fail = field;
    struct conf_fail made = {.kind = CONF_FAIL_NONE};
    size_t file_n = 0;
    unsigned last = 0;
    int rc = 0;

    if (text_is(text, n, "off") || text_is(text, n, "0")) {
        *fail = made;
        return 0;
    }
    if (text[0] == '%') {
        made.kind = CONF_FAIL_SHARE;
        rc = read_share(text + 1, n - 1, &made.n);
    } else if (split_size(text, n, &made.size, &made.n)) {
        made.kind = CONF_FAIL_SIZE;
    } else if (split_site(text, n, &file_n, &last)) {
        made.kind = CONF_FAIL_SITE;
        made.line = last;
        /* The last number is a line, or a count behind one. */
        if (split_site(text, file_n, &file_n, &made.line))
            made.n = last;
        rc = keep_text(text, file_n, &made.file);
    } else {
        made.kind = CONF_FAIL_COUNT;
        rc = text_read_u64(text, n, &made.n);
    }
    if (rc == 0)
        *fail = made;
    return rc;
}

static int
read_guard(const struct option *option, const char *text, size_t n, void *field)
{
    struct conf_guard *guard = field;
    const char *colon = n > 0 ? memchr(text, ':', n) : NULL;
    size_t length = colon != NULL ? (size_t)(colon - text) : n;
    int side = option_word_index(option->words, text, length);
    uint64_t every = 1;
    int rc = 0;

    if (side < 0 || (side == CONF_SIDE_OFF && colon != NULL))
        return -EINVAL;
    if (colon != NULL)
        rc = text_read_u64(colon + 1, n - length - 1, &every);
    if (rc != 0)
        return rc;
    if (every == 0)
        return -ERANGE;
    guard->side = (uint64_t)side;
    guard->every = side == CONF_SIDE_OFF ? 0 : every;
    return 0;
}

static int
read_hold(const struct option *option, const char *text, size_t n, void *field)
{
    struct conf_hold *hold = field;
    uint64_t value = 0;
    int rc;

    /* A number alone counts blocks; with a unit it is bytes. */
    rc = text_read_u64(text, n, &value);
    if (rc == 0) {
        hold->bytes = 0;
        hold->blocks = value;
        return 0;
    }
    rc = read_size(option, text, n, &value);
    if (rc == 0) {
        hold->bytes = value;
        hold->blocks = 0;
    }
    return rc;
}

static int
read_addr(const struct option *option UNUSED, const char *text, size_t n,
          void *field)
{
    struct conf_addr *addr = field;
    const char *colon = n > 0 ? memchr(text, ':', n) : NULL;
    size_t length = colon != NULL ? (size_t)(colon - text) : n;
    uint64_t value = 0;
    uint64_t count = 1;
    int rc = 0;

    if (text_is(text, n, "off")) {
        addr->addr = 0;
        addr->count = 0;
        return 0;
    }
    rc = text_read_u64(text, length, &value);
    if (rc == 0 && colon != NULL)
        rc = text_read_u64(colon + 1, n - length - 1, &count);
    if (rc != 0)
        return rc;
    if (value == 0 || value > UINTPTR_MAX || count == 0)
        return -ERANGE;
    addr->addr = (uintptr_t)value;
    addr->count = count;
    return 0;
}

/* The number of a signal that a program may handle, or -EINVAL. */
static int
read_signal_name(const char *text, size_t n)
{
    int number = n > 0 ? signal_from_name(text, n) : -EINVAL;

    if (number < 1 || number > SIGNAL_LAST || number == SIGKILL ||
        number == SIGSTOP ||
        (number >= SIGNAL_LIBC_FIRST && number <= SIGNAL_LIBC_LAST))
        return -EINVAL;
    return number;
}

static uint64_t
signal_bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static int
read_signals(const struct option *option UNUSED, const char *text, size_t n,
             void *field)
{
    uint64_t mask = 0;
    size_t at = 0;
    const char *part;
    size_t length;

    if (text_is(text, n, "off")) {
        *(uint64_t *)field = 0;
        return 0;
    }
    if (n > 0 && *text == '+') {
        mask = *(uint64_t *)field;
        at = 1;
    }
    while ((part = list_next(text, n, &at, &length)) != NULL) {
        int number;

        if (text_is(part, length, "crash")) {
            mask |= signal_bit(SIGSEGV) | signal_bit(SIGBUS) |
                    signal_bit(SIGABRT) | signal_bit(SIGILL) |
                    signal_bit(SIGFPE);
            continue;
        }
        number = read_signal_name(part, length);
        if (number < 0)
            return number;
        mask |= signal_bit(number);
    }
    *(uint64_t *)field = mask;
    return 0;
}

static int
read_signal(const struct option *option UNUSED, const char *text, size_t n,
            void *field)
{
    int number;

    if (text_is(text, n, "off")) {
        *(int *)field = 0;
        return 0;
    }
    number = read_signal_name(text, n);
    if (number < 0)
        return number;
    *(int *)field = number;
    return 0;
}

static reader *const readers[] = {
#define OPTION_TYPE(type, stem) [OPTION_##type] = read_##stem,
    OPTION_TYPES(OPTION_TYPE)
#undef OPTION_TYPE
};

int
value_read(const struct option *option, const char *text, size_t n,
           struct conf *values)
{
    void *field = option_field(option, values);
    const char *other = NULL;
    int rc = readers[option->type](option, text, n, field);

    if (rc == 0 || rc == -ENOSPC)
        return rc;
    if (text_is(text, n, "on"))
        other = option->bare;
    else if (text_is(text, n, "off"))
        other = option->off;
    if (other == NULL)
        return rc;
    return readers[option->type](option, other, strlen(other), field);
}
