/*
 * opts: check-funcs
 * expect: kind=bad-write size=16 offset=0 length=20 alloc=make site=main
 *     count=2
 * others: allowed
 */
#include "misuse.h"

#include <wchar.h>

int
main(void)
{
    wchar_t *p = (wchar_t *)make(16);
    wchar_t local[8] = L"1234";
    (void)wmemcpy((wchar_t *)keep(p), (wchar_t *)keep(local), 4);
    for (int i = 0; i < 2; i++)
        (void)wcscpy((wchar_t *)keep(p), (wchar_t *)keep(local));
    return 0;
}
