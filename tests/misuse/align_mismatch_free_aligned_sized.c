/*
 * expect: kind=align-mismatch size=128 offset=0 alloc=main site=end_sized
 */
#include <dlfcn.h>

#include "misuse.h"

typedef void free_function(void *, size_t, size_t);

APART static void
end_sized(void *p, size_t align, size_t n)
{
    void *found = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    free_function *function;
    memcpy(&function, &found, sizeof function);
    function(p, align, n);
    RETURN_HERE();
}

int
main(void)
{
    end_sized(keep(aligned_alloc(64, 128)), 32, 128);
    return 0;
}
