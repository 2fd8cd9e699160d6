/*
 * modes: default medium off production
 * Every form of operator new and delete, plain and nothrow, single and array,
 * aligned and sized, gives and takes back memory rightly.
 */
#include <new>

#include "prove.h"

namespace {

struct alignas(64) wide {
    unsigned char bytes[192];
};

struct item {
    char *text;
    item() : text(new char[20])
    {
    }
    ~item()
    {
        delete[] text;
    }
};

void
try_functions(size_t n)
{
    const std::align_val_t align{256};
    void *p = keep(::operator new(n));
    memset(p, 1, n);
    ::operator delete(p);
    p = keep(::operator new(n));
    ::operator delete(p, n);
    p = keep(::operator new[](n));
    memset(p, 1, n);
    ::operator delete[](p);
    p = keep(::operator new[](n));
    ::operator delete[](p, n);
    p = keep(::operator new(n, std::nothrow));
    ::operator delete(p, std::nothrow);
    p = keep(::operator new[](n, std::nothrow));
    ::operator delete[](p, std::nothrow);
    p = keep(::operator new(n, align));
    PROVE(reinterpret_cast<uintptr_t>(p) % 256 == 0);
    memset(p, 1, n);
    ::operator delete(p, align);
    p = keep(::operator new(n, align));
    ::operator delete(p, n, align);
    p = keep(::operator new[](n, align));
    PROVE(reinterpret_cast<uintptr_t>(p) % 256 == 0);
    ::operator delete[](p, align);
    p = keep(::operator new[](n, align));
    ::operator delete[](p, n, align);
    p = keep(::operator new(n, align, std::nothrow));
    PROVE(reinterpret_cast<uintptr_t>(p) % 256 == 0);
    ::operator delete(p, align, std::nothrow);
    p = keep(::operator new[](n, align, std::nothrow));
    ::operator delete[](p, align, std::nothrow);
}

} /* namespace */

int
main()
{
    static const size_t sizes[] = {0, 1, 24, 100, 5000, 40000, 3000000};
    for (size_t n : sizes)
        try_functions(n);
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    delete static_cast<item *>(keep(new item));
    delete[] static_cast<item *>(keep(new item[50]));
    wide *w = static_cast<wide *>(keep(new wide));
    PROVE(reinterpret_cast<uintptr_t>(w) % 64 == 0);
    delete w;
    w = static_cast<wide *>(keep(new wide[10]));
    PROVE(reinterpret_cast<uintptr_t>(w) % 64 == 0);
    delete[] w;
    return 0;
}
