/*
 * cases_cxx.cc - leak programs in C++; used as cases.c is.
 */
#include "leakcase.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct Plain {
    long a[4];
};
struct Counted {
    std::string *text = nullptr;
    long pad[2];
    Counted() { leakcase_sink++; }
    ~Counted() { leakcase_sink--; }
};
struct First {
    virtual ~First() { leakcase_sink++; }
    virtual int first() { return 1; }
    long a = 1;
};
struct Second {
    virtual ~Second() { leakcase_sink++; }
    virtual int second() { return 2; }
    long b = 2;
};
struct Both : First, Second {
    int second() override { return 3; }
    long c = 3;
};
struct Ring {
    std::shared_ptr<Ring> next;
};
struct alignas(64) Aligned {
    char bytes[128];
};

static void *global;
static Second *global_second;
static Counted *global_array;
static std::vector<int *> *global_vector;
static std::vector<int *> static_vector;
static thread_local std::vector<int *> thread_vector;

static KEEP void lost_new() { leakcase_sink = (int)(new Plain)->a[0]; }
static KEEP void lost_new_array() { leakcase_sink = (int)(new long[9])[0]; }
static KEEP void
lost_cookie()
{
    leakcase_sink = (int)(new Counted[5])[0].pad[0];
}
static KEEP void
lost_aligned_new()
{
    leakcase_sink = (new Aligned)->bytes[0];
}
static KEEP void
lost_string()
{
    auto *text = new std::string(100, 'x');

    leakcase_sink = (*text)[0];
}
static KEEP void
lost_vector()
{
    auto *numbers = new std::vector<long>(10);

    leakcase_sink = (int)(*numbers)[0];
}
/* The nodes of a list, those of a map and two that own each other lead back to
 * the first: a ring, all of which LSan calls indirect (lost_ring in cases.c). */
static KEEP void
lost_list()
{
    auto *numbers = new std::list<long>{1, 2, 3};

    leakcase_sink = (int)numbers->front();
}
static KEEP void
lost_map()
{
    auto *map = new std::map<int, int>{{1, 1}, {2, 2}, {3, 3}};

    leakcase_sink = (*map)[1];
}
static KEEP void
lost_shared_ring()
{
    auto a = std::make_shared<Ring>();
    auto b = std::make_shared<Ring>();

    a->next = b;
    b->next = a;
}
static KEEP void
lost_release()
{
    std::unique_ptr<Plain> owner(new Plain);

    leakcase_sink = (int)owner.release()->a[0];
}
static KEEP void
lost_object_of_two()
{
    leakcase_sink = (new Both)->second();
}
static KEEP void inside_base() { global_second = new Both; }
static KEEP void inside_cookie() { global_array = new Counted[5]; }
static KEEP void
inside_member()
{
    global = &(new Plain)->a[2];
}
static KEEP void root_object() { global = new Plain; }
static KEEP void
root_vector()
{
    global_vector = new std::vector<int *>;
    for (int i = 0; i < 10; i++)
        global_vector->push_back(new int(i));
}
/* What the destructors that exit runs free was the only way to the number. It
 * is put there in a frame that is gone by then, and overwritten. */
static KEEP void put_thread_local() { thread_vector.push_back(new int(1)); }
static KEEP void put_static() { static_vector.push_back(new int(1)); }
static KEEP void
leave()
{
    leakcase_clear(0, 0, 0, 0, 0, 0);
    leakcase_wipe();
    exit(0);
}
static KEEP void
root_thread_local()
{
    put_thread_local();
    leave();
}
static KEEP void
lost_static_vector()
{
    put_static();
    leave();
}
static KEEP void
root_function()
{
    static std::function<int()> *held;
    std::string text(50, 'y');

    held = new std::function<int()>([text] { return (int)text.size(); });
}
/* As thread_ended in cases.c. */
static KEEP void
thread_lost()
{
    std::thread([] { leakcase_sink = (int)(new Plain)->a[0]; }).join();
}

#define CASES(X)                                                               \
    X(lost_new, "1/32 0/0 0/0")                                                \
    X(lost_new_array, "1/72 0/0 0/0")                                          \
    X(lost_cookie, "1/128 0/0 0/0")                                            \
    X(lost_aligned_new, "1/128 0/0 0/0")                                       \
    X(lost_string, "1/32 1/101 0/0")                                           \
    X(lost_vector, "1/24 1/80 0/0")                                            \
    X(lost_list, "1/24 3/72 0/0 l")                                            \
    X(lost_map, "1/48 3/120 0/0 l")                                            \
    X(lost_shared_ring, "1/32 1/32 0/0 l")                                     \
    X(lost_release, "1/32 0/0 0/0")                                            \
    X(lost_object_of_two, "1/40 0/0 0/0")                                      \
    X(inside_base, "0/0 0/0 0/0")                                              \
    X(inside_cookie, "0/0 0/0 0/0")                                            \
    X(inside_member, "0/0 0/0 1/32")                                           \
    X(root_object, "0/0 0/0 0/0")                                              \
    X(root_vector, "0/0 0/0 0/0")                                              \
    X(root_thread_local, "1/4 0/0 0/0")                                        \
    X(lost_static_vector, "1/4 0/0 0/0")                                       \
    X(root_function, "0/0 0/0 0/0")                                            \
    X(thread_lost, "1/32 0/0 0/0 v")

static const struct leakcase cases[] = {
#define X(name, expect) {#name, name, expect},
    CASES(X)
#undef X
};

volatile int leakcase_sink;

int
main(int argc, char **argv)
{
    for (const leakcase &one : cases) {
        if (argc == 2 && strcmp(argv[1], "--list") == 0) {
            printf("%s %s\n", one.name, one.expect);
        } else if (argc == 2 && strcmp(argv[1], one.name) == 0) {
            leakcase_run(&one);
            return 0;
        }
    }
    return argc == 2 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
