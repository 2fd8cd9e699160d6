/*
 * Exceptions thrown through frames that hold blocks, in several threads,
 * rethrown and carried to another thread, free all they should.
 *
 * flags: -O0 -g0
 */
#include <pthread.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "prove.h"

namespace {

void
descend(int depth)
{
    std::string text(static_cast<size_t>(depth) * 3 + 20, 'd');
    auto held = std::make_unique<std::vector<int>>(depth, depth);
    if (depth == 0)
        throw std::runtime_error("the deepest of all: " + text);
    try {
        descend(depth - 1);
    } catch (const std::exception &) {
        if (depth % 7 == 0)
            throw;
        throw std::logic_error("rethrown at " + std::to_string(depth));
    }
    PROVE(held->empty());
}

void *
work(void *argument)
{
    auto out = static_cast<std::exception_ptr *>(argument);
    for (int i = 0; i < 100; i++) {
        try {
            descend(20);
            PROVE(false);
        } catch (const std::logic_error &e) {
            PROVE(std::string(e.what()) == "rethrown at 20");
            *out = std::current_exception();
        }
    }
    return nullptr;
}

} /* namespace */

int
main()
{
    std::exception_ptr errors[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        PROVE(pthread_create(&threads[i], nullptr, work, &errors[i]) == 0);
    for (auto thread : threads)
        PROVE(pthread_join(thread, nullptr) == 0);
    for (auto &error : errors) {
        try {
            std::rethrow_exception(error);
        } catch (const std::logic_error &e) {
            PROVE(std::string(e.what()) == "rethrown at 20");
        }
    }
    return 0;
}
