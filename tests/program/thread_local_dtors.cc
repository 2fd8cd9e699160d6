/*
 * thread_local objects of C++ allocate and free in their destructors, after
 * the thread's function has returned; also those of the main thread.
 *
 * flags: -O0 -g0
 */
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "prove.h"

struct keeper {
    std::map<int, std::string> names;
    keeper()
    {
        for (int i = 0; i < 50; i++)
            names[i] = std::string(static_cast<size_t>(i) * 10, 'x');
    }
    ~keeper()
    {
        std::vector<std::string> copies;
        for (const auto &entry : names)
            copies.push_back(entry.second + "!");
        names.clear();
        PROVE(copies.size() == 50 && copies[49].size() == 491);
    }
};

static thread_local keeper mine;

int
main()
{
    for (int round = 0; round < 30; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++)
            threads.emplace_back([i] {
                PROVE(mine.names[i].size() == static_cast<size_t>(i) * 10);
            });
        for (auto &thread : threads)
            thread.join();
    }
    PROVE(mine.names.size() == 50);
    return 0;
}
