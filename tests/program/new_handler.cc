/*
 * When memory is short operator new calls the new-handler again and again
 * until it helps, is taken away (bad_alloc), or throws; nothrow gives NULL.
 */
#include <new>

#include "prove.h"

namespace {

struct given_up {};

int calls;

void
count_then_remove()
{
    if (++calls == 3)
        std::set_new_handler(nullptr);
}

void
throw_own()
{
    calls++;
    throw given_up();
}

size_t
huge()
{
    return keep_size(static_cast<size_t>(PTRDIFF_MAX) - 100000);
}

template <typename thrown, typename action>
bool
throws(action act)
{
    try {
        act();
    } catch (const thrown &) {
        return true;
    }
    return false;
}

void
try_form(void *(*make)())
{
    calls = 0;
    std::set_new_handler(nullptr);
    PROVE(throws<std::bad_alloc>(make) && calls == 0);
    std::set_new_handler(count_then_remove);
    PROVE(throws<std::bad_alloc>(make) && calls == 3);
    calls = 0;
    std::set_new_handler(throw_own);
    PROVE(throws<given_up>(make) && calls == 1);
    std::set_new_handler(nullptr);
}

void
try_nothrow()
{
    const std::align_val_t align{64};
    calls = 0;
    std::set_new_handler(nullptr);
    PROVE(keep(::operator new(huge(), std::nothrow)) == nullptr);
    PROVE(keep(::operator new[](huge(), std::nothrow)) == nullptr);
    PROVE(keep(::operator new(huge(), align, std::nothrow)) == nullptr);
    std::set_new_handler(count_then_remove);
    PROVE(keep(::operator new(huge(), std::nothrow)) == nullptr);
    PROVE(calls == 3);
    std::set_new_handler(nullptr);
}

} /* namespace */

int
main()
{
    try_form([]() { return keep(::operator new(huge())); });
    try_form([]() { return keep(::operator new[](huge())); });
    try_form(
        []() { return keep(::operator new (huge(), std::align_val_t{128})); });
    try_nothrow();
    PROVE(throws<std::bad_array_new_length>([]() {
        size_t count = keep_size(SIZE_MAX / 8 + 5);
        return keep(new uint64_t[count]);
    }));
    return 0;
}
