/*
 * expect: kind=align-mismatch size=128 offset=0 alloc=main site=end_aligned
 */
#include <dlfcn.h>

#include "misuse.h"

typedef void free_aligned_function(void *, size_t, size_t);

APART static void
end_aligned(void *p, size_t align, size_t n)
{
    void *found = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    free_aligned_function *function;
    memcpy(&function, &found, sizeof function);
    function(p, align, n);
    RETURN_HERE();
}

int
main(void)
{
    end_aligned(keep(aligned_alloc(64, 128)), 32, 128);
    return 0;
}
