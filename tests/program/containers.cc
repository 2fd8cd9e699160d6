/*
 * The containers, streams and futures of libstdc++ allocate, hand over and
 * free as ever.
 *
 * flags: -O0 -g0
 * (The compiler takes 12 seconds for it, and 50 to optimize it.)
 */
#include <deque>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "prove.h"

namespace {

size_t
fill(int from)
{
    std::map<std::string, std::vector<int>> map;
    std::unordered_map<int, std::list<std::string>> table;
    std::deque<std::shared_ptr<std::set<int>>> deque;
    for (int i = from; i < from + 2000; i++) {
        map["key " + std::to_string(i % 300)].push_back(i);
        table[i % 100].push_front(
            std::string(i % 70U, 'z'));
        deque.push_back(std::make_shared<std::set<int>>());
        deque.back()->insert({i, i + 1, i + 2});
        if (i % 3 == 0)
            deque.pop_front();
    }
    std::ostringstream text;
    for (const auto &entry : map)
        text << entry.first << ' ' << entry.second.size() << '\n';
    std::istringstream back(text.str());
    std::multiset<std::string> words;
    for (std::string word; back >> word;)
        words.insert(word);
    return words.count("key") + deque.size() + table.size();
}

} /* namespace */

int
main()
{
    std::vector<std::future<size_t>> results;
    for (int i = 0; i < 8; i++)
        results.push_back(std::async(std::launch::async, fill, i * 3000));
    for (auto &result : results)
        PROVE(result.get() == 300 + (2000 - 667) + 100);
    PROVE(fill(0) == 300 + (2000 - 667) + 100);
    return 0;
}
