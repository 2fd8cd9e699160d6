/*
 * dbgmalloc_off.h - the functions of dbgmalloc.h with DBGMALLOC_DISABLE:
 * nothing is done, and no library is needed.
 *
 * Included by dbgmalloc.h alone.
 */
#ifndef DBGMALLOC_OFF_H
#define DBGMALLOC_OFF_H

/* clang-format off */
#define DBGMALLOC_NONE_0_(type, name, result)                                  \
    DBGMALLOC_STATIC_ type dbgmalloc_##name(void) { return result; }
#define DBGMALLOC_NONE_1_(type, name, t1, result)                              \
    DBGMALLOC_STATIC_ type dbgmalloc_##name(t1 a) { (void)a; return result; }
#define DBGMALLOC_NONE_2_(type, name, t1, t2, result)                          \
    DBGMALLOC_STATIC_ type dbgmalloc_##name(t1 a, t2 b)                        \
    { (void)a; (void)b; return result; }
#define DBGMALLOC_NONE_3_(type, name, t1, t2, t3, result)                      \
    DBGMALLOC_STATIC_ type dbgmalloc_##name(t1 a, t2 b, t3 c)                  \
    { (void)a; (void)b; (void)c; return result; }
DBGMALLOC_NONE_0_(const char *, version, DBGMALLOC_VERSION)
DBGMALLOC_NONE_0_(int, active, 0) DBGMALLOC_NONE_1_(int, setup, const char *, 0)
DBGMALLOC_STATIC_ size_t dbgmalloc_options(char *buffer, size_t size)
{ if (size > 0) *buffer = '\0'; return 0; }
DBGMALLOC_NONE_1_(int, push, const char *, 0) DBGMALLOC_NONE_0_(int, pop, 0)
DBGMALLOC_NONE_1_(int, record, int, 0) DBGMALLOC_NONE_0_(int, check_all, 0)
DBGMALLOC_NONE_1_(int, record_thread, int, 0)
DBGMALLOC_STATIC_ void dbgmalloc_shutdown(void) { }
DBGMALLOC_NONE_1_(int, reopen_log, const char *, 0)
DBGMALLOC_NONE_1_(int, check, const void *, 0)
DBGMALLOC_NONE_3_(int, check_range, const void *, size_t, int, 0)
DBGMALLOC_NONE_2_(int, examine, const void *, struct dbgmalloc_info *,
                  DBGMALLOC_E_NO_RECORDS)
DBGMALLOC_NONE_3_(size_t, walk, dbgmalloc_visit *, void *, int, 0)
DBGMALLOC_NONE_0_(unsigned, mark, 0)
DBGMALLOC_STATIC_ size_t dbgmalloc_count_since(unsigned m, int f, size_t *n)
{ (void)m; (void)f; if (n) *n = 0; return 0; }
DBGMALLOC_NONE_2_(size_t, log_since, unsigned, int, 0)
DBGMALLOC_NONE_1_(int, ignore, const void *, 0)
DBGMALLOC_NONE_0_(int, ignore_begin, 0)
DBGMALLOC_NONE_0_(int, ignore_end, 0)
DBGMALLOC_NONE_2_(int, tag, const void *, const char *, 0)
DBGMALLOC_NONE_1_(int, scope_begin, const char *, 0)
DBGMALLOC_NONE_0_(int, scope_end, 0)
DBGMALLOC_NONE_2_(int, root_register, const void *, size_t, 0)
DBGMALLOC_NONE_1_(int, root_unregister, const void *, 0)
DBGMALLOC_NONE_1_(int, protect, const void *, 0)
DBGMALLOC_NONE_1_(int, unprotect, const void *, 0)
#define DBGMALLOC_ASSERT_NO_LEAKS(mark) ((void)(mark))
DBGMALLOC_NONE_1_(size_t, leak_check, int, 0)
DBGMALLOC_NONE_1_(size_t, log_leaks, int, 0)
DBGMALLOC_STATIC_ void dbgmalloc_log_stats(void) { }
DBGMALLOC_NONE_1_(int, get_stats, struct dbgmalloc_stats *,
                  DBGMALLOC_E_NO_RECORDS)
DBGMALLOC_PRINTF_(1, 2)
DBGMALLOC_STATIC_ void dbgmalloc_message(const char *f, ...) { (void)f; }
DBGMALLOC_STATIC_ void dbgmalloc_vmessage(const char *f, va_list v)
{ (void)f; (void)v; }
DBGMALLOC_NONE_1_(dbgmalloc_event_hook *, set_event_hook,
                  dbgmalloc_event_hook *, NULL)
DBGMALLOC_NONE_1_(dbgmalloc_error_handler *, set_error_handler,
                  dbgmalloc_error_handler *, NULL)
DBGMALLOC_STATIC_ void dbgmalloc_on_error(void) { }
DBGMALLOC_STATIC_ void dbgmalloc_on_alloc(void) { }
DBGMALLOC_NONE_0_(int, errno, 0) DBGMALLOC_NONE_0_(size_t, error_count, 0)
DBGMALLOC_NONE_1_(const char *, strerror, int, "dbgmalloc is disabled")
#define dbgmalloc_malloc_at(file, line, size) malloc(size)
#define dbgmalloc_calloc_at(file, line, count, size) calloc(count, size)
#define dbgmalloc_realloc_at(file, line, p, size) realloc(p, size)
#define dbgmalloc_aligned_at(file, line, align, size) memalign(align, size)
#define dbgmalloc_free_at(file, line, p) free(p)
#define dbgmalloc_strdup_at(file, line, text)                                  \
    dbgmalloc_copy_(text, (size_t)-1)
#define dbgmalloc_strndup_at(file, line, text, size) dbgmalloc_copy_(text, size)
#define dbgmalloc_recalloc_at(file, line, p, size) dbgmalloc_grow_(p, size)
DBGMALLOC_STATIC_ char *dbgmalloc_copy_(const char *text, size_t size)
{
    size_t n = 0;
    char *copy;
    while (n < size && text[n] != '\0') n++;
    copy = (char *)malloc(n + 1);
    if (copy) { memcpy(copy, text, n); copy[n] = '\0'; }
    return copy;
}
DBGMALLOC_STATIC_ void *dbgmalloc_grow_(void *p, size_t size)
{
    size_t old = malloc_usable_size(p);
    char *moved = (char *)realloc(p, size);
    if (moved && size > old) memset(moved + old, 0, size - old);
    return moved;
}
DBGMALLOC_STATIC_ void
dbgmalloc_give_up_at(const char *file, unsigned line, size_t size)
{
    (void)fprintf(stderr, "%s:%u: no memory for %zu bytes\n", file, line, size);
    abort();
}
/* clang-format on */

#endif
