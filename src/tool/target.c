/*
 * tool/target.c - ELF headers of the program to be run.
 *
 * Only what decides whether LD_PRELOAD works is read here, by offsets that are
 * checked against the file's size. A file that cannot be read (execute-only) is
 * run as it is: the loader will say what it thinks.
 */
#include "tool/target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "tool/tool.h"

/* Interpreters of interpreters: as deep as the kernel goes. */
#define DEPTH_MAX 5

/* A file in memory. */
struct image {
    const unsigned char *bytes;
    size_t size;
};

/* --- where it is --- */

/* The file that execvp would run, to be freed; NULL, and why in *out_error. */
static char *
find_program(const char *name, int *out_error)
{
    const char *path = getenv("PATH");
    int error = ENOENT;

    if (strchr(name, '/') != NULL) {
        if (access(name, X_OK) == 0)
            return tool_text("%s", name);
        *out_error = errno;
        return NULL;
    }
    if (path == NULL)
        path = "/usr/local/bin:/usr/bin:/bin";
    while (*name != '\0') {
        size_t n = strcspn(path, ":");
        char *file = n > 0 ? tool_text("%.*s/%s", (int)n, path, name)
                           : tool_text("./%s", name);
        struct stat status;

        if (stat(file, &status) == 0 && S_ISREG(status.st_mode)) {
            if (access(file, X_OK) == 0)
                return file;
            error = EACCES;
        }
        free(file);
        if (path[n] == '\0')
            break;
        path += n + 1;
    }
    *out_error = error;
    return NULL;
}

/* What the process is called: its file's own name, links followed. */
static char *
process_name_of(const char *path)
{
    char *real = realpath(path, NULL);
    char *name = tool_text("%s", text_base_name(real != NULL ? real : path));

    free(real);
    return name;
}

/* --- what it is --- */

static bool
map_file(const char *path, struct image *image)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *p;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) != 0 || status.st_size <= 0) {
        close(fd);
        return false;
    }
    p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return false;
    *image = (struct image){p, (size_t)status.st_size};
    return true;
}

static void
unmap_file(struct image *image)
{
    munmap((void *)(uintptr_t)image->bytes, image->size);
}

/* `n` bytes at `offset`, or NULL where the file has not got them. */
static const void *
bytes_at(const struct image *image, uint64_t offset, uint64_t n)
{
    return offset <= image->size && n <= image->size - offset
               ? image->bytes + offset
               : NULL;
}

/* The text at `offset`, or "" where it does not end in the file. */
static const char *
text_at(const struct image *image, uint64_t offset)
{
    if (offset >= image->size ||
        memchr(image->bytes + offset, '\0', image->size - offset) == NULL)
        return "";
    return (const char *)image->bytes + offset;
}

static void
refuse(struct target *target, char *why, const char *advice)
{
    target->refusal = why;
    target->advice = tool_text("%s", advice);
}

static const char *
machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86_64";
    case EM_AARCH64:
        return "aarch64";
    case EM_386:
        return "i386";
    case EM_ARM:
        return "arm";
    case EM_RISCV:
        return "riscv";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390x";
    default:
        return "another CPU";
    }
}

/* The CPU that this program itself is for. */
static unsigned
own_machine(void)
{
    static unsigned machine; /* one thread */
    struct image image;

    if (machine == 0 && map_file("/proc/self/exe", &image)) {
        const Elf64_Ehdr *head = bytes_at(&image, 0, sizeof(*head));

        machine = head != NULL ? head->e_machine : 0;
        unmap_file(&image);
    }
    return machine;
}

