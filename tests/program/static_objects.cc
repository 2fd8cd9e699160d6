/*
 * Static objects of C++ allocate in their constructors, before main, and free
 * in their destructors, after it.
 *
 * flags: -O0 -g0
 */
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "prove.h"

namespace {

struct registry {
    std::map<std::string, std::unique_ptr<std::string>> entries;
    registry()
    {
        for (int i = 0; i < 500; i++)
            entries["a rather long key number " + std::to_string(i)] =
                std::make_unique<std::string>(100, 'v');
    }
    ~registry()
    {
        for (int i = 0; i < 250; i++)
            entries.erase("a rather long key number " + std::to_string(i));
        PROVE(entries.size() == 250);
    }
};

registry first;

registry &
second()
{
    static registry local;
    return local;
}

} /* namespace */

int
main()
{
    PROVE(first.entries.size() == 500);
    PROVE(second().entries.size() == 500);
    std::cout << "entries: " << first.entries.size() << std::endl;
    return 0;
}
