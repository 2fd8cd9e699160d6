/*
 * The classic: room for the text, none for its end.
 * expect: kind=overrun size=10 offset=10 length=1 alloc=make site=end
 */
#include "misuse.h"

static const char *volatile ten = "ten bytes!";

int
main(void)
{
    char *p = (char *)make(strlen(ten));
    (void)stpcpy((char *)keep(p), ten); /* Its end is not needed. */
    end(p);
    return 0;
}
