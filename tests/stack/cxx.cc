/*
 * cxx.cc - stacks of C++: exceptions that unwind through frames whose
 * destructors allocate, templates that call each other, threads; with
 * WITH_REGEX, which takes long to compile, regular expressions and streams.
 *
 * usage: cxx [ROUNDS]
 */
#include <algorithm>
#include <map>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <vector>
#ifdef WITH_REGEX
#include <functional>
#include <regex>
#include <sstream>
#endif

static unsigned caught;

struct Noisy {
    std::string text;
    explicit Noisy(int n) : text(static_cast<size_t>(n % 40) + 20, 'n') {}
    ~Noisy()
    {
        std::vector<std::string> copies(2, text);
        text = copies[1] + text;
    }
};

template <int N> struct Tower {
    static std::string build(int n)
    {
        Noisy noisy(n);
        if (n % (N + 2) == 0)
            throw std::runtime_error("thrown at floor " + std::to_string(N));
        return Tower<N - 1>::build(n + 1) + noisy.text;
    }
};

template <> struct Tower<0> {
    static std::string build(int n)
    {
        if (n % 2 == 0)
            throw std::string("from the ground floor, long enough");
        return std::string(static_cast<size_t>(n % 50), 'g');
    }
};

static std::string
climb(int n)
try {
    return Tower<12>::build(n);
} catch (const std::exception &error) {
    caught++;
    return std::string(error.what()) + " caught";
}

static void
rethrow(int n)
{
    try {
        Noisy noisy(n);
        try {
            climb(n);
        } catch (const std::string &text) {
            Noisy inner(n + 1);
            throw std::invalid_argument(text + inner.text);
        }
    } catch (const std::invalid_argument &) {
        caught++;
    }
}

#ifdef WITH_REGEX
static unsigned
match(int n)
{
    static const char *const patterns[] = {"(a|b)*c+d?", "([0-9]+)-([a-z]+)",
                                           "^(x(y(z)?)?)+$"};
    std::regex pattern(patterns[n % 3]);
    std::string text = std::to_string(n) + "-abcabcd-" + std::to_string(n * 7);
    std::smatch result;
    return std::regex_search(text, result, pattern)
               ? static_cast<unsigned>(result.size())
               : 0;
}

static std::function<std::string(int)>
compose(int depth)
{
    if (depth == 0)
        return [](int n) { return std::to_string(n) + " at the bottom of it"; };
    auto inner = compose(depth - 1);
    return [inner, depth](int n) { return inner(n + depth) + "."; };
}

static size_t
more(int n)
{
    static const auto function = compose(9);
    std::ostringstream stream;
    stream << n << ' ' << n * 0.5;
    return match(n) + function(n).size() + stream.str().size();
}
#else
static size_t
more(int n)
{
    return std::to_string(n).size();
}
#endif

static size_t
work(int from, int to)
{
    size_t sum = 0;
    std::map<std::string, std::shared_ptr<std::string>> map;
    for (int n = from; n < to; n++) {
        rethrow(n);
        sum += more(n);
        map["key number " + std::to_string(n % 37)] =
            std::make_shared<std::string>(static_cast<size_t>(n % 90), 's');
        std::vector<std::string> parts(5, "some part of it " +
                                              std::to_string(n));
        std::sort(parts.begin(), parts.end(),
                  [](std::string a, std::string b) { return a < b; });
        sum += parts[0].size();
    }
    return sum;
}

static int rounds = 20;

static void *
work_too(void *sum)
{
    *static_cast<size_t *>(sum) = work(0, rounds);
    return sum;
}

int
main(int argc, char **argv)
{
    pthread_t thread;
    size_t sum, other;
    if (argc > 1)
        rounds = std::stoi(argv[1]);
    if (pthread_create(&thread, nullptr, work_too, &other) != 0)
        return 2;
    sum = work(rounds, 2 * rounds);
    pthread_join(thread, nullptr);
    sum += other;
    return sum > 0 && caught > 0 ? 0 : 1;
}
