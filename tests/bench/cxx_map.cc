/*
 * cxx_map - std::map, unordered_map and strings: words counted, looked up,
 * erased and joined again.
 */
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench.h"

int
main(int argc, char **argv)
{
    long work = bench_work(argc, argv, 8);
    size_t total = 0;
    for (long round = 0; round < work; round++) {
        std::map<std::string, std::vector<int>> map;
        std::unordered_map<std::string, std::string> table;
        uint64_t seed = 7;
        for (int i = 0; i < 60000; i++) {
            uint32_t r = bench_random(&seed);
            std::string key =
                "a key of some length " + std::to_string(r % 20000);
            map[key].push_back(i);
            table[key + "!"] += "text";
            if (r % 3 == 0)
                map.erase(key);
        }
        for (const auto &entry : map) {
            std::string joined;
            for (int value : entry.second)
                joined += std::to_string(value) + ",";
            total += joined.size();
        }
        total += table.size();
    }
    return total == 1; /* The total is used, or nothing need be done. */
}