/* The names that the program's dynamic symbols define or ask for. */
static void
look_at_symbols(const struct image *image, const Elf64_Ehdr *head,
                struct target *target)
{
    for (unsigned i = 0; i < head->e_shnum; i++) {
        const Elf64_Shdr *section =
            bytes_at(image, head->e_shoff + (uint64_t)i * head->e_shentsize,
                     sizeof(*section));
        const Elf64_Shdr *strings;
        const Elf64_Sym *symbol;

        if (section == NULL || section->sh_type != SHT_DYNSYM)
            continue;
        strings = bytes_at(image,
                           head->e_shoff +
                               (uint64_t)section->sh_link * head->e_shentsize,
                           sizeof(*strings));
        symbol = bytes_at(image, section->sh_offset, section->sh_size);
        if (strings == NULL || symbol == NULL)
            continue;
        for (uint64_t k = 0; k < section->sh_size / sizeof(*symbol); k++) {
            const char *name =
                text_at(image, strings->sh_offset + symbol[k].st_name);

            if (strcmp(name, "__asan_init") == 0) {
                refuse(target,
                       tool_text("%s was built with AddressSanitizer, which "
                                 "has an allocator of its own",
                                 target->path),
                       "build it without -fsanitize=address, or rely on what "
                       "the sanitizer reports");
                return;
            }
            if (symbol[k].st_shndx != SHN_UNDEF &&
                strcmp(name, "malloc") == 0 && target->warning == NULL)
                target->warning = tool_text(
                    "%s has a malloc of its own, which comes before a "
                    "preloaded one: only what bypasses it is seen",
                    target->path);
        }
    }
}

/* The program headers: its loader. */
static void
look_at_loader(const struct image *image, const Elf64_Ehdr *head,
               struct target *target)
{
    const char *loader = NULL;

    for (unsigned i = 0; i < head->e_phnum; i++) {
        const Elf64_Phdr *segment =
            bytes_at(image, head->e_phoff + (uint64_t)i * head->e_phentsize,
                     sizeof(*segment));

        if (segment != NULL && segment->p_type == PT_INTERP)
            loader = text_at(image, segment->p_offset);
    }
    if (loader == NULL)
        refuse(target,
               tool_text("%s is linked statically: nothing can be preloaded "
                         "into it",
                         target->path),
               "link it with libdbgmalloc.a (\"dbgmalloc cc\" does it), or "
               "build it dynamic; \"dbgmalloc watch\" works as it is");
    else if (strstr(loader, "musl") != NULL)
        refuse(target,
               tool_text("%s is for musl's libc, the library is for glibc",
                         target->path),
               "build it for glibc; \"dbgmalloc watch\" works as it is");
}

static void
look_at_elf(const struct image *image, struct target *target)
{
    const Elf64_Ehdr *head = bytes_at(image, 0, sizeof(*head));
    const char *own = machine_name(own_machine());

    if (head == NULL)
        return;
    if (image->bytes[EI_CLASS] != ELFCLASS64 ||
        (own_machine() != 0 && head->e_machine != own_machine())) {
        /* Of a 32-bit header this member lies at the same place. */
        const char *theirs = machine_name(head->e_machine);

        refuse(target,
               tool_text("%s is a program for %s%s, this dbgmalloc is for %s",
                         target->path, theirs,
                         image->bytes[EI_CLASS] == ELFCLASS32 &&
                                 head->e_machine == EM_X86_64
                             ? " (x32)"
                             : "",
                         own),
               "use a dbgmalloc that was built for that CPU; \"dbgmalloc "
               "watch\" works as it is");
        return;
    }
    look_at_loader(image, head, target);
    if (target->refusal == NULL)
        look_at_symbols(image, head, target);
}

/* The kernel tells the loader to ignore LD_PRELOAD where the program gets
 * rights that we have not. */
static void
look_at_rights(struct target *target)
{
    struct stat status;
    char capabilities[64];
    const char *what = NULL;

    if (stat(target->path, &status) != 0)
        return;
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid())
        what = "setuid";
    else if ((status.st_mode & S_ISGID) != 0 &&
             (status.st_mode & S_IXGRP) != 0 && status.st_gid != getegid())
        what = "setgid";
    else if (geteuid() != 0 && getxattr(target->path, "security.capability",
                                        capabilities, sizeof(capabilities)) > 0)
        what = "given capabilities";
    if (what != NULL)
        refuse(target,
               tool_text("%s is %s: the loader ignores LD_PRELOAD in it",
                         target->path, what),
               "run a copy of the file, which has not got these rights, or "
               "run dbgmalloc as the user whose rights they are");
}

static void examine(struct target *target, const char *path, unsigned depth);

