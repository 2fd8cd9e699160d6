/*
 * Under check-funcs every function gives what it gives without, errno included,
 * for blocks used to their last byte, for other memory and for nothing at all.
 *
 * opts: check-funcs
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <wchar.h>

#include "prove.h"

static char *
text(const char *s)
{
    char *p = (char *)malloc(strlen(s) + 1);
    PROVE(p != NULL);
    return (char *)keep(memcpy(p, s, strlen(s) + 1));
}

static void
memory(void)
{
    char *a = (char *)keep(malloc(10));
    char *b = text("012345678");
    char local[10];
    PROVE(memcpy(keep(a), b, 10) == a && memcmp(keep(a), b, 10) == 0);
    PROVE(memcpy(keep(a + 10), b, 0) == a + 10);
    PROVE(memcpy(keep(a), keep(a), 10) == a); /* as compilers do */
    PROVE(memmove(keep(a + 1), a, 9) == a + 1 && memcmp(a + 1, b, 9) == 0);
    PROVE(mempcpy(keep(local), b, 10) == local + 10);
    PROVE(memset(keep(a), 'x', 10) == a && prove_filled(a, 'x', 10));
    PROVE(memcmp(keep(local), keep(b), 10) == 0);
    free(a);
    free(b);
}

static void
texts(void)
{
    char *a = (char *)keep(malloc(10));
    char *b = text("01234");
    char *c;
    PROVE(strcpy((char *)keep(a), b) == a && strlen((char *)keep(a)) == 5);
    PROVE(strcat((char *)keep(a), (char *)keep((void *)"5678")) == a);
    PROVE(strcmp(a, "012345678") == 0);
    PROVE(stpcpy((char *)keep(a), b) == a + 5);
    PROVE(strncpy((char *)keep(a), b, 10) == a && prove_filled(a + 5, 0, 5));
    PROVE(strncat((char *)keep(a), "xyzuvw", 4) == a && strlen(a) == 9);
    /* A text without an end, of a length that is told. */
    (void)memset(a, 'y', 10);
    PROVE(strnlen((char *)keep(a), 10) == 10);
    c = strndup((char *)keep(a), 10);
    PROVE(c != NULL && strlen(c) == 10);
    free(c);
    c = strdup((char *)keep(b));
    PROVE(c != NULL && strcmp(c, b) == 0);
    free(c);
    free(a);
    free(b);
}

static void
wide(void)
{
    wchar_t *a = (wchar_t *)keep(malloc(5 * sizeof(wchar_t)));
    PROVE(wcscpy((wchar_t *)keep(a), L"1234") == a);
    PROVE(wcslen((wchar_t *)keep(a)) == 4);
    PROVE(wmemset((wchar_t *)keep(a), L'x', 5) == a);
    PROVE(wcsncpy((wchar_t *)keep(a), L"12", 5) == a && a[4] == 0);
    PROVE(wcscat((wchar_t *)keep(a), L"34") == a && wcslen(a) == 4);
    PROVE(swprintf((wchar_t *)keep(a), 5, L"%d", 12) == 2);
    free(a);
}

static void
print(void)
{
    char *a = (char *)keep(malloc(6));
    int n = 0;
    errno = ENOENT;
    PROVE(sprintf((char *)keep(a), "%d%n", 12345, &n) == 5 && n == 5);
    PROVE(errno == ENOENT);
    PROVE(snprintf((char *)keep(a), 6, "%s", "0123456789") == 10);
    PROVE(strcmp(a, "01234") == 0);
    /* Too much room is told; the text fits. */
    PROVE(snprintf((char *)keep(a), 1000, "%s", "0123") == 4);
    PROVE(snprintf(NULL, 0, "%ls", L"wide") == 4);
    free(a);
}

static void
files(void)
{
    char *a = (char *)keep(malloc(8));
    int pair[2];
    FILE *stream = tmpfile();
    PROVE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && stream != NULL);
    PROVE(write(pair[0], "12345678", 8) == 8);
    PROVE(read(pair[1], keep(a), 8) == 8 && memcmp(a, "12345678", 8) == 0);
    PROVE(send(pair[0], keep(a), 8, 0) == 8);
    PROVE(recv(pair[1], keep(a), 8, 0) == 8);
    errno = 0;
    PROVE(read(-1, keep(a), 8) == -1 && errno == EBADF);
    PROVE(fwrite(keep(a), 4, 2, stream) == 2);
    rewind(stream);
    PROVE(fread(keep(a), 1, 8, stream) == 8);
    rewind(stream);
    PROVE(fgets((char *)keep(a), 8, stream) == a && strlen(a) == 7);
    (void)fclose(stream); /* It is a temporary file. */
    (void)close(pair[0]);
    (void)close(pair[1]);
    free(a);
}

int
main(void)
{
    memory();
    texts();
    wide();
    print();
    files();
    return 0;
}
