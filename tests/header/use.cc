/*
 * Everything that C++ code does with the names that dbgmalloc.h makes macros
 * of. compile.sh compiles it in every standard, and runs it.
 */
#ifdef HEADER_FIRST
#include "dbgmalloc.h"
#endif
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>
#ifndef HEADER_FIRST
#include "dbgmalloc.h"
#endif
/* Headers that come later must not mind the macros. */
#include <algorithm>
#include <cstdio>
#include <map>
#include <stdlib.h>

namespace {

/* Methods of the same names, with other arguments. (Declared in brackets: a
 * declaration looks like a call.) */
struct pool {
    int calls = 0;
    int (malloc)(int) { return ++calls; }
    void (free)(int) { calls++; }
    void (free)() { calls++; }
    void (free)(pool &, int) { calls++; }
    void (free)(std::string const &) { calls++; }
    void (realloc)() { calls++; }
    int (strdup)(std::string const &text) { return (int)text.size(); }
};

struct header {
    unsigned length : 7;
    unsigned rest : 25;
};

enum size { SMALL = 3 };

struct thrower {
    thrower() { throw 1; }
};

template <typename T>
T *
make(std::size_t n)
{
    return static_cast<T *>(std::malloc(n * sizeof(T)));
}

bool
try_methods()
{
    pool o;
    o.malloc(3);
    o.free(3);
    o.free();
    o.free(o, 3);
    o.free(std::string("x"));
    o.realloc();
    return o.calls == 6 && o.strdup(std::string("four")) == 4;
}

bool
try_calls()
{
    header h = {5, 1};
    void *p = std::malloc(10);
    p = std::realloc(p, 20);
    ::free(p);
    free(0);
    free(NULL);
    free(nullptr);
    p = realloc(0, 4);
    std::free(p);
    p = realloc(NULL, 4);
    free(p);
    p = realloc(nullptr, h.length);
    free(p);
    p = malloc(SMALL);
    free(p);
    p = malloc(h.length);
    free(p);
    free(make<int>(7));
    free(calloc(7, 3));
    if (posix_memalign(&p, 64, 64) != 0)
        return false;
    free(p);
    std::unique_ptr<char, void (*)(void *)> text(strdup("abc"), free);
    return std::string(text.get()) == "abc";
}

bool
try_streams()
{
    std::istringstream in("one\ntwo\n");
    std::string line;
    char buffer[20];
    std::getline(in, line);
    in.getline(buffer, sizeof buffer);
    return line == "one" && std::string(buffer) == "two";
}

bool
try_new()
{
    delete DBGMALLOC_NEW int(3);
    delete[] DBGMALLOC_NEW int[10];
#if defined(__cpp_aligned_new) && !defined(DBGMALLOC_DISABLE)
    struct alignas(128) wide {
        char bytes[128];
    };
    delete DBGMALLOC_NEW wide;
#endif
    try {
        delete DBGMALLOC_NEW thrower;
    } catch (int) {
        return true;
    }
    return false;
}

} /* namespace */

int
main()
{
    unsigned mark = dbgmalloc_mark();
    if (!try_methods() || !try_calls() || !try_streams() || !try_new()) {
        std::puts("a call did not do what it says");
        return 1;
    }
    return dbgmalloc_count_since(mark, 0, nullptr) == 0 ? 0 : 2;
}
