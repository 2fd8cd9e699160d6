/*
 * tool/tables.c - `dbgmalloc options`, `presets`, `errors` and `explain`: the
 * library's tables, and a text for DBGMALLOC_OPTS in words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "conf/conf.h"
#include "model/finding.h"
#include "tool/screen.h"
#include "tool/tool.h"

#define WIDTH 79

enum { OPTION_NAMES = 256, OPTION_JSON };

/* --- words asked for --- */

/* What of a table is shown. */
struct wanted {
    struct tool_args *args;
    bool is_names;
    int group; /* last title written, -1: none */
    unsigned long shown;
    bool *is_found; /* one for each operand */
};

/* True if the row is asked for: its name is an operand, or there are none. */
static bool
is_wanted(struct wanted *wanted, const char *name, const char *also)
{
    bool is_it = wanted->args->argc == 0;

    for (int i = 0; i < wanted->args->argc; i++) {
        const char *word = wanted->args->argv[i];

        if (strcmp(word, name) == 0 ||
            (also != NULL && strcmp(word, also) == 0)) {
            wanted->is_found[i] = true;
            is_it = true;
        }
    }
    wanted->shown += is_it;
    return is_it;
}

static void
read_wanted(struct wanted *wanted, struct tool_args *args)
{
    int option;

    *wanted = (struct wanted){.args = args, .group = -1};
    while ((option = tool_next(args)) != 0)
        wanted->is_names |= option == OPTION_NAMES;
    wanted->is_found = tool_alloc((size_t)args->argc + 1);
}

/* Complain of operands that are in no row. */
static int
check_wanted(const struct wanted *wanted, const char *kind,
             const char *(*each)(size_t, const void *))
{
    int status = TOOL_OK;

    for (int i = 0; i < wanted->args->argc; i++) {
        const char *word = wanted->args->argv[i];
        const char *nearest;

        if (wanted->is_found[i])
            continue;
        nearest = each != NULL ? tool_nearest(word, each, NULL) : NULL;
        if (nearest != NULL)
            tool_say("there is no %s \"%s\"; did you mean \"%s\"?", kind, word,
                     nearest);
        else
            tool_say("there is no %s \"%s\"; \"dbgmalloc %s\" lists them", kind,
                     word, wanted->args->command->name);
        status = TOOL_BAD;
    }
    free(wanted->is_found);
    return status;
}

/* --- options --- */

static bool
put_option(const struct conf_option *option, void *context)
{
    struct wanted *wanted = context;
    int n;

    if (!is_wanted(wanted, option->name, conf_group_title(option->group)))
        return true;
    if (wanted->is_names) {
        puts(option->name);
        return true;
    }
    if (wanted->group != (int)option->group) {
        screen_put(stdout, SCREEN_BOLD, conf_group_title(option->group));
        putchar('\n');
        wanted->group = (int)option->group;
    }
    n = printf("  %s%s", option->name, option->syntax);
    printf("%*s(%s)\n", n < 40 ? 40 - n : 1, "", option->standard);
    screen_wrap(stdout, WIDTH, 6, 0, option->help);
    if (wanted->args->argc > 0 && *option->accepted != '\0')
        printf("      takes %s%s\n", option->accepted,
               (option->flags & CONF_FLAG_START) != 0
                   ? "; fixed when the program starts"
                   : "");
    return true;
}

/* The name of the table's row `i`, for guessing. */
struct nth {
    size_t left;
    const char *name;
};

static bool
nth_option(const struct conf_option *option, void *context)
{
    struct nth *nth = context;

    nth->name = nth->left == 0 ? option->name : NULL;
    return nth->left-- > 0;
}

static bool
nth_preset(const struct conf_preset *preset, void *context)
{
    struct nth *nth = context;

    nth->name = nth->left == 0 ? preset->name : NULL;
    return nth->left-- > 0;
}

static const char *
option_name(size_t i, const void *unused)
{
    struct nth nth = {.left = i};

    (void)unused;
    conf_option_each(nth_option, &nth);
    return nth.name;
}

