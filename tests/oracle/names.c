/*
 * names FILE - say what addresses of FILE are called, as addr2line -afi does.
 *
 * The addresses, as linked and in hexadecimal, stand on standard input, one a
 * line. tests/oracle/compare.pl holds what comes out against what others say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"
#include "os/file.h"
#include "symbol/symbol.h"

/* A module as the library would know it, were FILE loaded. */
static void
fill_module(struct module *module, const char *path)
{
    const unsigned char *id;
    struct file_map map;
    struct image image;
    size_t size;

    *module = (struct module){.path = path};
    if (file_map(path, &map) != 0 ||
        image_open(map.bytes, map.size, &image) != 0) {
        fprintf(stderr, "%s: not an ELF file\n", path);
        exit(2);
    }
    if (image_build_id(&image, &id, &size) == 0 &&
        size <= sizeof module->build_id) {
        memcpy(module->build_id, id, size);
        module->build_id_size = (uint8_t)size;
    }
    file_unmap(&map);
}

int
main(int argc, char **argv)
{
    struct symbol_frame frames[SYMBOL_FRAMES_MAX];
    struct module module;
    char line[64];

    if (argc != 2)
        return 2;
    fill_module(&module, argv[1]);
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint64_t addr = strtoull(line, NULL, 16);
        size_t count =
            symbol_resolve_in(&module, addr, frames, SYMBOL_FRAMES_MAX);

        printf("0x%016" PRIx64 "\n", addr);
        for (size_t i = 0; i < count; i++)
            printf("%s\n%s:%" PRIu32 "\n",
                   frames[i].function != NULL ? frames[i].function : "??",
                   frames[i].file != NULL ? frames[i].file : "??",
                   frames[i].line);
    }
    if (symbol_lack(&module) != NULL)
        fprintf(stderr, "%s: %s\n", argv[1], symbol_lack(&module));
    symbol_release();
    return 0;
}
