// sample.cc - templates, lambdas and exceptions, for tests/oracle/run.sh.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace shapes {

class shape {
public:
    virtual ~shape() = default;
    virtual double area() const = 0;
};

template <typename T>
class box : public shape {
public:
    box(T w, T h) : width(w), height(h)
    {
        if (w < T() || h < T())
            throw std::invalid_argument("less than nothing");
    }
    double area() const override { return double(width) * double(height); }

private:
    T width, height;
};

}  // namespace shapes

static std::map<std::string, std::vector<int>>
group(const std::vector<std::string> &words)
{
    std::map<std::string, std::vector<int>> result;

    for (std::size_t i = 0; i < words.size(); i++)
        result[words[i]].push_back(int(i));
    return result;
}

int
main(int argc, char **argv)
{
    std::vector<std::string> words(argv, argv + argc);
    std::vector<std::unique_ptr<shapes::shape>> all;
    double sum = 0;

    std::sort(words.begin(), words.end(),
        [](const std::string &a, const std::string &b) {
            return a.size() < b.size();
        });
    try {
        all.push_back(std::make_unique<shapes::box<int>>(argc, 2));
        all.push_back(std::make_unique<shapes::box<double>>(1.5, argc - 1));
        all.push_back(std::make_unique<shapes::box<long>>(-argc, 1));
    } catch (const std::exception &e) {
        std::printf("%s\n", e.what());
    }
    for (const auto &s : all)
        sum += s->area();
    for (const auto &pair : group(words))
        std::printf("%s %zu\n", pair.first.c_str(), pair.second.size());
    std::printf("%g\n", sum);
    return 0;
}