static const char *
preset_name(size_t i, const void *unused)
{
    struct nth nth = {.left = i};

    (void)unused;
    conf_preset_each(nth_preset, &nth);
    return nth.name;
}

static int
run_options(struct tool_args *args)
{
    struct wanted wanted;

    read_wanted(&wanted, args);
    conf_option_each(put_option, &wanted);
    return check_wanted(&wanted, "option", option_name);
}

/* --- presets --- */

static bool
put_preset(const struct conf_preset *preset, void *context)
{
    struct wanted *wanted = context;
    const char *at = preset->tokens;

    if (!is_wanted(wanted, preset->name, NULL))
        return true;
    if (wanted->is_names) {
        puts(preset->name);
        return true;
    }
    screen_put(stdout, SCREEN_BOLD, preset->name);
    putchar('\n');
    screen_wrap(stdout, WIDTH, 6, 0, preset->help);
    /* As many whole tokens as a line takes. */
    while (*at != '\0') {
        size_t n = 0;

        do {
            n += strcspn(at + n, ",");
            n += at[n] == ',';
        } while (at[n] != '\0' && n + strcspn(at + n, ",") < WIDTH - 8);
        printf("      %.*s\n", (int)n, at);
        at += n;
    }
    return true;
}

static int
run_presets(struct tool_args *args)
{
    struct wanted wanted;

    read_wanted(&wanted, args);
    conf_preset_each(put_preset, &wanted);
    return check_wanted(&wanted, "preset", preset_name);
}

/* --- errors --- */

static const struct {
    int number;
    const char *key;
    const char *title;
} api_errors[] = {
#define API_ERROR(id, number, key, title) {number, key, title},
#include "model/apierrors.def"
#undef API_ERROR
};

/* The findings, then the rest of what dbgmalloc_errno can say. */
static const char *
error_name(size_t i, const void *unused)
{
    (void)unused;
    if (i < FINDING__COUNT)
        return finding_key((enum finding_kind)i);
    i -= FINDING__COUNT;
    return i < ARRAY_COUNT(api_errors) ? api_errors[i].key : NULL;
}

static void
put_error(struct wanted *wanted, int number, const char *key, const char *title)
{
    char text[12];

    (void)snprintf(text, sizeof(text), "%d", number);
    if (!is_wanted(wanted, key, text))
        return;
    if (wanted->is_names)
        puts(key);
    else
        printf("  %2d  %-20s %s\n", number, key, title);
}

static int
run_errors(struct tool_args *args)
{
    struct wanted wanted;

    read_wanted(&wanted, args);
    for (int i = 0; i < FINDING__COUNT; i++) {
        enum finding_kind kind = (enum finding_kind)i;

        put_error(&wanted, finding_number(kind), finding_key(kind),
                  finding_title(kind));
    }
    if (args->argc == 0 && !wanted.is_names) {
        putchar('\n');
        screen_put(stdout, SCREEN_BOLD,
                   "calls of dbgmalloc.h that were refused");
        putchar('\n');
    }
    for (size_t i = 0; i < ARRAY_COUNT(api_errors); i++)
        put_error(&wanted, api_errors[i].number, api_errors[i].key,
                  api_errors[i].title);
    return check_wanted(&wanted, "error", error_name);
}

/* --- explain --- */

/* A token of the text, kept: conf's lock is held while it is visited, so no
 * preset can be looked into then. */
struct seen {
    enum conf_token_kind kind;
    char *text;
    char *name; /* the option; "" for a preset or alias */
    char *value;
    char *help;
};

struct explained {
    struct seen *seen;
    size_t count;
};

static void
remember(const struct conf_token *token, void *context)
{
    struct explained *all = context;

    all->seen = tool_grow(all->seen, (all->count + 1) * sizeof(*all->seen));
    all->seen[all->count++] = (struct seen){
        .kind = token->kind,
        .text = tool_text("%s", token->text),
        .name = tool_text("%s",
                          token->kind == CONF_TOKEN_OPTION ? token->name : ""),
        .value = tool_text("%s", token->value),
        .help = tool_text("%s", token->help),
    };
}

