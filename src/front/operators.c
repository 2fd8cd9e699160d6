/*
 * front/operators.c - C++'s operators new and delete, by their mangled names.
 *
 * All replaceable forms of C++17, in C: the library needs no libstdc++. What
 * only a C++ program has is reached through weak references: the new-handler
 * (std::get_new_handler) and the throwing of bad_alloc
 * (std::__throw_bad_alloc); an exception passes through these functions, so
 * they are compiled with -fexceptions. A program that replaces an operator
 * wins, for its own definition comes first.
 *
 * Mangled names: nw new, na new[], dl delete, da delete[]; m size_t (unsigned
 * long, as on all 64-bit Linux), St11align_val_t, RKSt9nothrow_t. Forms that
 * differ in size_t alone are one function here.
 *
 * Source of the behaviour: ISO C++17, [new.delete]; Itanium C++ ABI, 5.1
 * (mangling).
 */
#include "front/front.h"

#include "base/bits.h"
#include "os/process.h"
#include "front/start.h"
#include "track/track.h"

#include <dlfcn.h>

typedef void new_handler(void);
typedef void *nothrow_new(size_t size, const void *nothrow);
typedef void *nothrow_new_aligned(size_t size, size_t align,
                                  const void *nothrow);

/* libstdc++'s (or libc++abi's); absent where no C++ runtime is loaded. */
extern new_handler *_ZSt15get_new_handlerv(void)
    __attribute__((weak, visibility("default")));
extern void _ZSt17__throw_bad_allocv(void)
    __attribute__((weak, visibility("default")));

/* The new-handler in force, or NULL. */
static new_handler *
handler_now(void)
{
    return _ZSt15get_new_handlerv != NULL ? _ZSt15get_new_handlerv() : NULL;
}

static void
throw_bad_alloc(size_t size)
{
    if (_ZSt17__throw_bad_allocv != NULL)
        _ZSt17__throw_bad_allocv();
    process_warn("operator new: no memory for %zu bytes, and no C++ runtime "
                 "that could throw bad_alloc",
                 size);
    process_abort();
}

/* An alignment that no block can have: undefined in C++, so a finding. */
static COLD bool
is_bad_align(size_t size, size_t align, enum origin origin)
{
    struct finding finding = {.kind = FINDING_BAD_ALIGN,
                              .call = origin,
                              .during = block_origin_name(origin),
                              .length = size,
                              .align_given = align};

    if (align == 0 || bits_is_power(align))
        return false;
    if (track_is_recording())
        track_raise(&finding);
    return true;
}

/*
 * The first attempt failed: as long as there is a new-handler, call it and try
 * again. The handler may free memory, install another one, throw, or not
 * return.
 */
static COLD void *
new_again(size_t size, size_t align, enum origin origin, const void *caller)
{
    for (;;) {
        new_handler *handler = handler_now();
        void *p;

        if (handler == NULL) {
            throw_bad_alloc(size);
            return NULL;
        }
        handler();
        p = track_alloc(size, align, false, origin, caller);
        if (p != NULL)
            return p;
    }
}

static ALWAYS_INLINE void *
new_block(size_t size, size_t align, enum origin origin, const void *caller)
{
    void *p = NULL;

    if (LIKELY(start_is_ready())) {
        if (align != 0 && UNLIKELY(is_bad_align(size, align, origin)))
            return throw_bad_alloc(size), NULL;
        p = track_alloc(size, align, false, origin, caller);
    }
    if (LIKELY(p != NULL))
        return p;
    return new_again(size, align, origin, caller);
}

/*
 * nothrow: without a handler the first attempt is the only one. With one, it
 * may end by an exception, which must become NULL; C cannot catch it, so the
 * C++ runtime's own nothrow form does, which calls our throwing form inside a
 * try. Where that cannot be found (a static program), an exception of the
 * handler's goes through.
 */
static COLD void *
nothrow_again(const char *name, size_t size, size_t align, const void *nothrow,
              enum origin origin, const void *caller)
{
    void *found;

    if (handler_now() == NULL)
        return NULL;
    found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        return new_again(size, align, origin, caller);
    if (align == 0) {
        nothrow_new *next;

        __builtin_memcpy(&next, &found, sizeof(next));
        return next(size, nothrow);
    } else {
        nothrow_new_aligned *next;

        __builtin_memcpy(&next, &found, sizeof(next));
        return next(size, align, nothrow);
    }
}

static ALWAYS_INLINE void *
new_nothrow(const char *name, size_t size, size_t align, const void *nothrow,
            enum origin origin, const void *caller)
{
    void *p;

