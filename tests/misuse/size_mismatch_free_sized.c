/*
 * expect: kind=size-mismatch size=100 offset=0 given=99 alloc=make
 *     site=end_sized
 */
#include <dlfcn.h>

#include "misuse.h"

typedef void free_function(void *, size_t);

APART static void
end_sized(void *p, size_t n)
{
    void *found = dlsym(RTLD_DEFAULT, "free_sized");
    free_function *function;
    memcpy(&function, &found, sizeof function);
    function(p, n);
    RETURN_HERE();
}

int
main(void)
{
    end_sized(make(100), 99);
    return 0;
}
