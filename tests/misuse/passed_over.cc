/*
 * Of blocks that a sampling heap passes over, every kind of wrong free is
 * noticed as of others.
 * opts: production, sample=1g, no-guard-sample
 * expect: kind=double-free size=24 offset=0
 * expect: kind=double-free size=40 offset=0
 * expect: kind=interior-free size=100 offset=16
 * expect: kind=mismatched-free size=8 offset=0
 * expect: kind=size-mismatch size=56 offset=0 given=48
 * expect: kind=align-mismatch size=64 offset=0
 */
#include <new>

#include "misuse.h"

int
main()
{
    /* Slots that were used before are what the quick way hands out. */
    static const size_t sizes[] = {24, 40, 100, 8, 56, 64};
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            end(make(sizes[i]));

    void *p = make(24);
    end(p);
    end_again(p);
    p = make(40);
    in_thread(end_in_thread, p);
    end_again(p);
    p = make(100);
    end(static_cast<char *>(p) + 16);
    end(p);
    end(new long);
    p = keep(::operator new(56));
    ::operator delete(p, 48);
    p = keep(::operator new(64));
    ::operator delete(p, std::align_val_t(64));
    p = keep(::operator new(64));
    ::operator delete(p, 64);
    ::operator delete[](keep(::operator new[](72)));
    RETURN_HERE();
    return 0;
}