static void
forget(struct explained *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->seen[i].text);
        free(all->seen[i].name);
        free(all->seen[i].value);
        free(all->seen[i].help);
    }
    free(all->seen);
}

/* What `tokens`, those of a preset, make of the option `name`, to be freed;
 * NULL where they leave it alone. */
static char *
set_by(const char *tokens, const char *name, unsigned depth)
{
    struct explained inner = {0};
    char *value = NULL;

    (void)conf_explain(tokens, remember, &inner); /* a preset's are good */
    for (size_t i = inner.count; i-- > 0 && value == NULL;) {
        const struct seen *token = &inner.seen[i];

        if (strcmp(token->name, name) == 0)
            value = tool_text("%s", token->value);
        else if (*token->name == '\0' && token->kind != CONF_TOKEN_BAD &&
                 depth < 8)
            value = set_by(token->value, name, depth + 1);
    }
    forget(&inner);
    return value;
}

/* Of a token that is followed by another for the same option, say so. */
static void
put_override(const struct explained *all, size_t i)
{
    const struct seen *token = &all->seen[i];

    for (size_t k = all->count; k-- > i + 1;) {
        const struct seen *later = &all->seen[k];

        if (*token->name == '\0')
            return;
        if (strcmp(later->name, token->name) == 0) {
            if (strcmp(later->value, token->value) != 0)
                printf("      without effect: \"%s\" comes later\n",
                       later->text);
            else
                printf("      said again by \"%s\"\n", later->text);
            return;
        }
        if (*later->name == '\0' && later->kind != CONF_TOKEN_BAD) {
            char *value = set_by(later->value, token->name, 0);

            if (value != NULL && strcmp(value, token->value) != 0)
                printf("      without effect: \"%s\" comes later and sets "
                       "%s=%s\n",
                       later->text, token->name, value);
            if (value != NULL) {
                free(value);
                return;
            }
        }
    }
}

static void
put_token(const struct explained *all, size_t i)
{
    const struct seen *token = &all->seen[i];
    char text[200];

    screen_put(stdout, token->kind == CONF_TOKEN_BAD ? SCREEN_BAD : SCREEN_BOLD,
               screen_clean(text, sizeof(text), token->text));
    putchar('\n');
    switch (token->kind) {
    case CONF_TOKEN_BAD:
        printf("      not understood: %s\n", token->value);
        break;
    case CONF_TOKEN_OPTION:
        printf("      %s is %s\n", token->name,
               *token->value != '\0' ? token->value : "empty");
        screen_wrap(stdout, WIDTH, 6, 0, token->help);
        break;
    case CONF_TOKEN_PRESET:
    case CONF_TOKEN_ALIAS:
        if (*token->help != '\0')
            screen_wrap(stdout, WIDTH, 6, 0, token->help);
        printf("      %s %s\n",
               token->kind == CONF_TOKEN_PRESET ? "preset:" : "the same as:",
               *token->value != '\0' ? token->value : "(no effect)");
        break;
    }
    put_override(all, i);
}

/* What works against itself. The text is in force by now. */
static void
put_conflicts(void)
{
    const struct conf *conf = conf_now();

    if (!conf->record && (conf->check_fence > 0 || conf->check_heap))
        puts("note: without record there are no fences and no checks of the "
             "heap: no-record makes it a plain allocator");
    if (!conf->record && conf->log_leaks == CONF_ON)
        puts("note: without record there is no leak report");
    if (conf->check_heap && conf->check_fence == 0)
        puts("note: check-heap looks at fences, and check-fence is off");
    if (conf->only != NULL)
        printf("note: a plain allocator in every program but %s\n", conf->only);
}

