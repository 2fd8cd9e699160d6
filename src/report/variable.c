/*
 * report/variable.c - an address in a module's data becomes words.
 */
#include "base/text.h"
#include "conf/conf.h"
#include "report/names.h"
#include "report/report.h"
#include "report/shorten.h"
#include "report/words.h"
#include "symbol/symbol.h"

/* Longer names are shortened. */
#define VARIABLE_NAME_MAX 80

void
report_variable_text(struct buffer *out, uintptr_t addr)
{
    struct symbol_variable variable;
    bool is_session = names_begin();
    char name[VARIABLE_NAME_MAX + 1];

    /* A handler that interrupted naming names nothing. */
    symbol_find_variable(addr,
                         is_session && conf_now()->symbols == CONF_SYMBOLS_AUTO,
                         &variable);
    if (variable.module == NULL) {
        words_address(out, addr);
    } else if (variable.name != NULL) {
        shorten_name(name, sizeof(name), variable.name, VARIABLE_NAME_MAX);
        words_safe(out, name);
        if (variable.name_offset != 0)
            buffer_print(out, "+%lu", (unsigned long)variable.name_offset);
        buffer_text(out, " (");
        words_safe(out, text_base_name(variable.module->path));
        buffer_char(out, ')');
    } else {
        words_safe(out, text_base_name(variable.module->path));
        buffer_print(out, "+0x%lx", (unsigned long)variable.module_offset);
    }
    names_end(is_session);
}
