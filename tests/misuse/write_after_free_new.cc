/*
 * opts: quarantine=1m
 * expect: kind=write-after-free size=80 offset=16 length=1 alloc=make_new
 *     free=end_new
 */
#include "misuse.h"

struct pair {
    long values[10];
};

APART static pair *
make_new()
{
    pair *p = new pair;
    RETURN_HERE();
    return p;
}

APART static void
end_new(pair *p)
{
    delete p;
    RETURN_HERE();
}

int
main()
{
    pair *p = static_cast<pair *>(keep(make_new()));
    end_new(p);
    bytes(p)[16] = 1;
    return 0;
}