static int
run_explain(struct tool_args *args)
{
    struct explained all = {0};
    const char *text = getenv("DBGMALLOC_OPTS");
    char *joined = NULL;
    int bad;

    while (tool_next(args) != 0)
        continue;
    for (int i = 0; i < args->argc; i++) {
        char *more = tool_text("%s%s%s", joined != NULL ? joined : "",
                               joined != NULL ? "," : "", args->argv[i]);

        free(joined);
        joined = more;
    }
    if (joined != NULL)
        text = joined;
    if (text == NULL)
        tool_usage(args, "what is to be explained? Give the options, or set "
                         "DBGMALLOC_OPTS");
    /* So that presets of .dbgmallocrc are known; what is wrong is said below,
   * and the tokens are put in force for put_conflicts alone. */
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    bad = conf_explain(text, remember, &all);
    for (size_t i = 0; i < all.count; i++)
        put_token(&all, i);
    if (bad == 0) {
        (void)conf_apply(text); /* which is good */
        put_conflicts();
    }
    forget(&all);
    free(joined);
    return bad == 0 ? TOOL_OK : TOOL_BAD;
}

static const struct tool_option table_options[] = {
    {OPTION_NAMES, "names", NULL, TOOL_WORD_ANY, NULL,
     "the names alone, one a line"},
    {0},
};

static const struct tool_example options_examples[] = {
    {"dbgmalloc options", "every option, its default and what it does"},
    {"dbgmalloc options log check-fence", "some of them, with what they take"},
    {"dbgmalloc options leaks", "those of one group"},
    {0},
};

const struct tool_command tool_command_options = {
    .name = "options",
    .operands = "[NAME|GROUP]...",
    .summary = "the options of the library",
    .about = "Lists the options that DBGMALLOC_OPTS and \"dbgmalloc run -o\" "
             "take, each with its default in brackets.\n",
    .options = table_options,
    .examples = options_examples,
    .run = run_options,
};

static const struct tool_example presets_examples[] = {
    {"dbgmalloc presets", "every preset, and what it stands for"},
    {"dbgmalloc presets medium", "one of them"},
    {0},
};

const struct tool_command tool_command_presets = {
    .name = "presets",
    .operands = "[NAME]...",
    .word = TOOL_WORD_PRESET,
    .summary = "names that stand for many options",
    .about = "Lists the presets, which may stand among the options of "
             "DBGMALLOC_OPTS, and what each stands for. A file .dbgmallocrc "
             "may define others.\n",
    .options = table_options,
    .examples = presets_examples,
    .run = run_presets,
};

static const struct tool_example errors_examples[] = {
    {"dbgmalloc errors", "every kind of mistake that the library finds"},
    {"dbgmalloc errors double-free", "one of them"},
    {"dbgmalloc errors 22", "what dbgmalloc_errno() has returned"},
    {0},
};

const struct tool_command tool_command_errors = {
    .name = "errors",
    .operands = "[KIND|NUMBER]...",
    .summary = "the mistakes that the library finds",
    .about = "Lists the kinds of findings: the number that dbgmalloc_errno() "
             "and an error handler tell, the word that logs, JSON and "
             "suppressions have for each, and what it means; then why a call "
             "of the interface may be refused.\n",
    .options = table_options,
    .examples = errors_examples,
    .run = run_errors,
};

static const struct tool_example explain_examples[] = {
    {"dbgmalloc explain medium,no-check-fence,log=a.txt",
     "each token in words, and what overrides or contradicts what"},
    {"dbgmalloc explain", "what DBGMALLOC_OPTS says"},
    {0},
};

const struct tool_command tool_command_explain = {
    .name = "explain",
    .operands = "[OPTS]...",
    .word = TOOL_WORD_OPTS,
    .summary = "what a text for DBGMALLOC_OPTS means",
    .about = "Explains each token of the text: what it sets, what it stands "
             "for, whether a later one overrides it, and what works against "
             "itself. Words that are not understood give status 1, so that a "
             "script may check its options before it uses them.\n",
    .examples = explain_examples,
    .run = run_explain,
};
