/*
 * The containers and streams of libstdc++ allocate, hand over to another
 * thread and free as ever.
 *
 * flags: -O0 -g0
 * (The compiler takes seconds for it, and many to optimize it. For <future>
 * alone it took as many.)
 */
#include <pthread.h>

#include <deque>
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

/* What one thread fills, another empties. */
struct result {
    int from;
    size_t count;
    std::map<int, std::string> handed;
};

void *
run(void *argument)
{
    auto result = static_cast<struct result *>(argument);
    result->count = fill(result->from);
    for (int i = 0; i < 100; i++)
        result->handed[i] = std::string(i, 'h');
    return nullptr;
}

} /* namespace */

int
main()
{
    pthread_t threads[8];
    struct result results[8];
    for (int i = 0; i < 8; i++) {
        results[i].from = i * 3000;
        PROVE(pthread_create(&threads[i], nullptr, run, &results[i]) == 0);
    }
    for (int i = 0; i < 8; i++) {
        PROVE(pthread_join(threads[i], nullptr) == 0);
        PROVE(results[i].count == 300 + (2000 - 667) + 100);
        PROVE(results[i].handed.size() == 100);
        results[i].handed.clear();
    }
    PROVE(fill(0) == 300 + (2000 - 667) + 100);
    return 0;
}