/* A script: its interpreter is the program. `env NAME` is looked through. */
static void
look_at_script(const struct image *image, struct target *target, unsigned depth)
{
    char line[256];
    char *name;
    char *rest;
    char *found;
    int error;

    (void)text_copy_n(line, sizeof(line), (const char *)image->bytes + 2,
                      image->size - 2 < 255 ? image->size - 2 : 255);
    line[strcspn(line, "\n")] = '\0';
    name = strtok_r(line, " \t\r", &rest);
    if (name == NULL)
        return;
    if (strcmp(text_base_name(name), "env") == 0) {
        do
            name = strtok_r(NULL, " \t\r", &rest);
        while (name != NULL && (*name == '-' || strchr(name, '=') != NULL));
        if (name == NULL)
            return;
    }
    found = find_program(name, &error);
    if (found != NULL)
        examine(target, found, depth + 1);
    free(found);
}

static void
examine(struct target *target, const char *path, unsigned depth)
{
    struct image image;
    char *script = NULL;

    if (depth > 0) {
        free(target->name);
        target->name = process_name_of(path);
        script = target->path;
        target->path = tool_text("%s", path);
    }
    look_at_rights(target);
    if (target->refusal == NULL && depth < DEPTH_MAX &&
        map_file(path, &image)) {
        if (image.size > 2 && memcmp(image.bytes, "#!", 2) == 0)
            look_at_script(&image, target, depth);
        else if (image.size > EI_CLASS &&
                 memcmp(image.bytes, ELFMAG, SELFMAG) == 0)
            look_at_elf(&image, target);
        unmap_file(&image);
    }
    if (script != NULL) {
        free(target->path);
        target->path = script;
    }
}

int
target_examine(char *const *argv, struct target *out_target)
{
    int error = 0;

    *out_target = (struct target){0};
    out_target->path = find_program(argv[0], &error);
    if (out_target->path == NULL)
        return -error;
    out_target->name = process_name_of(out_target->path);
    examine(out_target, out_target->path, 0);
    return 0;
}

void
target_free(struct target *target)
{
    free(target->path);
    free(target->name);
    free(target->refusal);
    free(target->advice);
    free(target->warning);
}

/* --- the library --- */

static char *
if_readable(char *path)
{
    char *real = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;

    free(path);
    return real;
}

char *
target_library(void)
{
    const char *given = getenv("DBGMALLOC_LIB");
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *found = NULL;

    if (given != NULL && *given != '\0')
        return if_readable(tool_text("%s", given));
    if (n > 0) {
        static const char *const places[] = {
            ".libs/libdbgmalloc.so",
            "libdbgmalloc.so",
            "../lib/libdbgmalloc.so",
            "../lib64/libdbgmalloc.so",
        };

        self[n] = '\0';
        *strrchr(self, '/') = '\0';
        for (size_t i = 0; found == NULL && i < ARRAY_COUNT(places); i++)
            found = if_readable(tool_text("%s/%s", self, places[i]));
    }
    if (found == NULL)
        found = if_readable(tool_text("%s/libdbgmalloc.so", tool_libdir()));
    if (found == NULL)
        found = if_readable(tool_text("%s/libdbgmalloc.so.0", tool_libdir()));
    return found;
}

bool
target_have_library(char **library)
{
    if (*library == NULL)
        *library = target_library();
    if (*library == NULL) {
        tool_say("libdbgmalloc.so is not found beside this command or in %s; "
                 "say where it is by --lib=PATH or DBGMALLOC_LIB",
                 tool_libdir());
        return false;
    }
    if (strpbrk(*library, " :") != NULL) {
        tool_say("%s: the loader cannot preload a path with a blank or colon "
                 "in it; put the library elsewhere",
                 *library);
        return false;
    }
    return true;
}

/* --- what it is told --- */

char *
target_preload(const char *library)
{
    const char *loaded = getenv("LD_PRELOAD");

    return tool_text("%s%s%s", library,
                     loaded != NULL && *loaded != '\0' ? ":" : "",
                     loaded != NULL ? loaded : "");
}

char *
target_only(const struct target *target)
{
    char *name = tool_text("%s", target->name);

    for (char *at = name; *at != '\0'; at++) {
        if (strchr(", \\:*", *at) != NULL)
            *at = '?';
    }
    return name;
}
