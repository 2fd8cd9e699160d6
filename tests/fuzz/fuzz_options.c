/*
 * fuzz_options - any bytes as an options text.
 *
 * For libFuzzer (clang -fsanitize=fuzzer,address) or any driver with its entry
 * point. Run it with -close_fd_mask=2: each bad token is said on fd 2.
 *
 * Wanted: the call comes back, what is in force prints and reads back to the
 * same, and what was saved before is in force again afterwards.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

#define TEXT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
visit(const struct conf_token *token, void *context)
{
    size_t *seen = context;

    *seen += strlen(token->text) + strlen(token->name) + strlen(token->value) +
             strlen(token->help);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char before[TEXT_MAX];
    static char given[TEXT_MAX];
    static char again[TEXT_MAX];
    char *text = malloc(size + 1);
    size_t seen = 0;
    int bad;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (conf_now()->format == NULL)
        conf_init(NULL);

    conf_text(before, sizeof(before));
    bad = conf_explain(text, visit, &seen);
    conf_text(again, sizeof(again));
    if (strcmp(before, again) != 0)
        abort();

    if (conf_push(text) < 0 || bad < 0)
        abort();
    if (conf_text(given, sizeof(given)) >= sizeof(given))
        abort();
    if (conf_pop() != 0 || conf_push(given) != 0)
        abort();
    conf_text(again, sizeof(again));
    if (strcmp(given, again) != 0)
        abort();
    if (conf_pop() != 0)
        abort();
    conf_text(again, sizeof(again));
    if (strcmp(before, again) != 0)
        abort();
    free(text);
    return 0;
}
