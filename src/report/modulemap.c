/*
 * report/modulemap.c - which files the addresses of a report lie in.
 */
#include "report/modulemap.h"

#include <stdbool.h>

#include "base/format.h"
#include "conf/conf.h"
#include "model/module.h"
#include "report/words.h"
#include "symbol/symbol.h"

static bool
is_wanted(void)
{
    return conf_now()->symbols == CONF_SYMBOLS_RAW;
}

static void
write_id(const struct module *module, char *text)
{
    text[0] = '\0';
    for (unsigned i = 0; i < module->build_id_size && i < MODULE_BUILD_ID_MAX;
         i++)
        (void)format_text(text + 2 * (size_t)i, 3, "%02x",
                          (unsigned)module->build_id[i]);
}

static bool
add_line(const struct module *module, void *context)
{
    struct buffer *out = context;
    char id[2 * MODULE_BUILD_ID_MAX + 1];

    write_id(module, id);
    buffer_print(out, "  0x%lx-0x%lx  base 0x%lx  %s  ",
                 (unsigned long)module->start, (unsigned long)module->end,
                 (unsigned long)module->base,
                 id[0] != '\0' ? id : "no build-id");
    words_safe(out, module->path);
    buffer_text(out, module->unloaded != 0 ? " (closed)\n" : "\n");
    return true;
}

void
modulemap_text(struct buffer *out)
{
    if (!is_wanted())
        return;
    buffer_text(out, "\nmodules: addresses, what to take off for the address "
                     "as linked, build-id, file\n");
    symbol_modules(add_line, out);
}

static bool
add_object(const struct module *module, void *context)
{
    struct emit *emit = context;
    char id[2 * MODULE_BUILD_ID_MAX + 1];

    write_id(module, id);
    emit_object(emit, NULL);
    emit_text(emit, "path", module->path);
    if (id[0] != '\0')
        emit_text(emit, "build_id", id);
    emit_address(emit, "start", module->start);
    emit_address(emit, "end", module->end);
    emit_address(emit, "base", module->base);
    emit_number(emit, "loaded", module->loaded);
    emit_number(emit, "unloaded", module->unloaded);
    emit_bool(emit, "main", module->is_main);
    emit_close(emit);
    return true;
}

void
modulemap_json(struct emit *emit)
{
    if (!is_wanted())
        return;
    emit_list(emit, "modules");
    symbol_modules(add_object, emit);
    emit_close(emit);
}
