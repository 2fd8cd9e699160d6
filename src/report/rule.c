/*
 * report/rule.c - does a suppression match a stack?
 */
#include "report/rule.h"

#include <string.h>

#include "base/text.h"

/* ---- LSan's patterns ---- */

/* The first of the `n` bytes at `piece` in `text`, or NULL. */
static const char *
find_piece(const char *text, const char *piece, size_t n)
{
    for (; *text != '\0'; text++) {
        if (strncmp(text, piece, n) == 0)
            return text;
    }
    return n == 0 ? text : NULL;
}

/* `text` ends with the `n` bytes at `piece`. */
static bool
has_end(const char *text, const char *piece, size_t n)
{
    size_t length = strlen(text);

    return length >= n && memcmp(text + length - n, piece, n) == 0;
}

/*
 * The pieces between stars follow each other in the text, so each is taken
 * where it is found first; only the last one may be held by the end.
 */
bool
rule_like(const char *pattern, const char *text)
{
    bool is_held = *pattern == '^';
    size_t length;

    if (is_held)
        pattern++;
    for (;;) {
        const char *star = strchr(pattern, '*');
        const char *at;

        length = star != NULL ? (size_t)(star - pattern) : strlen(pattern);
        if (star == NULL && length > 0 && pattern[length - 1] == '$') {
            length--;
            if (is_held)
                return strlen(text) == length &&
                       memcmp(text, pattern, length) == 0;
            return has_end(text, pattern, length);
        }
        if (is_held)
            at = strncmp(text, pattern, length) == 0 ? text : NULL;
        else
            at = find_piece(text, pattern, length);
        if (at == NULL)
            return false;
        if (star == NULL)
            return true;
        text = at + length;
        pattern = star + 1;
        is_held = false;
    }
}

static bool
is_like(const char *pattern, const char *text)
{
    return text != NULL && rule_like(pattern, text);
}

bool
rule_is_anywhere(const char *pattern, const struct rule_place *place)
{
    return is_like(pattern, place->function) ||
           is_like(pattern, place->linkage) || is_like(pattern, place->file) ||
           is_like(pattern, place->module);
}

/* ---- valgrind's steps ---- */

static bool
is_match(const char *pattern, const char *text)
{
    return text != NULL && text_match(pattern, text);
}

/* A path as a whole, or its last name. */
static bool
is_path_match(const char *pattern, const char *path)
{
    return path != NULL && (text_match(pattern, path) ||
                            text_match(pattern, text_base_name(path)));
}

static bool
is_call_match(const char *pattern, const struct rule_place *place)
{
    return is_match(pattern, place->function) ||
           is_match(pattern, place->linkage);
}

static bool
is_step_match(const struct rule_step *step, const struct rule_place *place)
{
    switch (step->kind) {
    case RULE_CALL:
        return is_call_match(step->text, place);
    case RULE_OBJECT:
        return is_path_match(step->text, place->module);
    case RULE_SOURCE:
        return is_path_match(step->text, place->file) &&
               (step->line == 0 || step->line == place->line);
    case RULE_CALL_IN:
        return place->module != NULL &&
               text_match(step->module, text_base_name(place->module)) &&
               (text_is_equal(step->text, "*") ||
                is_call_match(step->text, place));
    default:
        return false;
    }
}

/* The entry point and the frames as one list. */
struct stack {
    const struct rule_place *entry; /* or NULL */
    const struct rule_place *places;
    size_t count;
};

static const struct rule_place *
stack_at(const struct stack *stack, size_t i)
{
    if (stack->entry == NULL)
        return &stack->places[i];
    return i == 0 ? stack->entry : &stack->places[i - 1];
}

/*
 * What follows a "..." is tried at each frame in turn; a later "..." takes over
 * from an earlier one, as in the matching of file names. Frames beyond the
 * last step may be anything.
 */
static bool
has_steps(const struct rule *rule, const struct stack *stack)
{
    size_t total = stack->count + (stack->entry != NULL);
    size_t frame = 0, retry_frame = 0;
    uint32_t step = 0, retry_step = 0;
    bool has_retry = false;

    while (step < rule->step_count) {
        if (rule->steps[step].kind == RULE_ANY) {
            has_retry = true;
            retry_step = ++step;
            retry_frame = frame;
        } else if (frame < total &&
                   is_step_match(&rule->steps[step], stack_at(stack, frame))) {
            step++;
            frame++;
        } else if (has_retry && retry_frame < total) {
            step = retry_step;
            frame = ++retry_frame;
        } else {
            return false;
        }
    }
    return true;
}

bool
rule_match(const struct rule *rule, const struct rule_place *entry,
           const struct rule_place *places, size_t count)
{
    struct stack stack = {entry, places, count};

    if (rule->anywhere != NULL) {
        if (entry != NULL && rule_is_anywhere(rule->anywhere, entry))
            return true;
        for (size_t i = 0; i < count; i++) {
            if (rule_is_anywhere(rule->anywhere, &places[i]))
                return true;
        }
        return false;
    }
    if (has_steps(rule, &stack))
        return true;
    stack.entry = NULL;
    return entry != NULL && has_steps(rule, &stack);
}
