/*
 * link: export
 * flags: -O0 -g0
 * A program that replaces operator new and delete itself keeps its own: ours
 * are not called, in the program or in libstdc++.
 */
#include <new>
#include <sstream>
#include <string>

#include "prove.h"

#define EXPORT __attribute__((visibility("default")))

static long made;
static long ended;

EXPORT void *
operator new(size_t n)
{
    made++;
    char *p = static_cast<char *>(malloc(n + 16));
    if (p == nullptr)
        throw std::bad_alloc();
    memcpy(p, "replaced program", 16);
    return p + 16;
}

EXPORT void
operator delete(void *p) noexcept
{
    if (p == nullptr)
        return;
    ended++;
    char *start = static_cast<char *>(p) - 16;
    PROVE(memcmp(start, "replaced program", 16) == 0);
    free(start);
}

EXPORT void
operator delete(void *p, size_t n) noexcept
{
    (void)n;
    operator delete(p);
}

int
main()
{
    for (int i = 0; i < 100; i++) {
        std::ostringstream text;
        text << std::string(200, 'x') << i;
        PROVE(text.str().size() > 200);
        delete[] static_cast<int *>(keep(new int[10]));
        delete static_cast<int *>(keep(new int));
    }
    PROVE(made >= 400 && made == ended);
    return 0;
}
