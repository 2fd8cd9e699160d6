/*
 * conf/suggest.c - the known name that is nearest to an unknown one.
 *
 * Nearest by edits (text_distance): at most one for each three letters, and
 * two at least, but never more than half of the word. Where none is that near,
 * an option of which the word is a part will do: "fence" for check-fence.
 */
#include "conf/suggest.h"

#include "base/format.h"
#include "base/text.h"
#include "conf/option.h"
#include "conf/source.h"

#include <string.h>

/* The shortest word that is looked for inside names, and the longest that is
 * compared with them: text_distance gives up on more. */
#define PART_MIN 4
#define NAME_MAX_LENGTH 63

/* The best candidate so far. */
struct search {
    const char *name; /* the unknown word, n bytes */
    size_t n;
    unsigned best; /* edits to the best candidate; it must be beaten */
    char *buffer;  /* gets the candidate */
    size_t size;
    bool is_found;
};

static void
offer(struct search *search, const char *prefix, const char *candidate,
      size_t n)
{
    char word[64];
    unsigned edits;

    if (n > 0 && candidate[n - 1] == '=')
        n--;
    if (format_text(word, sizeof(word), "%s%.*s", prefix, (int)n, candidate) >=
        sizeof(word))
        return;
    edits = text_distance(word, search->name, search->n);
    if (edits >= search->best)
        return;
    search->best = edits;
    search->is_found = true;
    (void)text_copy(search->buffer, search->size, word); /* cut if need be */
}

static bool
offer_line(const struct source_line *line, void *context)
{
    if (!line->is_program)
        offer(context, "", line->name, line->name_n);
    return true;
}

static bool
has_part(const char *text, const char *part, size_t n)
{
    size_t length = strlen(text);

    for (size_t i = 0; i + n <= length; i++) {
        if (memcmp(text + i, part, n) == 0)
            return true;
    }
    return false;
}

const char *
suggest_name(const char *name, size_t n, char *buffer, size_t size)
{
    bool is_off = n > 3 && memcmp(name, "no-", 3) == 0;
    unsigned limit = n / 3 > 2 ? (unsigned)(n / 3) : 2;
    struct search search = {
        .name = name, .n = n, .buffer = buffer, .size = size};

    if (n > NAME_MAX_LENGTH)
        return NULL;
    if (limit > n / 2)
        limit = (unsigned)(n / 2);
    search.best = limit + 1;
    for (size_t i = 0; i < option_count; i++) {
        offer(&search, "", option_table[i].name, strlen(option_table[i].name));
        if (is_off && option_table[i].off != NULL)
            offer(&search, "no-", option_table[i].name,
                  strlen(option_table[i].name));
    }
    for (size_t i = 0; i < option_preset_count; i++)
        offer(&search, "", option_presets[i].name,
              strlen(option_presets[i].name));
    source_each(offer_line, &search);
    for (size_t i = 0; i < option_alias_count; i++)
        offer(&search, "", option_aliases[i].name,
              strlen(option_aliases[i].name));
    for (size_t i = 0; !search.is_found && n >= PART_MIN && i < option_count;
         i++) {
        if (has_part(option_table[i].name, name, n)) {
            search.is_found = true;
            (void)text_copy(buffer, size, option_table[i].name); /* fits */
        }
    }
    return search.is_found ? buffer : NULL;
}