    if (UNLIKELY(!start_is_ready()))
        return NULL;
    if (align != 0 && UNLIKELY(is_bad_align(size, align, origin)))
        return NULL;
    p = track_alloc(size, align, false, origin, caller);
    if (LIKELY(p != NULL))
        return p;
    return nothrow_again(name, size, align, nothrow, origin, caller);
}

static ALWAYS_INLINE void
delete_block(void *p, enum origin call, size_t size, size_t align,
             const void *caller)
{
    if (LIKELY(start_is_ready()))
        track_free(p, call, size, align, caller);
}

/* The four forms of new whose names begin with `stem`. */
#define NEW_FORMS(stem, plain, aligned)                                        \
    EXPORT void *stem##m(size_t size);                                         \
    EXPORT void *stem##mRKSt9nothrow_t(size_t size, const void *nothrow);      \
    EXPORT void *stem##mSt11align_val_t(size_t size, size_t align);            \
    EXPORT void *stem##mSt11align_val_tRKSt9nothrow_t(                         \
        size_t size, size_t align, const void *nothrow);                       \
                                                                               \
    void *stem##m(size_t size)                                                 \
    {                                                                          \
        return new_block(size, 0, plain, FRONT_CALLER);                        \
    }                                                                          \
                                                                               \
    void *stem##mRKSt9nothrow_t(size_t size, const void *nothrow)              \
    {                                                                          \
        return new_nothrow(#stem "mRKSt9nothrow_t", size, 0, nothrow, plain,   \
                           FRONT_CALLER);                                      \
    }                                                                          \
                                                                               \
    void *stem##mSt11align_val_t(size_t size, size_t align)                    \
    {                                                                          \
        return new_block(size, align, aligned, FRONT_CALLER);                  \
    }                                                                          \
                                                                               \
    void *stem##mSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,      \
                                               const void *nothrow)            \
    {                                                                          \
        return new_nothrow(#stem "mSt11align_val_tRKSt9nothrow_t", size,       \
                           align, nothrow, aligned, FRONT_CALLER);             \
    }                                                                          \
    struct stem##_forms_end /* takes the semicolon */

NEW_FORMS(_Znw, ORIGIN_NEW, ORIGIN_NEW_ALIGNED);
NEW_FORMS(_Zna, ORIGIN_NEW_ARRAY, ORIGIN_NEW_ARRAY_ALIGNED);

/* The six forms of delete whose names begin with `stem`. */
#define DELETE_FORMS(stem, call)                                               \
    EXPORT void stem##Pv(void *p);                                             \
    EXPORT void stem##PvRKSt9nothrow_t(void *p, const void *nothrow);          \
    EXPORT void stem##Pvm(void *p, size_t size);                               \
    EXPORT void stem##PvSt11align_val_t(void *p, size_t align);                \
    EXPORT void stem##PvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,   \
                                                      const void *nothrow);    \
    EXPORT void stem##PvmSt11align_val_t(void *p, size_t size, size_t align);  \
                                                                               \
    void stem##Pv(void *p)                                                     \
    {                                                                          \
        delete_block(p, call, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, FRONT_CALLER); \
    }                                                                          \
                                                                               \
    void stem##PvRKSt9nothrow_t(void *p, const void *nothrow UNUSED)           \
    {                                                                          \
        delete_block(p, call, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, FRONT_CALLER); \
    }                                                                          \
                                                                               \
    void stem##Pvm(void *p, size_t size)                                       \
    {                                                                          \
        delete_block(p, call, size, TRACK_NOT_GIVEN, FRONT_CALLER);            \
    }                                                                          \
                                                                               \
    void stem##PvSt11align_val_t(void *p, size_t align)                        \
    {                                                                          \
        delete_block(p, call, TRACK_NOT_GIVEN, align, FRONT_CALLER);           \
    }                                                                          \
                                                                               \
    void stem##PvSt11align_val_tRKSt9nothrow_t(void *p, size_t align,          \
                                               const void *nothrow UNUSED)     \
    {                                                                          \
        delete_block(p, call, TRACK_NOT_GIVEN, align, FRONT_CALLER);           \
    }                                                                          \
                                                                               \
    void stem##PvmSt11align_val_t(void *p, size_t size, size_t align)          \
    {                                                                          \
        delete_block(p, call, size, align, FRONT_CALLER);                      \
    }                                                                          \
    struct stem##_forms_end

DELETE_FORMS(_Zdl, ORIGIN_DELETE);
DELETE_FORMS(_Zda, ORIGIN_DELETE_ARRAY);

/* ---- by names that are always bound to these (front/own.h) ---- */

#define OWN_OPERATOR(name) extern __typeof__(name) own_##name ALIAS_OF(name);
#include "front/own.def"
